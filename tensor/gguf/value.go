package gguf

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
)

// Kind is the type of a value; its number is the one in the file.
type Kind uint32

const (
	Uint8 Kind = iota
	Int8
	Uint16
	Int16
	Uint32
	Int32
	Float32
	Bool
	String
	Array
	Uint64
	Int64
	Float64
)

var kinds = [...]struct {
	name string
	size int // bytes, 0 where it varies
}{
	{"uint8", 1}, {"int8", 1}, {"uint16", 2}, {"int16", 2}, {"uint32", 4}, {"int32", 4}, {"float32", 4},
	{"bool", 1}, {"string", 0}, {"array", 0}, {"uint64", 8}, {"int64", 8}, {"float64", 8},
}

func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k].name
	}
	return fmt.Sprintf("value type %d", uint32(k))
}

func (k Kind) size() int { return kinds[k].size }

// Value is the value of a key: a number, a bool, a string, or an array of one of
// them. It stays encoded until it is asked for, so that a vocabulary of an open
// file takes no memory; it must not be used after the file is closed.
type Value struct {
	kind, elem Kind // elem is kind where that is not Array
	n          int
	raw        []byte // elements as in the file; of a string only its text
}

// Kind returns the type of the value.
func (v Value) Kind() Kind { return v.kind }

// Elem returns the type of an array's elements, Kind for other values.
func (v Value) Elem() Kind { return v.elem }

// Len returns the number of an array's elements, 1 for other values.
func (v Value) Len() int { return v.n }

// KeyValue is a key with its value.
type KeyValue struct {
	Key   string
	Value Value
}

// Scalar is what values and elements of arrays are made of.
type Scalar interface {
	uint8 | int8 | uint16 | int16 | uint32 | int32 | uint64 | int64 | float32 | float64 | bool | string
}

// Of returns a value to be written.
func Of[T Scalar](x T) Value {
	if s, ok := any(x).(string); ok {
		return Value{kind: String, elem: String, n: 1, raw: []byte(s)}
	}
	v := ArrayOf([]T{x})
	v.kind = v.elem
	return v
}

// ArrayOf returns an array to be written.
func ArrayOf[T Scalar](list []T) Value {
	v := Value{kind: Array, elem: kindOf[T](), n: len(list)}
	if texts, ok := any(list).([]string); ok {
		for _, s := range texts {
			v.raw = append(binary.LittleEndian.AppendUint64(v.raw, uint64(len(s))), s...)
		}
		return v
	}
	raw, err := binary.Append(nil, binary.LittleEndian, list)
	if err != nil { // only for types that Scalar does not have
		panic("gguf: " + err.Error())
	}
	v.raw = raw
	return v
}

func kindOf[T Scalar]() Kind {
	var x T
	switch any(x).(type) {
	case uint8:
		return Uint8
	case int8:
		return Int8
	case uint16:
		return Uint16
	case int16:
		return Int16
	case uint32:
		return Uint32
	case int32:
		return Int32
	case uint64:
		return Uint64
	case int64:
		return Int64
	case float32:
		return Float32
	case float64:
		return Float64
	case bool:
		return Bool
	}
	return String
}

// integer returns element i of an integer kind, false where it is none or does
// not fit.
func (v Value) integer(i int) (int64, bool) {
	le := binary.LittleEndian
	switch v.elem {
	case Uint8:
		return int64(v.raw[i]), true
	case Int8:
		return int64(int8(v.raw[i])), true
	case Uint16:
		return int64(le.Uint16(v.raw[2*i:])), true
	case Int16:
		return int64(int16(le.Uint16(v.raw[2*i:]))), true
	case Uint32:
		return int64(le.Uint32(v.raw[4*i:])), true
	case Int32:
		return int64(int32(le.Uint32(v.raw[4*i:]))), true
	case Uint64, Int64:
		x := le.Uint64(v.raw[8*i:])
		return int64(x), v.elem == Int64 || x <= math.MaxInt64
	}
	return 0, false
}

// float returns element i of a floating-point kind.
func (v Value) float(i int) (float64, bool) {
	switch v.elem {
	case Float32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(v.raw[4*i:]))), true
	case Float64:
		return math.Float64frombits(binary.LittleEndian.Uint64(v.raw[8*i:])), true
	}
	return 0, false
}

// Texts yields the strings of the value, a string or an array of strings, and
// nothing for other kinds. They are views into the file, any bytes, not to be
// written.
func (v Value) Texts() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		switch {
		case v.kind == String:
			yield(v.raw)
		case v.elem == String:
			r := reader{data: v.raw}
			for range v.n {
				s, err := r.string()
				if err != nil || !yield(s) {
					return
				}
			}
		}
	}
}

// strings copies all strings, in two allocations: as many short ones as a
// vocabulary has would otherwise take several times the file's size.
func (v Value) strings() []string {
	var text strings.Builder
	text.Grow(len(v.raw) - minString*v.n)
	for s := range v.Texts() {
		text.Write(s)
	}
	all := text.String()
	list := make([]string, 0, v.n)
	for s := range v.Texts() {
		n := min(len(s), len(all)) // as before, unless a mapped file has changed
		list = append(list, all[:n])
		all = all[n:]
	}
	return list
}

// String renders the value for people: strings quoted, long ones and long arrays
// cut.
func (v Value) String() string {
	if v.kind != Array {
		return v.format(0)
	}
	const limit = 8
	var b strings.Builder
	fmt.Fprintf(&b, "[%d]%s{", v.n, v.elem)
	if v.elem == String {
		i := 0
		for s := range v.Texts() {
			if i == limit {
				break
			}
			b.WriteString(separator(i))
			b.WriteString(quote(s))
			i++
		}
	} else {
		for i := range min(v.n, limit) {
			b.WriteString(separator(i))
			b.WriteString(v.format(i))
		}
	}
	if v.n > limit {
		b.WriteString(", ...")
	}
	b.WriteByte('}')
	return b.String()
}

func separator(i int) string {
	if i == 0 {
		return ""
	}
	return ", "
}

// format renders element i, or the text of a string.
func (v Value) format(i int) string {
	switch v.elem {
	case String:
		return quote(v.raw)
	case Bool:
		return strconv.FormatBool(v.raw[i] != 0)
	case Float32, Float64:
		x, _ := v.float(i)
		return strconv.FormatFloat(x, 'g', -1, 8*v.elem.size())
	case Uint64:
		return strconv.FormatUint(binary.LittleEndian.Uint64(v.raw[8*i:]), 10)
	}
	x, _ := v.integer(i)
	return strconv.FormatInt(x, 10)
}
