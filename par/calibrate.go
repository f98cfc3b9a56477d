package par

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/tensor"
)

// Calibrate measures how much each decoder layer changes the residual stream, on
// prompts that the model is to be used with, and orders the layers by it.
//
// "shortgpt" is ShortGPT's block influence (arXiv:2403.03853, section 3.2): 1 minus
// the mean over tokens of the cosine between a layer's input and its output.
// "short-lvlm" takes only the important tokens into the mean (Short-LVLM,
// arXiv:2507.23362): the half of the visual tokens and the half of the text tokens
// that get most attention, on average from those of their own kind and from text
// and, respectively, from visual tokens.
func Calibrate(ctx context.Context, m *lvlm.Model, method string, requests iter.Seq2[lvlm.Request, error]) (*LayerOrder, error) {
	if method != "shortgpt" && method != "short-lvlm" {
		return nil, fmt.Errorf("method %q has no calibration (shortgpt, short-lvlm)", method)
	}
	c := &calibration{important: method == "short-lvlm", influence: make([]mean, len(m.Decoder.Layers))}
	o := &LayerOrder{Method: method, LLM: Fingerprint(m)}
	s := m.NewSession()
	for r, err := range requests {
		if err != nil {
			return nil, err
		}
		r.Flow, r.MaxTokens = c, 1
		for _, err := range s.Generate(ctx, r) {
			if err != nil {
				return nil, err
			}
		}
		o.Samples++
	}
	if o.Samples == 0 {
		return nil, fmt.Errorf("calibration without any prompt")
	}
	for i := range c.influence {
		o.Scores = append(o.Scores, c.influence[i].value())
		o.Order = append(o.Order, i)
	}
	slices.SortStableFunc(o.Order, func(a, b int) int {
		if o.Scores[a] < o.Scores[b] {
			return -1
		}
		if o.Scores[a] > o.Scores[b] {
			return 1
		}
		return 0
	})
	return o, nil
}

type mean struct {
	sum float64
	n   int
}

func (m *mean) add(x float64)  { m.sum += x; m.n++ }
func (m *mean) value() float64 { return m.sum / float64(max(1, m.n)) }

// calibration is a Flow that prunes nothing and watches what every layer does.
type calibration struct {
	important bool
	influence []mean // by layer, over tokens of all prompts
	before    tensor.Tensor
}

func (c *calibration) Begin(context.Context, *lvlm.View) error { return nil }

func (c *calibration) Layer(_ context.Context, i int, v *lvlm.View) (lvlm.Step, error) {
	return lvlm.Step{}, c.watch(i, v)
}

func (c *calibration) End(_ context.Context, v *lvlm.View) error { return c.watch(v.Layers, v) }

// watch compares the input of layer i, which is the output of the one before, with
// that one's input.
func (c *calibration) watch(i int, v *lvlm.View) error {
	if i > 0 {
		rows, err := c.rows(v)
		if err != nil {
			return err
		}
		for _, r := range rows {
			a, b := c.before.Row(r), v.Hidden.Row(r)
			c.influence[i-1].add(1 - dot(a, b)/math.Sqrt(dot(a, a)*dot(b, b)))
		}
	}
	c.before = c.before.Resize(v.Hidden.Rows, v.Hidden.Cols)
	copy(c.before.Data, v.Hidden.Data)
	return nil
}

// rows returns the tokens that count.
func (c *calibration) rows(v *lvlm.View) ([]int, error) {
	all := make([]int, len(v.Rows))
	for i := range all {
		all[i] = i
	}
	if !c.important {
		return all, nil
	}
	received, err := receivedAttention(v)
	if err != nil {
		return nil, err
	}
	var rows []int
	for _, kind := range []bool{false, true} {
		of := slices.DeleteFunc(slices.Clone(all), func(i int) bool { return v.IsImage(i) != kind })
		importance := make([]float32, len(of))
		for k, i := range of {
			importance[k] = float32(received[0][i]+received[1][i]) / 2
		}
		for _, k := range highest(importance, (len(of)+1)/2) {
			rows = append(rows, of[k])
		}
	}
	return rows, nil
}

// receivedAttention returns how much attention each row got in the last layer, on
// average over heads and the text rows, and over heads and the image rows. It looks
// at a few rows at a time.
func receivedAttention(v *lvlm.View) (from [2][]float64, err error) {
	var n [2]int
	from = [2][]float64{make([]float64, len(v.Rows)), make([]float64, len(v.Rows))}
	const block = 16
	for i := 0; i < len(v.Rows); i += block {
		var rows []int32
		for r := i; r < min(i+block, len(v.Rows)); r++ {
			rows = append(rows, int32(r))
		}
		w, err := v.Attention(rows)
		if err != nil {
			return from, err
		}
		heads := w.Rows / len(rows)
		for k := range w.Rows {
			kind := 0
			if v.IsImage(int(rows[k/heads])) {
				kind = 1
			}
			n[kind]++
			for j, x := range w.Row(k) {
				from[kind][j] += float64(x)
			}
		}
	}
	for kind := range from {
		for j := range from[kind] {
			from[kind][j] /= float64(max(1, n[kind]))
		}
	}
	return from, nil
}
