package asm

import (
	"encoding/binary"
	"math"
)

func quantizeInt8Generic(q []byte, scales []float32, sums []int32, x []float32) {
	for b := range scales {
		x := x[32*b : 32*b+32]
		var top float32
		for _, v := range x {
			top = max(top, abs32(v))
		}
		scale := top / 127
		inverse := 1 / scale
		if inverse > math.MaxFloat32 { // the scale is 0 or nearly so
			scale, inverse = 0, 0
		}
		scales[b] = scale
		sums[2*b], sums[2*b+1] = 0, 0
		for i, v := range x {
			n := int8(math.RoundToEven(float64(v * inverse)))
			q[32*b+i] = byte(n)
			sums[2*b+i/16] += int32(n)
		}
	}
}

func half(b []byte, at int) float32 { return widenF16(binary.LittleEndian.Uint16(b[at:])) }

// unpackQuadsGeneric: nibbles hold values 0 to 15 of a block in their low halves
// and 16 to 31 in the high ones; the fifth bit of value i is bit i of a word.
func unpackQuadsGeneric(f QuadFormat, q []byte, scales, mins []float32, w []byte) {
	size := f.size()
	for b := range scales {
		w, q := w[b*size:(b+1)*size], q[32*b:32*b+32]
		scales[b] = half(w, 0)
		var fifths uint32
		switch f {
		case Q8_0:
			for i, x := range w[2:] {
				q[i] = x ^ 128
			}
			continue
		case Q4_1:
			mins[b] = half(w, 2)
		case Q5_0:
			fifths = binary.LittleEndian.Uint32(w[2:])
		case Q5_1:
			mins[b] = half(w, 2)
			fifths = binary.LittleEndian.Uint32(w[4:])
		}
		for i, x := range w[size-16:] {
			q[i] = x&15 | byte(fifths>>i)&1<<4
			q[i+16] = x>>4 | byte(fifths>>(i+16))&1<<4
		}
		if f == IQ4_NL {
			for i, x := range q {
				q[i] = byte(int(iq4Codes[x]) + 128)
			}
		}
	}
}

func unpackSupersGeneric(f SuperFormat, q []byte, scales, mins []float32, w []byte) {
	size := f.size()
	for b := range len(q) / 256 {
		w, q := w[b*size:(b+1)*size], q[256*b:256*b+256]
		if f == Q6_K {
			unpackQ6_K(q, scales[16*b:16*b+16], w)
		} else {
			unpackQ45_K(f, q, scales[8*b:8*b+8], mins[8*b:8*b+8], w)
		}
	}
}

// unpackQ45_K: d, dmin, 6-bit scales and minima [12], in Q5_K the fifth bits [32],
// nibbles [128]. Bit g of byte i is the fifth bit of value 32g+i.
func unpackQ45_K(f SuperFormat, q []byte, scales, mins []float32, w []byte) {
	d, dmin := half(w, 0), half(w, 2)
	packed, nibbles := w[4:16], w[len(w)-128:]
	for g := range 8 {
		var s, m byte
		if g < 4 {
			s, m = packed[g]&63, packed[g+4]&63
		} else {
			s = packed[g+4]&15 | packed[g-4]>>6<<4
			m = packed[g+4]>>4 | packed[g]>>6<<4
		}
		scales[g], mins[g] = d*float32(s), -dmin*float32(m)
		for i := range 32 {
			x := nibbles[g/2*32+i] >> (g % 2 * 4) & 15
			if f == Q5_K {
				x |= w[16+i] >> g & 1 << 4
			}
			q[32*g+i] = x
		}
	}
}

// unpackQ6_K: low halves [128], high pairs of bits [64], scales int8 [16], d. Of
// each half of the values, byte i of the pairs holds those of values i, i+32, i+64
// and i+96.
func unpackQ6_K(q []byte, scales []float32, w []byte) {
	d := half(w, 208)
	for g := range scales {
		scales[g] = d * float32(int8(w[192+g]))
	}
	for i := range q {
		half, at := i/128, i%128
		low := w[64*half+at%64] >> (at / 64 * 4) & 15
		high := w[128+32*half+at%32] >> (at / 32 * 2) & 3
		q[i] = low | high<<4
	}
}
