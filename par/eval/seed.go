package eval

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-par/par/par/internal/records"
)

// seed is SEED-Bench (Li et al., CVPR 2024): multiple choice about images and frames
// of videos. An answer is right if it is the letter and nothing else, as in LLaVA's
// convert_seed_for_submission.py.
type seed struct {
	set
	accuracies
	answers []seedLabel // of each question
}

type seedLabel struct {
	ID       json.RawMessage `json:"question_id"`
	Type     int             `json:"question_type_id"`
	DataType string          `json:"data_type"`
	Answer   string
}

// Categories of seed are a kind of data and a type of question.
const seedImage, seedVideo = "image", "video"

func loadSEED(s Source, report func(error)) (Benchmark, error) {
	var j struct {
		Types     map[string]int `json:"question_type"`
		Questions []seedLabel
	}
	if err := records.ReadJSON(s.Labels, &j); err != nil {
		return nil, err
	}
	names := map[int]string{}
	for name, id := range j.Types {
		names[id] = name
	}
	labels := map[string]seedLabel{}
	for i, l := range j.Questions {
		id := seedID(l.ID)
		_, twice := labels[id]
		var err error
		switch {
		case checkID(l.ID) != nil:
			err = checkID(l.ID)
		case twice:
			err = fmt.Errorf("question %s is there twice", spellID(l.ID))
		case !slices.Contains([]string{"A", "B", "C", "D"}, l.Answer):
			err = fmt.Errorf("question %s: answer %q is not a letter of A to D", spellID(l.ID), l.Answer)
		case l.DataType != seedImage && l.DataType != seedVideo:
			err = fmt.Errorf("question %s: data_type %q is neither image nor video", spellID(l.ID), l.DataType)
		case names[l.Type] == "":
			err = fmt.Errorf("question %s: question_type_id %d has no name", spellID(l.ID), l.Type)
		}
		if err != nil {
			report(fmt.Errorf("%s: questions: element %d: %w", s.Labels, i, err))
			continue
		}
		labels[id] = l
	}
	b := &seed{}
	var err error
	b.questions, err = s.asked(report, func(q *Question) error {
		l, ok := labels[seedID(q.ID)]
		if !ok {
			return fmt.Errorf("%s: no label in %s", q.name(), s.Labels)
		}
		q.Category = l.DataType + ": " + names[l.Type]
		b.answers = append(b.answers, l)
		b.category(q.Category)
		return nil
	})
	slices.Sort(b.names)
	return b, err
}

// seedID spells an id such that a number and the string of its digits are the same.
func seedID(id json.RawMessage) string {
	s := spellID(id)
	if n, err := strconv.Atoi(s); err == nil {
		return strconv.Itoa(n)
	}
	return s
}

// Judge takes a question without an answer for a wrong one, as the script does.
func (b *seed) Judge(unit []int, answers []*Answer) []Mark {
	i := unit[0]
	right := 0.0
	if answers[0] != nil && answers[0].Text == b.answers[i].Answer {
		right = 1
	}
	return b.mark(b.category(b.questions[i].Category), right)
}

func (b *seed) Scores(sums []float64) []Score {
	all := b.total("accuracy, all questions", sums)
	if all.N == 0 {
		return nil
	}
	list := []Score{all}
	for _, data := range []string{seedImage, seedVideo} {
		var of []string
		for _, n := range b.names {
			if len(n) > len(data) && n[:len(data)] == data {
				of = append(of, n)
			}
		}
		if len(of) > 0 {
			list = append(list, b.total("accuracy, "+data+"s", sums, of...))
		}
	}
	return append(list, b.each(sums)...)
}

// Submission has a line of JSON for each question.
func (b *seed) Submission(answers []*Answer) (string, []byte, error) {
	var out bytes.Buffer
	for i, a := range answers {
		if a == nil {
			continue
		}
		line := struct {
			ID         json.RawMessage `json:"question_id"`
			Prediction string          `json:"prediction"`
		}{b.answers[i].ID, a.Text}
		if err := encode(&out, line); err != nil {
			return "", nil, err
		}
	}
	return "submission.jsonl", out.Bytes(), nil
}
