package eval

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-par/par/par/internal/records"
)

// gqa is GQA (Hudson and Manning, CVPR 2019). An answer without dots at its end and
// in small letters is right if it is the published one, as in LLaVA's
// convert_gqa_for_eval.py and GQA's eval.py.
type gqa struct {
	set
	accuracies
	answers []string
}

func loadGQA(s Source, report func(error)) (Benchmark, error) {
	var labels map[string]struct {
		Answer *string
		Types  struct{ Structural string }
	}
	if err := records.ReadJSON(s.Labels, &labels); err != nil {
		return nil, err
	}
	b := &gqa{}
	var err error
	b.questions, err = s.asked(report, func(q *Question) error {
		l, ok := labels[spellID(q.ID)]
		switch {
		case !ok:
			return fmt.Errorf("%s: no label in %s", q.name(), s.Labels)
		case l.Answer == nil:
			return fmt.Errorf("%s: no answer in %s", q.name(), s.Labels)
		}
		if q.Category = l.Types.Structural; q.Category == "" {
			q.Category = "other"
		}
		b.category(q.Category)
		b.answers = append(b.answers, *l.Answer)
		return nil
	})
	slices.Sort(b.names)
	return b, err
}

func gqaPrediction(text string) string { return strings.ToLower(strings.TrimRight(text, ".")) }

func (b *gqa) Judge(unit []int, answers []*Answer) []Mark {
	if answers[0] == nil {
		return nil
	}
	i := unit[0]
	right := 0.0
	if gqaPrediction(answers[0].Text) == b.answers[i] {
		right = 1
	}
	return b.mark(b.category(b.questions[i].Category), right)
}

func (b *gqa) Scores(sums []float64) []Score {
	all := b.total("accuracy", sums)
	if all.N == 0 {
		return nil
	}
	return append([]Score{all}, b.each(sums)...)
}

// Submission is the file of predictions that GQA's eval.py reads.
func (b *gqa) Submission(answers []*Answer) (string, []byte, error) {
	type prediction struct {
		ID         json.RawMessage `json:"questionId"`
		Prediction string          `json:"prediction"`
	}
	list := []prediction{}
	for i, a := range answers {
		if a != nil {
			list = append(list, prediction{b.questions[i].ID, gqaPrediction(a.Text)})
		}
	}
	var out bytes.Buffer
	err := encode(&out, list)
	return "testdev_balanced_predictions.json", out.Bytes(), err
}
