package quant

import (
	"math"
	"math/bits"
)

// The I types: groups of four or eight magnitudes are drawn together from a grid,
// a table of the combinations that occur most, and signs are stored apart. d is
// the f16 scale of the 256 values; groups of 16 or 32 values have small scales.

// iq2Values and iq3Values are the magnitudes that grid entries name by 2 and 3
// bits. In IQ1 the three codes mean -1, 0 and 1.
var (
	iq2Values  = [4]float32{8, 25, 43}
	iq3xValues = [8]float32{4, 12, 20, 28, 36, 44, 52, 62}
	iq3sValues = [8]float32{1, 3, 5, 7, 9, 11, 13, 15}
)

// paritySigns returns the signs of eight values of which seven are stored: the
// number of negative ones is even.
func paritySigns(s uint32) uint32 {
	s &= 127
	return s | uint32(bits.OnesCount32(s)&1)<<7
}

// negate flips x where bit k of signs is set.
func negate(x float32, signs uint32, k int) float32 {
	return math.Float32frombits(math.Float32bits(x) ^ signs>>k<<31)
}

// grid2 writes eight values of a grid entry of 2-bit codes.
func grid2(dst []float32, entry uint16, signs uint32, d float32) {
	y := (*[8]float32)(dst)
	for k := range y {
		y[k] = negate(iq2Values[entry>>(2*k)&3]*d, signs, k)
	}
}

// grid3 writes eight values of two grid entries of four 3-bit codes.
func grid3(dst []float32, values *[8]float32, e0, e1 uint16, signs uint32, d float32) {
	y := (*[8]float32)(dst)
	for k := range 4 {
		y[k] = negate(values[e0>>(3*k)&7]*d, signs, k)
		y[k+4] = negate(values[e1>>(3*k)&7]*d, signs, k+4)
	}
}

// IQ2_XXS: d; for each 32 values u8[4] grid indices and a u32 of four 7-bit signs
// and a 4-bit scale s, d(s+½)/4.
func decodeIQ2_XXS(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[66:] {
		b := (*[66]byte)(src)
		d := half(b[:], 0)
		for g := range 8 {
			q := b[2+8*g:][:8]
			u := le.Uint32(q[4:])
			s := d * (float32(u>>28) + 0.5) * 0.25
			for k := range 4 {
				grid2(dst[32*g+8*k:], gridIQ2_XXS[q[k]], paritySigns(u>>(7*k)), s)
			}
		}
	}
}

// IQ2_XS: d, u16[32] of a 9-bit grid index and 7 signs each, 4-bit scales[16] of
// 16 values each, d(s+½)/4.
func decodeIQ2_XS(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[74:] {
		b := (*[74]byte)(src)
		d := half(b[:], 0)
		for k := range 32 {
			s := d * (float32(b[66+k/4]>>(k/2%2*4)&15) + 0.5) * 0.25
			q := le.Uint16(b[2+2*k:])
			grid2(dst[8*k:], gridIQ2_XS[q&511], paritySigns(uint32(q>>9)), s)
		}
	}
}

// IQ2_S: d, low bits u8[32] of the grid indices, signs[32], two high bits each in
// [8], 4-bit scales[16] of 16 values each, d(s+½)/4.
func decodeIQ2_S(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[82:] {
		b := (*[82]byte)(src)
		d := half(b[:], 0)
		for k := range 32 {
			s := d * (float32(b[74+k/4]>>(k/2%2*4)&15) + 0.5) * 0.25
			q := uint16(b[2+k]) | uint16(b[66+k/4]>>(k%4*2)&3)<<8
			grid2(dst[8*k:], gridIQ2_S[q], uint32(b[34+k]), s)
		}
	}
}

// IQ3_XXS: d, u8[64] grid indices; for each 32 values a u32 of four 7-bit signs
// and a 4-bit scale s, d(s+½)/2.
func decodeIQ3_XXS(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[98:] {
		b := (*[98]byte)(src)
		d := half(b[:], 0)
		for g := range 8 {
			u := le.Uint32(b[66+4*g:])
			s := d * (float32(u>>28) + 0.5) * 0.5
			for k := range 4 {
				q := b[2+8*g+2*k:][:2]
				grid3(dst[32*g+8*k:], &iq3xValues, gridIQ3_XXS[q[0]], gridIQ3_XXS[q[1]], paritySigns(u>>(7*k)), s)
			}
		}
	}
}

// IQ3_S: d, low bits u8[64] of the grid indices, one high bit each in [8],
// signs[32], 4-bit scales[8] of 32 values each, d(2s+1).
func decodeIQ3_S(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[110:] {
		b := (*[110]byte)(src)
		d := half(b[:], 0)
		for k := range 32 {
			s := d * float32(1+2*(b[106+k/8]>>(k/4%2*4)&15))
			high := uint16(b[66+k/4]) >> (k % 4 * 2)
			e0 := gridIQ3_S[uint16(b[2+2*k])|high&1<<8]
			e1 := gridIQ3_S[uint16(b[3+2*k])|high&2<<7]
			grid3(dst[8*k:], &iq3sValues, e0, e1, uint32(b[74+k]), s)
		}
	}
}

// grid1 writes the eight values d(code-1+delta) of an IQ1 grid entry.
func grid1(dst []float32, entry uint16, delta, d float32) {
	y := (*[8]float32)(dst)
	for k := range y {
		y[k] = d * (float32(int32(entry>>(2*k)&3)-1) + delta)
	}
}

// iq1Delta shifts the ternary values of IQ1, down where the sign is set.
func iq1Delta(negative bool) float32 {
	if negative {
		return -0.125
	}
	return 0.125
}

// IQ1_S: d, low bits u8[32] of the grid indices; for each 32 values a u16 of four
// times three high bits, a 3-bit scale s, d(2s+1), and the sign of the shift.
func decodeIQ1_S(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[50:] {
		b := (*[50]byte)(src)
		d := half(b[:], 0)
		for k := range 32 {
			u := le.Uint16(b[34+k/4*2:])
			q := uint16(b[2+k]) | u>>(k%4*3)&7<<8
			grid1(dst[8*k:], gridIQ1_S[q], iq1Delta(u>>15 != 0), d*float32(2*(u>>12&7)+1))
		}
	}
}

// IQ1_M: low bits u8[32] of the grid indices; nibbles[32] of three high bits and
// the sign of the shift; u16[4] of four 3-bit scales s each, of 16 values,
// d(2s+1), their top nibbles making d.
func decodeIQ1_M(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[56:] {
		b := (*[56]byte)(src)
		var scales [4]uint16
		var h uint16
		for i := range scales {
			scales[i] = le.Uint16(b[48+2*i:])
			h |= scales[i] >> 12 << (4 * i)
		}
		d := FromF16(h)
		for k := range 32 {
			high := uint16(b[32+k/2] >> (k % 2 * 4))
			s := scales[k/8] >> (k / 2 % 4 * 3) & 7
			q := uint16(b[k]) | high&7<<8
			grid1(dst[8*k:], gridIQ1_S[q], iq1Delta(high&8 != 0), d*float32(2*s+1))
		}
	}
}
