package lvlm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/internal/folder"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/gguf"
	"github.com/go-par/par/tensor/quant"
	"github.com/go-par/par/tensor/safetensors"
)

// checkpoint describes a Hugging Face directory with random weights.
type checkpoint struct {
	config       string
	preprocessor string            // of its own; "" for none
	prefixes     map[string]string // of the names of tensors, by group
	dtype        quant.Type
}

const (
	tinyText = `"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
		"num_key_value_heads": 2, "vocab_size": 400, "rms_norm_eps": 1e-5, "max_position_embeddings": 256`
	tinyVision = `"vision_config": {"model_type": "clip_vision_model", "hidden_size": 16, "intermediate_size": 48,
		"num_hidden_layers": 3, "num_attention_heads": 2, "image_size": 32, "patch_size": 8}`
	tinyLLaVA = `"model_type": "llava", "image_token_index": 337, "vision_feature_layer": -2, ` + tinyVision
)

// layouts of names that checkpoints have.
var (
	hubNames        = hubPrefixes(true)
	v5Names         = map[string]string{"text.": "language_model.model.", "head.": "language_model.", "vision.": "vision_tower.", "projector.": "multi_modal_projector."}
	moduleNames     = map[string]string{"text.": "model.language_model.", "head.": "", "vision.": "model.vision_tower.vision_model.", "projector.": "model.multi_modal_projector."}
	textNamesHF     = hubPrefixes(false)
	tinyCheckpoints = map[string]checkpoint{
		"hub": {config: `{` + tinyLLaVA + `, "text_config": {"model_type": "llama", ` + tinyText + `}}`, prefixes: hubNames},
		"v5, class token, last layer": {
			config:   `{` + strings.Replace(tinyLLaVA, "-2", "-1", 1) + `, "vision_feature_select_strategy": "full", "text_config": {"model_type": "llama", ` + tinyText + `}}`,
			prefixes: v5Names, dtype: quant.BF16,
		},
		"modules, llama3 scaling, tied": {
			config: `{` + tinyLLaVA + `, "tie_word_embeddings": true, "text_config": {"model_type": "llama", "head_dim": 16, ` + tinyText + `,
				"rope_parameters": {"rope_type": "llama3", "rope_theta": 500000, "factor": 8, "low_freq_factor": 1, "high_freq_factor": 5, "original_max_position_embeddings": 48}}}`,
			prefixes: moduleNames, dtype: quant.F16,
		},
		"several features, padded, odd activations": {
			config: `{` + strings.NewReplacer("-2", "[3, 1, 3]", `"patch_size"`, `"hidden_act": "gelu_pytorch_tanh", "patch_size"`).Replace(tinyLLaVA) + `,
				"projector_hidden_act": "silu", "text_config": {"model_type": "llama", ` + tinyText + `, "rope_scaling": {"rope_type": "linear", "factor": 2}}}`,
			preprocessor: `{"image_processor_type": "LlavaImageProcessor", "do_pad": true, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.25, 0.3],
				"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}`,
			prefixes: hubNames,
		},
		"vision MLP as wide as the tower": {
			config:   `{` + strings.Replace(tinyLLaVA, `"intermediate_size": 48`, `"intermediate_size": 16`, 1) + `, "text_config": {"model_type": "llama", ` + tinyText + `}}`,
			prefixes: hubNames,
		},
		"LLaMA with biases": {config: `{"model_type": "llama", "attention_bias": true, "mlp_bias": true, ` + tinyText + `}`, prefixes: textNamesHF},
		"Qwen2":             {config: `{"model_type": "qwen2", "tie_word_embeddings": true, ` + tinyText + `}`, prefixes: textNamesHF, dtype: quant.BF16},
	}
)

