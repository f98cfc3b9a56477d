package eval

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/go-par/par/par/internal/records"
)

// textVQA is TextVQA (Singh et al., CVPR 2019), scored as LLaVA's eval_textvqa.py
// does. A question's id is that of its image.
type textVQA struct {
	set
	accuracies
	people [][]string
}

func loadTextVQA(s Source, report func(error)) (Benchmark, error) {
	var j struct {
		Data []struct {
			Image    json.RawMessage `json:"image_id"`
			Question string
			Answers  []string
		}
	}
	if err := records.ReadJSON(s.Labels, &j); err != nil {
		return nil, err
	}
	type about struct{ image, question string }
	people := map[about][]string{}
	for i, d := range j.Data {
		if len(d.Answers) != vqaPeople {
			report(fmt.Errorf("%s: data: element %d: %d answers, not %d", s.Labels, i, len(d.Answers), vqaPeople))
			continue
		}
		people[about{canonicalID(d.Image), strings.ToLower(d.Question)}] = d.Answers
	}
	b := &textVQA{}
	b.category("all")
	var err error
	b.questions, err = s.asked(report, func(q *Question) error {
		question, err := textVQAQuestion(q.Prompt)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name(), err)
		}
		answers, ok := people[about{canonicalID(q.ID), strings.ToLower(question)}]
		if !ok {
			return fmt.Errorf("%s: no answers in %s", q.name(), s.Labels)
		}
		if s.NoOCR {
			q.Text = withoutOCR(q.Text)
			q.Prompt = q.Text
		}
		b.people = append(b.people, answers)
		return nil
	})
	return b, err
}

const ocrLine = "Reference OCR token: "

var shortAnswer = regexp.MustCompile(`(?s)Question: (.*?) Short answer:`)

// textVQAQuestion finds the question in a prompt: in "OCR tokens: ... Question: ...
// Short answer:", or among two lines, or among three of which one has OCR tokens.
func textVQAQuestion(prompt string) (string, error) {
	lines := strings.Split(prompt, "\n")
	switch {
	case strings.HasPrefix(prompt, "OCR tokens: "):
		if m := shortAnswer.FindStringSubmatch(prompt); m != nil {
			return m[1], nil
		}
	case len(lines) == 3 && strings.Contains(prompt, ocrLine):
		if strings.HasPrefix(prompt, strings.TrimSpace(ocrLine)) {
			return lines[1], nil
		}
		return lines[0], nil
	case len(lines) == 2:
		return lines[0], nil
	}
	return "", fmt.Errorf("field text: no known form of a prompt: %d lines", len(lines))
}

// withoutOCR drops the line that tells what an OCR program read in the image.
func withoutOCR(text string) string {
	var lines []string
	for _, l := range strings.Split(text, "\n") {
		if !strings.HasPrefix(l, ocrLine) {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

func (b *textVQA) Judge(unit []int, answers []*Answer) []Mark {
	if answers[0] == nil {
		return nil
	}
	return b.mark(0, vqaScore(answers[0].Text, b.people[unit[0]]))
}

func (b *textVQA) Scores(sums []float64) []Score {
	if all := b.total("accuracy", sums); all.N > 0 {
		return []Score{all}
	}
	return nil
}
