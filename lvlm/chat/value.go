package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
)

// Value is what a template computes with. The types that implement it are
// Undefined, None, Bool, Int, Float, String, List, Tuple and *Dict, and some
// internal to the package. Values don't change once made.
type Value interface {
	typeName() string // the corresponding Python type
}

type (
	// None is Python's None and JSON's null.
	None struct{}
	// Bool is a truth value.
	Bool bool
	// Int is an integer.
	Int int64
	// Float is a floating-point number.
	Float float64
	// String is text. Its elements, for lengths and indices, are characters.
	String string
	// List is a sequence.
	List []Value
	// Tuple is a sequence that prints with parentheses.
	Tuple []Value
)

// Values are the variables that a template starts with.
type Values map[string]Value

// Undefined is the value of what doesn't exist. It prints as nothing, is false and
// empty; any other use is an error.
type Undefined struct {
	owner string // type of the value that lacks the element, "" for a variable
	name  string
	hint  string // says it all, where not ""
}

func (u Undefined) err() error {
	switch {
	case u.hint != "":
		return errors.New(u.hint)
	case u.owner != "":
		return fmt.Errorf("'%s object' has no attribute or element %s", u.owner, quote(u.name))
	}
	return fmt.Errorf("%s is undefined", quote(u.name))
}

func (Undefined) typeName() string { return "Undefined" }
func (None) typeName() string      { return "NoneType" }
func (Bool) typeName() string      { return "bool" }
func (Int) typeName() string       { return "int" }
func (Float) typeName() string     { return "float" }
func (String) typeName() string    { return "str" }
func (List) typeName() string      { return "list" }
func (Tuple) typeName() string     { return "tuple" }
func (*Dict) typeName() string     { return "dict" }

// Internal values.
type (
	// iterator is what lazy filters return: good for one pass, without a length.
	iterator struct{ rest []Value }

	// view is a dictionary's keys, values or items.
	view struct {
		name  string // "dict_keys"
		items []Value
	}

	// span is what range returns, with its length.
	span struct{ start, stop, step, n int64 }

	// namespace is the one kind of value whose attributes can be set.
	namespace struct{ attrs *Dict }
)

func (*iterator) typeName() string  { return "generator" }
func (v view) typeName() string     { return v.name }
func (span) typeName() string       { return "range" }
func (*namespace) typeName() string { return "Namespace" }

func (s span) at(i int64) Int { return Int(s.start + i*s.step) }

// Dict maps values to values and keeps the order of insertion.
type Dict struct {
	keys, vals []Value
	index      map[dictKey]int
}

// dictKey identifies a dictionary's key: keys that are equal in Python have equal
// dictKeys.
type dictKey struct {
	kind byte
	num  uint64
	text string
}

// NewDict returns an empty dictionary.
func NewDict() *Dict { return &Dict{index: map[dictKey]int{}} }

// Len returns the number of entries.
func (d *Dict) Len() int { return len(d.keys) }

// Set adds an entry or replaces the value of an existing one. It is for building:
// no template may have seen d.
func (d *Dict) Set(key string, v Value) { d.put(dictKey{kind: 's', text: key}, String(key), v) }

// Get returns the value of a key, nil where there is none.
func (d *Dict) Get(key string) Value { return d.find(dictKey{kind: 's', text: key}) }

func (d *Dict) put(k dictKey, key, v Value) {
	if i, ok := d.index[k]; ok {
		d.vals[i] = v
		return
	}
	d.index[k] = len(d.keys)
	d.keys = append(d.keys, key)
	d.vals = append(d.vals, v)
}

func (d *Dict) find(k dictKey) Value {
	if i, ok := d.index[k]; ok {
		return d.vals[i]
	}
	return nil
}

func (d *Dict) setValue(key, v Value) error {
	k, err := hash(key)
	if err == nil {
		d.put(k, key, v)
	}
	return err
}

func (d *Dict) clone() *Dict {
	c := &Dict{slices.Clone(d.keys), slices.Clone(d.vals), make(map[dictKey]int, len(d.keys))}
	for k, i := range d.index {
		c.index[k] = i
	}
	return c
}

// items returns the entries as pairs.
func (d *Dict) items() []Value {
	pairs := make([]Value, len(d.keys))
	for i, k := range d.keys {
		pairs[i] = Tuple{k, d.vals[i]}
	}
	return pairs
}

