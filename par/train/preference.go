package train

import (
	"slices"

	"github.com/go-par/par/nn/grad"
)

// Preference is the loss of stage B. The flows' choices are taken as independent,
// so that their log-probability ratio is a sum over what they choose differently;
// tokens and layers are averaged apart, as hundreds of tokens would drown a few
// layers otherwise.
type Preference struct{ BetaTokens, BetaLayers float64 }

// Flow is what a router chose for one prompt.
type Flow struct {
	Kept    []int   `json:"kept"`    // image tokens
	Skipped []int   `json:"skipped"` // decoder layers
	KL      float64 `json:"kl"`      // of the model's answer from the unpruned one
}

// loss is -weight·log σ(βT·zT + βL·zL) of a prompt's scores, where z is the mean
// score of what the better flow keeps and the worse does not, less that of what the
// worse keeps and the better does not. margin is the argument of σ.
func (p Preference) loss(t *grad.Tape, scores *grad.Var, in input, layers int, better, worse Flow, weight float64) (loss, margin *grad.Var) {
	coefficients := make([]float32, len(scores.Value.Data))
	var rows []int // of the image tokens
	for _, s := range in.spans {
		for i := range s.Count {
			rows = append(rows, s.Start+i)
		}
	}
	add := func(beta float64, only, but []int, row func(int) int, sign float64) {
		var list []int
		for _, x := range only {
			if !slices.Contains(but, x) {
				list = append(list, x)
			}
		}
		for _, x := range list {
			coefficients[row(x)] += float32(sign * beta / float64(len(list)))
		}
	}
	token := func(i int) int { return rows[i] }
	layer := func(i int) int { return in.rows.Rows + i }
	add(p.BetaTokens, better.Kept, worse.Kept, token, 1)
	add(p.BetaTokens, worse.Kept, better.Kept, token, -1)
	add(p.BetaLayers, run(better.Skipped, layers), run(worse.Skipped, layers), layer, 1)
	add(p.BetaLayers, run(worse.Skipped, layers), run(better.Skipped, layers), layer, -1)

	margin = t.Weighted(scores, coefficients)
	return t.Scale(t.LogSigmoid(margin), float32(-weight)), margin
}

// run lists the layers that are not skipped.
func run(skipped []int, layers int) []int {
	var list []int
	for i := range layers {
		if !slices.Contains(skipped, i) {
			list = append(list, i)
		}
	}
	return list
}
