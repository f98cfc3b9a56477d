package quant

// The 4-bit I types: a code names one of 16 values that lie closer together near
// zero, as weights do.
var iq4Values = [16]float32{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// IQ4_NL: d, nibbles[16], value j low, value j+16 high; x = d·values[q].
func decodeIQ4_NL(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[18:] {
		b := (*[18]byte)(src)
		spreadIQ4(dst, b[2:], half(b[:], 0))
	}
}

func encodeIQ4_NL(dst []byte, src []float32) {
	c := iq4
	for ; len(src) > 0; dst, src = dst[18:], src[32:] {
		x, b := (*[32]float32)(src), (*[18]byte)(dst)
		d := asHalf(c.scale(x[:]))
		id := inverse(d)
		le.PutUint16(b[:], ToF16(d))
		for j := range 16 {
			b[2+j] = c.code(x[j]*id) | c.code(x[j+16]*id)<<4
		}
	}
}

// IQ4_XS: d, high bits u16 and low nibbles[8] of eight 6-bit scales s, then for
// each 32 values nibbles[16] as in IQ4_NL; x = d(s-32)·values[q].
func decodeIQ4_XS(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[136:] {
		b := (*[136]byte)(src)
		d, high := half(b[:], 0), le.Uint16(b[2:])
		for g := range 8 {
			s := int32(b[4+g/2]>>(g%2*4)&15) | int32(high>>(2*g)&3)<<4
			spreadIQ4(dst[32*g:], b[8+16*g:], float32(s-32)*d)
		}
	}
}

func encodeIQ4_XS(dst []byte, src []float32) {
	var r scaled
	for ; len(src) > 0; dst, src = dst[136:], src[256:] {
		b := (*[136]byte)(dst)
		clear(b[:])
		r.fit((*[256]float32)(src), 32, iq4, -32, 31)
		le.PutUint16(b[:], ToF16(r.d))
		var high uint16
		for g := range 8 {
			s := byte(r.scales[g] + 32)
			b[4+g/2] |= s & 15 << (g % 2 * 4)
			high |= uint16(s>>4) << (2 * g)
		}
		le.PutUint16(b[2:], high)
		for j := range 128 {
			i := j/16*32 + j%16
			b[8+j] = r.codes[i] | r.codes[i+16]<<4
		}
	}
}

// spreadIQ4 writes the 32 values of 16 bytes of codes.
func spreadIQ4(dst []float32, src []byte, d float32) {
	y, b := (*[32]float32)(dst), (*[16]byte)(src)
	for j, q := range b {
		y[j] = iq4Values[q&15] * d
		y[j+16] = iq4Values[q>>4] * d
	}
}
