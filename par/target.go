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

// pick returns how many image tokens and layers o's method gets on v's prompt:
// tokens go first, down to one an image, then layers alone.
func (t Target) pick(o Options, v *lvlm.View) (tokens, layers int, err error) {
	if t.Prefill > 0 && t.Timing == nil {
		return 0, 0, fmt.Errorf("a prefill time needs the machine's timing")
	}
	sizes, images := spanSizes(v.Prompt), v.Prompt.ImageTokens()
	l := Load{Images: len(sizes), Text: len(v.Prompt.IDs) - images, Tokens: images, Layers: v.Layers, FromLayer: o.FromLayer}
	if o.method.Staged {
		l.FromLayer = 0 // its budget is an average over all layers
	}
	cost, limit := t.cost(ArchitectureOf(v.Model.Config), l)
	if o.Router != nil && o.method.Name == "par" {
		l.Router = o.Router.load()
	}

	openTokens := o.method.Tokens && o.Tokens.All()
	openLayers := o.method.Layers && o.Layers.All()
	least := v.Layers - len(o.skippable(v.Layers))
	if !openTokens && images > 0 {
		if l.Tokens, err = o.Tokens.Of(images, len(sizes), "image tokens"); err != nil {
			return 0, 0, err
		}
	}
	if !openLayers {
		if l.Layers, err = o.Layers.Of(v.Layers, least, "layers"); err != nil {
			return 0, 0, err
		}
	}
	for openTokens && l.Tokens > len(sizes) && cost(l) > limit {
		l.Tokens--
		if openLayers {
			l.Layers = max(least, v.Layers-v.Layers*(images-l.Tokens)/(4*images))
		}
	}
	for openLayers && l.Layers > least && cost(l) > limit {
		l.Layers--
	}
	if c := cost(l); c > limit {
		return 0, 0, fmt.Errorf("target of %s can't be met: %d image tokens and %d layers still cost %s", t, l.Tokens, l.Layers, t.spell(c))
	}
	return l.Tokens, l.Layers, nil
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
