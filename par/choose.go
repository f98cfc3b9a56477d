package par

import (
	"cmp"
	"math"
	"slices"

	"github.com/go-par/par/lvlm"
)

// choose makes a plan at the options' budgets. tokens and layers select k of n
// things in ascending order: which tokens of an image to keep, and which of the
// layers that may be skipped to skip.
func (o Options) choose(v *lvlm.View, tokens, layers func(n, k int) []int) (Plan, error) {
	plan := Plan{FromLayer: o.FromLayer, Renumber: o.Renumber}
	b, err := o.budgets(v)
	if err != nil {
		return plan, err
	}
	first := 0
	for i, span := range v.Prompt.Spans {
		for _, t := range tokens(span.Count, b.tokens[i]) {
			plan.Kept = append(plan.Kept, first+t)
		}
		first += span.Count
	}
	skippable := o.skippable(v.Layers)
	for _, i := range layers(len(skippable), v.Layers-b.layers) {
		plan.Skipped = append(plan.Skipped, skippable[i])
	}
	return plan, nil
}

// budgets are counts for one prompt.
type budgets struct {
	tokens []int // kept of each image
	layers int   // run
}

// budgets turns the options' budgets into counts: the image tokens' is shared by
// the images in proportion to their size, at least one each.
func (o Options) budgets(v *lvlm.View) (budgets, error) {
	sizes := spanSizes(v.Prompt)
	images, least := v.Prompt.ImageTokens(), v.Layers-len(o.skippable(v.Layers))
	tokens, layers := images, v.Layers
	var err error
	switch {
	case !o.Target.None():
		tokens, layers, err = o.Target.pick(o, v)
	case images > 0: // a prompt without images has nothing to drop
		tokens, err = o.Tokens.Of(images, len(sizes), "image tokens")
	}
	if err == nil && o.Target.None() {
		layers, err = o.Layers.Of(v.Layers, least, "layers")
	}
	return budgets{share(tokens, sizes), layers}, err
}

// spanSizes returns the number of tokens of each image.
func spanSizes(p *lvlm.Prompt) []int {
	sizes := make([]int, len(p.Spans))
	for i, s := range p.Spans {
		sizes[i] = s.Count
	}
	return sizes
}

// skippable lists the layers that a method may leave out. By default these are not
// the first two, nor the last, without which a model's answers fall apart (PAR,
// section 4.3). Nor are they layers that a shared router reads.
func (o Options) skippable(layers int) []int {
	protect, first := o.Protect, 0
	if protect == nil {
		protect = []int{0, 1, layers - 1}
	}
	if o.Router != nil && o.Router.Shared {
		first = o.FromLayer
	}
	var list []int
	for i := first; i < layers; i++ {
		if !slices.Contains(protect, i) {
			list = append(list, i)
		}
	}
	return list
}

// highest returns the indices of the k highest scores, ascending; ties go to the
// lower index, NaN counts as lowest.
func highest(scores []float32, k int) []int {
	list := make([]int, 0, k)
	if k == 0 {
		return list
	}
	sorted := make([]float32, len(scores))
	for i, s := range scores {
		sorted[i] = rank(s)
	}
	slices.Sort(sorted)
	sorted = sorted[len(sorted)-k:]
	least, ties := sorted[0], 0
	for _, s := range sorted {
		if s == least {
			ties++
		}
	}
	for i, s := range scores {
		switch s = rank(s); {
		case s > least:
			list = append(list, i)
		case s == least && ties > 0:
			ties--
			list = append(list, i)
		}
	}
	return list
}

// descending returns the indices of scores from the highest to the lowest.
func descending(scores []float32) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rank(scores[b]), rank(scores[a])) })
	return order
}

// rank returns what a score is compared by: NaN counts as lowest.
func rank(s float32) float32 {
	if s != s {
		return float32(math.Inf(-1))
	}
	return s
}

// highestEach returns the image tokens with the highest scores, counts[i] of image
// i. scores has one for every image token.
func highestEach(p *lvlm.Prompt, scores []float32, counts []int) []int {
	var kept []int
	first := 0
	for i, s := range p.Spans {
		for _, t := range highest(scores[first:first+s.Count], counts[i]) {
			kept = append(kept, first+t)
		}
		first += s.Count
	}
	return kept
}

// leastLayers returns the n layers with the lowest scores among those that may be
// skipped, ascending; ties keep the lower index.
func (o Options) leastLayers(scores []float32, n int) []int {
	skippable := o.skippable(len(scores))
	order := descending(scores)
	var skipped []int
	for _, l := range slices.Backward(order) {
		if len(skipped) < n && slices.Contains(skippable, l) {
			skipped = append(skipped, l)
		}
	}
	slices.Sort(skipped)
	return skipped
}
