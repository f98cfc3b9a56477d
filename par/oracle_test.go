package par_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/par"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
	"github.com/go-par/par/tensor/safetensors"
)

// oracle returns the folder of reference data, or skips the test.
func oracle(t *testing.T) string {
	dir := os.Getenv("PAR_ORACLE")
	if dir == "" {
		t.Skip("PAR_ORACLE names no folder of reference data")
	}
	return dir
}

// oracleCases lists the folders of reference data of one kind.
func oracleCases(t *testing.T, kind string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(oracle(t), kind, "*", "expect.json"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no %s in the oracle folder: %v", kind, err)
	}
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	return found
}

// openRun opens the checkpoint of an oracle case and returns the request of one of
// its runs.
func openRun(t *testing.T, name, run string) (*lvlm.Model, lvlm.Request) {
	t.Helper()
	dir := filepath.Join(oracle(t), name)
	var expect struct {
		Runs []struct {
			Name      string
			Images    []string
			ImageMode string `json:"image_mode"`
			Prompt    string
		}
	}
	readJSON(t, filepath.Join(dir, "expect.json"), &expect)
	m, err := lvlm.Open(filepath.Join(dir, "model"), lvlm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	for _, r := range expect.Runs {
		if r.Name != run {
			continue
		}
		req := lvlm.Request{Prompt: r.Prompt, ImageMode: r.ImageMode, MaxTokens: 1}
		for _, name := range r.Images {
			img, err := preprocess.DecodeFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			req.Images = append(req.Images, img)
		}
		return m, req
	}
	t.Fatalf("%s has no run %q", dir, run)
	return nil, lvlm.Request{}
}

// generate runs a request to its end.
func generate(t *testing.T, m *lvlm.Model, req lvlm.Request) *lvlm.Result {
	t.Helper()
	s := m.NewSession()
	for _, err := range s.Generate(t.Context(), req) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return s.Result()
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

// tensors are those of a safetensors file.
type tensors struct {
	t    *testing.T
	file *safetensors.File
}

func openTensors(t *testing.T, path string) tensors {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return tensors{t, f}
}

func (f tensors) has(name string) bool {
	_, ok := f.file.Lookup(name)
	return ok
}

func (f tensors) get(name string) []float32 {
	f.t.Helper()
	x, ok := f.file.Lookup(name)
	if !ok {
		f.t.Fatalf("%s: missing", name)
	}
	v := make([]float32, len(x.Data)/4)
	quant.Decode(quant.F32, v, x.Data)
	return v
}

// checkScores compares scores with those of the reference, both computed in f32
// and summed in different orders, as the embeddings before them were. Each is the
// end of a chain of rounded sums; c epsilons of the vector's norm bound the
// difference.
func checkScores(t *testing.T, what string, got, want []float32, c float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	var diff, norm float64
	for i, w := range want {
		d := float64(got[i]) - float64(w)
		diff, norm = diff+d*d, norm+float64(w)*float64(w)
	}
	const epsilon = 1.0 / (1 << 23)
	if e := math.Sqrt(diff / norm); !(e <= c*epsilon) {
		t.Errorf("%s: relative error %.2e, more than %.0f epsilons", what, e, c)
	} else {
		t.Logf("%s: relative error %.2e", what, e)
	}
}

// rounding bounds, in epsilons, what a decoder layer or two and the vision tower
// before them may differ by in f32: the reference's own distance from its f64 run
// is up to 4 epsilons for the residual stream.
const rounding = 40

type oracleFlow struct {
	Kept    []int `json:"kept_tokens"`
	Skipped []int `json:"skipped_layers"`
	KL      float64
}

func TestOracleRouter(t *testing.T) {
	for _, dir := range oracleCases(t, "router") {
		t.Run(filepath.Base(dir), func(t *testing.T) { checkRouter(t, dir) })
	}
}

func checkRouter(t *testing.T, dir string) {
	var expect struct {
		Case, Run  string
		Selections []struct {
			Tokens, Layers int
			Kept           []int `json:"kept_tokens"`
			Skipped        []int `json:"skipped_layers"`
		}
		Flows  []oracleFlow
		Answer []int32 `json:"answer_ids"`
	}
	readJSON(t, filepath.Join(dir, "expect.json"), &expect)
	want := openTensors(t, filepath.Join(dir, "expect.safetensors"))
	m, req := openRun(t, expect.Case, expect.Run)
	r, err := par.LoadRouter(filepath.Join(dir, "router.safetensors"), m)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.LLM != "" {
		t.Errorf("the file has no fingerprint, but the router has %s", r.LLM)
	}

	var ws nn.Workspace
	p, embeds, err := m.NewSession().Embed(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Score(m.Pool, &ws, embeds, r.LayerTokens, p.Spans, nil)
	checkScores(t, "token scores", s.Tokens, want.get("scores.tokens"), rounding)
	checkScores(t, "layer scores", s.Layers, want.get("scores.layers"), rounding)

	for _, sel := range expect.Selections {
		flow, err := par.New("par", par.Options{
			Tokens: par.Count(sel.Tokens), Layers: par.Count(sel.Layers), FromLayer: par.OwnLayer, Router: r,
		})
		if err != nil {
			t.Fatal(err)
		}
		req.Flow, req.Trace = flow, new(lvlm.Trace)
		res := generate(t, m, req)
		checkOutcome(t, &res.Outcome, sel.Kept, sel.Skipped)
		checkScores(t, "traced token scores", req.Trace.Float("router.tokens").Data, want.get("scores.tokens"), rounding)
		checkScores(t, "traced layer scores", req.Trace.Float("router.layers").Data, want.get("scores.layers"), rounding)
	}
	req.Flow, req.Trace = nil, nil
	if want.has("noise.0") {
		checkNoise(t, r, m, want, embeds, p)
	}
	checkFlows(t, m, req, expect.Answer, r.FromLayer, expect.Flows)
}

// checkNoise adds the reference's noise to the router's attention.
func checkNoise(t *testing.T, r *par.Router, m *lvlm.Model, want tensors, embeds tensor.Tensor, p *lvlm.Prompt) {
	noise := make([][]float32, len(r.Layers))
	for i := range noise {
		noise[i] = want.get("noise." + string(rune('0'+i)))
	}
	var ws nn.Workspace
	score := func(scale float32) par.Scores {
		return r.Score(m.Pool, &ws, embeds, r.LayerTokens, p.Spans, func(layer, head int, logits tensor.Tensor) {
			n := len(logits.Data)
			for i, x := range noise[layer][head*n : (head+1)*n] {
				logits.Data[i] += scale * x
			}
		})
	}
	s := score(1)
	checkScores(t, "noisy token scores", s.Tokens, want.get("noisy.scores.tokens"), rounding)
	checkScores(t, "noisy layer scores", s.Layers, want.get("noisy.scores.layers"), rounding)
	s = score(0)
	checkScores(t, "token scores on the slow path", s.Tokens, want.get("scores.tokens"), rounding)
	checkScores(t, "layer scores on the slow path", s.Layers, want.get("scores.layers"), rounding)
}

// checkFlows compares how far flows lead from the unpruned model's output. KL, a
// mean of logits' differences, errs by their rounding, about 1e-5 of a logit.
func checkFlows(t *testing.T, m *lvlm.Model, req lvlm.Request, answer []int32, from int, flows []oracleFlow) {
	if len(flows) == 0 {
		return
	}
	force := func(flow lvlm.Flow) tensor.Tensor {
		req.Flow = flow
		logits, err := m.NewSession().Force(t.Context(), req, answer)
		if err != nil {
			t.Fatal(err)
		}
		return logits
	}
	full := force(nil)
	for i, f := range flows {
		flow, err := par.New("fixed", par.Options{FromLayer: from, Keep: f.Kept, Skip: f.Skipped})
		if err != nil {
			t.Fatal(err)
		}
		kl, err := par.Divergence(full, force(flow), m.Tokenizer.Size())
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(kl-f.KL) <= 1e-5*(1+f.KL)) {
			t.Errorf("flow %d: KL %.7f, want %.7f", i, kl, f.KL)
		}
		t.Logf("flow %d: KL %.7f, want %.7f", i, kl, f.KL)
	}
}

func checkOutcome(t *testing.T, o *lvlm.Outcome, kept, skipped []int) {
	t.Helper()
	if diff := cmp.Diff(kept, o.Kept); diff != "" {
		t.Errorf("kept tokens (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(append([]int{}, skipped...), append([]int{}, o.Skipped...)); diff != "" {
		t.Errorf("skipped layers (-want +got):\n%s", diff)
	}
}

func TestOracleMethods(t *testing.T) {
	for _, dir := range oracleCases(t, "methods") {
		t.Run(filepath.Base(dir), func(t *testing.T) { checkMethods(t, dir) })
	}
}

func checkMethods(t *testing.T, dir string) {
	var expect struct {
		Case, Run string
		Tokens    int
		FromLayer int `json:"from_layer"`
		FastV     []int
		DivPrune  []int
		ShortGPT  []int `json:"shortgpt_removal_order"`
		VisionZip []int `json:"visionzip_dominant"`
	}
	readJSON(t, filepath.Join(dir, "expect.json"), &expect)
	want := openTensors(t, filepath.Join(dir, "expect.safetensors"))
	m, req := openRun(t, expect.Case, expect.Run)

	run := func(name string, o par.Options) lvlm.Outcome {
		flow, err := par.New(name, o)
		if err != nil {
			t.Fatal(err)
		}
		req.Flow = flow
		return generate(t, m, req).Outcome
	}
	fastv := run("fastv", par.Options{Tokens: par.Count(expect.Tokens), FromLayer: expect.FromLayer})
	checkOutcome(t, &fastv, expect.FastV, nil)
	checkScores(t, "FastV", fastv.TokenScores, want.get("fastv.scores"), rounding)

	divprune := run("divprune", par.Options{Tokens: par.Count(expect.Tokens), FromLayer: par.OwnLayer})
	checkOutcome(t, &divprune, expect.DivPrune, nil)

	order, err := par.Calibrate(t.Context(), m, "shortgpt", func(yield func(lvlm.Request, error) bool) { yield(req, nil) })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(expect.ShortGPT, order.Order); diff != "" {
		t.Errorf("ShortGPT's order (-want +got):\n%s", diff)
	}
	influence := make([]float32, len(order.Scores))
	for i, s := range order.Scores {
		influence[i] = float32(s)
	}
	checkScores(t, "ShortGPT", influence, want.get("shortgpt.block_influence"), rounding)

	visionzip := run("visionzip", par.Options{Tokens: par.Count(expect.Tokens), FromLayer: par.OwnLayer})
	checkScores(t, "VisionZip", visionzip.TokenScores, want.get("visionzip.cls_attention"), rounding)
	dominant := highestOf(visionzip.TokenScores, expect.Tokens)
	if diff := cmp.Diff(expect.VisionZip, dominant); diff != "" {
		t.Errorf("VisionZip's dominant tokens (-want +got):\n%s", diff)
	}
	for _, d := range highestOf(visionzip.TokenScores, expect.Tokens/2) {
		if !slices.Contains(visionzip.Kept, d) {
			t.Errorf("VisionZip drops dominant token %d", d)
		}
	}
}

// highestOf returns the indices of the k highest scores, ascending.
func highestOf(scores []float32, k int) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case scores[a] > scores[b]:
			return -1
		case scores[a] < scores[b]:
			return 1
		}
		return 0
	})
	order = order[:k]
	slices.Sort(order)
	return order
}
