package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/par"
	"github.com/go-par/par/tensor"
)

func tiny(t *testing.T) *lvlm.Model {
	t.Helper()
	m, err := lvlm.NewRandom(&lvlm.Config{
		ImageMode: "crop",
		Text: lvlm.TextConfig{
			Hidden: 32, Intermediate: 48, Layers: 7, Heads: 4, KVHeads: 2, HeadDim: 8,
			Context: 512, NormEps: 1e-5, RopeTheta: 10000,
		},
		Vision: &lvlm.VisionConfig{
			Hidden: 24, Intermediate: 40, Layers: 3, Heads: 2, ImageSize: 32, PatchSize: 8,
			NormEps: 1e-5, Act: tensor.QuickGELU, FeatureLayers: []int{2},
		},
		Projector: &lvlm.ProjectorConfig{Act: tensor.GELU},
	}, lvlm.Random{Seed: 5}, lvlm.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// pictures writes n samples and returns them.
func pictures(t *testing.T, n int) []Sample {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 1))
	var list []Sample
	for i := range n {
		img := preprocess.NewRGB(32, 32)
		for k := range img.Pix {
			img.Pix[k] = byte(rng.Uint32())
		}
		path := filepath.Join(dir, fmt.Sprintf("%d.png", i))
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, img); err != nil {
			t.Fatal(err)
		}
		f.Close()
		list = append(list, Sample{ID: fmt.Sprint(i), Image: path, Question: "what is it?"})
	}
	return list
}

var sampling = Sampling{
	Tokens: par.Count(5), Layers: par.Count(5), Flows: 4, MaxAnswer: 5, MaxWeight: 1, Template: "vicuna_v1", Seed: 3,
}

var setup = Fitting{
	Preference: Preference{BetaTokens: 1, BetaLayers: 1},
	Epochs:     3, Batch: 2, Rate: 3e-3, Warmup: 0.1, Clip: 1, Seed: 3, SaveEvery: 1,
}

func quiet(int, int, string) {}

// TestTraining: on samples that it may learn by heart, the loss falls and the router
// ranks the pairs right.
func TestTraining(t *testing.T) {
	for _, in := range []Init{
		{Layers: 1, Mask: par.Causal, FromLayer: 2},
		{Layers: 2, Mask: par.Prefix, FromLayer: 2},
		{Layers: 1, Mask: par.Causal, FromLayer: 2, Width: 16},
		{Layers: 1, Mask: par.Causal, FromLayer: 2, Shared: true},
		{Layers: 1, Mask: par.Prefix, FromLayer: 2, Shared: true, Inner: 16},
	} {
		t.Run(fmt.Sprintf("%+v", in), func(t *testing.T) {
			m, samples := tiny(t), pictures(t, 6)
			r, err := NewRouter(m, in)
			if err != nil {
				t.Fatal(err)
			}
			pairs, err := MakePairs(t.Context(), Lanes{m}, r, samples, sampling, filepath.Join(t.TempDir(), "pairs"), quiet)
			if err != nil {
				t.Fatal(err)
			}
			f := setup
			f.Epochs = 30
			var steps []Step
			if _, err := Fit(t.Context(), Lanes{m}, r, pairs, sampling, f, "", func(s Step) error { steps = append(steps, s); return nil }); err != nil {
				t.Fatal(err)
			}
			first, last := mean(steps[:3]), mean(steps[len(steps)-3:])
			if !(last.Loss < first.Loss/2) || last.Accuracy < 0.99 {
				t.Errorf("loss %v at first, %v at last; %v of the pairs ranked right", first.Loss, last.Loss, last.Accuracy)
			}
		})
	}
}

