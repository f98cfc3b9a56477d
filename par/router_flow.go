package par

import (
	"context"
	"fmt"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/tensor"
)

// newRouted follows a router: it keeps the image tokens and runs the layers that
// score highest.
func newRouted(o Options) (lvlm.Flow, error) {
	if o.Router == nil {
		return nil, fmt.Errorf("a router is needed")
	}
	if o.Router.Shared && o.FromLayer != o.Router.FromLayer {
		return nil, fmt.Errorf("a shared router that reads layer %d can't prune before layer %d", o.Router.FromLayer, o.FromLayer)
	}
	if o.Router.Shared {
		return &sharedRouted{o: o}, nil
	}
	return &Static{Choose: func(_ context.Context, v *lvlm.View) (Plan, error) {
		b, err := o.budgets(v)
		if err != nil {
			return Plan{}, err
		}
		s := o.Router.Score(v.Pool, v.Workspace(), v.Embeds, o.Router.LayerTokens, v.Prompt.Spans, o.Noise)
		v.Scored(s.Tokens, s.Layers)
		o.explore(s)
		return o.plan(v, s, b), nil
	}}, nil
}

func (o Options) explore(s Scores) {
	if o.Explore != nil {
		o.Explore(s)
	}
}

// plan keeps what scores highest.
func (o Options) plan(v *lvlm.View, s Scores, b budgets) Plan {
	return Plan{
		FromLayer: o.FromLayer,
		Kept:      highestEach(v.Prompt, s.Tokens, b.tokens),
		Skipped:   o.leastLayers(s.Layers, v.Layers-b.layers),
	}
}

// sharedRouted follows a shared router, which makes its plan when the decoder
// reaches the pruning layer. Layers before it are all run.
type sharedRouted struct {
	o    Options
	b    budgets
	plan Plan
}

func (f *sharedRouted) Begin(_ context.Context, v *lvlm.View) (err error) {
	f.plan = Plan{FromLayer: f.o.FromLayer}
	f.b, err = f.o.budgets(v)
	return err
}

func (f *sharedRouted) Layer(_ context.Context, i int, v *lvlm.View) (lvlm.Step, error) {
	if i == f.o.FromLayer {
		r := f.o.Router
		tokens := r.LayerTokens
		if f.b.layers == v.Layers {
			tokens = tensor.Tensor{} // image tokens, which stand before them, don't see them
		}
		s := r.Score(v.Pool, v.Workspace(), v.Hidden, tokens, v.Prompt.Spans, f.o.Noise)
		v.Scored(s.Tokens, s.Layers)
		f.o.explore(s)
		f.plan = f.o.plan(v, s, f.b)
	}
	return f.plan.step(i), nil
}
