package safetensors

import (
	"fmt"
	"maps"
	"slices"

	"github.com/go-par/par/tensor/quant"
)

// Values returns lists of numbers as vectors to be written, such as the parameters
// and moments of a training that File.Values reads back.
func Values(lists map[string][]float32) []Source {
	var out []Source
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		out = append(out, SourceF32(name, []int{len(lists[name])}, lists[name]))
	}
	return out
}

// Values fills lists of numbers with the F32 tensors of their names. It fails, before
// anything is changed, where one is missing or of another size.
func (f *File) Values(lists map[string][]float32) error {
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		switch t, ok := f.Lookup(name); {
		case !ok:
			return fmt.Errorf("tensor %s: missing", name)
		case t.DType != F32 || t.Bytes != 4*len(lists[name]):
			return fmt.Errorf("tensor %s: %v %v, want %d values of F32", name, t.DType, t.Shape, len(lists[name]))
		}
	}
	for name, values := range lists {
		t, _ := f.Lookup(name)
		quant.Decode(quant.F32, values, t.Data)
	}
	return nil
}