// hash returns the identity of v as a key.
func hash(v Value) (dictKey, error) {
	switch v := v.(type) {
	case Undefined:
		return dictKey{kind: 'u'}, nil
	case None:
		return dictKey{kind: '0'}, nil
	case Bool:
		return dictKey{kind: 'i', num: uint64(intOf(v))}, nil
	case Int:
		return dictKey{kind: 'i', num: uint64(v)}, nil
	case Float:
		if i, ok := exactInt(float64(v)); ok {
			return dictKey{kind: 'i', num: uint64(i)}, nil
		}
		return dictKey{kind: 'f', num: math.Float64bits(float64(v))}, nil
	case String:
		return dictKey{kind: 's', text: string(v)}, nil
	case span:
		// As that of a tuple of what makes ranges equal.
		t := Tuple{String("range"), Int(v.n), None{}, None{}}
		if v.n > 0 {
			t[2] = Int(v.start)
		}
		if v.n > 1 {
			t[3] = Int(v.step)
		}
		k, err := hash(t)
		k.kind = 'r'
		return k, err
	case Tuple:
		text, err := appendKeys(nil, v, 0)
		return dictKey{kind: 't', text: string(text)}, err
	}
	return dictKey{}, fmt.Errorf("unhashable type: '%s'", v.typeName())
}

var errKey = fmt.Errorf("%w: a tuple as a key of more than %d bytes or %d levels", ErrLimit, maxKey, maxKeyDepth)

// appendKeys appends the identities of a tuple's elements, so that tuples that aren't
// equal differ.
func appendKeys(text []byte, v Tuple, depth int) ([]byte, error) {
	if len(text) > maxKey || depth > maxKeyDepth {
		return nil, errKey
	}
	text = append(text, '(')
	for _, e := range v {
		if t, ok := e.(Tuple); ok {
			var err error
			if text, err = appendKeys(text, t, depth+1); err != nil {
				return nil, err
			}
			continue
		}
		k, err := hash(e)
		if err != nil {
			return nil, err
		}
		if len(text)+len(k.text) > maxKey {
			return nil, errKey
		}
		text = fmt.Appendf(text, "%c%d %d:%s", k.kind, k.num, len(k.text), k.text)
	}
	return append(text, ')'), nil
}

// exactInt returns f as an integer where it is one that fits.
func exactInt(f float64) (int64, bool) {
	if f != math.Trunc(f) || f < -1<<63 || f >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}

func intOf(b Bool) Int {
	if b {
		return 1
	}
	return 0
}

// maxDataDepth bounds the nesting of data; encoding/json has a bound of its own,
// but a higher one.
const maxDataDepth = 500

var errDataDepth = fmt.Errorf(": nested more than %d levels deep", maxDataDepth)

// FromJSON reads a JSON text. Objects keep their order; a number without fraction
// and exponent is an Int if it fits one.
func FromJSON(text []byte) (Value, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	v, err := readJSON(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("text after the JSON value")
	}
	return v, nil
}

func readJSON(dec *json.Decoder, depth int) (Value, error) {
	if depth > maxDataDepth {
		return nil, errDataDepth
	}
	t, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case nil:
		return None{}, nil
	case bool:
		return Bool(t), nil
	case string:
		return String(t), nil
	case json.Number:
		if i, err := strconv.ParseInt(t.String(), 10, 64); err == nil {
			return Int(i), nil
		}
		f, err := t.Float64()
		return Float(f), err
	case json.Delim:
		if t == '[' {
			return readArray(dec, depth)
		}
		return readObject(dec, depth)
	}
	return nil, fmt.Errorf("unexpected %v", t)
}

func readArray(dec *json.Decoder, depth int) (Value, error) {
	list := List{}
	for dec.More() {
		v, err := readJSON(dec, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := dec.Token()
	return list, err
}

func readObject(dec *json.Decoder, depth int) (Value, error) {
	d := NewDict()
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		v, err := readJSON(dec, depth+1)
		if err != nil {
			return nil, err
		}
		d.Set(key.(string), v)
	}
	_, err := dec.Token()
	return d, err
}

// ValueOf converts a Go value made of nil, bool, int, int64, float64, string, []any,
// map[string]any and Values. As Go's maps have no order, entries come sorted by key.
func ValueOf(x any) (Value, error) { return valueOf(x, 0) }

func valueOf(x any, depth int) (Value, error) {
	if depth > maxDataDepth {
		return nil, errDataDepth
	}
	switch x := x.(type) {
	case nil:
		return None{}, nil
	case Value:
		return x, nil
	case bool:
		return Bool(x), nil
	case int:
		return Int(x), nil
	case int64:
		return Int(x), nil
	case float64:
		return Float(x), nil
	case string:
		return String(x), nil
	case []any:
		list := make(List, len(x))
		for i, e := range x {
			v, err := valueOf(e, depth+1)
			if err != nil {
				return nil, fmt.Errorf("[%d]%w", i, err)
			}
			list[i] = v
		}
		return list, nil
	case map[string]any:
		d := NewDict()
		for _, key := range slices.Sorted(maps.Keys(x)) {
			v, err := valueOf(x[key], depth+1)
			if err != nil {
				return nil, fmt.Errorf("[%q]%w", key, err)
			}
			d.Set(key, v)
		}
		return d, nil
	}
	return nil, fmt.Errorf(": a template can't use a %T", x)
}
