package asm

import (
	"encoding/binary"
	"math"
)

// Q8_0 as package quant has it: blocks of 32 values, a half d and 32 int8 q, that
// stand for d·q. A cache of keys and values is written and read in it while a
// model runs; hence the kernels.
const (
	q8Values = 32
	q8Bytes  = 2 + q8Values
)

// F32ToQ8 writes src, whole blocks of 32 values, in Q8_0: d is a 127th of the
// largest magnitude, q is rounded to nearest, ties away from zero. A block with a
// value that is not finite gets a NaN for d, and so reads as NaN.
func F32ToQ8(dst []byte, src []float32) {
	dst = dst[:q8Size(len(src))]
	raceRead(src)
	raceWrite(dst)
	f32ToQ8(dst, src)
}

// Q8ToF32 reads len(dst) values, whole blocks of 32, from Q8_0.
func Q8ToF32(dst []float32, src []byte) {
	src = src[:q8Size(len(dst))]
	raceRead(src)
	raceWrite(dst)
	q8ToF32(dst, src)
}

func q8Size(values int) int {
	if values%q8Values != 0 {
		panic("asm: no whole blocks of Q8_0")
	}
	return values / q8Values * q8Bytes
}

func f32ToQ8Generic(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[q8Bytes:], src[q8Values:] {
		x, b := (*[q8Values]float32)(src), (*[q8Bytes]byte)(dst)
		var bits uint32 // the largest magnitude; NaN is beyond Inf
		for _, v := range x {
			bits = max(bits, math.Float32bits(v)&^(1<<31))
		}
		if bits >= 0x7f800000 {
			*b = [q8Bytes]byte{0x00, 0x7e}
			continue
		}
		d := math.Float32frombits(bits) / 127
		id := 1 / d
		if math.IsInf(float64(id), 0) { // d is 0 as a half
			id = 0
		}
		binary.LittleEndian.PutUint16(b[:], roundF16(d))
		for i, v := range x {
			b[2+i] = byte(int8(math.Round(float64(v * id))))
		}
	}
}

func q8ToF32Generic(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[q8Values:], src[q8Bytes:] {
		x, b := (*[q8Values]float32)(dst), (*[q8Bytes]byte)(src)
		d := widenF16(binary.LittleEndian.Uint16(b[:]))
		for i := range x {
			x[i] = d * float32(int8(b[2+i]))
		}
	}
}
