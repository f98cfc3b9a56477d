package par

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/tensor"
)

func newNone(Options) (lvlm.Flow, error) { return nil, nil }

// newFixed follows the caller's lists.
func newFixed(o Options) (lvlm.Flow, error) {
	plan := Plan{o.FromLayer, o.Keep, o.Skip, o.Renumber}
	return &Static{Choose: func(context.Context, *lvlm.View) (Plan, error) { return plan, nil }}, nil
}

// newRandom keeps image tokens, and skips layers, drawn evenly without
// replacement; the same seed draws the same.
func newRandom(o Options) (lvlm.Flow, error) {
	return &Static{Choose: func(_ context.Context, v *lvlm.View) (Plan, error) {
		rng := rand.New(rand.NewPCG(o.Seed, 0))
		pick := func(n, k int) []int {
			chosen := rng.Perm(n)[:k]
			slices.Sort(chosen)
			return chosen
		}
		return o.choose(v, pick, pick)
	}}, nil
}

// newUniform keeps the image tokens nearest to an even grid over the picture, and
// skips layers at even distances.
func newUniform(o Options) (lvlm.Flow, error) {
	return &Static{Choose: func(_ context.Context, v *lvlm.View) (Plan, error) {
		return o.choose(v, grid, spread)
	}}, nil
}

// spread returns k of n indices at even distances.
func spread(n, k int) []int {
	chosen := make([]int, k)
	for i := range chosen {
		chosen[i] = (2*i + 1) * n / (2 * k)
	}
	return chosen
}

// grid returns k of n tokens of a square picture: about √k rows at even distances,
// and in each its share of the k at even distances. Tokens that make no square are
// taken as one row.
func grid(n, k int) []int {
	side := int(math.Round(math.Sqrt(float64(n))))
	if side*side != n || k == 0 {
		return spread(n, k)
	}
	rows := min(max(int(math.Round(math.Sqrt(float64(k)))), (k+side-1)/side), side)
	var chosen []int
	for i, row := range spread(side, rows) {
		for _, col := range spread(side, (i+1)*k/rows-i*k/rows) {
			chosen = append(chosen, row*side+col)
		}
	}
	return chosen
}

// newPooling replaces the tokens of each image by the means of rectangular pools
// of its grid, before layer 0. A pool takes the place of the token in its middle.
//
// There are as many pools as a grid of at most the budget's number of them allows,
// no side more than twice the other.
func newPooling(o Options) (lvlm.Flow, error) {
	return &Static{Choose: func(_ context.Context, v *lvlm.View) (Plan, error) {
		plan := Plan{FromLayer: o.FromLayer, Renumber: o.Renumber}
		b, err := o.budgets(v)
		if err != nil {
			return plan, err
		}
		first := 0
		for i, s := range v.Prompt.Spans {
			kept, err := pool(v, first, s, b.tokens[i])
			if err != nil {
				return plan, err
			}
			plan.Kept = append(plan.Kept, kept...)
			first += s.Count
		}
		return plan, nil
	}}, nil
}

// pool replaces tokens of the image whose first token is first, and returns those
// that stay. Tokens before the square grid, such as a class token, stay as they
// are, as far as the budget reaches.
func pool(v *lvlm.View, first int, s lvlm.Span, budget int) ([]int, error) {
	side := gridSide(s.Count)
	lead := min(s.Count-side*side, budget-1)
	var kept []int
	for i := range lead {
		kept = append(kept, first+i)
	}
	grid := v.Embeds.Slice(s.Start+s.Count-side*side, s.Start+s.Count)
	origin := first + s.Count - side*side
	rows, cols := poolGrid(side, budget-lead)
	means := tensor.New(rows*cols, grid.Cols)
	for i := range rows * cols {
		y0, y1 := i/cols*side/rows, (i/cols+1)*side/rows
		x0, x1 := i%cols*side/cols, (i%cols+1)*side/cols
		mean := means.Row(i)
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				for j, e := range grid.Row(y*side + x) {
					mean[j] += e
				}
			}
		}
		for j := range mean {
			mean[j] /= float32((y1 - y0) * (x1 - x0))
		}
		kept = append(kept, origin+(y0+y1-1)/2*side+(x0+x1-1)/2)
	}
	for i := range rows * cols {
		if err := v.Replace(kept[lead+i], means.Row(i)); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// gridSide returns the side of the largest square of n tokens.
func gridSide(n int) int {
	side := 0
	for (side+1)*(side+1) <= n {
		side++
	}
	return side
}

// poolGrid returns the grid of the most pools that a budget allows on a square of
// the given side; of several, the one nearest to a square.
func poolGrid(side, budget int) (rows, cols int) {
	for r := 1; r <= side; r++ {
		c := min(side, 2*r, budget/r)
		if c >= r && r*c >= rows*cols {
			rows, cols = r, c
		}
	}
	return rows, cols
}
