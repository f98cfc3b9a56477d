package gguf

import (
	"errors"
	"fmt"
	"math"
)

// ErrMissing is the cause of errors about keys that a file does not have.
var ErrMissing = errors.New("missing")

// Value returns the value of a key.
func (f *File) Value(key string) (Value, bool) { return f.parts[0].lookupKey(key) }

// Has reports whether the file has the key.
func (f *File) Has(key string) bool { _, ok := f.Value(key); return ok }

// KeyValues returns all keys with their values, in the file's order.
func (f *File) KeyValues() []KeyValue { return f.parts[0].keyValues() }

// Count returns an integer of any size in [0, 1<<31), which every sane count, size
// and token id is.
func (f *File) Count(key string) (int, error) { return get(f, key, Value.count) }

// CountOr is Count with a default for a missing key.
func (f *File) CountOr(key string, missing int) (int, error) {
	return getOr(f, key, missing, Value.count)
}

// Counts returns n integers in the range of Count: those of an array of n, or a
// single value n times, as per-layer settings are given.
func (f *File) Counts(key string, n int) ([]int, error) {
	return get(f, key, func(v Value) ([]int, error) { return v.counts(n) })
}

// Float32 returns a finite floating-point number.
func (f *File) Float32(key string) (float32, error) { return get(f, key, Value.float32) }

// Float32Or is Float32 with a default for a missing key.
func (f *File) Float32Or(key string, missing float32) (float32, error) {
	return getOr(f, key, missing, Value.float32)
}

// Bool returns a bool.
func (f *File) Bool(key string) (bool, error) { return get(f, key, Value.bool) }

// BoolOr is Bool with a default for a missing key.
func (f *File) BoolOr(key string, missing bool) (bool, error) {
	return getOr(f, key, missing, Value.bool)
}

// String returns a string, any bytes.
func (f *File) String(key string) (string, error) { return get(f, key, Value.text) }

// StringOr is String with a default for a missing key.
func (f *File) StringOr(key, missing string) (string, error) {
	return getOr(f, key, missing, Value.text)
}

// Strings returns an array of strings, any bytes. The copy takes 16 bytes a string
// and their text; Value.Texts yields them without one.
func (f *File) Strings(key string) ([]string, error) { return get(f, key, Value.stringArray) }

// Int32s returns an array of integers of at least 32 bits that fit in 32.
func (f *File) Int32s(key string) ([]int32, error) { return get(f, key, Value.int32Array) }

// Float32s returns an array of floating-point numbers, not all of them finite for
// certain.
func (f *File) Float32s(key string) ([]float32, error) { return get(f, key, Value.float32Array) }

// get converts the value of a key. Errors name file, key and value.
func get[T any](f *File, key string, convert func(Value) (T, error)) (T, error) {
	var x T
	v, ok := f.Value(key)
	err := ErrMissing
	if ok {
		x, err = convert(v)
	}
	if err != nil {
		return x, fmt.Errorf("%s: field %s: %w", f.path, key, err)
	}
	return x, nil
}

func getOr[T any](f *File, key string, missing T, convert func(Value) (T, error)) (T, error) {
	if !f.Has(key) {
		return missing, nil
	}
	return get(f, key, convert)
}

// unlike says that v is of another type than the one wanted.
func (v Value) unlike(want string) error {
	if v.kind == Array {
		return fmt.Errorf("is an array of %s: %v, want %s", v.elem, v, want)
	}
	return fmt.Errorf("is %v (%s), want %s", v, v.kind, want)
}

func (v Value) count() (int, error) {
	if v.kind == Array {
		return 0, v.unlike("one integer")
	}
	return v.countAt(0)
}

func (v Value) countAt(i int) (int, error) {
	switch v.elem {
	case Float32, Float64, Bool, String:
		return 0, v.unlike("an integer")
	}
	x, ok := v.integer(i)
	if !ok || x < 0 || x > math.MaxInt32 {
		return 0, fmt.Errorf("is %s, out of range [0, %d]", v.format(i), math.MaxInt32)
	}
	return int(x), nil
}

func (v Value) counts(n int) ([]int, error) {
	if v.kind == Array && v.n != n {
		return nil, fmt.Errorf("is an array of %d elements, want %d", v.n, n)
	}
	list := make([]int, n)
	for i := range list {
		var err error
		if list[i], err = v.countAt(min(i, v.n-1)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (v Value) float32() (float32, error) {
	if v.kind != Float32 && v.kind != Float64 {
		return 0, v.unlike("a floating-point number")
	}
	x, _ := v.float(0)
	y := float32(x)
	if math.IsNaN(float64(y)) || math.IsInf(float64(y), 0) {
		return 0, fmt.Errorf("is %v, want a finite number", v)
	}
	return y, nil
}

func (v Value) bool() (bool, error) {
	if v.kind != Bool {
		return false, v.unlike("a bool")
	}
	return v.raw[0] != 0, nil
}

func (v Value) text() (string, error) {
	if v.kind != String {
		return "", v.unlike("a string")
	}
	return string(v.raw), nil
}

func (v Value) stringArray() ([]string, error) {
	if v.kind != Array || v.elem != String {
		return nil, v.unlike("an array of strings")
	}
	return v.strings(), nil
}

func (v Value) int32Array() ([]int32, error) {
	if v.kind != Array || !v.wideInteger() {
		return nil, v.unlike("an array of integers of 32 bits")
	}
	list := make([]int32, v.n)
	for i := range list {
		x, ok := v.integer(i)
		if !ok || x != int64(int32(x)) {
			return nil, fmt.Errorf("element %d is %s, out of range", i, v.format(i))
		}
		list[i] = int32(x)
	}
	return list, nil
}

func (v Value) wideInteger() bool {
	switch v.elem {
	case Uint32, Int32, Uint64, Int64:
		return true
	}
	return false
}

func (v Value) float32Array() ([]float32, error) {
	if v.kind != Array || v.elem != Float32 && v.elem != Float64 {
		return nil, v.unlike("an array of floating-point numbers")
	}
	list := make([]float32, v.n)
	for i := range list {
		x, _ := v.float(i)
		list[i] = float32(x)
	}
	return list, nil
}
