package lvlm

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/gguf"
	"github.com/go-par/par/tensor/quant"
)

func (d *draft) set(key string, v gguf.Value) {
	i := slices.IndexFunc(d.keys, func(kv gguf.KeyValue) bool { return kv.Key == key })
	if i < 0 {
		d.keys = append(d.keys, gguf.KeyValue{Key: key, Value: v})
		return
	}
	d.keys[i].Value = v
}

func (d *draft) drop(key string) {
	d.keys = slices.DeleteFunc(d.keys, func(kv gguf.KeyValue) bool { return kv.Key == key })
	d.tensors = slices.DeleteFunc(d.tensors, func(t gguf.Tensor) bool { return t.Name == key })
}

// read makes a model of two drafts.
func read(t *testing.T, text, vision *draft) (*Model, error) {
	t.Helper()
	o, err := openDrafts(text, vision)
	if o == nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.m.Close() })
	return o.m, err
}

func TestReadGGUFRefuses(t *testing.T) {
	text, vision := controls(t)
	if _, err := read(t, text, vision); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key   string
		value any // nil leaves the key out
		want  string
	}{
		{"general.architecture", "gemma", `"gemma" is not supported (llama, qwen2)`},
		{"llama.block_count", uint32(4), "blk.3."},
		{"llama.block_count", uint32(0), "0 is not in 1.."},
		{"llama.context_length", nil, "missing"},
		{"llama.embedding_length", uint32(48), "token_embd.weight"},
		{"llama.feed_forward_length", []uint32{64, 64, 32}, "differs from layer to layer"},
		{"llama.attention.head_count", uint32(3), "does not divide"},
		{"llama.attention.key_length", uint32(7), "not the key length 7"},
		{"llama.attention.layer_norm_rms_epsilon", float32(2), "not in [0, 1)"},
		{"llama.rope.dimension_count", uint32(4), "not the head size 8"},
		{"llama.rope.freq_base", float32(-1), "rope"},
		{"llama.rope.scaling.type", "yarn", `"yarn" is not supported`},
		{"llama.rope.scaling.factor", float32(-2), "not positive"},
		{"llama.rope.scaling.attn_factor", float32(0.5), "0.5 is not supported"},
		{"llama.vocab_size", uint32(99), "token_embd.weight"},
		{"tokenizer.ggml.model", "bert", `"bert" is not supported`},
		{"clip.has_vision_encoder", false, "no vision tower"},
		{"clip.projector_type", "ldp", `"ldp" is not supported (mlp)`},
		{"clip.vision.block_count", uint32(9), "v.blk.8.ln1.weight"},
		{"clip.vision.patch_size", uint32(64), "larger than the image size"},
		{"clip.vision.attention.head_count", uint32(3), "does not divide"},
		{"clip.vision.feature_layer", []int32{1, 4}, "4 is not in 0..3"},
		{"clip.vision.feature_layer", []int32{}, "empty"},
		{"clip.vision.image_mean", []float32{1, 2}, "2 values, not 3"},
		{"clip.vision.image_std", []float32{1, 0, 1}, "element 1 is 0"},
		{"par.image_mode", "stretch", `"stretch"`},
		{"par.projector.hidden_act", "mish", `"mish" is not supported`},
	} {
		t.Run(fmt.Sprint(c.key, " ", c.value), func(t *testing.T) {
			text, vision := text.clone(), vision.clone()
			d, file := text, "model.gguf"
			if group, _, _ := strings.Cut(c.key, "."); group == "clip" || group == "par" {
				d, file = vision, "mmproj.gguf"
			}
			switch v := c.value.(type) {
			case nil:
				d.drop(c.key)
			case string:
				d.set(c.key, gguf.Of(v))
			case bool:
				d.set(c.key, gguf.Of(v))
			case uint32:
				d.set(c.key, gguf.Of(v))
			case float32:
				d.set(c.key, gguf.Of(v))
			case []uint32:
				d.set(c.key, gguf.ArrayOf(v))
			case []int32:
				d.set(c.key, gguf.ArrayOf(v))
			case []float32:
				d.set(c.key, gguf.ArrayOf(v))
			default:
				t.Fatalf("no case for %T", v)
			}
			_, err := read(t, text, vision)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), file) {
				t.Fatalf("error %v, want the file and %q", err, c.want)
			}
			if strings.HasPrefix(c.want, "blk.") || strings.HasSuffix(c.want, ".weight") {
				return // a tensor that does not fit the key
			}
			if !strings.Contains(err.Error(), c.key[:strings.LastIndex(c.key, ".")]) {
				t.Errorf("error %v does not name %s", err, c.key)
			}
		})
	}
}

