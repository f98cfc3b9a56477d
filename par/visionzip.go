package par

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
)

// newVisionZip keeps, of each image, the class token, the patches that it attends
// to most in the block whose output are the features (dominant tokens), and a few
// sums that stand for all other patches (contextual tokens), before layer 0
// (VisionZip, section 3.2).
//
// The authors append contextual tokens behind dominant ones. Here each stays in the
// place of its target patch, and the class token takes that of the first patch
// that is nobody's.
func newVisionZip(o Options) (lvlm.Flow, error) {
	return &Static{Choose: func(_ context.Context, v *lvlm.View) (Plan, error) {
		plan := Plan{FromLayer: o.FromLayer, Renumber: o.Renumber}
		b, err := o.budgets(v)
		if err != nil {
			return plan, err
		}
		var scores []float32
		first := 0
		for i, s := range v.Prompt.Spans {
			out := v.Images[i]
			if out.Attention.Rows == 0 {
				return plan, fmt.Errorf("the features come before the tower's first block, and no class token attends to patches")
			}
			z := zip(out, v.Pool, b.tokens[i])
			lead := s.Count - out.Attention.Cols // a class token that is a feature anyway
			scores = append(scores, make([]float32, lead)...)
			scores = append(scores, z.attention...)
			if b.tokens[i] == s.Count {
				// Everything is kept: there is nothing to merge.
				for t := range s.Count {
					plan.Kept = append(plan.Kept, first+t)
				}
				first += s.Count
				continue
			}
			kept, err := z.place(v, first, lead)
			if err != nil {
				return plan, err
			}
			plan.Kept = append(plan.Kept, kept...)
			first += s.Count
		}
		v.Scored(scores, nil)
		return plan, nil
	}}, nil
}

// zipped is what VisionZip makes of one image.
type zipped struct {
	attention []float32 // by patch: the class token's, summed over heads
	dominant  []int     // patches, ascending
	targets   []int     // patches that contextual tokens stand for, ascending
	class     []float32
	merged    tensor.Tensor // features of the contextual tokens
}

// dominantShare is the part of dominant tokens, class token included, in a budget,
// as 27 to 5 in the authors' settings: 54 of 64, 108 of 128, 162 of 192.
func dominantShare(k int) int { return max(1, (27*k+16)/32) }

// zip chooses k tokens, the class token being the first of them.
func zip(out *lvlm.VisionOutput, p *tensor.Pool, k int) *zipped {
	patches := out.Attention.Cols
	z := &zipped{attention: make([]float32, patches), class: out.Class}
	for h := range out.Attention.Rows {
		for j, a := range out.Attention.Row(h) {
			z.attention[j] += a
		}
	}
	features := out.Features.Slice(out.Features.Rows-patches, out.Features.Rows)
	dominant := min(dominantShare(k)-1, patches)
	z.dominant = highest(z.attention, dominant)
	var rest []int
	for j := range patches {
		if _, ok := slices.BinarySearch(z.dominant, j); !ok {
			rest = append(rest, j)
		}
	}
	contextual := min(k-1-dominant, len(rest))
	if contextual == 0 {
		return z
	}
	step := len(rest) / contextual
	for i := range contextual {
		z.targets = append(z.targets, rest[i*step])
	}
	z.merge(p, features, out.Keys, rest)
	return z
}

// merge adds to each target's features the mean of those of the other patches
// whose keys have the highest cosine to its own.
func (z *zipped) merge(p *tensor.Pool, features, keys tensor.Tensor, rest []int) {
	unit := unitRows(keys)
	targets := tensor.New(len(z.targets), keys.Cols)
	for i, t := range z.targets {
		copy(targets.Row(i), unit.Row(t))
	}
	like := tensor.New(unit.Rows, len(z.targets))
	p.MatMul(like, unit, nil, targets.Matrix(), nil)
	z.merged = tensor.New(len(z.targets), features.Cols)
	count := make([]int, len(z.targets))
	for _, j := range rest {
		if _, ok := slices.BinarySearch(z.targets, j); ok {
			continue
		}
		best := descending(like.Row(j))[0]
		count[best]++
		for c, x := range features.Row(j) {
			z.merged.Row(best)[c] += x
		}
	}
	for i, t := range z.targets {
		sum := z.merged.Row(i)
		for c, x := range features.Row(t) {
			sum[c] = sum[c]/float32(max(1, count[i])) + x
		}
	}
}

// place writes the embeddings of class and contextual tokens to rows of the
// image whose first token is first, and returns the tokens that stay. lead is the
// number of its tokens before the first patch.
func (z *zipped) place(v *lvlm.View, first, lead int) ([]int, error) {
	taken := append(slices.Clone(z.dominant), z.targets...)
	class := 0
	if lead > 0 {
		class = -lead
	} else {
		for slices.Contains(taken, class) {
			class++
		}
	}
	made := tensor.New(1+z.merged.Rows, len(z.class))
	copy(made.Row(0), z.class)
	for i := range z.merged.Rows {
		copy(made.Row(1+i), z.merged.Row(i))
	}
	var ws nn.Workspace
	embeddings := v.Model.Projector.Forward(v.Pool, &ws, made)
	for i, patch := range append([]int{class}, z.targets...) {
		if err := v.Replace(first+lead+patch, embeddings.Row(i)); err != nil {
			return nil, err
		}
	}
	kept := append(taken, class)
	slices.Sort(kept)
	for i := range kept {
		kept[i] += first + lead
	}
	return kept, nil
}