// TestAllPairs: comparing every two flows ranks more of them right at last.
func TestAllPairs(t *testing.T) {
	m, samples := tiny(t), pictures(t, 6)
	r, err := NewRouter(m, Init{Layers: 1, Mask: par.Causal, FromLayer: 2})
	if err != nil {
		t.Fatal(err)
	}
	lanes := NewLanes(m, 3)
	defer lanes.Close()
	pairs, err := MakePairs(t.Context(), lanes, r, samples, sampling, filepath.Join(t.TempDir(), "pairs"), quiet)
	if err != nil {
		t.Fatal(err)
	}
	f := setup
	f.Epochs, f.AllPairs = 30, true
	var steps []Step
	if _, err := Fit(t.Context(), lanes, r, pairs, sampling, f, "", func(s Step) error { steps = append(steps, s); return nil }); err != nil {
		t.Fatal(err)
	}
	first, last := mean(steps[:3]), mean(steps[len(steps)-3:])
	if !(last.Loss < first.Loss/2 && last.Accuracy > first.Accuracy) {
		t.Errorf("loss %v at first, %v at last; %v and %v of the comparisons ranked right", first.Loss, last.Loss, first.Accuracy, last.Accuracy)
	}
}

// TestComparisons: of flows that differ by less than the threshold nothing is learnt.
func TestComparisons(t *testing.T) {
	s := Sampling{Threshold: 0.25, MaxWeight: 2}
	a, b, c := Flow{KL: 1}, Flow{KL: 1.25}, Flow{KL: 4}
	p := &Pair{Flows: []Flow{b, a, c}}
	for _, x := range []struct {
		all  bool
		want []comparison
	}{
		{false, []comparison{{a, c, 2}}},
		{true, []comparison{{a, b, 0.25}, {b, c, 2}, {a, c, 2}}},
	} {
		if diff := cmp.Diff(x.want, s.comparisons(p, x.all), cmp.AllowUnexported(comparison{})); diff != "" {
			t.Errorf("all pairs %v (-want +got):\n%s", x.all, diff)
		}
	}
	for _, p := range []*Pair{{Flows: []Flow{a, {KL: 1.125}}}, {Flows: []Flow{a}}, {Error: "gone", Flows: []Flow{a, c}}} {
		if list := s.comparisons(p, true); len(list) != 0 {
			t.Errorf("%+v is compared: %+v", p, list)
		}
	}
}

func mean(steps []Step) Step {
	var out Step
	for _, s := range steps {
		out.Loss += s.Loss / float64(len(steps))
		out.Accuracy += s.Accuracy / float64(len(steps))
	}
	return out
}

// TestLearnerScores: training and inference score alike, narrow and shared too.
func TestLearnerScores(t *testing.T) {
	m := tiny(t)
	for _, in := range []Init{
		{Layers: 2, Mask: par.Prefix, FromLayer: 2}, {Layers: 1, Mask: par.Causal, FromLayer: 2, Width: 16},
	} {
		r, err := NewRouter(m, in)
		if err != nil {
			t.Fatal(err)
		}
		l, err := newLearner(m, r, false)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(2, 2))
		rows := normal(rng, 20, 32, 1)
		spans := []lvlm.Span{{Start: 3, Count: 16}}
		want := r.Score(m.Pool, new(nn.Workspace), rows, r.LayerTokens, spans, nil)
		got := l.router.Score(m.Pool, new(nn.Workspace), rows, l.router.LayerTokens, spans, nil)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("scores (-router +learner's router):\n%s", diff)
		}
	}
}

// TestHeaviest: of an MLP's inner values those stay that have weights.
func TestHeaviest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const width, inner = 8, 12
	gate, up, down := normal(rng, inner, width, 1), normal(rng, inner, width, 1), normal(rng, width, inner, 1)
	for _, i := range []int{0, 5, 11} {
		clear(up.Row(i))
	}
	whole := nn.GatedMLP{Gate: nn.Linear{W: gate.Matrix()}, Up: nn.Linear{W: up.Matrix()}, Down: nn.Linear{W: down.Matrix()}}
	cut := heaviest(&whole, inner-3)
	if cut.Gate.Out() != inner-3 || cut.Up.Out() != inner-3 || cut.Down.In() != inner-3 {
		t.Fatalf("cut to %d, %d and %d inner values", cut.Gate.Out(), cut.Up.Out(), cut.Down.In())
	}
	m := tiny(t)
	x := normal(rng, 5, width, 1)
	want, got := tensor.New(5, width), tensor.New(5, width)
	whole.AddTo(m.Pool, new(nn.Workspace), want, x)
	cut.AddTo(m.Pool, new(nn.Workspace), got, x)
	// The values left out are products with 0: both sum the same numbers.
	if diff := cmp.Diff(want.Data, got.Data, cmpopts.EquateApprox(0, 1e-5)); diff != "" {
		t.Errorf("without what has no weights (-want +got):\n%s", diff)
	}
}

