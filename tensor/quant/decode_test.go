package quant

import (
	"hash/crc32"
	"math"
	"testing"
)

// decoded has the checksum of the values of 64 blocks of a byte pattern, printed
// by testdata/decode.py from the reference implementation.
var decoded = map[Type]uint32{
	F32:     0x83e2bacf,
	F16:     0x6ba59beb,
	Q4_0:    0x1a24d79b,
	Q4_1:    0x73f19434,
	Q5_0:    0xca2016e1,
	Q5_1:    0x041cc3be,
	Q8_0:    0xfb7f8c2f,
	Q2_K:    0x78f70e4f,
	Q3_K:    0x906d5bdb,
	Q4_K:    0xec379a65,
	Q5_K:    0x209f060c,
	Q6_K:    0x5f8e6a9b,
	IQ2_XXS: 0x222d2fd0,
	IQ2_XS:  0xf89eab50,
	IQ3_XXS: 0x26919342,
	IQ1_S:   0x25e2ef80,
	IQ4_NL:  0xfb712484,
	IQ3_S:   0xdb8f02be,
	IQ2_S:   0x7f54f6f4,
	IQ4_XS:  0x6d297ae8,
	IQ1_M:   0x4f3aab90,
	BF16:    0x96019869,
	TQ1_0:   0x1c032f71,
	TQ2_0:   0xedc59afa,
	MXFP4:   0x6ca233f4,
	NVFP4:   0xadf09557,
}

func TestDecode(t *testing.T) {
	for typ, want := range decoded {
		block, size := typ.Block()
		src, state := make([]byte, 64*size), uint32(1)
		for i := range src {
			state = state*1664525 + 1013904223
			src[i] = byte(state >> 24)
		}
		dst := make([]float32, 64*block)
		Decode(typ, dst, src)
		var values []byte
		for _, x := range dst {
			if x == x {
				values = le.AppendUint32(values, math.Float32bits(x))
			}
		}
		if got := crc32.ChecksumIEEE(values); got != want {
			t.Errorf("%s: checksum %08x, want %08x", typ, got, want)
		}
	}
}

// TestDecodeSmall covers the types that the reference package does not decode, by
// their definitions.
func TestDecodeSmall(t *testing.T) {
	one := []byte{0x00, 0x3c} // 1 in f16
	for _, test := range []struct {
		typ  Type
		src  []byte
		want map[int]float32 // the first and some other values
	}{
		{I8, []byte{0x80, 0x7f}, map[int]float32{0: -128, 1: 127}},
		{I16, []byte{0x00, 0x80, 0x01, 0x00}, map[int]float32{0: -32768, 1: 1}},
		{I32, []byte{0xff, 0xff, 0xff, 0xff}, map[int]float32{0: -1}},
		{I64, []byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, map[int]float32{0: -2}},
		{F64, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, map[int]float32{0: 1.5}},
		{Q1_0, join(one, pad(16, 0x02, 0x80)), map[int]float32{0: -1, 1: 1, 2: -1, 14: -1, 15: 1, 127: -1}},
		{Q2_0, join(one, pad(16, 0xe4, 0x03)), map[int]float32{0: -1, 1: 0, 2: 1, 3: 2, 4: 2, 5: -1, 63: -1}},
		{Q8_1, join(one, pad(34, 9, 9, 0xff, 3)), map[int]float32{0: -1, 1: 3, 31: 0}},
		{Q8_K, join([]byte{0, 0, 0x80, 0x3f}, pad(288, 0x80, 5)), map[int]float32{0: -128, 1: 5, 255: 0}},
	} {
		block, size := test.typ.Block()
		dst := make([]float32, len(test.src)/size*block)
		Decode(test.typ, dst, test.src)
		for i, want := range test.want {
			if dst[i] != want {
				t.Errorf("%s: value %d is %v, want %v", test.typ, i, dst[i], want)
			}
		}
	}
}

func join(a, b []byte) []byte { return append(append([]byte{}, a...), b...) }

// pad returns n bytes that start with b.
func pad(n int, b ...byte) []byte { return append(b, make([]byte, n-len(b))...) }

func TestDecodePanics(t *testing.T) {
	for name, decode := range map[string]func(){
		"unknown type": func() { Decode(4, make([]float32, 32), make([]byte, 18)) },
		"part block":   func() { Decode(Q4_0, make([]float32, 31), make([]byte, 18)) },
		"short bytes":  func() { Decode(Q4_0, make([]float32, 32), make([]byte, 17)) },
		"long bytes":   func() { Decode(F32, make([]float32, 1), make([]byte, 5)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			decode()
		})
	}
}
