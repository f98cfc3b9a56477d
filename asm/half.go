package asm

import (
	"encoding/binary"
	"math"
)

// Halves are little-endian bytes, as files hold them: F16 is IEEE 754 binary16,
// BF16 the upper half of an f32.

// F16ToF32 widens len(dst) halves, exactly. A NaN stays one, made quiet.
func F16ToF32(dst []float32, src []byte) {
	src = src[:2*len(dst)]
	raceRead(src)
	raceWrite(dst)
	f16ToF32(dst, src)
}

// BF16ToF32 widens len(dst) halves, bit for bit.
func BF16ToF32(dst []float32, src []byte) {
	src = src[:2*len(dst)]
	raceRead(src)
	raceWrite(dst)
	bf16ToF32(dst, src)
}

// F32ToF16 rounds len(src) values to the nearest half, ties to even: to ±Inf from
// 65520 on, to subnormal halves below 2⁻¹⁴. A NaN keeps its sign and its upper
// payload bits and is made quiet.
func F32ToF16(dst []byte, src []float32) {
	dst = dst[:2*len(src)]
	raceRead(src)
	raceWrite(dst)
	f32ToF16(dst, src)
}

// F32ToBF16 rounds len(src) values to the nearest half, ties to even. Subnormal
// numbers are kept; a NaN is cut, and made quiet.
func F32ToBF16(dst []byte, src []float32) {
	dst = dst[:2*len(src)]
	raceRead(src)
	raceWrite(dst)
	f32ToBF16(dst, src)
}

func f16ToF32Generic(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = widenF16(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

func bf16ToF32Generic(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

func f32ToF16Generic(dst []byte, src []float32) {
	for i, x := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], roundF16(x))
	}
}

func f32ToBF16Generic(dst []byte, src []float32) {
	for i, x := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], roundBF16(x))
	}
}

func widenF16(h uint16) float32 {
	sign, bits := uint32(h&0x8000)<<16, uint32(h&0x7fff)
	switch {
	case bits > 0x7c00:
		bits = bits<<13 | 0x7fc00000
	case bits == 0x7c00:
		bits = 0x7f800000
	case bits >= 0x0400:
		bits = bits<<13 + (127-15)<<23
	default: // 0 or subnormal: bits units of 2⁻²⁴
		bits = math.Float32bits(float32(bits) * 0x1p-24)
	}
	return math.Float32frombits(sign | bits)
}

func roundF16(x float32) uint16 {
	bits := math.Float32bits(x)
	sign := uint16(bits >> 16 & 0x8000)
	bits &= 0x7fffffff
	switch {
	case bits > 0x7f800000:
		return sign | 0x7e00 | uint16(bits>>13&0x3ff)
	case bits >= 0x47800000: // 65536
		return sign | 0x7c00
	case bits >= 0x38800000: // 2⁻¹⁴: add half a unit, less one where the result is even
		bits += 0xfff + bits>>13&1
		return sign | uint16((bits-(127-15)<<23)>>13)
	}
	// A unit of 1 is 2⁻²⁴ in the sum with 2⁻¹, whose addition rounds.
	sum := math.Float32frombits(bits) + 0.5
	return sign | uint16(math.Float32bits(sum)-math.Float32bits(0.5))
}

func roundBF16(x float32) uint16 {
	bits := math.Float32bits(x)
	if x != x {
		return uint16(bits>>16) | 0x40
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}
