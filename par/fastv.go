package par

import (
	"context"
	"fmt"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/tensor"
)

// ranked is a Flow that drops image tokens once, before one layer, by what the
// decoder has computed until then.
type ranked struct {
	o      Options
	counts []int // to keep of each image
	// choose returns the tokens to keep, and a score for each image token.
	choose func(v *lvlm.View) (scores []float32, kept []int, err error)
}

func (r *ranked) Begin(_ context.Context, v *lvlm.View) error {
	if r.o.FromLayer < 1 || r.o.FromLayer >= v.Layers {
		return fmt.Errorf("pruning layer %d is not in 1..%d: the method looks at the layer before", r.o.FromLayer, v.Layers-1)
	}
	b, err := r.o.budgets(v)
	r.counts = b.tokens
	return err
}

func (r *ranked) Layer(_ context.Context, i int, v *lvlm.View) (lvlm.Step, error) {
	if i != r.o.FromLayer || len(v.Kept) == 0 {
		return lvlm.Step{}, nil
	}
	scores, kept, err := r.choose(v)
	if err != nil {
		return lvlm.Step{}, err
	}
	v.Scored(scores, nil)
	return lvlm.Step{Keep: kept}, nil
}

// newFastV keeps the image tokens that the prompt's last token attends to most in
// the layer before the pruning layer, averaged over heads (FastV, section 4).
func newFastV(o Options) (lvlm.Flow, error) {
	r := &ranked{o: o}
	r.choose = func(v *lvlm.View) ([]float32, []int, error) {
		w, err := v.Attention([]int32{int32(len(v.Rows) - 1)})
		if err != nil {
			return nil, nil, err
		}
		s := imageColumns(v, columnMeans(w))
		return s, highestEach(v.Prompt, s, r.counts), nil
	}
	return r, nil
}

// columnMeans returns the mean of each column of w.
func columnMeans(w tensor.Tensor) []float32 {
	mean := make([]float32, w.Cols)
	for i := range w.Rows {
		for j, x := range w.Row(i) {
			mean[j] += x
		}
	}
	for j := range mean {
		mean[j] /= float32(w.Rows)
	}
	return mean
}

// imageColumns picks the values of the image tokens out of those of the rows still
// computed.
func imageColumns(v *lvlm.View, x []float32) []float32 {
	out := make([]float32, 0, len(v.Kept))
	for i, s := range x {
		if v.IsImage(i) {
			out = append(out, s)
		}
	}
	return out
}
