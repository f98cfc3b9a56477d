package par

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-par/par/lvlm"
)

// Plan is a choice made before prefill.
type Plan struct {
	FromLayer int   // the decoder layer that dropped tokens do not enter any more
	Kept      []int // image tokens that go on, ascending; nil keeps all
	Skipped   []int // decoder layers left out, ascending
	Renumber  bool  // kept rows get contiguous positions; where FromLayer is 0
}

// Static is a Flow that follows a Plan, made by Choose when a prefill begins.
type Static struct {
	Choose func(ctx context.Context, v *lvlm.View) (Plan, error)
	plan   Plan
}

// Begin makes the plan and checks it against the model and the prompt.
func (s *Static) Begin(ctx context.Context, v *lvlm.View) error {
	p, err := s.Choose(ctx, v)
	if err != nil {
		return err
	}
	if err := p.check(v.Layers, v.Prompt.ImageTokens()); err != nil {
		return err
	}
	s.plan = p
	return nil
}

// Layer follows the plan.
func (s *Static) Layer(_ context.Context, i int, _ *lvlm.View) (lvlm.Step, error) {
	return s.plan.step(i), nil
}

// step is what the plan says about layer i.
func (p *Plan) step(i int) lvlm.Step {
	var step lvlm.Step
	if i == p.FromLayer {
		step.Keep, step.Renumber = p.Kept, p.Renumber
	}
	_, step.Skip = slices.BinarySearch(p.Skipped, i)
	return step
}

func (p *Plan) check(layers, tokens int) error {
	if p.FromLayer < 0 || p.FromLayer >= layers {
		return fmt.Errorf("pruning layer %d is not in 0..%d", p.FromLayer, layers-1)
	}
	if err := ascending("kept token", p.Kept, tokens); err != nil {
		return err
	}
	return ascending("skipped layer", p.Skipped, layers)
}

func ascending(what string, list []int, n int) error {
	for i, x := range list {
		switch {
		case x < 0 || x >= n:
			return fmt.Errorf("%s %d is not in 0..%d", what, x, n-1)
		case i > 0 && x <= list[i-1]:
			return fmt.Errorf("%s %d does not come after %d", what, x, list[i-1])
		}
	}
	return nil
}
