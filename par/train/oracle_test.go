package train

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/nn/grad"
	"github.com/go-par/par/par"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
	"github.com/go-par/par/tensor/safetensors"
)

// routerCase is what PyTorch computed for one router.
type routerCase struct {
	Case  string // the checkpoint's folder
	Run   string
	Mask  string
	Flows []struct {
		KeptTokens    []int `json:"kept_tokens"`
		SkippedLayers []int `json:"skipped_layers"`
		KL            float64
	}
	Preference struct {
		Positive, Negative int
		BetaTokens         float64 `json:"beta_tokens"`
		BetaLayers         float64 `json:"beta_layers"`
		Weight, Loss       float64
	}
	AdamW struct {
		LR, Eps     float64
		Betas       []float64
		WeightDecay float64 `json:"weight_decay"`
	}
}

// TestOracleTraining holds scores, loss, every gradient and one step of the
// optimiser against PyTorch's.
func TestOracleTraining(t *testing.T) {
	root := os.Getenv("PAR_ORACLE")
	if root == "" {
		t.Skip("PAR_ORACLE names no folder of reference data")
	}
	dirs, err := filepath.Glob(filepath.Join(root, "router", "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no routers in the oracle folder: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) { checkTraining(t, root, dir) })
	}
}

func checkTraining(t *testing.T, root, dir string) {
	var c routerCase
	readJSON(t, filepath.Join(dir, "expect.json"), &c)
	m, err := lvlm.Open(filepath.Join(root, c.Case, "model"), lvlm.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	r, err := par.LoadRouter(filepath.Join(dir, "router.safetensors"), m)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	l, err := newLearner(m, r, false)
	if err != nil {
		t.Fatal(err)
	}
	expect, err := safetensors.Open(filepath.Join(dir, "expect.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer expect.Close()
	in := input{rows: load(t, expect, "embeds"), spans: spans(t, filepath.Join(root, c.Case, "expect.json"), c.Run)}

	tape := grad.NewTape(m.Pool)
	scores := l.scores(tape, in, nil)
	compareScores(t, "", scores.Value, in, expect)
	if _, ok := expect.Lookup("noise.0"); ok { // left out of the larger cases
		var noise [][]tensor.Tensor
		for i := range l.layers {
			noise = append(noise, heads(t, expect, i))
		}
		compareScores(t, "noisy.", l.scores(tape, in, noise).Value, in, expect)
	}

	if len(c.Flows) == 0 {
		return // the larger cases have scores only
	}
	flow := func(i int) Flow {
		f := c.Flows[i]
		return Flow{Kept: f.KeptTokens, Skipped: f.SkippedLayers, KL: f.KL}
	}
	p := Preference{BetaTokens: c.Preference.BetaTokens, BetaLayers: c.Preference.BetaLayers}
	loss, _ := p.loss(tape, scores, in, len(m.Decoder.Layers), []comparison{{flow(c.Preference.Positive), flow(c.Preference.Negative), c.Preference.Weight}}, 2)
	if got := float64(loss.Value.Data[0]); math.Abs(got-c.Preference.Loss) > 1e-4*c.Preference.Loss {
		t.Errorf("loss is %v, want %v", got, c.Preference.Loss)
	}
	tape.Backward(loss, 1)
	for _, q := range l.params() {
		compare(t, "grad."+q.Name, q.Grad.Data, expect)
	}
	o := grad.NewAdamW(c.AdamW.WeightDecay)
	o.Beta1, o.Beta2, o.Eps = c.AdamW.Betas[0], c.AdamW.Betas[1], c.AdamW.Eps
	before := map[string][]float32{}
	for _, q := range l.params() {
		before[q.Name] = append([]float32(nil), q.Value.Data...)
	}
	o.Step(l.params(), c.AdamW.LR)
	for _, q := range l.params() {
		compareStep(t, q, before[q.Name], expect, c.AdamW.LR)
	}
}

// tolerance bounds relative Frobenius distances. Both sides are f32 runs of one or
// two decoder layers forward and backward, whose sums of some hundred terms in
// different orders differ by about 1e-6 each; a gradient passes about ten of them,
// and the softmax of large scores multiplies errors.
const tolerance = 1e-4

func compare(t *testing.T, name string, got []float32, f *safetensors.File) {
	t.Helper()
	want := load(t, f, name).Data
	if len(want) != len(got) {
		t.Errorf("%s: %d values, want %d", name, len(got), len(want))
		return
	}
	var diff, norm float64
	for i, w := range want {
		d := float64(got[i]) - float64(w)
		diff += d * d
		norm += float64(w) * float64(w)
	}
	if e := math.Sqrt(diff / max(norm, 1e-30)); !(e <= tolerance) {
		t.Errorf("%s: relative error %.2e", name, e)
	}
}

// compareStep compares the parameters after a step. The first step of Adam moves a
// value by the rate times the sign of its gradient, g/(|g|+ε): where |g| is not far
// above ε, a rounding of g shows, and the whole step may differ.
func compareStep(t *testing.T, q *grad.Param, before []float32, f *safetensors.File, lr float64) {
	t.Helper()
	want := load(t, f, "stepped."+q.Name).Data
	g := load(t, f, "grad."+q.Name).Data
	var scale float64
	for _, x := range g {
		scale += float64(x) * float64(x)
	}
	scale = math.Sqrt(scale / float64(len(g)))
	for i, w := range want {
		bound := 1e-3*lr + 2e-7*math.Abs(float64(before[i]))
		if math.Abs(float64(g[i])) < 1e3*tolerance*scale {
			bound = 2 * lr
		}
		if d := math.Abs(float64(q.Value.Data[i]) - float64(w)); !(d <= bound) {
			t.Errorf("stepped.%s: value %d is %v, want %v (gradient %v)", q.Name, i, q.Value.Data[i], w, g[i])
			return
		}
	}
}

func compareScores(t *testing.T, prefix string, scores tensor.Tensor, in input, f *safetensors.File) {
	t.Helper()
	var tokens []float32
	for _, s := range in.spans {
		tokens = append(tokens, scores.Data[s.Start:s.Start+s.Count]...)
	}
	compare(t, prefix+"scores.tokens", tokens, f)
	compare(t, prefix+"scores.layers", scores.Data[in.rows.Rows:], f)
}

func load(t *testing.T, f *safetensors.File, name string) tensor.Tensor {
	t.Helper()
	x, ok := f.Lookup(name)
	if !ok {
		t.Fatalf("the oracle has no %s", name)
	}
	n := x.Bytes / 4
	cols := n
	if len(x.Shape) > 0 {
		cols = x.Shape[len(x.Shape)-1]
	}
	out := tensor.New(n/max(cols, 1), cols)
	quant.Decode(quant.F32, out.Data, x.Data)
	return out
}

// heads returns the noise of a router layer, head by head.
func heads(t *testing.T, f *safetensors.File, layer int) []tensor.Tensor {
	t.Helper()
	all := load(t, f, "noise."+string(rune('0'+layer)))
	var list []tensor.Tensor
	for lo := 0; lo < all.Rows; lo += all.Cols {
		list = append(list, all.Slice(lo, lo+all.Cols))
	}
	return list
}

// spans reads where the images of a run's prompt are.
func spans(t *testing.T, path, run string) []lvlm.Span {
	t.Helper()
	var e struct {
		Runs []struct {
			Name       string
			ImageSpans [][2]int `json:"image_spans"`
		}
	}
	readJSON(t, path, &e)
	var list []lvlm.Span
	for _, r := range e.Runs {
		if r.Name == run {
			for _, s := range r.ImageSpans {
				list = append(list, lvlm.Span{Start: s[0], Count: s[1]})
			}
		}
	}
	return list
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
