package quant

// The K types: 256 values with f16 scales of scales. Groups of 16 or 32 values
// have small integer scales, and minima in Q2_K, Q4_K and Q5_K.

// Q2_K: scales[16], pairs[64] of bits, d, dmin. Group g of 16 values:
// x = d·lo(scales[g])·q - dmin·hi(scales[g]). Bits 2k of byte 32h+i are value
// 128h+32k+i.
func decodeQ2_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[84:] {
		b := (*[84]byte)(src)
		d, dmin := half(b[:], 80), half(b[:], 82)
		for g := range 16 {
			s, m := float32(b[g]&15)*d, float32(b[g]>>4)*dmin
			y, shift := (*[16]float32)(dst[16*g:]), g/2%4*2
			for j, q := range b[16+g/8*32+g%2*16:][:16] {
				y[j] = float32(float32(q>>shift&3)*s) - m
			}
		}
	}
}

func encodeQ2_K(dst []byte, src []float32) {
	var r ranged
	for ; len(src) > 0; dst, src = dst[84:], src[256:] {
		b := (*[84]byte)(dst)
		clear(b[:])
		r.fit((*[256]float32)(src), 16, 3, 15)
		for g := range 16 {
			b[g] = r.scales[g] | r.mins[g]<<4
		}
		for j, q := range r.codes {
			b[16+j/128*32+j%32] |= q << (j / 32 % 4 * 2)
		}
		le.PutUint16(b[80:], ToF16(r.d))
		le.PutUint16(b[82:], ToF16(r.dmin))
	}
}

// Q3_K: high bits[32], pairs[64] of bits, scales[12], d. Group g of 16 values:
// x = d(scale_g-32)(q-4), the third bit of value 32k+i being bit k of byte i and
// the pairs lying as in Q2_K.
func decodeQ3_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[110:] {
		b := (*[110]byte)(src)
		d := half(b[:], 108)
		for g := range 16 {
			s := float32(int32(scaleQ3_K(b[96:108], g))-32) * d
			y, shift := (*[16]float32)(dst[16*g:]), g/2%4*2
			high := b[g%2*16:][:16]
			for j, q := range b[32+g/8*32+g%2*16:][:16] {
				y[j] = float32(int32(q>>shift&3|high[j]>>(g/2)&1<<2)-4) * s
			}
		}
	}
}

func encodeQ3_K(dst []byte, src []float32) {
	var r scaled
	for ; len(src) > 0; dst, src = dst[110:], src[256:] {
		b := (*[110]byte)(dst)
		clear(b[:])
		r.fit((*[256]float32)(src), 16, &codebook{lo: -4, hi: 3}, -32, 31)
		for j, q := range r.codes {
			b[j%32] |= q >> 2 << (j / 32)
			b[32+j/128*32+j%32] |= q & 3 << (j / 32 % 4 * 2)
		}
		for g, s := range r.scales {
			u := byte(s + 32)
			b[96+g%8] |= u & 15 << (g / 8 * 4)
			b[104+g%4] |= u >> 4 << (g / 4 * 2)
		}
		le.PutUint16(b[108:], ToF16(r.d))
	}
}

// scaleQ3_K returns the 6-bit scale of group g: its low half is nibble g (the
// low nibbles of the first eight bytes come first), its high half is in the last
// four bytes.
func scaleQ3_K(s []byte, g int) byte {
	return s[g%8]>>(g/8*4)&15 | s[8+g%4]>>(g/4*2)&3<<4
}

// Q4_K: d, dmin, scales[12], nibbles[128]. Group g of 32 values:
// x = d·scale_g·q - dmin·min_g. Byte 32c+i holds value 64c+i (low) and 64c+32+i
// (high).
func decodeQ4_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[144:] {
		b := (*[144]byte)(src)
		d, dmin := half(b[:], 0), half(b[:], 2)
		for c := range 4 {
			s0, m0 := scaleMin(b[4:16], 2*c)
			s1, m1 := scaleMin(b[4:16], 2*c+1)
			d0, n0 := float32(s0)*d, float32(m0)*dmin
			d1, n1 := float32(s1)*d, float32(m1)*dmin
			y := (*[64]float32)(dst[64*c:])
			for j, q := range b[16+32*c:][:32] {
				y[j] = float32(float32(q&15)*d0) - n0
				y[j+32] = float32(float32(q>>4)*d1) - n1
			}
		}
	}
}

