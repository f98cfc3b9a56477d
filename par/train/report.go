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
func Evaluate(ctx context.Context, lanes Lanes, r *par.Router, samples []Sample, s Sampling, progress Progress) (*Report, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	l, err := newLearner(lanes[0], r, true)
	if err != nil {
		return nil, err
	}
	out := new(Report)
	progress(0, len(samples), "")
	err = inOrder(ctx, lanes, 0, len(samples), func(ctx context.Context, m *lvlm.Model, i int) (*Report, error) {
		one, err := l.report(ctx, &generator{m, r, s}, &samples[i], uint64(i))
		if err != nil {
			return nil, fmt.Errorf("sample %s: %w", samples[i].ID, err)
		}
		return one, nil
	}, func(i int, one *Report) error {
		out.add(one)
		progress(i+1, len(samples), "")
		return nil
	})
	if err != nil {
		return nil, err
	}
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

// add adds up what other found.
func (out *Report) add(other *Report) {
	out.Samples += other.Samples
	out.Failed += other.Failed
	out.Router += other.Router
	out.Random += other.Random
	out.FastV += other.FastV
	out.Best += other.Best
	out.Ranked += other.Ranked
	out.Pairs += other.Pairs
}

// report measures one sample. seed is that of the random flow.
func (l *learner) report(ctx context.Context, g *generator, s *Sample, seed uint64) (*Report, error) {
	t, err := g.pair(ctx, s)
	if err != nil {
		return nil, err
	}
	if t.Error != "" {
		return &Report{Failed: 1}, nil
	}
	kl := func(method string, o par.Options, skip []int) (float64, error) {
		flow, err := par.New(method, o)
		if err != nil {
			return 0, err
		}
		if skip != nil {
			flow = skipping{flow, skip}
		}
		f, err := t.measure(ctx, flow)
		return f.KL, err
	}
	out := &Report{Samples: 1, Router: t.Flows[0].KL, Best: t.best().KL}
	if out.Random, err = kl("random", par.Options{Tokens: g.Tokens, Layers: g.Layers, FromLayer: g.router.FromLayer, Seed: g.Seed + seed}, nil); err != nil {
		return nil, err
	}
	// FastV chooses tokens alone; the layers left out are those of the router's flow.
	if out.FastV, err = kl("fastv", par.Options{Tokens: g.Tokens, FromLayer: g.router.FromLayer}, t.Flows[0].Skipped); err != nil {
		return nil, err
	}
	if g.weight(t.best(), t.worst()) > 0 {
		ranked, err := l.ranks(ctx, g.model, t.Pair)
		if err != nil {
			return nil, err
		}
		out.Pairs = 1
		if ranked {
			out.Ranked = 1
		}
	}
	return out, nil
}

// ranks reports whether the better flow's choices score higher than the worse's.
func (l *learner) ranks(ctx context.Context, m *lvlm.Model, p *Pair) (bool, error) {
	in, err := read(ctx, m, l.router, p)
	if err != nil {
		return false, err
	}
	tape := grad.NewTape(m.Pool)
	margin := Preference{BetaTokens: 1, BetaLayers: 1}.margin(tape, l.scores(tape, in, nil), in, len(m.Decoder.Layers), p.best(), p.worst())
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
