package eval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/go-par/par/par/internal/records"
)

// vqaV2 is VQA v2 (Goyal et al., CVPR 2017). The answers of its test split are with
// its server; where annotations of another split are given, the score is computed
// here, as TextVQA's.
type vqaV2 struct {
	set
	accuracies
	people [][]string // of each question; nil without annotations
	listed []json.RawMessage
}

type vqaPeopleAnswers struct {
	kind    string
	answers []string
}

func loadVQAv2(s Source, report func(error)) (Benchmark, error) {
	labels, err := readVQAAnnotations(s.Labels, report)
	if err != nil {
		return nil, err
	}
	b := &vqaV2{}
	b.questions, err = s.asked(report, func(q *Question) error {
		if labels == nil {
			return nil
		}
		l, ok := labels[canonicalID(q.ID)]
		if !ok {
			return fmt.Errorf("%s: no annotation in %s", q.name(), s.Labels)
		}
		q.Category = l.kind
		b.category(q.Category)
		b.people = append(b.people, l.answers)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(b.names)
	b.listed, err = vqaListed(s)
	return b, err
}

func readVQAAnnotations(path string, report func(error)) (map[string]vqaPeopleAnswers, error) {
	if path == "" {
		return nil, nil
	}
	var j struct {
		Annotations []struct {
			ID      json.RawMessage `json:"question_id"`
			Type    string          `json:"answer_type"`
			Answers []struct{ Answer string }
		}
	}
	if err := records.ReadJSON(path, &j); err != nil {
		return nil, err
	}
	labels := map[string]vqaPeopleAnswers{}
	for i, a := range j.Annotations {
		err := checkID(a.ID)
		if err == nil && len(a.Answers) != vqaPeople {
			err = fmt.Errorf("question %s: %d answers, not %d", spellID(a.ID), len(a.Answers), vqaPeople)
		}
		if err != nil {
			report(fmt.Errorf("%s: annotations: element %d: %w", path, i, err))
			continue
		}
		l := vqaPeopleAnswers{kind: a.Type}
		if l.kind == "" {
			l.kind = "other"
		}
		for _, x := range a.Answers {
			l.answers = append(l.answers, x.Answer)
		}
		labels[canonicalID(a.ID)] = l
	}
	return labels, nil
}

// vqaListed returns the ids that a file for the server must have, in its order: those
// of the whole test split, of which the questions asked are usually a part. nil
// stands for the questions asked.
func vqaListed(s Source) ([]json.RawMessage, error) {
	path := s.path(s.Split, "llava_vqav2_mscoco_test2015.jsonl")
	var ids []json.RawMessage
	for r, err := range records.Each(path) {
		if errors.Is(err, fs.ErrNotExist) && s.Split == "" {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		var j struct {
			ID json.RawMessage `json:"question_id"`
		}
		if err := r.Decode(&j); err != nil {
			return nil, err
		}
		if err := checkID(j.ID); err != nil {
			return nil, r.Errorf("%w", err)
		}
		ids = append(ids, j.ID)
	}
	return ids, nil
}

func (b *vqaV2) Judge(unit []int, answers []*Answer) []Mark {
	i := unit[0]
	if answers[0] == nil || b.people == nil {
		return nil
	}
	return b.mark(b.category(b.questions[i].Category), vqaScore(answers[0].Text, b.people[i]))
}

func (b *vqaV2) Scores(sums []float64) []Score {
	all := b.total("accuracy", sums)
	if all.N == 0 {
		return nil
	}
	return append([]Score{all}, b.each(sums)...)
}

// Submission is the file that VQA's server takes. Questions without an answer are
// there with an empty one.
func (b *vqaV2) Submission(answers []*Answer) (string, []byte, error) {
	type result struct {
		ID     json.RawMessage `json:"question_id"`
		Answer string          `json:"answer"`
	}
	texts := map[string]string{}
	listed := b.listed
	for i, a := range answers {
		id := b.questions[i].ID
		if a != nil {
			texts[canonicalID(id)] = normaliseVQA(a.Text)
		}
		if b.listed == nil {
			listed = append(listed, id)
		}
	}
	list := make([]result, len(listed))
	for i, id := range listed {
		list[i] = result{id, texts[canonicalID(id)]}
	}
	var out bytes.Buffer
	err := encode(&out, list)
	return "submission.json", out.Bytes(), err
}
