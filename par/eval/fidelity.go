package eval

import (
	"encoding/json"
	"fmt"

	"github.com/go-par/par/par/internal/records"
	"github.com/go-par/par/par/samples"
)

// fidelity needs no labels: an answer is as good as it is like that of the unpruned
// model.
type fidelity struct{ set }

const (
	fidelityAgree = iota
	fidelityExact
	fidelityKL
	fidelityCount
	fidelityCells
)

func loadFidelity(s Source, report func(error)) (Benchmark, error) {
	list := newCollector(s, report)
	for p, err := range samples.Each(s.Questions, s.Images) {
		if err != nil {
			if p.Place == "" {
				return nil, err
			}
			report(err)
			continue
		}
		id, err := json.Marshal(p.ID)
		if err != nil {
			return nil, err
		}
		q := &Question{ID: id, Text: p.Question, Prompt: p.Question, Image: Image{Path: p.Image}}
		if p.Image == "" {
			err = fmt.Errorf("%s: no image", q.name())
		}
		if list.add(q, records.Record{Path: s.Questions, Place: p.Place[len(s.Questions)+2:]}, err, nil) {
			break
		}
	}
	return &fidelity{set{list.questions}}, nil
}

func (b *fidelity) Cells() int { return fidelityCells }

func (b *fidelity) Judge(_ []int, answers []*Answer) []Mark {
	if answers[0] == nil || answers[0].Metadata.Fidelity == nil {
		return nil
	}
	f := answers[0].Metadata.Fidelity
	marks := []Mark{{fidelityAgree, f.Agree}, {fidelityKL, f.KL}, {fidelityCount, 1}}
	if f.Exact {
		marks = append(marks, Mark{fidelityExact, 1})
	}
	return marks
}

func (b *fidelity) Scores(sums []float64) []Score {
	n := sums[fidelityCount]
	if n == 0 {
		return nil
	}
	return []Score{
		{"agreement of the likeliest token", percent(sums[fidelityAgree], n), "%", int(n)},
		{"answers that are the same", percent(sums[fidelityExact], n), "%", int(n)},
		{"KL divergence", sums[fidelityKL] / n, "nats", int(n)},
	}
}
