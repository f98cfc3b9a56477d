package quant

import (
	"encoding/binary"
	"math"
)

var le = binary.LittleEndian

// FromF16 returns the value of the IEEE half h. A NaN is made quiet and keeps its
// payload.
func FromF16(h uint16) float32 {
	sign, mag := uint32(h&0x8000)<<16, uint32(h&0x7fff)
	if mag >= 0x7c00 { // Inf, NaN
		mag = mag<<13 | 0x7f800000
		if mag > 0x7f800000 {
			mag |= 1 << 22
		}
		return math.Float32frombits(sign | mag)
	}
	// Moving the exponent's bias from 15 to 127 is a product with 2^112, exact
	// for subnormal halves too.
	return math.Float32frombits(sign | math.Float32bits(math.Float32frombits(mag<<13)*0x1p112))
}

// ToF16 returns the IEEE half nearest to x, ties to even. A NaN becomes 0x7e00
// with its sign.
func ToF16(x float32) uint16 {
	b := math.Float32bits(x)
	sign, mag := uint16(b>>16&0x8000), b&0x7fffffff
	switch {
	case mag > 0x7f800000:
		return sign | 0x7e00
	case mag >= 0x47800000: // 65536 and above
		return sign | 0x7c00
	case mag < 0x38800000: // below 2^-14, the smallest normal half
		// In [0.5, 1) the spacing of floats is that of subnormal halves, 2^-24,
		// so that the sum rounds as the half does.
		return sign | uint16(math.Float32bits(math.Float32frombits(mag)+0.5)-0x3f000000)
	}
	mag += 0xfff + mag>>13&1
	return sign | uint16((mag-112<<23)>>13)
}

// FromBF16 returns the value of the bfloat16 h.
func FromBF16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// ToBF16 returns the bfloat16 nearest to x, ties to even. A NaN is made quiet.
func ToBF16(x float32) uint16 {
	b := math.Float32bits(x)
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16 | 1<<6)
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

func decodeF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(le.Uint32(src[4*i:]))
	}
}

func encodeF32(dst []byte, src []float32) {
	for i, x := range src {
		le.PutUint32(dst[4*i:], math.Float32bits(x))
	}
}

func decodeF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = FromF16(le.Uint16(src[2*i:]))
	}
}

func encodeF16(dst []byte, src []float32) {
	for i, x := range src {
		le.PutUint16(dst[2*i:], ToF16(x))
	}
}

func decodeBF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = FromBF16(le.Uint16(src[2*i:]))
	}
}

func encodeBF16(dst []byte, src []float32) {
	for i, x := range src {
		le.PutUint16(dst[2*i:], ToBF16(x))
	}
}

func decodeF64(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = float32(math.Float64frombits(le.Uint64(src[8*i:])))
	}
}

func encodeF64(dst []byte, src []float32) {
	for i, x := range src {
		le.PutUint64(dst[8*i:], math.Float64bits(float64(x)))
	}
}

func decodeI8(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = float32(int8(src[i]))
	}
}

func decodeI16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = float32(int16(le.Uint16(src[2*i:])))
	}
}

func decodeI32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = float32(int32(le.Uint32(src[4*i:])))
	}
}

func decodeI64(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = float32(int64(le.Uint64(src[8*i:])))
	}
}

// half reads a block's f16 field at offset i.
func half(b []byte, i int) float32 { return FromF16(le.Uint16(b[i:])) }
