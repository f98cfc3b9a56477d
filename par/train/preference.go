package train

import (
	"slices"

	"github.com/go-par/par/nn/grad"
)

// Preference is the loss of stage B. The flows' choices are taken as independent,
// so that their log-probability ratio is a sum over what they choose differently;
// tokens and layers are averaged apart, as hundreds of tokens would drown a few
// layers otherwise.
type Preference struct {
	BetaTokens, BetaLayers float64

	// AllPairs compares every two flows of a sample, not only the best with the
	// worst: more is learnt from as many flows.
	AllPairs bool
}

// Flow is what a router chose for one prompt.
type Flow struct {
	Kept    []int   `json:"kept"`    // image tokens
	Skipped []int   `json:"skipped"` // decoder layers
	KL      float64 `json:"kl"`      // of the model's answer from the unpruned one
}

// loss is the sum of -weight·log σ(margin) over comparisons, divided by their number
// among flows of which none said too little. ranked is how many margins are positive.
func (p Preference) loss(t *grad.Tape, scores *grad.Var, in input, layers int, list []comparison, flows int) (loss *grad.Var, ranked int) {
	of := 1
	if p.AllPairs {
		of = flows * (flows - 1) / 2
	}
	for _, c := range list {
		margin := p.margin(t, scores, in, layers, c.better, c.worse)
		if margin.Value.Data[0] > 0 {
			ranked++
		}
		one := t.Scale(t.LogSigmoid(margin), float32(-c.weight/float64(of)))
		if loss != nil {
			one = t.Add(loss, one)
		}
		loss = one
	}
	return loss, ranked
}

// margin is βT·zT + βL·zL of a prompt's scores, where z is the mean score of what the
// better flow keeps and the worse does not, less that of what the worse keeps and the
// better does not.
func (p Preference) margin(t *grad.Tape, scores *grad.Var, in input, layers int, better, worse Flow) *grad.Var {
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
	return t.Weighted(scores, coefficients)
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
