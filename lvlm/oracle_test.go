package lvlm_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/par"
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

// oracleRun is one run of the reference implementation on a checkpoint.
type oracleRun struct {
	Name           string
	Images         []string
	ImageMode      string `json:"image_mode"`
	MaxTokens      int    `json:"max_tokens"`
	Tensors        string
	Prompt         string
	PromptIDs      []int32  `json:"prompt_ids"`
	ImageSpans     [][2]int `json:"image_spans"`
	TokenIDs       []int32  `json:"token_ids"`
	Text           string
	FinishReason   string             `json:"finish_reason"`
	ReferenceError map[string]float64 `json:"reference_error"`
	Flow           *struct {
		FromLayer     int   `json:"from_layer"`
		Kept          []int `json:"kept"`
		SkippedLayers []int `json:"skipped_layers"`
	}
}

func TestOracleLLaVA(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(oracle(t), "llava-*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no llava-* in the oracle folder: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) { checkCheckpoint(t, dir) })
	}
}

// TestGoldenLLaVA does the same with the one checkpoint that is kept here.
func TestGoldenLLaVA(t *testing.T) { checkCheckpoint(t, "../testdata/llava-tiny") }

func checkCheckpoint(t *testing.T, dir string) {
	var expect struct{ Runs []oracleRun }
	readJSON(t, filepath.Join(dir, "expect.json"), &expect)
	m, err := lvlm.Open(filepath.Join(dir, "model"), lvlm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, run := range expect.Runs {
		t.Run(run.Name, func(t *testing.T) { checkRun(t, m, dir, &run) })
	}
}

func checkRun(t *testing.T, m *lvlm.Model, dir string, run *oracleRun) {
	req := lvlm.Request{Prompt: run.Prompt, ImageMode: run.ImageMode, MaxTokens: run.MaxTokens, Trace: new(lvlm.Trace)}
	for _, name := range run.Images {
		img, err := preprocess.DecodeFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		req.Images = append(req.Images, img)
	}
	if run.Flow != nil {
		flow, err := par.New("fixed", par.Options{FromLayer: run.Flow.FromLayer, Keep: run.Flow.Kept, Skip: run.Flow.SkippedLayers})
		if err != nil {
			t.Fatal(err)
		}
		req.Flow = flow
	}
	res := generate(t, m.NewSession(), req)

	var spans [][2]int
	for _, s := range res.Prompt.Spans {
		spans = append(spans, [2]int{s.Start, s.Count})
	}
	if len(spans) == 0 {
		spans = run.ImageSpans
	}
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"prompt ids", res.Prompt.IDs, run.PromptIDs},
		{"image spans", spans, run.ImageSpans},
		{"token ids", res.TokenIDs, run.TokenIDs},
		{"text", res.Text, run.Text},
		{"finish reason", res.FinishReason, run.FinishReason},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
	checkTensors(t, req.Trace, filepath.Join(dir, run.Tensors), run.ReferenceError)
}

// generate runs a request to its end.
func generate(t *testing.T, s *lvlm.Session, req lvlm.Request) *lvlm.Result {
	t.Helper()
	for _, err := range s.Generate(t.Context(), req) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return s.Result()
}

// checkTensors compares a trace with the reference's tensors. An f32 engine that
// sums in another order errs about as much as the reference's f32 run itself,
// whose distance from its f64 run is refErr; tenfold that is the bound.
func checkTensors(t *testing.T, tr *lvlm.Trace, path string, refErr map[string]float64) {
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, info := range f.Tensors() {
		want, _ := f.Lookup(info.Name)
		if info.DType == safetensors.I32 {
			got := tr.Int(info.Name)
			if got == nil {
				t.Errorf("%s: not traced", info.Name)
				continue
			}
			ints := make([]int32, len(want.Data)/4)
			for i := range ints {
				ints[i] = int32(uint32(want.Data[4*i]) | uint32(want.Data[4*i+1])<<8 | uint32(want.Data[4*i+2])<<16 | uint32(want.Data[4*i+3])<<24)
			}
			if diff := cmp.Diff(ints, got.Data); diff != "" {
				t.Errorf("%s (-want +got):\n%s", info.Name, diff)
			}
			continue
		}
		got := tr.Float(info.Name)
		if got == nil {
			t.Errorf("%s: not traced", info.Name)
			continue
		}
		if diff := cmp.Diff(info.Shape, got.Shape); diff != "" {
			t.Errorf("%s: shape (-want +got):\n%s", info.Name, diff)
			continue
		}
		values := make([]float32, len(got.Data))
		quant.Decode(quant.F32, values, want.Data)
		e := relative(got.Data, values)
		bound := 10 * refErr[info.Name]
		if !(e <= bound) {
			t.Errorf("%s: relative error %.2e, the reference's own is %.2e", info.Name, e, refErr[info.Name])
		}
		t.Logf("%s: relative error %.2e, %.1f times the reference's own", info.Name, e, e/max(refErr[info.Name], math.SmallestNonzeroFloat64))
	}
}

// relative returns the Frobenius distance of got from want over want's norm.
func relative(got, want []float32) float64 {
	var diff, norm float64
	for i, w := range want {
		d := float64(got[i]) - float64(w)
		diff += d * d
		norm += float64(w) * float64(w)
	}
	return math.Sqrt(diff / norm)
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
