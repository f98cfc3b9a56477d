package par

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/tensor"
)

// newCDPruner keeps the image tokens that a determinantal point process makes most
// likely: the kernel is the cosines of projected embeddings, weighted by how
// relevant each token is to the question (CDPruner, section 3). Relevance is minus
// the cosine between the patch and the question in CLIP's common space, which the
// authors found to be higher where a patch shows less of it, scaled to (0, 1].
func newCDPruner(o Options) (lvlm.Flow, error) {
	switch {
	case o.CLIP == nil:
		return nil, fmt.Errorf("CLIP's text tower is needed, which LLaVA's checkpoints lack")
	case o.Question == "":
		return nil, fmt.Errorf("the question is needed that the image tokens are to answer")
	}
	return &Static{Choose: func(ctx context.Context, v *lvlm.View) (Plan, error) {
		plan := Plan{FromLayer: o.FromLayer, Renumber: o.Renumber}
		b, err := o.budgets(v)
		if err != nil || len(v.Images) == 0 {
			return plan, err
		}
		texts, err := o.CLIP.Texts(ctx, v.Pool, o.Question)
		if err != nil {
			return plan, err
		}
		var scores []float32
		first := 0
		for i, s := range v.Prompt.Spans {
			patches, err := o.CLIP.Patches(v.Pool, v.Images[i].Features)
			if err != nil {
				return plan, err
			}
			relevance := relevances(v.Pool, patches, texts)
			for _, t := range greedyMAP(cosines(v.Pool, v.Embeds.Slice(s.Start, s.Start+s.Count)), relevance, b.tokens[i]) {
				plan.Kept = append(plan.Kept, first+t)
			}
			for _, r := range relevance {
				scores = append(scores, float32(r))
			}
			first += s.Count
		}
		v.Scored(scores, nil)
		return plan, nil
	}}, nil
}

// relevances returns minus the mean cosine of each patch to the texts, scaled to
// (0, 1].
func relevances(p *tensor.Pool, patches, texts tensor.Tensor) []float64 {
	like := tensor.New(patches.Rows, texts.Rows)
	p.MatMul(like, unitRows(patches), nil, unitRows(texts).Matrix(), nil)
	out := make([]float64, patches.Rows)
	for i := range out {
		for _, c := range like.Row(i) {
			out[i] -= float64(c) / float64(like.Cols)
		}
	}
	lo, hi := slices.Min(out), slices.Max(out)
	for i := range out {
		if hi == lo {
			out[i] = 1
		} else {
			out[i] = (out[i] - lo + 1e-6) / (hi - lo)
		}
	}
	return out
}

// greedyMAP chooses k items that make the determinant of a kernel large, one by one
// (Chen et al., arXiv:1709.05135, algorithm 1), and returns them ascending. The
// kernel is cos with rows and columns scaled by weight. Ties go to the lower index.
// Items that those chosen explain to within rounding gain nothing; they come last.
func greedyMAP(cos tensor.Tensor, weight []float64, k int) []int {
	n := cos.Rows
	gain := make([]float64, n) // of the determinant, by item
	for i := range gain {
		gain[i] = float64(cos.Row(i)[i]) * weight[i] * weight[i]
	}
	var factors [][]float64 // rows of the Cholesky factor
	chosen := make([]bool, n)
	var kept []int
	for len(kept) < k {
		j := -1
		for i := range gain {
			if !chosen[i] && (j < 0 || gain[i] > gain[j]) {
				j = i
			}
		}
		chosen[j] = true
		kept = append(kept, j)
		if gain[j] <= 0 {
			continue
		}
		row, root := make([]float64, n), math.Sqrt(gain[j])
		for i := range row {
			row[i] = weight[j] * weight[i] * float64(cos.Row(j)[i])
			for _, f := range factors {
				row[i] -= f[j] * f[i]
			}
			row[i] /= root
			gain[i] -= row[i] * row[i]
		}
		factors = append(factors, row)
	}
	slices.Sort(kept)
	return kept
}
