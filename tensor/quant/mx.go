package quant

import "math"

// The types of 4-bit floats (E2M1: one sign bit, two of exponent, one of mantissa)
// with a small float as scale: the OCP microscaling format MXFP4 and NVFP4.

// e2m1 holds twice the values of E2M1, so that they are whole; scales are halved.
var e2m1 = [16]float32{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}

// MXFP4: e, an E8M0 scale 2^(e-127); nibbles[16], value j low, value j+16 high.
func decodeMXFP4(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[17:] {
		y, b := (*[32]float32)(dst), (*[17]byte)(src)
		d := halfE8M0(b[0])
		for j, q := range b[1:] {
			y[j] = e2m1[q&15] * d
			y[j+16] = e2m1[q>>4] * d
		}
	}
}

func encodeMXFP4(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[17:], src[32:] {
		x, b := (*[32]float32)(src), (*[17]byte)(dst)
		b[0] = 0
		if m := abs(extreme(x[:])); m > 0 {
			// The reference takes the logarithm in single precision, in which
			// magnitudes just below a power of two reach it.
			e := math.Floor(float64(float32(math.Log2(float64(m)))))
			b[0] = byte(int(e) - 2 + 127)
		}
		d := halfE8M0(b[0])
		for j := range 16 {
			b[1+j] = nearestE2M1(x[j], d) | nearestE2M1(x[j+16], d)<<4
		}
	}
}

// halfE8M0 returns 2^(e-128).
func halfE8M0(e byte) float32 {
	if e < 2 { // subnormal
		return math.Float32frombits(0x00200000 << e)
	}
	return math.Float32frombits(uint32(e-1) << 23)
}

// nearestE2M1 returns the code whose value times d is nearest to x, the lowest of
// equals.
func nearestE2M1(x, d float32) byte {
	best, least := 0, abs(x)
	for i := 1; i < 16; i++ {
		if e := abs(float32(e2m1[i]*d) - x); e < least {
			best, least = i, e
		}
	}
	return byte(best)
}

// NVFP4: four unsigned E4M3 scales, of 16 values each; nibbles[32], value 16s+j
// low and value 16s+j+8 high in byte 8s+j.
func decodeNVFP4(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[64:], src[36:] {
		y, b := (*[64]float32)(dst), (*[36]byte)(src)
		for s := range 4 {
			d := halfE4M3(b[s])
			y := (*[16]float32)(y[16*s:])
			for j, q := range b[4+8*s : 12+8*s] {
				y[j] = e2m1[q&15] * d
				y[j+8] = e2m1[q>>4] * d
			}
		}
	}
}

// encodeNVFP4 scales each 16 values so that the largest becomes E2M1's 6.
func encodeNVFP4(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[36:], src[64:] {
		b := (*[36]byte)(dst)
		for s := range 4 {
			x := (*[16]float32)(src[16*s:])
			b[s] = toE4M3(abs(extreme(x[:])) / 6)
			d := halfE4M3(b[s])
			for j := range 8 {
				b[4+8*s+j] = nearestE2M1(x[j], d) | nearestE2M1(x[j+8], d)<<4
			}
		}
	}
}

// halfE4M3 returns half the value of an unsigned E4M3 number, bias 7. Its NaN,
// 0x7f, reads as 0.
func halfE4M3(b byte) float32 {
	e, m := int(b>>3&15), float32(b&7)
	switch {
	case b == 0x7f:
		return 0
	case e == 0:
		return m * 0x1p-10
	}
	return (8 + m) * math.Float32frombits(uint32(e-11+127)<<23)
}

// toE4M3 returns the unsigned E4M3 number nearest to x >= 0, halves up, at most
// the largest, 448.
func toE4M3(x float32) byte {
	const least = 0x1p-6 // the smallest normal number
	if x < least {
		return byte(min(float32(x*512)+0.5, 7))
	}
	// Adding half a unit of the third mantissa bit rounds, the carry included.
	b := (math.Float32bits(x) + 1<<19) >> 20
	return byte(min(b-(127-7)<<3, 0x7e))
}
