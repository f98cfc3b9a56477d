package par

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/tensor"
)

func targetModel(t *testing.T) *lvlm.Model {
	t.Helper()
	m, err := lvlm.NewRandom(&lvlm.Config{
		ImageMode: "crop",
		Text:      lvlm.TextConfig{Hidden: 64, Intermediate: 160, Layers: 16, Heads: 4, KVHeads: 4, HeadDim: 16, Context: 512, NormEps: 1e-5, RopeTheta: 10000},
		Vision: &lvlm.VisionConfig{
			Hidden: 32, Intermediate: 32, Layers: 1, Heads: 2, ImageSize: 112, PatchSize: 14, NormEps: 1e-5, Act: tensor.QuickGELU, FeatureLayers: []int{1},
		},
		Projector: &lvlm.ProjectorConfig{Act: tensor.GELU},
	}, lvlm.Random{}, lvlm.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func outcome(t *testing.T, m *lvlm.Model, method string, o Options) (*lvlm.Result, error) {
	t.Helper()
	o.FromLayer = OwnLayer
	flow, err := New(method, o)
	if err != nil {
		t.Fatal(err)
	}
	s := m.NewSession()
	for _, err := range s.Generate(t.Context(), lvlm.Request{Prompt: "<image>what?", Images: []*preprocess.RGB{preprocess.Demo()}, MaxTokens: 1, Flow: flow}) {
		if err != nil {
			return nil, err
		}
	}
	return s.Result(), nil
}

// load is what a result cost.
func resultLoad(r *lvlm.Result, from int) Load {
	return Load{
		Text: len(r.Prompt.IDs) - r.Prompt.ImageTokens(), Tokens: len(r.Outcome.Kept),
		Layers: r.Layers - len(r.Outcome.Skipped), FromLayer: from,
	}
}

// TestTargetFLOPs checks that a share of FLOPs is met, and that one token more, with
// the layers that belong to it, would break it.
func TestTargetFLOPs(t *testing.T) {
	m := targetModel(t)
	a := ArchitectureOf(m.Config)
	cost := func(l Load) float64 {
		full := l
		full.Tokens, full.Layers = a.Tokens, a.Text.Layers
		c, f := a.actual(l), a.actual(full)
		return (c.Total - c.Vision) / (f.Total - f.Vision)
	}
	for _, c := range []struct {
		method  string
		share   float64
		o       Options
		openT   bool
		openL   bool
		wantErr bool
	}{
		{method: "uniform", share: 0.9, openT: true, openL: true},
		{method: "uniform", share: 0.5, openT: true, openL: true},
		{method: "uniform", share: 0.35, openT: true, openL: true},
		{method: "uniform", share: 1, openT: true, openL: true},
		{method: "fastv", share: 0.5, openT: true},
		{method: "uniform", share: 0.5, o: Options{Layers: Count(12)}, openT: true},
		{method: "uniform", share: 0.4, o: Options{Tokens: Count(32)}, openL: true},
		{method: "uniform", share: 0.02, wantErr: true},
		{method: "fastv", share: 0.2, wantErr: true},
	} {
		c.o.Target = Target{FLOPs: c.share}
		r, err := outcome(t, m, c.method, c.o)
		if c.wantErr {
			if err == nil {
				t.Errorf("%+v: met, with %d tokens", c, len(r.Outcome.Kept))
			}
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		from := DefaultFromLayer
		l := resultLoad(r, from)
		if _, actual, _ := a.RunFLOPs(r, nil); math.Abs(actual.Prefill()-cost(l)) > 1e-9 {
			t.Errorf("%+v: layer by layer %v of the FLOPs, by the budget %v", c, actual.Prefill(), cost(l))
		}
		if got := cost(l); got > c.share {
			t.Errorf("%+v: %d tokens and %d layers cost %.3f", c, l.Tokens, l.Layers, got)
		}
		more := l
		switch {
		case c.openT && l.Tokens < a.Tokens:
			more.Tokens++
			if c.openL {
				more.Layers = r.Layers - r.Layers*(a.Tokens-more.Tokens)/(4*a.Tokens)
			}
		case !c.openT && c.openL && l.Layers < r.Layers:
			more.Layers++
		default:
			continue
		}
		if got := cost(more); got <= c.share {
			t.Errorf("%+v: %d tokens and %d layers, but %d and %d cost %.3f only", c, l.Tokens, l.Layers, more.Tokens, more.Layers, got)
		}
	}
}

// TestTargetPrefill picks budgets by times that are made up.
func TestTargetPrefill(t *testing.T) {
	m := targetModel(t)
	timing := &Timing{Layer: []Point{{10, 10}, {100, 100}}, Head: 1}
	if got := timing.layer(55); math.Abs(got-55) > 1e-9 {
		t.Errorf("55 rows take %v ms", got)
	}
	if got := timing.layer(5); math.Abs(got-5) > 1e-9 {
		t.Errorf("5 rows take %v ms", got)
	}
	if got := timing.layer(200); math.Abs(got-200) > 1e-9 {
		t.Errorf("200 rows take %v ms", got)
	}
	r, err := outcome(t, m, "uniform", Options{Target: Target{Prefill: 600 * time.Millisecond, Timing: timing}})
	if err != nil {
		t.Fatal(err)
	}
	l := resultLoad(r, DefaultFromLayer)
	n := l.Text + 64
	if got := float64(2*n+(l.Layers-2)*(l.Text+l.Tokens)) + 1; got > 600 || got < 560 {
		t.Errorf("%d tokens and %d layers take %v ms, the target is 600", l.Tokens, l.Layers, got)
	}
	if _, err := outcome(t, m, "uniform", Options{Target: Target{Prefill: time.Second}}); err == nil {
		t.Error("a time is met without a timing")
	}
}

// TestCachedTiming measures once and reads the second time, but not a timing of
// another machine.
func TestCachedTiming(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("LocalAppData", t.TempDir())
	m := targetModel(t)
	first, measured, err := CachedTiming(t.Context(), m)
	if err != nil || !measured {
		t.Fatalf("measured %v, %v", measured, err)
	}
	for i, p := range first.Layer {
		if p.Ms <= 0 || p.Rows != timedRows[i] {
			t.Errorf("point %+v", p)
		}
	}
	second, measured, err := CachedTiming(t.Context(), m)
	if err != nil || measured || second.Head != first.Head {
		t.Errorf("measured again: %v, %v", measured, err)
	}
	path, err := timingPath(m)
	if err != nil {
		t.Fatal(err)
	}
	second.Machine = "another"
	if err := second.save(path); err != nil {
		t.Fatal(err)
	}
	if _, measured, err = CachedTiming(t.Context(), m); err != nil || !measured {
		t.Errorf("the timing of another machine is taken: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := MeasureTiming(ctx, m); err == nil {
		t.Error("measured after the context ended")
	}
}