func encodeQ4_K(dst []byte, src []float32) {
	var r ranged
	for ; len(src) > 0; dst, src = dst[144:], src[256:] {
		b := (*[144]byte)(dst)
		r.fit((*[256]float32)(src), 32, 15, 63)
		putScaleMins(b[:16], &r)
		for j := range 128 {
			i := j/32*64 + j%32
			b[16+j] = r.codes[i] | r.codes[i+32]<<4
		}
	}
}

// scaleMin returns the 6-bit scale and minimum of group g of Q4_K and Q5_K: for
// the first four groups the low bits of bytes g and g+4; for the others the
// nibbles of byte g+4 under the high bits of bytes g-4 and g.
func scaleMin(s []byte, g int) (scale, min byte) {
	if g < 4 {
		return s[g] & 63, s[g+4] & 63
	}
	return s[g+4]&15 | s[g-4]>>6<<4, s[g+4]>>4 | s[g]>>6<<4
}

// putScaleMins writes the head of a Q4_K or Q5_K block: d, dmin and scales[12].
func putScaleMins(b []byte, r *ranged) {
	le.PutUint16(b, ToF16(r.d))
	le.PutUint16(b[2:], ToF16(r.dmin))
	for g := range 4 {
		s, m := r.scales[g+4], r.mins[g+4]
		b[4+g] = r.scales[g] | s>>4<<6
		b[8+g] = r.mins[g] | m>>4<<6
		b[12+g] = s&15 | m<<4
	}
}

// Q5_K: d, dmin, scales[12], high bits[32], nibbles[128]; as Q4_K with a fifth
// bit: that of value 32g+i is bit g of byte i.
func decodeQ5_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[176:] {
		b := (*[176]byte)(src)
		d, dmin := half(b[:], 0), half(b[:], 2)
		high := (*[32]byte)(b[16:])
		for c := range 4 {
			s0, m0 := scaleMin(b[4:16], 2*c)
			s1, m1 := scaleMin(b[4:16], 2*c+1)
			d0, n0 := float32(s0)*d, float32(m0)*dmin
			d1, n1 := float32(s1)*d, float32(m1)*dmin
			y := (*[64]float32)(dst[64*c:])
			for j, q := range b[48+32*c:][:32] {
				h := high[j] >> (2 * c)
				y[j] = float32(float32(q&15|h&1<<4)*d0) - n0
				y[j+32] = float32(float32(q>>4|h&2<<3)*d1) - n1
			}
		}
	}
}

func encodeQ5_K(dst []byte, src []float32) {
	var r ranged
	for ; len(src) > 0; dst, src = dst[176:], src[256:] {
		b := (*[176]byte)(dst)
		clear(b[:])
		r.fit((*[256]float32)(src), 32, 31, 63)
		putScaleMins(b[:16], &r)
		for j, q := range r.codes {
			b[16+j%32] |= q >> 4 << (j / 32)
			b[48+j/64*32+j%32] |= q & 15 << (j / 32 % 2 * 4)
		}
	}
}

// Q6_K: nibbles[128], pairs[64] of high bits, scales i8[16], d. Group g of 16
// values: x = d·scale_g(q-32). Half h of 128 values: the low nibbles of bytes
// 64h+i are values i < 64, the high nibbles those from 64 on; bits 2k of byte
// 32h+i are the high bits of value 32k+i.
func decodeQ6_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[210:] {
		b := (*[210]byte)(src)
		d := half(b[:], 208)
		for g := range 16 {
			s := float32(int8(b[192+g])) * d
			y := (*[16]float32)(dst[16*g:])
			low := b[g/8*64+g%4*16:][:16]
			shift, highShift := g/4%2*4, g/2%4*2
			for j, q := range b[128+g/8*32+g%2*16:][:16] {
				y[j] = float32(int32(low[j]>>shift&15|q>>highShift&3<<4)-32) * s
			}
		}
	}
}

func encodeQ6_K(dst []byte, src []float32) {
	var r scaled
	for ; len(src) > 0; dst, src = dst[210:], src[256:] {
		b := (*[210]byte)(dst)
		clear(b[:])
		r.fit((*[256]float32)(src), 16, &codebook{lo: -32, hi: 31}, -128, 127)
		for j, q := range r.codes {
			b[j/128*64+j%64] |= q & 15 << (j / 64 % 2 * 4)
			b[128+j/128*32+j%32] |= q >> 4 << (j / 32 % 4 * 2)
		}
		for g, s := range r.scales {
			b[192+g] = byte(s)
		}
		le.PutUint16(b[208:], ToF16(r.d))
	}
}
