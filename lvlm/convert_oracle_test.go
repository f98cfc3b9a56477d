package lvlm

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-par/par/internal/folder"
	"github.com/go-par/par/tensor/gguf"
)

// oracleFiles lists what matches the patterns in the folder of reference data.
func oracleFiles(t *testing.T, patterns ...string) []string {
	root := os.Getenv("PAR_ORACLE")
	if root == "" {
		t.Skip("PAR_ORACLE names no folder of reference data")
	}
	var list []string
	for _, p := range patterns {
		found, err := filepath.Glob(filepath.Join(root, p))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, found...)
	}
	if len(list) == 0 {
		t.Fatalf("nothing in %s matches %q", root, patterns)
	}
	return list
}

// stem names a test after the folder that a checkpoint lies in.
func stem(path string) string { return filepath.Base(filepath.Dir(path)) }

// Every directory comes back from GGUF as it was: the same tensors under the same
// names, but for LLaVA's own layout, which becomes that of the hub.
func TestOracleConvertRoundTrip(t *testing.T) {
	for _, dir := range oracleFiles(t, "llava-*/model", "gguf/models/*/hf") {
		t.Run(stem(dir), func(t *testing.T) {
			tmp := t.TempDir()
			model, back := filepath.Join(tmp, "model.gguf"), filepath.Join(tmp, "back")
			convert(t, dir, model, ConvertOptions{Type: "f32"})
			convert(t, model, back, ConvertOptions{})
			want, got := partsOf(t, dir), partsOf(t, back)
			if len(want) != len(got) {
				t.Errorf("%d tensors became %d", len(want), len(got))
			}
			original := false
			for name := range want {
				original = original || want[name].as == "model.mm_projector.0.weight"
			}
			for name, w := range want {
				g := got[name]
				if g.typ != w.typ || !slices.Equal(g.shape, w.shape) || !bytes.Equal(g.data, w.data) {
					t.Errorf("%s: %v %v became %v %v, or the values differ", name, w.typ, w.shape, g.typ, g.shape)
				}
				if g.as != w.as && !original {
					t.Errorf("%s became %s", w.as, g.as)
				}
			}
		})
	}
}

// partsOf lists a directory's tensors by the loader's names.
func partsOf(t *testing.T, dir string) map[string]part {
	t.Helper()
	config, dirs, err := readConfig(folder.Dir(dir), "")
	if err != nil {
		t.Fatal(err)
	}
	src, err := openSafetensors(dirs, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	parts, err := catalogue(src, config)
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]part{}
	for _, p := range parts {
		p.as = src.own(p.name)
		list[p.name] = p
	}
	return list
}

// The files that we write of a directory are those that the reference's converter
// writes: the same keys and values but for the model's name, the same blocks.
func TestOracleConvertGGUF(t *testing.T) {
	for _, dir := range oracleFiles(t, "gguf/models/*/hf") {
		t.Run(stem(dir), func(t *testing.T) {
			var expect struct {
				Model, Mix string
				MMProj     []string
			}
			text, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "expect.json"))
			if err == nil {
				err = json.Unmarshal(text, &expect)
			}
			if err != nil {
				t.Fatal(err)
			}
			model := filepath.Join(t.TempDir(), "model.gguf")
			convert(t, dir, model, ConvertOptions{Type: expect.Mix})
			got, want := openFile(t, model), openFile(t, filepath.Join(filepath.Dir(dir), expect.Model))
			sameKeys(t, got, want)
			sameTensors(t, got, want)
			for _, name := range expect.MMProj {
				if want := openFile(t, filepath.Join(filepath.Dir(dir), name)); want.Has("clip.vision.feature_layer") {
					sameTensors(t, openFile(t, projectorBeside(model)), want)
				}
			}
		})
	}
}

func openFile(t *testing.T, path string) *gguf.File {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func sameKeys(t *testing.T, got, want *gguf.File) {
	t.Helper()
	adds, err := want.BoolOr("tokenizer.ggml.add_bos_token", true)
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range want.KeyValues() {
		switch kv.Key {
		case "general.name", "general.size_label": // informative
			continue
		case "tokenizer.ggml.bos_token_id":
			if !adds {
				continue // of no use
			}
		}
		v, ok := got.Value(kv.Key)
		if !ok || v.Kind() != kv.Value.Kind() || v.Elem() != kv.Value.Elem() || v.Len() != kv.Value.Len() || v.String() != kv.Value.String() {
			t.Errorf("%s: is %v, want %v", kv.Key, v, kv.Value)
			continue
		}
		if v.Kind() != gguf.Array {
			continue
		}
		// String cuts long arrays.
		same := true
		switch v.Elem() {
		case gguf.String:
			a, _ := got.Strings(kv.Key)
			b, _ := want.Strings(kv.Key)
			same = slices.Equal(a, b)
		case gguf.Float32:
			a, _ := got.Float32s(kv.Key)
			b, _ := want.Float32s(kv.Key)
			same = slices.Equal(a, b)
		case gguf.Int32:
			a, _ := got.Int32s(kv.Key)
			b, _ := want.Int32s(kv.Key)
			same = slices.Equal(a, b)
		default:
			t.Errorf("%s: an array of %v", kv.Key, v.Elem())
		}
		if !same {
			t.Errorf("%s: the arrays differ", kv.Key)
		}
	}
}

// sameTensors checks that got has all of want's tensors.
func sameTensors(t *testing.T, got, want *gguf.File) {
	t.Helper()
	for _, info := range want.Tensors() {
		w, _ := want.Lookup(info.Name)
		g, ok := got.Lookup(info.Name)
		if !ok || g.Type != w.Type || !slices.Equal(g.Shape, w.Shape) || !bytes.Equal(g.Data, w.Data) {
			t.Errorf("%s: is %v %v, want %v %v, or the blocks differ", info.Name, g.Type, g.Shape, w.Type, w.Shape)
		}
	}
}