// Files of the first converters say less and call the tower's layers by each
// other's names; they make the same model.
func TestReadGGUFLegacy(t *testing.T) {
	text, vision := controls(t)
	want, err := read(t, text, vision)
	if err != nil {
		t.Fatal(err)
	}
	oldText, old := text.clone(), vision.clone()
	for _, key := range []string{
		"general.type", "llama.vocab_size", "llama.attention.key_length", "llama.attention.value_length",
		"llama.rope.dimension_count", "llama.rope.freq_base", "tokenizer.ggml.pre", "tokenizer.chat_template",
	} {
		oldText.drop(key)
	}
	old.drop("general.type")
	old.drop("clip.projector_type")
	old.drop("clip.vision.feature_layer")
	old.set("clip.vision.block_count", gguf.Of(uint32(2)))
	old.tensors = slices.DeleteFunc(old.tensors, func(t gguf.Tensor) bool { return strings.HasPrefix(t.Name, "v.blk.2.") })
	for i := range old.tensors {
		old.tensors[i].Name = swapNames.Replace(old.tensors[i].Name)
	}
	got, err := read(t, oldText, old)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(replyOf(t, want), replyOf(t, got)); diff != "" {
		t.Errorf("answer (-new +legacy):\n%s", diff)
	}
}

func TestEndTokens(t *testing.T) {
	text, vision := controls(t)
	last := len(demoVocabulary().Tokens) - 2 // behind it is the image's
	text.set("tokenizer.ggml.eot_token_id", gguf.Of(uint32(last)))
	m, err := read(t, text, vision)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int32{2, int32(last)}, m.Config.EOS); diff != "" {
		t.Errorf("end tokens (-want +got):\n%s", diff)
	}
}

// A model read into memory does not mind what becomes of its files.
func TestInMemory(t *testing.T) {
	c := tinyCheckpoints["hub"]
	dir := c.write(t)
	model := filepath.Join(t.TempDir(), "model.gguf")
	convert(t, dir, model, ConvertOptions{})
	for _, path := range []string{dir, model} {
		want := answerOf(t, path)
		m, err := Open(path, Options{Threads: 1, InMemory: true})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		weights := []string{filepath.Join(dir, "model.safetensors")}
		if path == model {
			weights = []string{model, projectorBeside(model)}
		}
		for _, w := range weights {
			if err := os.Truncate(w, 0); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, replyOf(t, m)); diff != "" {
			t.Errorf("%s: answer (-mapped +in memory):\n%s", filepath.Base(path), diff)
		}
	}
}

// Keys and values in fewer bits take less memory and change predictions little.
func TestCacheTypes(t *testing.T) {
	c := Demo() // heads of 32, a block of Q8_0
	c.Text.Vocab, c.Text.Layers, c.Vision, c.Projector = 400, 3, nil, nil
	path := filepath.Join(t.TempDir(), "model.gguf")
	if _, err := WriteRandom(t.Context(), c, path, 1, ConvertOptions{Type: "f32"}); err != nil {
		t.Fatal(err)
	}
	answer := []int32{5, 300, 7, 290, 9}
	force := func(typ quant.Type) (tensor.Tensor, int64) {
		m, err := Open(path, Options{Threads: 1, Cache: typ})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		s := m.NewSession()
		logits, err := s.Force(t.Context(), Request{Prompt: "a red cat near the tree"}, answer)
		if err != nil {
			t.Fatal(err)
		}
		return logits, s.Result().CacheBytes
	}
	want, full := force(quant.F32)
	for typ, c := range map[quant.Type]struct {
		step  float64 // half the distance of neighbouring values, relative to the largest of a block
		bytes int64   // of 32 values
	}{quant.F16: {0x1p-11, 64}, quant.BF16: {0x1p-8, 64}, quant.Q8_0: {1.0 / 254, 34}} {
		got, bytes := force(typ)
		if bytes*128 != full*c.bytes {
			t.Errorf("%v: %d bytes of %d in f32", typ, bytes, full)
		}
		// Attention averages values that are off by step at most; three layers and the
		// head, whose matrices keep the scale, pass on some of that.
		var diff, norm float64
		for i, w := range want.Data {
			d := float64(got.Data[i] - w)
			diff, norm = diff+d*d, norm+float64(w)*float64(w)
		}
		if e := math.Sqrt(diff / norm); !(e > 0 && e < 6*c.step) {
			t.Errorf("%v: logits off by %.1e, a value by %.1e", typ, e, c.step)
		}
	}
	if _, err := Open(path, Options{Cache: quant.Q4_K}); err == nil || !strings.Contains(err.Error(), "cache type") {
		t.Errorf("keys in Q4_K: %v", err)
	}
}

func TestFindProjector(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "[x]") // no pattern
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	model := filepath.Join(dir, "a.gguf")
	for _, step := range []struct{ add, want string }{
		{"a.gguf", ""},
		{"mmproj-b-f16.gguf", "mmproj-b-f16.gguf"}, // the only one
		{"mmproj-c.gguf", ""},                      // one of two
		{"mmproj-a.gguf", "mmproj-a.gguf"},         // of the model's name
	} {
		if err := os.WriteFile(filepath.Join(dir, step.add), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		want := step.want
		if want != "" {
			want = filepath.Join(dir, want)
		}
		if got := findProjector(model); got != want {
			t.Errorf("with %s: %q, want %q", step.add, got, want)
		}
		if step.add != "a.gguf" {
			if got := findProjector(filepath.Join(dir, step.add)); got != "" {
				t.Errorf("%s has a projector of its own: %q", step.add, got)
			}
		}
	}
}
