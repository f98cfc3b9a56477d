// Package quant holds the storage types of weights: the block layouts of GGML
// with their quantisers and dequantisers.
//
// A type cuts a row into blocks of a fixed number of values and bytes. Decoded
// values equal those of the reference implementation bit for bit; so do the
// bytes written by Encode where the reference has one defined result (F16, BF16,
// Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, TQ1_0, TQ2_0, MXFP4). The other quantisers search
// for the codes with the smallest squared error.
package quant

import (
	"fmt"
	"strings"
)

// Type is a storage type; its value is the type's id in GGUF files.
type Type uint32

const (
	F32     Type = 0
	F16     Type = 1
	Q4_0    Type = 2
	Q4_1    Type = 3
	Q5_0    Type = 6
	Q5_1    Type = 7
	Q8_0    Type = 8
	Q8_1    Type = 9
	Q2_K    Type = 10
	Q3_K    Type = 11
	Q4_K    Type = 12
	Q5_K    Type = 13
	Q6_K    Type = 14
	Q8_K    Type = 15
	IQ2_XXS Type = 16
	IQ2_XS  Type = 17
	IQ3_XXS Type = 18
	IQ1_S   Type = 19
	IQ4_NL  Type = 20
	IQ3_S   Type = 21
	IQ2_S   Type = 22
	IQ4_XS  Type = 23
	I8      Type = 24
	I16     Type = 25
	I32     Type = 26
	I64     Type = 27
	F64     Type = 28
	IQ1_M   Type = 29
	BF16    Type = 30
	TQ1_0   Type = 34
	TQ2_0   Type = 35
	MXFP4   Type = 39
	NVFP4   Type = 40
	Q1_0    Type = 41
	Q2_0    Type = 42
)

// A format is what is known of a type: the size of a block in values and bytes,
// and its conversions, which take any whole number of blocks. Types without an
// encode function can only be read.
type format struct {
	name         string
	block, bytes int
	decode       func(dst []float32, src []byte)
	encode       func(dst []byte, src []float32)
}

var formats = [...]format{
	F32:  {"F32", 1, 4, decodeF32, encodeF32},
	F16:  {"F16", 1, 2, decodeF16, encodeF16},
	BF16: {"BF16", 1, 2, decodeBF16, encodeBF16},
	F64:  {"F64", 1, 8, decodeF64, encodeF64},
	I8:   {"I8", 1, 1, decodeI8, nil},
	I16:  {"I16", 1, 2, decodeI16, nil},
	I32:  {"I32", 1, 4, decodeI32, nil},
	I64:  {"I64", 1, 8, decodeI64, nil},

	Q4_0: {"Q4_0", 32, 18, decodeQ4_0, encodeQ4_0},
	Q4_1: {"Q4_1", 32, 20, decodeQ4_1, encodeQ4_1},
	Q5_0: {"Q5_0", 32, 22, decodeQ5_0, encodeQ5_0},
	Q5_1: {"Q5_1", 32, 24, decodeQ5_1, encodeQ5_1},
	Q8_0: {"Q8_0", 32, 34, decodeQ8_0, encodeQ8_0},
	Q8_1: {"Q8_1", 32, 36, decodeQ8_1, nil},

	Q2_K: {"Q2_K", 256, 84, decodeQ2_K, encodeQ2_K},
	Q3_K: {"Q3_K", 256, 110, decodeQ3_K, encodeQ3_K},
	Q4_K: {"Q4_K", 256, 144, decodeQ4_K, encodeQ4_K},
	Q5_K: {"Q5_K", 256, 176, decodeQ5_K, encodeQ5_K},
	Q6_K: {"Q6_K", 256, 210, decodeQ6_K, encodeQ6_K},
	Q8_K: {"Q8_K", 256, 292, decodeQ8_K, nil},

	IQ1_S:   {"IQ1_S", 256, 50, decodeIQ1_S, nil},
	IQ1_M:   {"IQ1_M", 256, 56, decodeIQ1_M, nil},
	IQ2_XXS: {"IQ2_XXS", 256, 66, decodeIQ2_XXS, nil},
	IQ2_XS:  {"IQ2_XS", 256, 74, decodeIQ2_XS, nil},
	IQ2_S:   {"IQ2_S", 256, 82, decodeIQ2_S, nil},
	IQ3_XXS: {"IQ3_XXS", 256, 98, decodeIQ3_XXS, nil},
	IQ3_S:   {"IQ3_S", 256, 110, decodeIQ3_S, nil},
	IQ4_NL:  {"IQ4_NL", 32, 18, decodeIQ4_NL, encodeIQ4_NL},
	IQ4_XS:  {"IQ4_XS", 256, 136, decodeIQ4_XS, encodeIQ4_XS},

	Q1_0:  {"Q1_0", 128, 18, decodeQ1_0, encodeQ1_0},
	Q2_0:  {"Q2_0", 64, 18, decodeQ2_0, encodeQ2_0},
	TQ1_0: {"TQ1_0", 256, 54, decodeTQ1_0, encodeTQ1_0},
	TQ2_0: {"TQ2_0", 256, 66, decodeTQ2_0, encodeTQ2_0},
	MXFP4: {"MXFP4", 32, 17, decodeMXFP4, encodeMXFP4},
	NVFP4: {"NVFP4", 64, 36, decodeNVFP4, encodeNVFP4},
}

