package par

import (
	"fmt"
	"time"

	"github.com/go-par/par/lvlm"
)

// Target is what the prefill of a prompt may cost. The method then picks how many
// image tokens to keep and how many layers to run, as far as it chooses them and
// Options leave them open.
//
// Where both are open, layers are left out a quarter as fast as tokens are dropped:
// when a share s of the image tokens goes, so does s/4 of the layers, about as in
// the budgets of the PAR paper.
type Target struct {
	FLOPs   float64       // share of the unpruned prefill's, decoder and router, in (0, 1]; 0: no target
	Prefill time.Duration // time of decoder and router; 0: no target
	Timing  *Timing       // what Prefill is judged by
}

// None reports whether there is no target.
func (t Target) None() bool { return t.FLOPs == 0 && t.Prefill == 0 }

// Check reports a target that can't be met whatever the model.
func (t Target) Check() error {
	switch {
	case t.FLOPs != 0 && t.Prefill != 0:
		return fmt.Errorf("two targets, a share of FLOPs and a time")
	case t.FLOPs < 0 || t.FLOPs > 1 || t.FLOPs != t.FLOPs:
		return fmt.Errorf("share of FLOPs %v is not in (0, 1]", t.FLOPs)
	case t.Prefill < 0:
		return fmt.Errorf("prefill time %v is negative", t.Prefill)
	}
	return nil
}

// pick returns how many image tokens and layers o's method gets on v's prompt.
func (t Target) pick(o Options, v *lvlm.View) (tokens, layers int, err error) {
	if t.Prefill > 0 && t.Timing == nil {
		return 0, 0, fmt.Errorf("a prefill time needs the machine's timing")
	}
	images, sizes := v.Prompt.ImageTokens(), spanSizes(v.Prompt)
	arch := ArchitectureOf(v.Model.Config)
	load := Load{Images: len(sizes), Text: len(v.Prompt.IDs) - images, Tokens: images, Layers: v.Layers, FromLayer: o.FromLayer}
	if o.method.Staged {
		load.FromLayer = 0 // its budget is an average over all layers
	}
	cost, limit := t.cost(arch, load)
	if o.Router != nil && o.method.Name == "par" {
		load.Router = o.Router.load()
	}
	skippable := len(o.skippable(v.Layers))
	if !o.method.Layers {
		skippable = 0
	}
	atMost := func(tokens int) int { return v.Layers - min(skippable, v.Layers*(images-tokens)/(4*max(1, images))) }
	fixedLayers := !o.Layers.All()
	if fixedLayers {
		if load.Layers, err = o.Layers.Of(v.Layers, v.Layers-skippable, "layers"); err != nil {
			return 0, 0, err
		}
	}
	if !o.Tokens.All() || !o.method.Tokens || images == 0 {
		// Layers alone are open.
		if images > 0 {
			if load.Tokens, err = o.Tokens.Of(images, len(sizes), "image tokens"); err != nil {
				return 0, 0, err
			}
		}
		for !fixedLayers && load.Layers > v.Layers-skippable && cost(load) > limit {
			load.Layers--
		}
	} else {
		for load.Tokens > len(sizes) && cost(load) > limit {
			load.Tokens--
			if !fixedLayers {
				load.Layers = atMost(load.Tokens)
			}
		}
		for !fixedLayers && load.Layers > v.Layers-skippable && cost(load) > limit {
			load.Layers--
		}
	}
	if c := cost(load); c > limit {
		return 0, 0, fmt.Errorf("target of %s can't be met: %d image tokens and %d layers still cost %s", t, load.Tokens, load.Layers, t.spell(c))
	}
	return load.Tokens, load.Layers, nil
}

// cost returns a measure of a load and its limit.
func (t Target) cost(a *Architecture, full Load) (func(Load) float64, float64) {
	if t.Prefill > 0 {
		return func(l Load) float64 { return t.Timing.prefill(a, l).Seconds() }, t.Prefill.Seconds()
	}
	decoder := func(l Load) float64 {
		c := a.actual(l)
		return c.Total - c.Vision
	}
	whole := decoder(full)
	return func(l Load) float64 { return decoder(l) / whole }, t.FLOPs
}

func (t Target) String() string {
	if t.Prefill > 0 {
		return t.spell(t.Prefill.Seconds())
	}
	return t.spell(t.FLOPs)
}

func (t Target) spell(cost float64) string {
	if t.Prefill > 0 {
		return fmt.Sprintf("%.0f ms", 1000*cost)
	}
	return fmt.Sprintf("%.3g of the FLOPs", cost)
}

// load describes r for counting.
func (r *Router) load() RouterLoad {
	l := RouterLoad{Layers: len(r.Layers), Shared: r.Shared}
	if r.Down != nil {
		l.Width = r.Width()
	}
	if len(r.Layers) > 0 {
		l.Intermediate = r.Layers[0].MLP.Gate.Out()
	}
	return l
}