// write makes the directory.
func (c *checkpoint) write(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("config.json", c.config)
	if c.preprocessor != "" {
		put("preprocessor_config.json", c.preprocessor)
	}
	put("chat_template.jinja", "{{ messages[0]['content'] }}")
	vocab, err := demoVocabulary().Files("")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range vocab {
		put(name, string(data))
	}
	config, _, err := readConfig(folder.Dir(dir), "")
	if err != nil {
		t.Fatal(err)
	}
	parts, err := catalogue(&randomSource{Random{}, map[string]stored{}}, config)
	if err != nil {
		t.Fatal(err)
	}
	names := safetensorsSource{prefix: c.prefixes}
	var list []safetensors.Source
	for i := range parts {
		p := &parts[i]
		p.randomize()
		p.to = c.dtype
		list = append(list, safetensors.Source{Name: names.name(p.name), DType: dtypes[c.dtype], Shape: p.shape, Write: func(w io.Writer) error { return p.write(t.Context(), w, 2) }})
	}
	if err := safetensors.WriteFile(filepath.Join(dir, safetensors.SingleName), list, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

// randomize gives a part f32 values that follow from its name, norms and biases
// included.
func (p *part) randomize() {
	h := fnv.New64a()
	h.Write([]byte(p.name))
	rng := rand.New(rand.NewPCG(1, h.Sum64()))
	n := 1
	for _, d := range p.shape {
		n *= d
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.NormFloat64()) / 4
		if strings.Contains(p.name, "norm") && strings.HasSuffix(p.name, "weight") {
			v[i]++
		}
	}
	p.typ, p.data = quant.F32, tensor.FromF32(1, n, v).Bytes()
}

func TestConvertRoundTrip(t *testing.T) {
	for name, c := range tinyCheckpoints {
		t.Run(name, func(t *testing.T) {
			dir, tmp := c.write(t), t.TempDir()
			model, back := filepath.Join(tmp, "model.gguf"), filepath.Join(tmp, "back")
			convert(t, dir, model, ConvertOptions{Type: "f32"})
			convert(t, model, back, ConvertOptions{})

			want, got := tensorsOf(t, dir), tensorsOf(t, back)
			if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
				t.Fatalf("names (-want +got):\n%s", diff)
			}
			for name, w := range want {
				if g := got[name]; g.DType != w.DType || !slices.Equal(g.Shape, w.Shape) || !bytes.Equal(g.Data, w.Data) {
					t.Errorf("%s: %s %v, want %s %v, or the values differ", name, g.DType, g.Shape, w.DType, w.Shape)
				}
			}
			answer := answerOf(t, dir)
			for _, path := range []string{model, back} {
				if diff := cmp.Diff(answer, answerOf(t, path)); diff != "" {
					t.Errorf("%s: answer (-want +got):\n%s", filepath.Base(path), diff)
				}
			}
		})
	}
}

