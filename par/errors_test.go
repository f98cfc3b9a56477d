package par_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/par"
	"github.com/go-par/par/tensor/safetensors"
)

// TestOptions checks that options that do not go together are refused, in words
// that name them.
func TestOptions(t *testing.T) {
	for _, c := range []struct {
		method string
		o      par.Options
		want   string
	}{
		{"sorcery", par.Options{}, "sorcery"},
		{"none", par.Options{Tokens: par.Count(3)}, "budget"},
		{"none", par.Options{Target: par.Target{FLOPs: 0.5}}, "budget"},
		{"fixed", par.Options{Layers: par.Count(3)}, "lists"},
		{"random", par.Options{Keep: []int{1}}, "fixed"},
		{"fastv", par.Options{Layers: par.Count(3)}, "layers"},
		{"shortgpt", par.Options{Tokens: par.Count(3)}, "image tokens"},
		{"shortgpt", par.Options{FromLayer: par.OwnLayer}, "order"},
		{"par", par.Options{FromLayer: par.OwnLayer}, "router"},
		{"random", par.Options{FromLayer: -2}, "-2"},
		{"sparsevlm", par.Options{FromLayer: 3}, "3"},
		{"dart", par.Options{FromLayer: par.OwnLayer, Renumber: true}, "positions"},
	} {
		if _, err := par.New(c.method, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %+v: %v, want %q", c.method, c.o, err, c.want)
		}
	}
}

// TestBudgetsOutOfRange checks what only a prompt and a model can tell.
func TestBudgetsOutOfRange(t *testing.T) {
	m := smallModel(t, nil, 1)
	for _, c := range []struct {
		method string
		o      par.Options
		prompt string
		want   string
	}{
		{"random", par.Options{Tokens: par.Count(26)}, "<image>", "26 image tokens is not in 1..25"},
		{"random", par.Options{Tokens: par.Count(1)}, "<image><image>", "1 image tokens is not in 2..50"},
		{"random", par.Options{Layers: par.Count(2)}, "<image>", "2 layers is not in 3..8"},
		{"random", par.Options{Layers: par.Count(3), Protect: []int{0, 1, 2, 7}}, "<image>", "3 layers is not in 4..8"},
		{"random", par.Options{FromLayer: 8}, "<image>", "pruning layer 8 is not in 0..7"},
		{"fastv", par.Options{FromLayer: 0}, "<image>", "pruning layer 0 is not in 1..7"},
		{"fixed", par.Options{Keep: []int{25}}, "<image>", "25"},
		{"fixed", par.Options{Skip: []int{8}}, "<image>", "8"},
		{"random", par.Options{Target: par.Target{FLOPs: 0.01}}, "<image>", "can't be met"},
	} {
		flow, err := par.New(c.method, c.o)
		if err != nil {
			t.Fatal(err)
		}
		req := request(c.prompt)
		req.Flow = flow
		if err := firstError(t, m, req); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %+v: %v, want %q", c.method, c.o, err, c.want)
		}
	}
}

