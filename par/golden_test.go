package par_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/par"
)

// golden is a run of testdata/methods.py.
type golden struct {
	Method      string
	Tokens      int
	Layers      int
	Router      string
	Entered     [][]int
	Skipped     []int
	Scores      []float32
	LayerScores []float32 `json:"layer_scores"`
	Order       []int
	Last        []float32
}

// TestMethods compares every method with an independent transcription in f64: what
// it keeps, what it chose by, and what the decoder makes of it.
func TestMethods(t *testing.T) {
	var goldens []golden
	readJSON(t, filepath.Join("testdata", "methods.json"), &goldens)
	m, req := tinyRequest(t)
	for _, g := range goldens {
		name := fmt.Sprintf("%s %d %s", g.Method, g.Tokens, strings.TrimSuffix(g.Router, ".safetensors"))
		t.Run(strings.TrimSpace(name), func(t *testing.T) {
			if g.Order != nil {
				checkOrder(t, m, req, &g)
				return
			}
			checkGolden(t, m, req, &g)
		})
	}
}

// tinyRequest opens the checkpoint in testdata and returns the request that its
// goldens are for.
func tinyRequest(t *testing.T) (*lvlm.Model, lvlm.Request) {
	t.Helper()
	const tiny = "../testdata/llava-tiny"
	var expect struct{ Runs []struct{ Prompt string } }
	readJSON(t, filepath.Join(tiny, "expect.json"), &expect)
	m, err := lvlm.Open(filepath.Join(tiny, "model"), lvlm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	img, err := preprocess.DecodeFile(filepath.Join(tiny, "picture0.png"))
	if err != nil {
		t.Fatal(err)
	}
	return m, lvlm.Request{Prompt: expect.Runs[0].Prompt, Images: []*preprocess.RGB{img}, MaxTokens: 1}
}

func checkGolden(t *testing.T, m *lvlm.Model, req lvlm.Request, g *golden) {
	o := par.Options{FromLayer: par.OwnLayer}
	if g.Tokens > 0 {
		o.Tokens = par.Count(g.Tokens)
	}
	if g.Router != "" {
		r, err := par.LoadRouter(filepath.Join("testdata", g.Router), m)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		o.Router, o.Layers = r, par.Count(g.Layers)
	}
	checkFlowGolden(t, m, req, g, o)
}

func checkFlowGolden(t *testing.T, m *lvlm.Model, req lvlm.Request, g *golden, o par.Options) {
	t.Helper()
	flow, err := par.New(g.Method, o)
	if err != nil {
		t.Fatal(err)
	}
	req.Flow, req.Trace = flow, new(lvlm.Trace)
	res := generate(t, m, req)

	span := res.Prompt.Spans[0]
	for l, want := range g.Entered {
		got := []int{}
		if rows := req.Trace.Int(fmt.Sprintf("rows.%d", l+1)); rows != nil {
			for _, r := range rows.Data {
				if i := int(r) - span.Start; i >= 0 && i < span.Count {
					got = append(got, i)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("image tokens in layer %d (-want +got):\n%s", l, diff)
		}
	}
	if diff := cmp.Diff(g.Skipped, append([]int{}, res.Outcome.Skipped...)); diff != "" {
		t.Errorf("skipped layers (-want +got):\n%s", diff)
	}
	if g.Scores != nil {
		checkScores(t, "token scores", res.Outcome.TokenScores, g.Scores, rounding)
	}
	if g.LayerScores != nil {
		checkScores(t, "layer scores", res.Outcome.LayerScores, g.LayerScores, rounding)
	}
	end := req.Trace.Float(fmt.Sprintf("hidden.%d", res.Layers)).Data
	checkScores(t, "last row", end[len(end)-len(g.Last):], g.Last, rounding)
}

func checkOrder(t *testing.T, m *lvlm.Model, req lvlm.Request, g *golden) {
	order, err := par.Calibrate(t.Context(), m, g.Method, func(yield func(lvlm.Request, error) bool) { yield(req, nil) })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(g.Order, order.Order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	scores := make([]float32, len(order.Scores))
	for i, s := range order.Scores {
		scores[i] = float32(s)
	}
	checkScores(t, "layer scores", scores, g.LayerScores, rounding)
}

// TestCDPruner compares CLIP's tokenizer and text tower with transformers', and what
// is kept by them with a transcription in f64.
func TestCDPruner(t *testing.T) {
	var cases []struct {
		Text   string
		IDs    []int32
		Pieces int
		Embeds []float32
		Runs   []golden
	}
	readJSON(t, filepath.Join("testdata", "cdpruner.json"), &cases)
	c, err := lvlm.OpenCLIP(filepath.Join("testdata", "clip"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m, req := tinyRequest(t)
	for _, want := range cases {
		if diff := cmp.Diff(want.IDs, c.Tokenizer.Encode(want.Text)); diff != "" {
			t.Errorf("%q: ids (-want +got):\n%s", want.Text, diff)
			continue
		}
		embeds, err := c.Texts(t.Context(), m.Pool, want.Text)
		if err != nil {
			t.Fatal(err)
		}
		if embeds.Rows != want.Pieces {
			t.Errorf("%q: %d pieces, want %d", want.Text, embeds.Rows, want.Pieces)
		}
		checkScores(t, "text embeddings", embeds.Data, want.Embeds, rounding)
		for _, g := range want.Runs {
			checkFlowGolden(t, m, req, &g, par.Options{Tokens: par.Count(g.Tokens), FromLayer: par.OwnLayer, CLIP: c, Question: want.Text})
		}
	}
	if _, err := par.New("cdpruner", par.Options{FromLayer: par.OwnLayer, Question: "?"}); err == nil || !strings.Contains(err.Error(), "CLIP") {
		t.Errorf("without CLIP's text tower: %v", err)
	}
	if _, err := lvlm.OpenCLIP("../testdata/llava-tiny/model"); err == nil || !strings.Contains(err.Error(), "text tower") {
		t.Errorf("a LLaVA for a CLIP: %v", err)
	}
}
