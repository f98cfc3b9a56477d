package par

import (
	"context"
	"math"
	"slices"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/tensor"
)

// newDivPrune keeps the image tokens whose least distance to one another is as
// great as a greedy choice makes it, the distance being 1 minus the cosine of
// projected embeddings (DivPrune, algorithm 1).
func newDivPrune(o Options) (lvlm.Flow, error) {
	return &Static{Choose: func(_ context.Context, v *lvlm.View) (Plan, error) {
		plan := Plan{FromLayer: o.FromLayer, Renumber: o.Renumber}
		b, err := o.budgets(v)
		if err != nil {
			return plan, err
		}
		first := 0
		for i, s := range v.Prompt.Spans {
			order := maxMin(cosines(v.Pool, v.Embeds.Slice(s.Start, s.Start+s.Count)), b.tokens[i])
			slices.Sort(order)
			for _, t := range order {
				plan.Kept = append(plan.Kept, first+t)
			}
			first += s.Count
		}
		return plan, nil
	}}, nil
}

// cosines returns the cosine of every pair of rows of x.
func cosines(p *tensor.Pool, x tensor.Tensor) tensor.Tensor {
	unit := unitRows(x)
	c := tensor.New(x.Rows, x.Rows)
	p.MatMul(c, unit, nil, tensor.FromF32(unit.Rows, unit.Cols, unit.Data), nil)
	return c
}

// unitRows returns the rows of x scaled to length 1; a row of zeros stays one.
func unitRows(x tensor.Tensor) tensor.Tensor {
	u := tensor.New(x.Rows, x.Cols)
	for i := range x.Rows {
		norm := float32(math.Sqrt(dot(x.Row(i), x.Row(i))))
		if norm == 0 {
			continue
		}
		dst := u.Row(i)
		for j, e := range x.Row(i) {
			dst[j] = e / norm
		}
	}
	return u
}

func dot(a, b []float32) float64 {
	s := 0.0
	for i, x := range a {
		s += float64(x) * float64(b[i])
	}
	return s
}

// maxMin returns k indices in the order of their choice, given the cosines of all
// pairs: first the one farthest from its nearest neighbour, then always the one
// farthest from those chosen. Ties go to the lower index.
func maxMin(cos tensor.Tensor, k int) []int {
	n := cos.Rows
	nearest := make([]float32, n) // distance to the nearest of those that count
	for j := range n {
		nearest[j] = float32(math.Inf(1))
		for i := range n {
			if i != j {
				nearest[j] = min(nearest[j], 1-cos.Row(i)[j])
			}
		}
	}
	chosen := make([]bool, n)
	var order []int
	for len(order) < k {
		best := -1
		for j := range n {
			if !chosen[j] && (best < 0 || nearest[j] > nearest[best]) {
				best = j
			}
		}
		if len(order) == 0 {
			for j := range n {
				nearest[j] = float32(math.Inf(1))
			}
		}
		chosen[best] = true
		order = append(order, best)
		for j := range n {
			nearest[j] = min(nearest[j], 1-cos.Row(best)[j])
		}
	}
	return order
}
