package safetensors

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// checkpoint writes files into a new directory and returns it.
func checkpoint(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// shards returns a checkpoint of two shards with that index.
func shards(t *testing.T, index string) map[string][]byte {
	return map[string][]byte{
		IndexName: []byte(index),
		"one":     encode(t, []Source{source("a", U8, []int{1}, []byte{1}), source("b", U8, []int{1}, []byte{2})}, map[string]string{"k": "one"}),
		"two":     encode(t, []Source{source("b", U8, []int{1}, []byte{3}), source("c", U8, []int{1}, []byte{4})}, map[string]string{"k": "two", "l": "m"}),
	}
}

func TestOpenDirectory(t *testing.T) {
	const index = `{"metadata":{"total_size":3,"more":[{}]},"weight_map":{"a":"one","c":"two","b":"two"}}`
	dir := checkpoint(t, shards(t, index))
	for _, path := range []string{dir, filepath.Join(dir, IndexName)} {
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		visit(t, f)
		got := map[string]byte{}
		for _, info := range f.Tensors() {
			tensor, _ := f.Lookup(info.Name)
			got[info.Name] = tensor.Data[0]
		}
		// b is in both shards: the index decides.
		if diff := cmp.Diff(map[string]byte{"a": 1, "b": 3, "c": 4}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		if diff := cmp.Diff(map[string]string{"k": "one", "l": "m"}, f.Metadata()); diff != "" {
			t.Errorf("%s: metadata (-want +got):\n%s", path, diff)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	// A single file goes before an index.
	single := encode(t, []Source{source("single", U8, nil, []byte{1})}, nil)
	if err := os.WriteFile(filepath.Join(dir, SingleName), single, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, ok := f.Lookup("single"); !ok {
		t.Error("the single file was passed over")
	}
}

func TestOpenNothing(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "missing.safetensors")} {
		if _, err := Open(path); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestIndexRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		index string
		want  []string
	}{
		"not JSON":          {`weight_map`, []string{"index"}},
		"more after it":     {`{"weight_map":{"a":"one"}} x`, []string{"index", "'x'"}},
		"array":             {`{"weight_map":["a"]}`, []string{"weight_map", "object"}},
		"no map":            {`{"metadata":{}}`, []string{"weight_map", "missing"}},
		"empty map":         {`{"weight_map":{}}`, []string{"weight_map", "empty"}},
		"map twice":         {`{"weight_map":{"a":"one"},"weight_map":{"a":"one"}}`, []string{"weight_map", "duplicate"}},
		"tensor twice":      {`{"weight_map":{"a":"one","a":"two"}}`, []string{`"a"`, "duplicate"}},
		"number":            {`{"weight_map":{"a":1}}`, []string{`"a"`, "string"}},
		"missing file":      {`{"weight_map":{"a":"one","b":"three"}}`, []string{"weight_map", "three"}},
		"missing tensor":    {`{"weight_map":{"a":"one","d":"two"}}`, []string{"weight_map", `"d"`, "two"}},
		"other shard":       {`{"weight_map":{"a":"two"}}`, []string{"weight_map", `"a"`, "two"}},
		"the index itself":  {`{"weight_map":{"a":"` + IndexName + `"}}`, []string{"header length"}},
		"parent":            {`{"weight_map":{"a":"../one"}}`, []string{`"a"`, "../one"}},
		"parent, windows":   {`{"weight_map":{"a":"..\\one"}}`, []string{`"a"`, `..\\one`}},
		"subdirectory":      {`{"weight_map":{"a":"x/one"}}`, []string{`"a"`, "x/one"}},
		"absolute":          {`{"weight_map":{"a":"/one"}}`, []string{`"a"`, "/one"}},
		"drive":             {`{"weight_map":{"a":"C:one"}}`, []string{`"a"`, "C:one"}},
		"directory":         {`{"weight_map":{"a":".."}}`, []string{`"a"`, `".."`}},
		"this directory":    {`{"weight_map":{"a":"."}}`, []string{`"a"`, `"."`}},
		"empty":             {`{"weight_map":{"a":""}}`, []string{`"a"`, `""`}},
		"NUL":               {`{"weight_map":{"a":"one\u0000"}}`, []string{`"a"`, `one\x00`}},
		"directory of name": {`{"weight_map":{"a":"dir"}}`, []string{"dir", "not a regular file"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := checkpoint(t, shards(t, c.index))
			if err := os.Mkdir(filepath.Join(dir, "dir"), 0o700); err != nil {
				t.Fatal(err)
			}
			f, err := Open(dir)
			if err == nil {
				f.Close()
				t.Fatal("accepted")
			}
			t.Log(err)
			if !strings.HasPrefix(err.Error(), filepath.Join(dir, IndexName)+": field ") {
				t.Error("the error does not start with the index and a field")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not name %q", want)
				}
			}
		})
	}
}

// FuzzIndex reads arbitrary bytes as an index: the shards of one that is sound are
// plain file names.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":3},"weight_map":{"a":"one","b":"two"}}`))
	f.Add([]byte(`{"weight_map":{"\u00e9\ud83d\ude00":"m-00001-of-00002.safetensors"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		shards, err := parseIndex(data)
		if err != nil {
			return
		}
		for _, name := range slices.Collect(maps.Keys(shards)) {
			if len(shards[name]) == 0 {
				t.Errorf("shard %q has no tensors", name)
			}
			if name != filepath.Base(name) || name == "." || name == ".." {
				t.Errorf("shard name %q", name)
			}
		}
	})
}