func TestNewRouterErrors(t *testing.T) {
	m := tiny(t)
	for _, c := range []struct {
		in   Init
		want string
	}{
		{Init{Layers: 8, Mask: par.Causal, FromLayer: 2}, "router layers: 8"},
		{Init{Layers: 6, Mask: par.Causal, FromLayer: 2, Shared: true}, "from layer 2"},
		{Init{Layers: 1, Mask: par.Causal, FromLayer: 2, Width: 12}, "router width: 12"},
		{Init{Layers: 1, Mask: par.Causal, FromLayer: 2, Inner: 49}, "router MLP: width 49"},
		{Init{Layers: 1, Mask: par.Causal, FromLayer: 2, Inner: -1}, "router MLP: width -1"},
		{Init{Layers: 1, Mask: par.Causal, FromLayer: 7}, "from_layer"},
	} {
		if _, err := NewRouter(m, c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v does not say %q", c.in, err, c.want)
		}
	}
}

// TestResume: training broken off after any step goes on to the same bits.
func TestResume(t *testing.T) {
	m, samples := tiny(t), pictures(t, 5)
	r, err := NewRouter(m, Init{Layers: 1, Mask: par.Causal, FromLayer: 2})
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := MakePairs(t.Context(), Lanes{m}, r, samples, sampling, filepath.Join(t.TempDir(), "pairs"), quiet)
	if err != nil {
		t.Fatal(err)
	}
	fit := func(dir string, stopAfter int) ([]byte, error) {
		out, err := Fit(t.Context(), Lanes{m}, r, pairs, sampling, setup, dir, func(s Step) error {
			if s.Step == stopAfter {
				return errors.New("pulled the plug")
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		path := filepath.Join(t.TempDir(), "router.safetensors")
		if err := out.Save(path); err != nil {
			return nil, err
		}
		return os.ReadFile(path)
	}
	want, err := fit("", 0)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for stop := 1; stop <= 6; stop += 2 {
		if _, err := fit(dir, stop); err == nil {
			t.Fatalf("did not stop after step %d", stop)
		}
	}
	got, err := fit(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("a resumed training ends with other weights")
	}
	other := setup
	other.Rate *= 2
	if _, err := Fit(t.Context(), Lanes{m}, r, pairs, sampling, other, dir, func(Step) error { return nil }); err == nil || !strings.Contains(err.Error(), "other settings") {
		t.Errorf("a checkpoint of another training was taken: %v", err)
	}
}

// TestPairsCache: stage A broken off anywhere goes on to the same pairs.
func TestPairsCache(t *testing.T) {
	m, samples := tiny(t), pictures(t, 4)
	samples[2].Image = filepath.Join(t.TempDir(), "gone.png")
	r, err := NewRouter(m, Init{Layers: 1, Mask: par.Causal, FromLayer: 2})
	if err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(t.TempDir(), "pairs")
	want, err := MakePairs(t.Context(), Lanes{m}, r, samples, sampling, whole, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(want[2].Error, "gone.png") {
		t.Errorf("the missing image is reported as %q", want[2].Error)
	}
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{0, 5, len(data) / 3, len(data) / 2, len(data) - 1, len(data)} {
		path := filepath.Join(t.TempDir(), "cut")
		if err := os.WriteFile(path, data[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := MakePairs(t.Context(), Lanes{m}, r, samples, sampling, path, quiet)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("pairs after a cut at byte %d (-want +got):\n%s", cut, diff)
		}
		if again, _ := os.ReadFile(path); string(again) != string(data) {
			t.Errorf("cache after a cut at byte %d is not the same", cut)
		}
	}
	lanes := NewLanes(m, 2)
	defer lanes.Close()
	beside := filepath.Join(t.TempDir(), "beside")
	if _, err := MakePairs(t.Context(), lanes, r, samples, sampling, beside, quiet); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(beside); string(got) != string(data) {
		t.Error("two lanes make other pairs than one")
	}
	other := sampling
	other.Seed++
	if _, err := MakePairs(t.Context(), Lanes{m}, r, samples, other, whole, quiet); err == nil || !strings.Contains(err.Error(), "another router, budget, seed") {
		t.Errorf("pairs of another seed were taken: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := MakePairs(ctx, Lanes{m}, r, samples, sampling, filepath.Join(t.TempDir(), "c"), quiet); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled stage A ends with %v", err)
	}
}

func TestEvaluate(t *testing.T) {
	m, samples := tiny(t), pictures(t, 3)
	r, err := NewRouter(m, Init{Layers: 1, Mask: par.Causal, FromLayer: 2})
	if err != nil {
		t.Fatal(err)
	}
	report, err := Evaluate(t.Context(), Lanes{m}, r, samples, sampling, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if report.Samples != 3 || report.Best > report.Router || !(report.Random > 0 && report.FastV > 0) {
		t.Errorf("report %+v", report)
	}
}

func TestReadSamples(t *testing.T) {
	for _, c := range []struct {
		name, file string
		want       []Sample
		skipped    int
		err        string
	}{
		{name: "lines", file: `{"image": "a.png", "question": "q?"}` + "\n\n" + `{"id": 7, "image": "b/c.png", "question": "r?"}`,
			want: []Sample{{ID: "line 1", Image: "im/a.png", Question: "q?"}, {ID: "7", Image: "im/b/c.png", Question: "r?"}}},
		{name: "conversations", file: ` [{"id": "x", "image": "a.png", "conversations": [{"from": "human", "value": "<image>\nwhat?"}, {"from": "gpt", "value": "a cat"}]},
			{"id": "y", "conversations": [{"from": "human", "value": "hello"}]}]`,
			want: []Sample{{ID: "x", Image: "im/a.png", Question: "what?"}}, skipped: 1},
		{name: "question files", file: `{"question_id": 3, "image": "a.png", "text": "is it?"}`, want: []Sample{{ID: "3", Image: "im/a.png", Question: "is it?"}}},
		{name: "no JSON", file: `{"image": "a.png", "question": "q"}` + "\nnonsense", err: "line 2"},
		{name: "no question", file: `{"image": "a.png"}`, err: "no question"},
		{name: "out of the folder", file: `{"image": "../a.png", "question": "q"}`, err: "../a.png"},
		{name: "only text", file: `{"question": "q"}`, err: "no sample"},
		{name: "cut array", file: `[{"image": "a.png", "question": "q"}`, err: "samples"},
		{name: "empty", file: ``, err: "no sample"},
	} {
		path := filepath.Join(t.TempDir(), "samples")
		if err := os.WriteFile(path, []byte(c.file), 0o644); err != nil {
			t.Fatal(err)
		}
		got, skipped, err := ReadSamples(path, "im")
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v does not say %q", c.name, err, c.err)
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" || skipped != c.skipped {
			t.Errorf("%s: %v, %d skipped (-want +got):\n%s", c.name, err, skipped, diff)
		}
	}
}

func FuzzReadCache(f *testing.F) {
	line, err := json.Marshal(Pair{Sample: "a", Flows: []Flow{{Kept: []int{1}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"format":"par-pairs-1","key":"k"}` + "\n" + string(line) + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if pairs, err := readCache(data, "f", "k"); err == nil {
			for _, p := range pairs {
				sampling.comparisons(p, true)
			}
		}
	})
}