func firstError(t *testing.T, m *lvlm.Model, req lvlm.Request) error {
	for _, err := range m.NewSession().Generate(t.Context(), req) {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestNoClassAttention: features taken before the first block tell nothing of what
// the class token looks at.
func TestNoClassAttention(t *testing.T) {
	m := smallModel(t, func(c *lvlm.Config) { c.Vision.FeatureLayers = []int{0} }, 1)
	flow, err := par.New("visionzip", par.Options{Tokens: par.Count(5)})
	if err != nil {
		t.Fatal(err)
	}
	req := request("<image>")
	req.Flow = flow
	if err := firstError(t, m, req); err == nil || !strings.Contains(err.Error(), "class token") {
		t.Errorf("error %v", err)
	}
}

// TestClassTokenKept runs all methods on a model that keeps the class token among
// its features.
func TestClassTokenKept(t *testing.T) {
	m := smallModel(t, func(c *lvlm.Config) { c.Vision.KeepClass = true }, 2)
	for _, c := range contenders(t, m) {
		for _, tokens := range []par.Budget{par.Count(2), par.Ratio(0.5), par.Ratio(0.97), {}} {
			if !c.Tokens && !tokens.All() {
				continue
			}
			o := c.options
			o.Tokens = tokens
			checkFlow(t, c.name+", class token kept, "+tokens.String(), m, c, o, request(prompts[3]))
		}
	}
}

// TestRouterFileErrors damages a router's file and settings in every way that a
// loader can see.
func TestRouterFileErrors(t *testing.T) {
	m := smallModel(t, nil, 1)
	good := randomRouter(t, m, par.RouterOptions{Mask: par.Prefix, FromLayer: 2}, 1, 6)
	dir := t.TempDir()
	path := filepath.Join(dir, "router.safetensors")
	if err := good.Save(path); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what, want string
		change     func(list []safetensors.Source, meta map[string]string) []safetensors.Source
		beside     string
	}{
		{what: "sound", change: same},
		{what: "no settings at all", change: func(l []safetensors.Source, meta map[string]string) []safetensors.Source { clear(meta); return l }},
		{what: "format", want: "field format", change: set("format", "par-router-9")},
		{what: "layers", want: "field layers: 2", change: set("layers", "2")},
		{what: "mask", want: "field mask", change: set("mask", "diagonal")},
		{what: "reads", want: "field reads", change: set("reads", "minds")},
		{what: "from_layer", want: "field from_layer", change: set("from_layer", "two")},
		{what: "from_layer out of range", want: "field from_layer: 8", change: set("from_layer", "8")},
		{what: "fingerprint", want: "another language model", change: set("llm_fingerprint", "0123")},
		{what: "settings disagree", want: "field mask", change: same, beside: `{"mask": "causal"}`},
		{what: "settings agree", change: same, beside: `{"mask": "prefix", "layers": 1, "llm": "small"}`},
		{what: "settings are no JSON", want: "router.json", change: same, beside: `{"mask": `},
		{what: "a tensor is missing", want: "tensor head.weight: missing", change: without("head.weight")},
		{what: "a layer's tensor is missing", want: "v_proj.weight: missing", change: without("layers.0.self_attn.v_proj.weight")},
		{what: "shape", want: "tensor layers.0.mlp.up_proj.weight: shape", change: reshaped("layers.0.mlp.up_proj.weight", 19, 48)},
		{what: "layer tokens of another model", want: "one of 7 layers", change: reshaped("layer_tokens", 7, 48)},
		{what: "width of another model", want: "width 40", change: reshaped("layer_tokens", 8, 40)},
		{what: "heads", want: "make no heads of 8", change: reshaped("layers.0.self_attn.q_proj.weight", 44, 48)},
	} {
		f, err := safetensors.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		meta := map[string]string{}
		for k, v := range f.Metadata() {
			meta[k] = v
		}
		var list []safetensors.Source
		for _, info := range f.Tensors() {
			x, _ := f.Lookup(info.Name)
			list = append(list, x.Source())
		}
		list = c.change(list, meta)
		sub := t.TempDir()
		changed := filepath.Join(sub, "router.safetensors")
		if err := safetensors.WriteFile(changed, list, meta); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if c.beside != "" {
			if err := os.WriteFile(filepath.Join(sub, "router.json"), []byte(c.beside), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		r, err := par.LoadRouter(changed, m)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.what, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), changed)):
			t.Errorf("%s: error %v, want the file and %q", c.what, err, c.want)
		}
		if r != nil {
			r.Close()
		}
	}
	if _, err := par.LoadRouter(filepath.Join(dir, "none.safetensors"), m); err == nil {
		t.Error("a file that isn't there is loaded")
	}
}

type change = func(list []safetensors.Source, meta map[string]string) []safetensors.Source

func same(list []safetensors.Source, _ map[string]string) []safetensors.Source { return list }

func set(key, value string) change {
	return func(list []safetensors.Source, meta map[string]string) []safetensors.Source {
		meta[key] = value
		return list
	}
}

func without(name string) change {
	return func(list []safetensors.Source, _ map[string]string) []safetensors.Source {
		var out []safetensors.Source
		for _, s := range list {
			if s.Name != name {
				out = append(out, s)
			}
		}
		return out
	}
}

func reshaped(name string, shape ...int) change {
	return func(list []safetensors.Source, meta map[string]string) []safetensors.Source {
		n := 1
		for _, d := range shape {
			n *= d
		}
		return append(without(name)(list, meta), safetensors.SourceF32(name, shape, make([]float32, n)))
	}
}

// TestLayerOrderFile writes an order and reads it back, sound and damaged.
func TestLayerOrderFile(t *testing.T) {
	m := smallModel(t, nil, 1)
	path := filepath.Join(t.TempDir(), "order.json")
	order := &par.LayerOrder{Method: "shortgpt", LLM: par.Fingerprint(m), Order: []int{7, 5, 6, 4, 3, 2, 1, 0}, Scores: make([]float64, 8)}
	if err := order.Save(path); err != nil {
		t.Fatal(err)
	}
	if _, err := par.LoadLayerOrder(path, m); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		`{"order": [0, 1]}`:                                       "2 layers",
		`{"order": [0, 1, 2, 3, 4, 5, 6, 6]}`:                     "twice",
		`{"order": [0, 1, 2, 3, 4, 5, 6, 8]}`:                     "no layer",
		`{"order": [0, 1, 2, 3, 4, 5, 6, 7], "llm": "something"}`: "another language model",
		`{"order": `: path,
	} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := par.LoadLayerOrder(path, m); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := par.New("short-lvlm", par.Options{Order: order}); err == nil {
		t.Error("an order of ShortGPT is taken for one of Short-LVLM")
	}
}

func TestTargetCheck(t *testing.T) {
	for _, c := range []struct {
		target par.Target
		good   bool
	}{
		{par.Target{}, true},
		{par.Target{FLOPs: 1}, true},
		{par.Target{Prefill: time.Second}, true},
		{par.Target{FLOPs: 1.1}, false},
		{par.Target{FLOPs: -0.1}, false},
		{par.Target{Prefill: -1}, false},
		{par.Target{FLOPs: 0.5, Prefill: time.Second}, false},
	} {
		if err := c.target.Check(); (err == nil) != c.good {
			t.Errorf("%+v: %v", c.target, err)
		}
	}
}