func (t Type) format() (*format, error) {
	if !t.Known() {
		return nil, fmt.Errorf("unknown storage %v", t)
	}
	return &formats[t], nil
}

// Known reports whether t has a layout here.
func (t Type) Known() bool { return int64(t) < int64(len(formats)) && formats[t].block > 0 }

// String returns the type's name in GGML.
func (t Type) String() string {
	if t.Known() {
		return formats[t].name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// Parse returns the type of that name, in upper or lower case.
func Parse(name string) (Type, error) {
	for t, f := range formats {
		if f.block > 0 && strings.EqualFold(f.name, name) {
			return Type(t), nil
		}
	}
	return 0, fmt.Errorf("unknown storage type %q", name)
}

// Block returns the number of values in one block and its size in bytes, 0, 0
// for an unknown type.
func (t Type) Block() (values, bytes int) {
	if !t.Known() {
		return 0, 0
	}
	return formats[t].block, formats[t].bytes
}

// RowBytes returns the size of a row of n values. It fails where n is not a
// whole number of blocks or the size exceeds an int.
func (t Type) RowBytes(n int) (int, error) {
	f, err := t.format()
	if err != nil {
		return 0, err
	}
	if n < 0 || n%f.block != 0 {
		return 0, fmt.Errorf("row of %d values is not a whole number of %s blocks of %d", n, f.name, f.block)
	}
	if n/f.block > maxInt/f.bytes {
		return 0, fmt.Errorf("row of %d values of type %s is too long", n, f.name)
	}
	return n / f.block * f.bytes, nil
}

const maxInt = int(^uint(0) >> 1)

// Encodes reports whether Encode writes t.
func (t Type) Encodes() bool { return t.Known() && formats[t].encode != nil }

// Fallback returns the type that stores rows of n values where t is wanted: t
// itself if its blocks divide n, else the type of 32-value blocks with the
// nearest higher precision, else F16. It is the rule by which llama.cpp
// substitutes types in its mixes.
func Fallback(t Type, n int) Type {
	fits := func(t Type) bool {
		b, _ := t.Block()
		return b > 0 && n%b == 0
	}
	if fits(t) {
		return t
	}
	u := F16
	switch t {
	case Q4_K:
		u = Q5_0
	case Q5_K:
		u = Q5_1
	case Q6_K:
		u = Q8_0
	case Q2_K, Q3_K, IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_XS:
		u = IQ4_NL
	case TQ1_0, TQ2_0:
		u = Q4_0
	}
	if fits(u) {
		return u
	}
	return F16
}
