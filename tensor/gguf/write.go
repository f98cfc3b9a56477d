package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-par/par/tensor/atomicfile"
	"github.com/go-par/par/tensor/internal/sized"
	"github.com/go-par/par/tensor/quant"
)

// Source is a tensor to be written. Write is called once, when the tensor's turn
// comes, and writes its blocks to w, so that no more than one tensor needs to be
// in memory.
type Source struct {
	Name  string
	Type  quant.Type
	Shape []int // slowest dimension first
	Write func(w io.Writer) error
}

// Source returns t as a tensor to be written.
func (t Tensor) Source() Source {
	return Source{t.Name, t.Type, t.Shape, func(w io.Writer) error {
		_, err := w.Write(t.Data)
		return err
	}}
}

// WriteFile writes a GGUF file that replaces path when it is complete.
func WriteFile(path string, keys []KeyValue, tensors []Source) error {
	return atomicfile.Write(path, func(w io.Writer) error { return Write(w, keys, tensors) })
}

// Write writes a file of version 3 with keys and tensors in the order given,
// aligned to what a key general.alignment says, to 32 without. It fails where a
// reader would refuse the file, or a tensor's size is not that of its shape.
func Write(w io.Writer, keys []KeyValue, tensors []Source) error {
	header, alignment, err := appendKeys(nil, keys, len(tensors))
	if err != nil {
		return err
	}
	header, sizes, err := appendTensors(header, tensors, alignment)
	if err != nil {
		return err
	}
	if len(tensors) > 0 {
		header = append(header, make([]byte, padding(uint64(len(header)), alignment))...)
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for i, t := range tensors {
		if err := writeData(w, t, sizes[i], alignment); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	return nil
}

func padding(n uint64, alignment int) int { return int(alignUp(n, alignment) - n) }

// appendKeys appends everything up to the tensor table.
func appendKeys(b []byte, keys []KeyValue, tensors int) (_ []byte, alignment int, err error) {
	le := binary.LittleEndian
	b = append(b, magic...)
	b = le.AppendUint32(b, maxVersion)
	b = le.AppendUint64(b, uint64(tensors))
	b = le.AppendUint64(b, uint64(len(keys)))
	alignment = defaultAlignment
	seen := map[string]bool{}
	for _, kv := range keys {
		err := checkKey([]byte(kv.Key))
		switch {
		case err != nil:
		case seen[kv.Key]:
			err = errors.New("given twice")
		case kv.Value.n == 0 && kv.Value.kind != Array:
			err = errors.New("no value")
		case kv.Key == alignmentKey:
			alignment, err = alignmentOf(kv.Value)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("key %q: %w", kv.Key, err)
		}
		seen[kv.Key] = true
		b = appendString(b, kv.Key)
		b = appendValue(b, kv.Value)
	}
	return b, alignment, nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

func appendValue(b []byte, v Value) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, uint32(v.kind))
	switch v.kind {
	case String:
		b = le.AppendUint64(b, uint64(len(v.raw)))
	case Array:
		b = le.AppendUint32(b, uint32(v.elem))
		b = le.AppendUint64(b, uint64(v.n))
	}
	return append(b, v.raw...)
}

// appendTensors appends the tensor table and returns the size of each tensor.
func appendTensors(b []byte, tensors []Source, alignment int) (_ []byte, sizes []uint64, err error) {
	le := binary.LittleEndian
	sizes = make([]uint64, len(tensors))
	seen := map[string]bool{}
	var offset uint64
	for i, t := range tensors {
		ne := slices.Clone(t.Shape)
		slices.Reverse(ne)
		if sizes[i], err = t.check(ne); err == nil && seen[t.Name] {
			err = errors.New("given twice")
		}
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		seen[t.Name] = true
		b = appendString(b, t.Name)
		b = le.AppendUint32(b, uint32(len(ne)))
		for _, n := range ne {
			b = le.AppendUint64(b, uint64(n))
		}
		b = le.AppendUint32(b, uint32(t.Type))
		b = le.AppendUint64(b, offset)
		offset = alignUp(offset+sizes[i], alignment)
	}
	return b, sizes, nil
}

// check returns the size of the tensor.
func (t *Source) check(ne []int) (uint64, error) {
	if err := checkTensorName([]byte(t.Name)); err != nil {
		return 0, err
	}
	if len(ne) > maxDims {
		return 0, fmt.Errorf("%d dimensions, want at most %d", len(ne), maxDims)
	}
	for _, n := range ne {
		if n < 0 {
			return 0, fmt.Errorf("shape %v: negative", t.Shape)
		}
	}
	return byteSize(t.Type, ne)
}

// writeData writes a tensor and its padding.
func writeData(w io.Writer, t Source, size uint64, alignment int) error {
	if err := sized.Write(w, size, t.Write); err != nil {
		return err
	}
	_, err := w.Write(make([]byte, padding(size, alignment)))
	return err
}
