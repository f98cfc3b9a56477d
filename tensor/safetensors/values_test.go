package safetensors

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "values.safetensors")
	if err := WriteFile(path, Values(map[string][]float32{"a": {1, 2, 3}, "b": {}, "c": {float32(math.Inf(1))}}), nil); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a, c := make([]float32, 3), make([]float32, 1)
	if err := f.Values(map[string][]float32{"a": a, "b": {}, "c": c}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a, []float32{1, 2, 3}) || !math.IsInf(float64(c[0]), 1) {
		t.Errorf("read %v %v", a, c)
	}
	for name, n := range map[string]int{"a": 2, "d": 1} {
		clear(a)
		if err := f.Values(map[string][]float32{"a": a, name: make([]float32, n)}); err == nil || !strings.Contains(err.Error(), name) || a[0] != 0 {
			t.Errorf("%s: error %v, a %v", name, err, a)
		}
	}
}