func convert(t *testing.T, in, out string, o ConvertOptions) *Conversion {
	t.Helper()
	c, err := Convert(t.Context(), in, out, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tensorsOf(t *testing.T, dir string) map[string]safetensors.Tensor {
	t.Helper()
	f, err := safetensors.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	list := map[string]safetensors.Tensor{}
	for _, info := range f.Tensors() {
		list[info.Name], _ = f.Lookup(info.Name)
	}
	return list
}

// reply is what a model makes of a question about a picture that is not square.
type reply struct {
	Prompt, Tokens []int32
	Mode           string
}

func answerOf(t *testing.T, path string) reply {
	t.Helper()
	m, err := Open(path, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	return replyOf(t, m)
}

func replyOf(t *testing.T, m *Model) reply {
	t.Helper()
	r := Request{Prompt: "a red cat", MaxTokens: 12, IgnoreEOS: true}
	if m.Vision != nil {
		r.Prompt = ImageMark + "\n" + r.Prompt
		img := preprocess.NewRGB(50, 30)
		for i := range img.Pix {
			img.Pix[i] = byte(i * i % 251)
		}
		r.Images = append(r.Images, img)
	}
	s := m.NewSession()
	for _, err := range s.Generate(t.Context(), r) {
		if err != nil {
			t.Fatal(err)
		}
	}
	// The token in an image's place is the model's own affair.
	ids := slices.Clone(s.Result().Prompt.IDs)
	for _, span := range s.Result().Prompt.Spans {
		for i := range span.Count {
			ids[span.Start+i] = -1
		}
	}
	return reply{ids, s.Result().TokenIDs, m.Config.ImageMode}
}

// Every type opens, has the tensors in the types that the mix prescribes, and the
// blocks that their values encode to.
func TestConvertTypes(t *testing.T) {
	c := tinyCheckpoints["hub"]
	dir := c.write(t)
	source := tensorsOf(t, dir)
	for _, name := range Mixes() {
		t.Run(name, func(t *testing.T) {
			model := filepath.Join(t.TempDir(), "x.gguf")
			done := convert(t, dir, model, ConvertOptions{Type: name, Threads: 3})
			if want := []string{filepath.Join(filepath.Dir(model), "mmproj-x.gguf"), model}; !slices.Equal(done.Files, want) {
				t.Errorf("wrote %q, want %q", done.Files, want)
			}
			m, err := Open(model, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			f, err := gguf.Open(model)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			mix, _ := parseMix(name)
			if id, err := f.Count("general.file_type"); err != nil || uint32(id) != mix.id {
				t.Errorf("general.file_type is %d (%v), want %d", id, err, mix.id)
			}
			for own, hf := range map[string]string{
				"output_norm.weight":    "norm.weight",
				"blk.1.attn_q.weight":   "layers.1.self_attn.q_proj.weight",
				"blk.2.ffn_down.weight": "layers.2.mlp.down_proj.weight",
			} {
				got, ok := f.Lookup(own)
				if !ok {
					t.Errorf("%s: missing", own)
					continue
				}
				src := source["language_model.model."+hf]
				values := make([]float32, src.Bytes/4)
				quant.Decode(quant.F32, values, src.Data)
				if strings.Contains(own, "attn_q") {
					values = pairUp(values, 8, 32)
				}
				want := make([]byte, got.Bytes)
				if err := quant.Encode(mix.text(hf, src.Shape, &m.Config.Text), want, values); err != nil {
					t.Errorf("%s: %v", own, err)
				} else if !bytes.Equal(got.Data, want) {
					t.Errorf("%s: other blocks than its values encode to", own)
				}
			}
		})
	}
}

// pairUp interleaves the two halves of each head of dim rows.
func pairUp(v []float32, dim, cols int) []float32 {
	var out []float32
	for head := 0; head < len(v); head += dim * cols {
		for i := range dim / 2 {
			for _, row := range []int{i, i + dim/2} {
				out = append(out, v[head+row*cols:head+(row+1)*cols]...)
			}
		}
	}
	return out
}

func TestRowOrders(t *testing.T) {
	pair, split := pairRows(6), splitRows(6)
	var got []int
	for r := range 12 {
		got = append(got, pair(r))
		if split(pair(r)) != r || pair(split(r)) != r {
			t.Errorf("row %d: the orders are not inverse", r)
		}
	}
	if want := []int{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

// The types that llama.cpp's files of a 7B model have.
func TestMixOf7B(t *testing.T) {
	c := &TextConfig{Hidden: 4096, Intermediate: 11008, Layers: 32, Heads: 32, KVHeads: 32}
	count := func(name string) map[string]int {
		m, err := parseMix(name)
		if err != nil {
			t.Fatal(err)
		}
		n := map[string]int{}
		add := func(name string, shape ...int) { n[m.text(name, shape, c).String()]++ }
		add("embed_tokens.weight", 32000, 4096)
		add("lm_head.weight", 32000, 4096)
		add("norm.weight", 4096)
		for i := range c.Layers {
			for _, p := range []string{"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj"} {
				add(fmt.Sprintf("layers.%d.%s.weight", i, p), 4096, 4096)
			}
			add(fmt.Sprintf("layers.%d.mlp.down_proj.weight", i), 4096, 11008)
			add(fmt.Sprintf("layers.%d.input_layernorm.weight", i), 4096)
			add(fmt.Sprintf("layers.%d.post_attention_layernorm.weight", i), 4096)
		}
		return n
	}
	for name, want := range map[string]map[string]int{
		"f16":    {"F32": 65, "F16": 226},
		"q8_0":   {"F32": 65, "Q8_0": 226},
		"q4_0":   {"F32": 65, "Q4_0": 225, "Q6_K": 1},
		"q4_k_m": {"F32": 65, "Q4_K": 193, "Q6_K": 33},
		"q4_k_s": {"F32": 65, "Q4_K": 217, "Q5_K": 8, "Q6_K": 1},
		"q5_k_m": {"F32": 65, "Q5_K": 193, "Q6_K": 33},
		"q6_k":   {"F32": 65, "Q6_K": 226},
		"q2_k":   {"F32": 65, "Q2_K": 129, "Q3_K": 96, "Q6_K": 1},
		"q3_k_m": {"F32": 65, "Q3_K": 129, "Q4_K": 92, "Q5_K": 4, "Q6_K": 1},
	} {
		if diff := cmp.Diff(want, count(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The default type loses nothing.
func TestConvertDefaultType(t *testing.T) {
	c := tinyCheckpoints["Qwen2"]
	dir, model := c.write(t), filepath.Join(t.TempDir(), "x.gguf")
	convert(t, dir, model, ConvertOptions{})
	f, err := gguf.Open(model)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, want := range map[string]quant.Type{"blk.0.ffn_up.weight": quant.BF16, "blk.0.ffn_norm.weight": quant.F32} {
		if got, _ := f.Lookup(name); got.Type != want {
			t.Errorf("%s is %v, want %v", name, got.Type, want)
		}
	}
}

func TestConvertRefuses(t *testing.T) {
	hub, qwen := tinyCheckpoints["hub"], tinyCheckpoints["Qwen2"]
	scaled := qwen
	scaled.config = strings.Replace(qwen.config, `{`, `{"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 32}, `, 1)
	resampled := hub
	resampled.preprocessor = `{"resample": 2, "size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}`
	dir, tmp := hub.write(t), t.TempDir()
	model := filepath.Join(tmp, "model.gguf")
	convert(t, dir, model, ConvertOptions{Type: "q4_0"})
	for _, c := range []struct {
		name, in, out string
		o             ConvertOptions
		want          string
	}{
		{"unknown type", dir, "x.gguf", ConvertOptions{Type: "q9"}, `type "q9" is not known`},
		{"unknown projector type", dir, "x.gguf", ConvertOptions{ProjectorType: "q9"}, `type "q9" is not known`},
		{"quantised directory", model, "x", ConvertOptions{Type: "q8_0"}, "f32, f16, bf16"},
		{"GGUF to GGUF", model, "x.gguf", ConvertOptions{}, "becomes a directory"},
		{"nothing there", filepath.Join(tmp, "none"), "x.gguf", ConvertOptions{}, "none"},
		{"a directory to write to that is a checkpoint", model, dir, ConvertOptions{}, "config.json: is there already"},
		{"scaling without words", scaled.write(t), "x.gguf", ConvertOptions{}, "rope_scaling"},
		{"preprocessing without words", resampled.write(t), "x.gguf", ConvertOptions{}, "Filter:bilinear"},
		{"no projector", model, "x", ConvertOptions{Projector: model}, "general.architecture"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := c.out
			if !filepath.IsAbs(out) {
				out = filepath.Join(t.TempDir(), out)
			}
			_, err := Convert(t.Context(), c.in, out, c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// Divisors tell the scaling that they were made of.
func TestLlama3Scalings(t *testing.T) {
	for _, c := range []struct {
		dim              int
		theta            float64
		factor, original float64
	}{
		{128, 500000, 8, 8192}, {64, 500000, 32, 8192}, // Llama 3.1, 3.2
		{24, 500000, 8, 48}, {16, 10000, 2.5, 100}, {32, 1e6, 4, 131072},
	} {
		s := nn.RopeScaling{Type: "llama3", Factor: c.factor, LowFreq: 1, HighFreq: 4, Original: c.original}
		want, err := s.Divisors(c.dim, c.theta)
		if err != nil {
			t.Fatal(err)
		}
		found := slices.ContainsFunc(llama3Scalings(want, c.dim, c.theta), func(s nn.RopeScaling) bool {
			got, err := s.Divisors(c.dim, c.theta)
			return err == nil && similar(got, want)
		})
		if !found {
			t.Errorf("%+v: not found by its divisors %v", c, want)
		}
	}
}

// A conversion that is broken off leaves no file.
func TestConvertCancelled(t *testing.T) {
	hub := tinyCheckpoints["hub"]
	dir, tmp := hub.write(t), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	steps := 0
	_, err := Convert(ctx, dir, filepath.Join(tmp, "x.gguf"), ConvertOptions{Progress: func(p ConvertProgress) {
		if steps++; steps == 20 {
			cancel()
		}
		if p.Done > p.Total {
			t.Errorf("%d bytes of %d done", p.Done, p.Total)
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("left %v (%v)", left, err)
	}
}
