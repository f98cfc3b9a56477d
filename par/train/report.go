package train

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/nn/grad"
	"github.com/go-par/par/par"
)

// Report compares a router's flows with others at the same budget on held-out
// samples: mean divergence from the model's unpruned output, in nats.
type Report struct {
	Samples int     `json:"samples"`
	Failed  int     `json:"failed"` // samples that could not be used
	Router  float64 `json:"router"`
	Random  float64 `json:"random"`
	FastV   float64 `json:"fastv"`
	Best    float64 `json:"best_of_noisy"`    // of the router's noisy flows and its plain one
	Ranked  float64 `json:"pairs_ranked"`     // share of pairs whose better flow the router scores higher
	Pairs   int     `json:"pairs"`            // pairs that differ enough to be ranked
	Gap     float64 `json:"gap_to_best_flow"` // Router - Best
}

// Evaluate measures a router on samples that it was not trained on.
func Evaluate(ctx context.Context, m *lvlm.Model, r *par.Router, samples []Sample, s Sampling, progress Progress) (*Report, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	g := &generator{m, r, s}
	l, err := newLearner(m, r, true)
	if err != nil {
		return nil, err
	}
	out := new(Report)
	for i := range samples {
		progress(i, len(samples), "")
		p, err := g.pair(ctx, &samples[i])
		if err != nil {
			return nil, err
		}
		if p.Error != "" {
			out.Failed++
			continue
		}
		if err := out.add(ctx, g, l, &samples[i], p); err != nil {
			return nil, fmt.Errorf("sample %s: %w", p.Sample, err)
		}
	}
	progress(len(samples), len(samples), "")
	if out.Samples == 0 {
		return nil, fmt.Errorf("none of %d samples could be used", len(samples))
	}
	for _, x := range []*float64{&out.Router, &out.Random, &out.FastV, &out.Best} {
		*x /= float64(out.Samples)
	}
	out.Ranked /= math.Max(1, float64(out.Pairs))
	out.Gap = out.Router - out.Best
	return out, nil
}

// add measures one sample.
func (out *Report) add(ctx context.Context, g *generator, l *learner, s *Sample, p *Pair) error {
	r, err := g.request(s)
	if err != nil {
		return err
	}
	session := g.model.NewSession()
	full, err := session.Force(ctx, *r, p.Answer)
	if err != nil {
		return err
	}
	kl := func(method string, o par.Options, skip []int) (float64, error) {
		flow, err := par.New(method, o)
		if err != nil {
			return 0, err
		}
		if skip != nil {
			flow = skipping{flow, skip}
		}
		f, err := g.measure(ctx, session, r, flow, p.Answer, full)
		return f.KL, err
	}
	random, err := kl("random", par.Options{Tokens: g.Tokens, Layers: g.Layers, FromLayer: g.router.FromLayer, Seed: g.Seed + uint64(out.Samples)}, nil)
	if err != nil {
		return err
	}
	// FastV chooses tokens alone; the layers left out are those of the router's flow.
	fastv, err := kl("fastv", par.Options{Tokens: g.Tokens, FromLayer: g.router.FromLayer}, p.Flows[0].Skipped)
	if err != nil {
		return err
	}
	out.Samples++
	out.Random += random
	out.FastV += fastv
	out.Router += p.Flows[0].KL
	out.Best += p.best().KL
	if g.weight(p) > 0 {
		ranked, err := l.ranks(ctx, g.model, p)
		if err != nil {
			return err
		}
		out.Pairs++
		if ranked {
			out.Ranked++
		}
	}
	return nil
}

// ranks reports whether the better flow's choices score higher than the worse's.
func (l *learner) ranks(ctx context.Context, m *lvlm.Model, p *Pair) (bool, error) {
	in, err := read(ctx, m, l.router, p)
	if err != nil {
		return false, err
	}
	tape := grad.NewTape(m.Pool)
	_, margin := Preference{1, 1}.loss(tape, l.scores(tape, in, nil), in, len(m.Decoder.Layers), p.best(), p.worst(), 1)
	return margin.Value.Data[0] > 0, nil
}

// skipping is a Flow that leaves out layers besides.
type skipping struct {
	lvlm.Flow
	layers []int
}

func (s skipping) Layer(ctx context.Context, i int, v *lvlm.View) (lvlm.Step, error) {
	step, err := s.Flow.Layer(ctx, i, v)
	step.Skip = step.Skip || slices.Contains(s.layers, i)
	return step, err
}
