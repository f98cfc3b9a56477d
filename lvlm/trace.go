package lvlm

import (
	"fmt"
	"slices"

	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/safetensors"
)

// Trace collects the intermediate tensors of a generation, to be compared with
// another implementation's: pixel_values [images, 3, size, size], vision.features
// and projector [images, tokens, width], embeds [rows, hidden], hidden.i [rows,
// hidden] and rows.i after decoder layer i-1, positions, logits [steps, vocab], and
// router.tokens [image tokens] and router.layers [layers], the raw scores of a Flow
// that chooses by scores. A nil Trace collects nothing.
type Trace struct {
	Floats []Traced[float32]
	Ints   []Traced[int32]
}

// Traced is one tensor of a Trace.
type Traced[T any] struct {
	Name  string
	Shape []int
	Data  []T
}

// Float returns the named f32 tensor, nil where there is none.
func (t *Trace) Float(name string) *Traced[float32] { return lookup(t.Floats, name) }

// Int returns the named integer tensor, nil where there is none.
func (t *Trace) Int(name string) *Traced[int32] { return lookup(t.Ints, name) }

func lookup[T any](list []Traced[T], name string) *Traced[T] {
	i := slices.IndexFunc(list, func(x Traced[T]) bool { return x.Name == name })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// stack adds data as one more entry of the named tensor, whose entries have the
// given shape.
func (t *Trace) stack(name string, shape []int, data []float32) {
	if t == nil {
		return
	}
	if x := t.Float(name); x != nil {
		x.Shape[0]++
		x.Data = append(x.Data, data...)
		return
	}
	t.Floats = append(t.Floats, Traced[float32]{name, append([]int{1}, shape...), slices.Clone(data)})
}

func (t *Trace) tensor(name string, x tensor.Tensor) {
	if t != nil {
		t.Floats = append(t.Floats, Traced[float32]{name, []int{x.Rows, x.Cols}, slices.Clone(x.Data)})
	}
}

// vector adds v, if there is one.
func (t *Trace) vector(name string, v []float32) {
	if t != nil && v != nil {
		t.Floats = append(t.Floats, Traced[float32]{name, []int{len(v)}, slices.Clone(v)})
	}
}

func (t *Trace) ints(name string, v []int32) {
	if t != nil {
		t.Ints = append(t.Ints, Traced[int32]{name, []int{len(v)}, slices.Clone(v)})
	}
}

// hidden records the residual stream that enters layer i, and its rows.
func (t *Trace) hidden(i int, x tensor.Tensor, rows []int32) {
	t.tensor(fmt.Sprintf("hidden.%d", i), x)
	t.ints(fmt.Sprintf("rows.%d", i), rows)
}

// Save writes the tensors to a safetensors file.
func (t *Trace) Save(path string) error {
	var list []safetensors.Source
	for _, x := range t.Floats {
		list = append(list, safetensors.SourceF32(x.Name, x.Shape, x.Data))
	}
	for _, x := range t.Ints {
		list = append(list, safetensors.SourceI32(x.Name, x.Shape, x.Data))
	}
	return safetensors.WriteFile(path, list, nil)
}
