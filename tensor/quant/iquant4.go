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

// spreadIQ4 writes the 32 values of 16 bytes of codes.
func spreadIQ4(dst []float32, src []byte, d float32) {
	y, b := (*[32]float32)(dst), (*[16]byte)(src)
	for j, q := range b {
		y[j] = iq4Values[q&15] * d
		y[j+16] = iq4Values[q>>4] * d
	}
}
