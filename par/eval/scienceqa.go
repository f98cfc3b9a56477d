package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/par/internal/records"
	"github.com/go-par/par/par/samples"
)

// scienceQA is ScienceQA (Lu et al., NeurIPS 2022): multiple choice, some questions
// without an image. It is asked and scored as LLaVA's model_vqa_science.py with
// --single-pred-prompt and eval_science_qa.py do.
type scienceQA struct {
	set
	accuracies
	problems []scienceProblem // of each question
	labels   string
}

type scienceProblem struct {
	Choices []string
	Answer  int
}

const scienceLetters = "ABCDE"

const (
	withImage    = "image"
	withoutImage = "text only"
)

func loadScienceQA(s Source, report func(error)) (Benchmark, error) {
	b := &scienceQA{accuracies: accuracies{[]string{withImage, withoutImage}}, labels: s.Labels}
	var problems map[string]scienceProblem
	if err := records.ReadJSON(s.Labels, &problems); err != nil {
		return nil, err
	}
	split, err := readScienceSplit(s)
	if err != nil {
		return nil, err
	}
	list := newCollector(s, report)
	for r, err := range records.Each(s.Questions) {
		if err != nil {
			return nil, err
		}
		q, err := s.scienceQuestion(r)
		if err == nil && split != nil && !split[spellID(q.ID)] {
			err = fmt.Errorf("%s is not in the split", q.name())
		}
		full := list.add(q, r, err, func(q *Question) error {
			p, ok := problems[spellID(q.ID)]
			switch {
			case !ok:
				return fmt.Errorf("%s: no problem in %s", q.name(), s.Labels)
			case p.Answer < 0 || p.Answer >= min(len(p.Choices), len(scienceLetters)):
				return fmt.Errorf("%s: %s: answer %d of %d choices", q.name(), s.Labels, p.Answer, len(p.Choices))
			}
			b.problems = append(b.problems, p)
			return nil
		})
		if full {
			break
		}
	}
	b.questions = list.questions
	return b, nil
}

// readScienceSplit returns the ids of the split that is asked about, nil where no
// file beside the problems says.
func readScienceSplit(s Source) (map[string]bool, error) {
	path := filepath.Join(filepath.Dir(s.Labels), "pid_splits.json")
	var splits map[string][]string
	switch err := records.ReadJSON(path, &splits); {
	case errors.Is(err, fs.ErrNotExist) && s.Split == "":
		return nil, nil
	case err != nil:
		return nil, err
	}
	name := s.Split
	if name == "" {
		name = "test"
	}
	ids, ok := splits[name]
	if !ok {
		return nil, fmt.Errorf("%s: no split %q", path, name)
	}
	in := make(map[string]bool, len(ids))
	for _, id := range ids {
		in[id] = true
	}
	return in, nil
}

// scienceQuestion reads {id, image, conversations}.
func (s Source) scienceQuestion(r records.Record) (*Question, error) {
	var j struct {
		ID            json.RawMessage
		Image         *string
		Conversations []struct{ Value string }
	}
	if err := json.Unmarshal(r.Data, &j); err != nil {
		return nil, err
	}
	if err := checkID(j.ID); err != nil {
		return nil, err
	}
	if len(j.Conversations) == 0 {
		return nil, fmt.Errorf("question %s: no text", spellID(j.ID))
	}
	text := strings.TrimSpace(strings.ReplaceAll(j.Conversations[0].Value, lvlm.ImageMark, ""))
	if text == "" {
		return nil, fmt.Errorf("question %s: no text", spellID(j.ID))
	}
	const suffix = "\nAnswer with the option's letter from the given choices directly."
	if !strings.HasSuffix(text, suffix) {
		text += suffix
	}
	q := &Question{ID: j.ID, Text: text, Prompt: text, Category: withoutImage}
	if j.Image != nil {
		path, err := samples.ImagePath(s.Images, *j.Image)
		if err != nil {
			return nil, fmt.Errorf("question %s: %w", spellID(j.ID), err)
		}
		q.Image, q.Prompt, q.Category = Image{Path: path}, lvlm.ImageMark+"\n"+text, withImage
	}
	return q, nil
}

// Judge takes a question without an answer for a wrong one and, as nothing shows
// whether it had an image, not for one with an image: so does the script.
func (b *scienceQA) Judge(unit []int, answers []*Answer) []Mark {
	p := b.problems[unit[0]]
	if answers[0] == nil {
		return b.mark(b.category(withoutImage), 0)
	}
	right := 0.0
	if scienceChoice(answers[0].Text, len(p.Choices)) == p.Answer {
		right = 1
	}
	return b.mark(b.category(b.questions[unit[0]].Category), right)
}

// theAnswerIs finds a letter with any character behind it.
var theAnswerIs = regexp.MustCompile(`The answer is ([A-Z]).`)

// scienceChoice returns which of the choices an answer names, -1 for none: a letter
// and nothing else, a letter with ". " behind it at the start, or the only one after
// "The answer is ".
func scienceChoice(text string, choices int) int {
	letter := ""
	if len(text) == 1 || len(text) >= 3 && text[1:3] == ". " {
		letter = text[:1]
	}
	if letter == "" || !strings.Contains(scienceLetters, letter) {
		found := theAnswerIs.FindAllStringSubmatch(text, 2)
		if len(found) != 1 {
			return -1
		}
		letter = found[0][1]
	}
	if i := strings.Index(scienceLetters, letter); i < choices {
		return i
	}
	return -1
}

func (b *scienceQA) Scores(sums []float64) []Score {
	all := b.total("accuracy, all questions", sums)
	image := b.total("accuracy, questions with an image", sums, withImage)
	switch {
	case all.N == 0:
		return nil
	case image.N == 0:
		return []Score{all}
	}
	return []Score{image, all}
}
