package par

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/go-par/par/lvlm"
)

// Options parametrise a pruning method.
type Options struct {
	Tokens, Layers Budget // image tokens and decoder layers to keep
	FromLayer      int    // the decoder layer that dropped tokens do not enter any more
	Seed           uint64 // random
	Keep, Skip     []int  // fixed: image tokens that go on, layers left out; nil Keep keeps all
}

// DefaultFromLayer is where PAR prunes: layers 0 and 1 see every token.
const DefaultFromLayer = 2

type method struct {
	name string
	new  func(o Options) (lvlm.Flow, error)
}

var methods = []method{
	{"none", newNone},
	{"random", newRandom},
	{"uniform", newUniform},
	{"fixed", newFixed},
}

// Methods lists the names that New knows.
func Methods() []string {
	var names []string
	for _, m := range methods {
		names = append(names, m.name)
	}
	return names
}

// New returns the named method's Flow, nil for "none".
func New(name string, o Options) (lvlm.Flow, error) {
	for _, m := range methods {
		if m.name != name {
			continue
		}
		if name != "fixed" && (o.Keep != nil || o.Skip != nil) {
			return nil, fmt.Errorf("method %s: explicit tokens or layers are for method fixed", name)
		}
		f, err := m.new(o)
		if err != nil {
			return nil, fmt.Errorf("method %s: %w", name, err)
		}
		return f, nil
	}
	return nil, fmt.Errorf("method %q is not known (%s)", name, strings.Join(Methods(), ", "))
}

func newNone(o Options) (lvlm.Flow, error) {
	if !o.Tokens.All() || !o.Layers.All() {
		return nil, fmt.Errorf("a budget needs a method that chooses")
	}
	return nil, nil
}

// newFixed follows the caller's lists.
func newFixed(o Options) (lvlm.Flow, error) {
	if !o.Tokens.All() || !o.Layers.All() {
		return nil, fmt.Errorf("the lists say what is kept; a budget has no place beside them")
	}
	plan := Plan{o.FromLayer, o.Keep, o.Skip}
	return &Static{Choose: func(context.Context, *lvlm.View) (Plan, error) { return plan, nil }}, nil
}

// newRandom keeps image tokens, and skips layers, drawn evenly without
// replacement; the same seed draws the same.
func newRandom(o Options) (lvlm.Flow, error) {
	return &Static{Choose: func(_ context.Context, v *lvlm.View) (Plan, error) {
		rng := rand.New(rand.NewPCG(o.Seed, 0))
		return o.choose(v, func(n, k int) []int {
			chosen := rng.Perm(n)[:k]
			slices.Sort(chosen)
			return chosen
		})
	}}, nil
}

// newUniform keeps image tokens at even distances in raster order, and skips
// layers at even distances.
func newUniform(o Options) (lvlm.Flow, error) {
	return &Static{Choose: func(_ context.Context, v *lvlm.View) (Plan, error) {
		return o.choose(v, func(n, k int) []int {
			chosen := make([]int, k)
			for i := range chosen {
				chosen[i] = (2*i + 1) * n / (2 * k)
			}
			return chosen
		})
	}}, nil
}

// choose makes a plan at the options' budgets with pick, which selects k of n
// things in ascending order: image by image, and among the layers that may be
// skipped.
func (o Options) choose(v *lvlm.View, pick func(n, k int) []int) (Plan, error) {
	plan := Plan{FromLayer: o.FromLayer}
	counts, err := o.tokens(v)
	if err != nil {
		return plan, err
	}
	first := 0
	for i, span := range v.Prompt.Spans {
		for _, t := range pick(span.Count, counts[i]) {
			plan.Kept = append(plan.Kept, first+t)
		}
		first += span.Count
	}
	skippable := skippable(v.Layers)
	run, err := o.Layers.of(v.Layers, v.Layers-len(skippable), "layers")
	if err != nil {
		return plan, err
	}
	for _, i := range pick(len(skippable), v.Layers-run) {
		plan.Skipped = append(plan.Skipped, skippable[i])
	}
	return plan, nil
}

// tokens returns how many tokens of each image are kept: the budget's share in
// proportion to the image's size, at least one.
func (o Options) tokens(v *lvlm.View) ([]int, error) {
	sizes := make([]int, len(v.Prompt.Spans))
	for i, s := range v.Prompt.Spans {
		sizes[i] = s.Count
	}
	kept, err := o.Tokens.of(v.Prompt.ImageTokens(), len(sizes), "image tokens")
	if err != nil {
		return nil, err
	}
	return share(kept, sizes), nil
}

// skippable lists the layers that a method may leave out: not the first two, nor
// the last, without which a model's answers fall apart (PAR, section 4.3).
func skippable(layers int) []int {
	var list []int
	for i := 2; i < layers-1; i++ {
		list = append(list, i)
	}
	return list
}
