package par

import (
	"math"
	"slices"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/tensor"
)

// Pivots of DART, as the authors set them for LLaVA.
const (
	imagePivots = 4
	textPivots  = 4
)

// newDART keeps image tokens that are least like a few pivots, and the pivots among
// them. Pivots are the image tokens, and the text tokens behind the first image,
// whose keys in the layer before the pruning layer have the largest L1 norm. Each
// pivot in turn, image pivots first, takes the tokens left whose hidden state, after
// the model's final norm, has the lowest cosine to its own (DART, section 4).
//
// The authors give every pivot the same number of tokens, budget/8, and so keep 4
// more than what is left of the budget after rounding down. Here the budget is
// what is kept.
func newDART(o Options) (lvlm.Flow, error) {
	r := &ranked{o: o}
	r.choose = func(v *lvlm.View) ([]float32, []int, error) {
		keys, err := v.Keys()
		if err != nil {
			return nil, nil, err
		}
		norms := make([]float32, keys.Rows)
		for i := range norms {
			sum := 0.0
			for _, k := range keys.Row(i) {
				sum += math.Abs(float64(k))
			}
			norms[i] = float32(sum)
		}
		state := tensor.New(v.Hidden.Rows, v.Hidden.Cols)
		v.Model.Decoder.Norm.Forward(v.Pool, state, v.Hidden)
		state = unitRows(state)

		text := textPivotRows(v, norms)
		var kept []int
		first := 0
		for i, s := range v.Prompt.Spans {
			rows := imageRows(v, first, s.Count)
			for _, t := range leastAlike(state, norms, rows, text, r.counts[i]) {
				kept = append(kept, first+t)
			}
			first += s.Count
		}
		return imageColumns(v, norms), kept, nil
	}
	return r, nil
}

// textPivotRows returns the rows of the text pivots, ascending.
func textPivotRows(v *lvlm.View, norms []float32) []int {
	var rows []int
	var keys []float32
	seen := false
	for i := range v.Rows {
		if seen = seen || v.IsImage(i); seen && !v.IsImage(i) {
			rows, keys = append(rows, i), append(keys, norms[i])
		}
	}
	var pivots []int
	for _, i := range highest(keys, min(textPivots, len(keys))) {
		pivots = append(pivots, rows[i])
	}
	return pivots
}

// imageRows returns the rows of n image tokens from token first on, all of which
// are still computed.
func imageRows(v *lvlm.View, first, n int) []int {
	rows := make([]int, 0, n)
	token := 0
	for i := range v.Rows {
		if !v.IsImage(i) {
			continue
		}
		if t := v.Kept[token]; t >= first && t < first+n {
			rows = append(rows, i)
		}
		token++
	}
	return rows
}

// leastAlike chooses k of the image tokens whose rows of state are given, and
// returns them ascending.
func leastAlike(state tensor.Tensor, norms []float32, rows, text []int, k int) []int {
	keys := make([]float32, len(rows))
	for i, r := range rows {
		keys[i] = norms[r]
	}
	kept := highest(keys, min(imagePivots, k))
	taken := make([]bool, len(rows))
	var pivots []int
	for _, i := range kept {
		taken[i] = true
		pivots = append(pivots, rows[i])
	}
	pivots = append(pivots, text...)
	left := k - len(kept)
	for p, row := range pivots {
		// What the pivots can't share evenly goes to the first of them.
		share := left / len(pivots)
		if p < left%len(pivots) {
			share++
		}
		unlike := make([]float32, len(rows))
		for i, r := range rows {
			unlike[i] = float32(math.Inf(-1))
			if !taken[i] {
				unlike[i] = float32(-dot(state.Row(row), state.Row(r)))
			}
		}
		for _, i := range highest(unlike, share) {
			taken[i] = true
			kept = append(kept, i)
		}
	}
	slices.Sort(kept)
	return kept
}
