package par

import (
	"context"
	"fmt"
	"math"

	"github.com/go-par/par/lvlm"
)

// stages is the number of parts that PyramidDrop cuts the decoder into.
const stages = 4

// pyramidDrop cuts the image tokens before the second, third and fourth quarter of
// the layers, each time to the same share of those left, by the attention that the
// prompt's last token would pay them in the next layer, averaged over heads
// (PyramidDrop, section 3.2). Without a budget the share is the authors' 1/2;
// otherwise it is the one whose average over all layers is the budget.
type pyramidDrop struct {
	o    Options
	keep [stages][]int // by stage and image
}

func newPyramidDrop(o Options) (lvlm.Flow, error) { return &pyramidDrop{o: o}, nil }

func (f *pyramidDrop) Begin(_ context.Context, v *lvlm.View) error {
	b, err := f.o.budgets(v)
	if err != nil {
		return err
	}
	if v.Layers < stages {
		return fmt.Errorf("%d layers make no %d stages", v.Layers, stages)
	}
	for s := range stages {
		f.keep[s] = make([]int, len(v.Prompt.Spans))
	}
	for i, span := range v.Prompt.Spans {
		ratio := 0.5
		if !f.o.Tokens.All() || !f.o.Target.None() {
			ratio = pyramidRatio(float64(b.tokens[i]) / float64(span.Count))
		}
		for s := range stages {
			// What bisection errs by must not cost a token.
			n := float64(span.Count) * math.Pow(ratio, float64(s))
			f.keep[s][i] = max(1, int(n+1e-6))
		}
	}
	return nil
}

// pyramidRatio solves (1 + r + r² + r³)/4 = average for r in [0, 1]. Averages below
// a quarter leave one token after the first stage.
func pyramidRatio(average float64) float64 {
	lo, hi := 0.0, 1.0
	for range 60 {
		r := (lo + hi) / 2
		if (1+r*(1+r*(1+r)))/stages < average {
			lo = r
		} else {
			hi = r
		}
	}
	return hi
}

func (f *pyramidDrop) Layer(_ context.Context, i int, v *lvlm.View) (lvlm.Step, error) {
	stage := i * stages / v.Layers
	if i == 0 || stage == (i-1)*stages/v.Layers || len(v.Kept) == 0 {
		return lvlm.Step{}, nil
	}
	w, err := v.Preview(i, []int32{int32(len(v.Rows) - 1)})
	if err != nil {
		return lvlm.Step{}, err
	}
	s := imageColumns(v, columnMeans(w))
	publish(v, s)
	return lvlm.Step{Keep: highestAlive(v, s, f.keep[stage])}, nil
}

// highestAlive returns the image tokens with the highest scores among those still
// computed, at most counts[i] of image i. scores has one for each of these.
func highestAlive(v *lvlm.View, scores []float32, counts []int) []int {
	kept := []int{}
	first, next := 0, 0
	for i, s := range v.Prompt.Spans {
		begin := next
		for next < len(v.Kept) && v.Kept[next] < first+s.Count {
			next++
		}
		for _, k := range highest(scores[begin:next], min(counts[i], next-begin)) {
			kept = append(kept, v.Kept[begin+k])
		}
		first += s.Count
	}
	return kept
}

// publish updates the scores of the image tokens still computed; the others keep
// the last one they had.
func publish(v *lvlm.View, scores []float32) {
	all := make([]float32, v.Prompt.ImageTokens())
	copy(all, v.TokenScores())
	for k, t := range v.Kept {
		all[t] = scores[k]
	}
	v.Scored(all, nil)
}
