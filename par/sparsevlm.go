package par

import (
	"context"
	"math"
	"slices"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/tensor"
)

// The authors' settings for decoders of 32 layers and images of 576 tokens: after
// which layers tokens are dropped, and how many are kept then at each of the
// budgets by which they call them.
var (
	sparseAfter  = []int{2, 6, 15}
	sparseBudget = []struct {
		tokens int
		kept   [3]int
	}{
		{0, [3]int{0, 0, 0}},
		{64, [3]int{66, 34, 20}},
		{96, [3]int{246, 54, 28}},
		{128, [3]int{238, 108, 60}},
		{192, [3]int{300, 200, 118}},
		{576, [3]int{576, 576, 576}},
	}
)

const (
	sparseLayers = 32
	sparseTokens = 576
	sparseHeads  = 14 // the heads that look at the image most
	sparseOf     = 32 // of so many
)

// sparseVLM drops image tokens in three steps, by the attention that some text
// tokens paid them in the layer before. These raters are the text tokens behind the
// images that resemble image tokens more than average, by embeddings. Each weight is
// divided by what rotary positions alone would make of it, a query and a key of
// ones, and only the heads that look at the image most count (SparseVLM, section
// 3.2; SparseVLM+, sections 4.2 and 4.3). Tokens are dropped, not recycled: the
// second version, SparseVLM+, keeps positions instead.
//
// Budgets between the authors' own are interpolated, and all are in proportion to
// the number of layers and image tokens.
type sparseVLM struct {
	o      Options
	after  []int    // layers before which tokens are dropped
	keep   [3][]int // by step and image
	raters []int32  // prompt rows
}

func newSparseVLM(o Options) (lvlm.Flow, error) { return &sparseVLM{o: o}, nil }

func (f *sparseVLM) Begin(_ context.Context, v *lvlm.View) error {
	b, err := f.o.budgets(v)
	if err != nil {
		return err
	}
	f.after = f.after[:0]
	for i, l := range sparseAfter {
		f.after = append(f.after, l*v.Layers/sparseLayers+1)
		if i > 0 {
			f.after[i] = max(f.after[i], f.after[i-1]+1)
		}
	}
	for step := range f.keep {
		f.keep[step] = make([]int, len(v.Prompt.Spans))
		for i, s := range v.Prompt.Spans {
			f.keep[step][i] = sparseKept(b.tokens[i], s.Count, step)
		}
	}
	f.raters = raters(v)
	return nil
}

// sparseKept returns how many of n tokens are kept at a step with a budget.
func sparseKept(budget, n, step int) int {
	x := float64(budget) * sparseTokens / float64(n)
	for i := 1; i < len(sparseBudget); i++ {
		a, b := sparseBudget[i-1], sparseBudget[i]
		if x <= float64(b.tokens) {
			at := (x - float64(a.tokens)) / float64(b.tokens-a.tokens)
			kept := float64(a.kept[step]) + at*float64(b.kept[step]-a.kept[step])
			return max(1, int(math.Round(kept*float64(n)/sparseTokens)))
		}
	}
	return n
}

// raters chooses text tokens by the embeddings: of the tokens behind the last
// image, those that get more than the mean of the softmax over text that image
// tokens pay them on average. Where there are none behind, all text counts; where
// none is above the mean, all are raters.
func raters(v *lvlm.View) []int32 {
	var text, images []int32
	for i := range v.Rows {
		if v.IsImage(i) {
			images = append(images, int32(i))
			text = text[:0]
		} else {
			text = append(text, int32(i))
		}
	}
	if len(text) == 0 {
		for i := range v.Rows {
			if !v.IsImage(i) {
				text = append(text, int32(i))
			}
		}
	}
	if len(images) == 0 || len(text) == 0 {
		return text
	}
	x := tensor.New(len(text), v.Embeds.Cols)
	tensor.Gather(x, v.Embeds, text)
	like := tensor.New(len(images), len(text))
	v.Pool.MatMul(like, v.Embeds, images, x.Matrix(), nil)
	for i := range like.Rows {
		softmax(like.Row(i), like.Cols)
	}
	mean := columnMeans(like)
	average := float32(0)
	for _, m := range mean {
		average += m / float32(len(mean))
	}
	var chosen []int32
	for i, m := range mean {
		if m > average {
			chosen = append(chosen, text[i])
		}
	}
	if chosen == nil {
		return text
	}
	return chosen
}

func (f *sparseVLM) Layer(_ context.Context, i int, v *lvlm.View) (lvlm.Step, error) {
	step := slices.Index(f.after, i)
	if step < 0 || len(v.Kept) == 0 {
		return lvlm.Step{}, nil
	}
	var rows []int32
	for _, r := range f.raters {
		at, _ := slices.BinarySearch(v.Rows, r)
		rows = append(rows, int32(at))
	}
	w, err := v.Attention(rows)
	if err != nil {
		return lvlm.Step{}, err
	}
	s := lookedAt(rotaryLogits(v, rows), w, len(rows), imageRows(v, 0, v.Prompt.ImageTokens()))
	publish(v, s)
	return lvlm.Step{Keep: highestAlive(v, s, f.keep[step])}, nil
}

// rotaryLogits returns, for each of the rows, the logits that a query and keys of
// ones would have at their positions, of the rows still computed.
func rotaryLogits(v *lvlm.View, rows []int32) tensor.Tensor {
	dim := v.Model.Config.Text.HeadDim
	n := int(v.Rows[len(v.Rows)-1]) + 1
	pos := make([]int32, n)
	for i := range pos {
		pos[i] = int32(i)
	}
	cos, sin := tensor.New(n, dim/2), tensor.New(n, dim/2)
	v.Model.Decoder.RoPE.Angles(cos, sin, pos)
	// Two vectors of ones, turned by a and b, have the product Σ 2cos(a-b).
	at := make([]float32, n)
	for i := range at {
		sum := float32(0)
		for _, c := range cos.Row(i) {
			sum += c
		}
		at[i] = 2 * sum / float32(math.Sqrt(float64(dim)))
	}
	logits := tensor.New(len(rows), len(v.Rows))
	for i, r := range rows {
		for j, c := range v.Rows {
			logits.Row(i)[j] = at[max(v.Rows[r]-c, c-v.Rows[r])]
		}
	}
	return logits
}

// lookedAt returns the corrected attention that raters pay each of the columns
// listed, averaged over the heads that pay most in sum. Row i*heads+h of w is head h
// of rater i.
func lookedAt(rotary, w tensor.Tensor, raters int, columns []int) []float32 {
	heads := w.Rows / raters
	sums := make([]float32, heads)
	for i := range w.Rows {
		for _, c := range columns {
			w.Row(i)[c] /= rotary.Row(i / heads)[c]
			sums[i%heads] += w.Row(i)[c]
		}
	}
	chosen := highest(sums, max(1, heads*sparseHeads/sparseOf))
	out := make([]float32, len(columns))
	for i := range raters {
		for _, h := range chosen {
			for k, c := range columns {
				out[k] += w.Row(i*heads + h)[c]
			}
		}
	}
	for k := range out {
		out[k] /= float32(raters * len(chosen))
	}
	return out
}
