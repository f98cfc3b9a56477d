package safetensors

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/go-par/par/tensor/atomicfile"
	"github.com/go-par/par/tensor/internal/sized"
)

// Source is a tensor to be written. Write is called once, when the tensor's turn
// comes, and writes its Bytes values to w, so that no more than one tensor needs
// to be in memory.
type Source struct {
	Name  string
	DType DType
	Shape []int
	Write func(w io.Writer) error
}

// Source returns t as a tensor to be written.
func (t Tensor) Source() Source {
	return Source{t.Name, t.DType, t.Shape, func(w io.Writer) error {
		_, err := w.Write(t.Data)
		return err
	}}
}

// SourceF32 returns an F32 tensor of values.
func SourceF32(name string, shape []int, values []float32) Source {
	return Source{name, F32, shape, writeValues(values)}
}

// SourceI32 returns an I32 tensor of values.
func SourceI32(name string, shape []int, values []int32) Source {
	return Source{name, I32, shape, writeValues(values)}
}

// writeValues encodes piece by piece, to take little memory.
func writeValues[T float32 | int32](values []T) func(io.Writer) error {
	return func(w io.Writer) error {
		var buf []byte
		for piece := range slices.Chunk(values, 1<<12) {
			var err error
			if buf, err = binary.Append(buf[:0], binary.LittleEndian, piece); err != nil {
				return err
			}
			if _, err := w.Write(buf); err != nil {
				return err
			}
		}
		return nil
	}
}

// WriteFile writes a safetensors file that replaces path when it is complete.
func WriteFile(path string, tensors []Source, metadata map[string]string) error {
	return atomicfile.Write(path, func(w io.Writer) error { return Write(w, tensors, metadata) })
}

// Write writes tensors in the reference implementation's order, wide types first
// and then by name, which aligns every tensor to its values: the same tensors give
// the same bytes. It fails where a tensor's size is not that of its shape.
func Write(w io.Writer, tensors []Source, metadata map[string]string) error {
	tensors = slices.Clone(tensors)
	slices.SortFunc(tensors, func(a, b Source) int {
		return cmp.Or(cmp.Compare(b.DType.Bits(), a.DType.Bits()), cmp.Compare(a.Name, b.Name))
	})
	text, sizes, err := formatHeader(tensors, metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text)))); err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	for i, t := range tensors {
		if err := sized.Write(w, sizes[i], t.Write); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	return nil
}

// formatHeader returns the header, padded so that the data starts at a multiple
// of 8, and the size of each tensor.
func formatHeader(tensors []Source, metadata map[string]string) (header []byte, sizes []uint64, err error) {
	header = []byte{'{'}
	member := func(key string, value any) error {
		if !utf8.ValidString(key) {
			return errors.New("the name is not UTF-8")
		}
		if len(header) > 1 {
			header = append(header, ',')
		}
		k, _ := json.Marshal(key)
		v, err := json.Marshal(value)
		header = append(append(append(header, k...), ':'), v...)
		return err
	}
	if metadata != nil {
		for k, v := range metadata {
			if !utf8.ValidString(k) || !utf8.ValidString(v) {
				return nil, nil, fmt.Errorf("metadata %q: %q is not UTF-8", k, v)
			}
		}
		if err := member(metadataKey, metadata); err != nil {
			return nil, nil, err
		}
	}
	sizes = make([]uint64, len(tensors))
	seen := map[string]bool{metadataKey: true}
	var begin uint64
	for i, t := range tensors {
		size, err := t.size()
		if err == nil && seen[t.Name] {
			err = errors.New("the name is taken")
		}
		if err == nil {
			seen[t.Name] = true
			err = member(t.Name, jsonEntry{t.DType, append([]int{}, t.Shape...), [2]uint64{begin, begin + size}})
		}
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		sizes[i] = size
		begin += size
	}
	header = append(header, '}')
	for len(header)%8 != 0 {
		header = append(header, ' ')
	}
	if len(header) > maxHeaderLength {
		return nil, nil, fmt.Errorf("header of %d bytes is beyond the limit of %d", len(header), maxHeaderLength)
	}
	return header, sizes, nil
}

type jsonEntry struct {
	DType   DType     `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"`
}

func (t *Source) size() (uint64, error) {
	if t.DType.Bits() == 0 {
		return 0, fmt.Errorf("dtype %q is no type of the format", t.DType)
	}
	for _, n := range t.Shape {
		if n < 0 {
			return 0, fmt.Errorf("shape %v: negative", t.Shape)
		}
	}
	return byteSize(t.DType, t.Shape)
}
