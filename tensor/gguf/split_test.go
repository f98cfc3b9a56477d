package gguf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/tensor/quant"
)

// split writes a model in two shards, after change had its way with their keys.
func split(t *testing.T, change func(shard int, keys map[string]Value)) string {
	t.Helper()
	dir := t.TempDir()
	for i, name := range []string{"m-00001-of-00002.gguf", "m-00002-of-00002.gguf"} {
		keys := map[string]Value{
			splitNoKey:      Of(uint16(i)),
			splitCountKey:   Of(uint16(2)),
			splitTensorsKey: Of(int32(3)),
		}
		if i == 0 {
			keys["general.name"] = Of("n")
		}
		change(i, keys)
		var list []KeyValue
		for k, v := range keys {
			list = append(list, KeyValue{k, v})
		}
		tensors := []Source{source("a", quant.F32, []int{1}, blob(4)), source("b", quant.F32, []int{2}, blob(8))}
		if i == 1 {
			tensors = []Source{source("c", quant.F32, []int{3}, blob(12))}
		}
		if err := WriteFile(filepath.Join(dir, name), list, tensors); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "m-00001-of-00002.gguf")
}

func TestSplit(t *testing.T) {
	f, err := Open(split(t, func(int, map[string]Value) {}))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	visit(t, f)
	var names []string
	for _, info := range f.Tensors() {
		names = append(names, info.Name)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, names); diff != "" {
		t.Errorf("tensors (-want +got):\n%s", diff)
	}
	if got, err := f.String("general.name"); got != "n" || err != nil {
		t.Errorf("general.name is %q, %v", got, err)
	}
}

func TestSplitRefuses(t *testing.T) {
	set := func(shard int, key string, v Value) func(int, map[string]Value) {
		return func(i int, keys map[string]Value) {
			if i == shard {
				keys[key] = v
			}
		}
	}
	same := func(int, map[string]Value) {}
	drop := func(key string) func(int, map[string]Value) {
		return func(_ int, keys map[string]Value) { delete(keys, key) }
	}
	rename := func(t *testing.T, path, name string) string {
		renamed := filepath.Join(filepath.Dir(path), name)
		if err := os.Rename(path, renamed); err != nil {
			t.Fatal(err)
		}
		return renamed
	}
	for name, c := range map[string]struct {
		change func(int, map[string]Value)
		path   func(t *testing.T, first string) string
		want   string
	}{
		"number":        {change: set(1, splitNoKey, Of(uint16(0))), want: splitNoKey},
		"no number":     {change: drop(splitNoKey), want: splitNoKey},
		"count":         {change: set(1, splitCountKey, Of(uint16(3))), want: splitCountKey},
		"count of name": {change: set(0, splitCountKey, Of(uint16(65535))), want: splitCountKey},
		"count type":    {change: set(0, splitCountKey, Of("2")), want: splitCountKey},
		"tensors":       {change: set(0, splitTensorsKey, Of(int32(4))), want: splitTensorsKey},
		"no tensors":    {change: drop(splitTensorsKey), want: splitTensorsKey},
		"second first": {change: same, want: "open the first shard", path: func(t *testing.T, first string) string {
			return strings.Replace(first, "00001-of", "00002-of", 1)
		}},
		"name": {change: same, want: splitCountKey, path: func(t *testing.T, first string) string {
			return rename(t, first, "m.gguf")
		}},
		"name of other shard": {change: same, want: splitNoKey, path: func(t *testing.T, first string) string {
			return rename(t, first, "m-00002-of-00002.gguf")
		}},
		"missing": {change: same, want: "m-00002-of-00002.gguf", path: func(t *testing.T, first string) string {
			rename(t, filepath.Join(filepath.Dir(first), "m-00002-of-00002.gguf"), "other")
			return first
		}},
		"truncated": {change: same, want: "m-00002-of-00002.gguf", path: func(t *testing.T, first string) string {
			if err := os.Truncate(filepath.Join(filepath.Dir(first), "m-00002-of-00002.gguf"), 150); err != nil {
				t.Fatal(err)
			}
			return first
		}},
		"tensor twice": {change: set(1, splitTensorsKey, Of(int32(3))), want: `"a"`, path: func(t *testing.T, first string) string {
			err := WriteFile(filepath.Join(filepath.Dir(first), "m-00002-of-00002.gguf"),
				[]KeyValue{{splitNoKey, Of(uint16(1))}, {splitCountKey, Of(uint16(2))}},
				[]Source{source("a", quant.F32, []int{1}, blob(4))})
			if err != nil {
				t.Fatal(err)
			}
			return first
		}},
	} {
		t.Run(name, func(t *testing.T) {
			path := split(t, c.change)
			if c.path != nil {
				path = c.path(t, path)
			}
			f, err := Open(path)
			if err == nil {
				f.Close()
				t.Fatal("accepted")
			}
			t.Log(err)
			if message := strings.Replace(err.Error(), path, "", 1); !strings.Contains(message, c.want) {
				t.Errorf("the error does not name %q", c.want)
			}
		})
	}
}
