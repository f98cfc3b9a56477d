package gguf

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/go-par/par/tensor/quant"
)

// Least sizes on disk, to hold counts against before believing them.
const (
	minString     = 8
	minKeyValue   = minString + 1 + 4 + 1     // one byte of key, type, one byte of value
	minTensorInfo = minString + 1 + 4 + 4 + 8 // one byte of name, dimension count, type, offset
)

const maxDims = 4

// reader decodes the fields of a file front to back. Every read is checked
// against what is left, also when a field was read before: a mapped file may
// change.
type reader struct {
	data []byte
	pos  int
}

func (r *reader) left() int { return len(r.data) - r.pos }

// take returns the next n bytes.
func (r *reader) take(n uint64) ([]byte, error) {
	if n > uint64(r.left()) {
		return nil, fmt.Errorf("unexpected end of file: want %d bytes at byte %d, %d are left", n, r.pos, r.left())
	}
	b := r.data[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return b, nil
}

func (r *reader) u32() (uint32, error) {
	b, err := r.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (r *reader) u64() (uint64, error) {
	b, err := r.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// count reads a number of things of at least size bytes each.
func (r *reader) count(size int) (int, error) {
	n, err := r.u64()
	if err != nil {
		return 0, err
	}
	return r.fit(n, size)
}

// fit fails where n things of at least size bytes each cannot follow.
func (r *reader) fit(n uint64, size int) (int, error) {
	if n > uint64(r.left()/size) {
		return 0, fmt.Errorf("%d: unexpected end of file: want at least %d bytes each, %d are left", n, size, r.left())
	}
	return int(n), nil
}

func (r *reader) string() ([]byte, error) {
	n, err := r.u64()
	if err != nil {
		return nil, err
	}
	b, err := r.take(n)
	if err != nil {
		return nil, fmt.Errorf("string length %d: %w", n, err)
	}
	return b, nil
}

// keyValue reads a key and its value. Errors name the key.
func (r *reader) keyValue() (key []byte, v Value, err error) {
	key, err = r.string()
	if err == nil {
		err = checkKey(key)
	}
	if err != nil {
		return nil, Value{}, fmt.Errorf("field key: %w", err)
	}
	v, err = r.value()
	if err != nil {
		return nil, Value{}, fmt.Errorf("field %s: %w", quote(key), err)
	}
	return key, v, nil
}

func (r *reader) value() (Value, error) {
	kind, err := r.kind()
	if err != nil {
		return Value{}, err
	}
	switch kind {
	case String:
		raw, err := r.string()
		return Value{kind: String, elem: String, n: 1, raw: raw}, err
	case Array:
		return r.array()
	}
	raw, err := r.elements(kind, 1)
	return Value{kind: kind, elem: kind, n: 1, raw: raw}, err
}

func (r *reader) array() (Value, error) {
	elem, err := r.kind()
	if err != nil {
		return Value{}, fmt.Errorf("array element: %w", err)
	}
	if elem == Array {
		return Value{}, fmt.Errorf("arrays of arrays are not supported")
	}
	size := elem.size()
	if elem == String {
		size = minString
	}
	n, err := r.count(size)
	if err != nil {
		return Value{}, fmt.Errorf("array length %w", err)
	}
	raw, err := r.elements(elem, n)
	return Value{kind: Array, elem: elem, n: n, raw: raw}, err
}

func (r *reader) kind() (Kind, error) {
	n, err := r.u32()
	if err != nil {
		return 0, err
	}
	if n > uint32(Float64) {
		return 0, fmt.Errorf("value type %d is unknown", n)
	}
	return Kind(n), nil
}

// elements takes n values of one kind and checks what can be wrong with them.
func (r *reader) elements(kind Kind, n int) ([]byte, error) {
	if kind == String {
		start := r.pos
		for i := range n {
			if _, err := r.string(); err != nil {
				return nil, fmt.Errorf("string %d of %d: %w", i, n, err)
			}
		}
		return r.data[start:r.pos], nil
	}
	raw, err := r.take(uint64(n) * uint64(kind.size()))
	if err != nil || kind != Bool {
		return raw, err
	}
	for _, b := range raw {
		if b > 1 {
			return nil, fmt.Errorf("bool %d, want 0 or 1", b)
		}
	}
	return raw, nil
}

// tensorInfo is an entry of the tensor table.
type tensorInfo struct {
	name   []byte
	typ    quant.Type
	ne     [maxDims]int // as in the file: fastest dimension first
	dims   int
	bytes  uint64
	offset uint64 // from the start of the data section
}

// tensorInfo reads an entry of the tensor table and checks what it says of
// itself. Errors name the tensor.
func (r *reader) tensorInfo() (t tensorInfo, err error) {
	t.name, err = r.string()
	if err == nil {
		err = checkTensorName(t.name)
	}
	if err != nil {
		return t, fmt.Errorf("field tensor name: %w", err)
	}
	if err := r.tensorFields(&t); err != nil {
		return t, fmt.Errorf("field %s: %w", quote(t.name), err)
	}
	return t, nil
}

func (r *reader) tensorFields(t *tensorInfo) error {
	dims, err := r.u32()
	if err != nil {
		return err
	}
	if dims > maxDims {
		return fmt.Errorf("%d dimensions, want at most %d", dims, maxDims)
	}
	t.dims = int(dims)
	for i := range t.dims {
		n, err := r.u64()
		if err != nil {
			return err
		}
		if n > math.MaxInt {
			return fmt.Errorf("dimension %d of ne is %d, out of range", i, n)
		}
		t.ne[i] = int(n)
	}
	typ, err := r.u32()
	if err != nil {
		return err
	}
	if t.offset, err = r.u64(); err != nil {
		return err
	}
	t.typ = quant.Type(typ)
	t.bytes, err = byteSize(t.typ, t.ne[:t.dims])
	return err
}
