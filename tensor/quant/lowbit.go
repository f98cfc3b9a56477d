package quant

// The types of one or two bits a value and one f16 scale d.

// Q1_0: d, bits[16]; x = ±d, + where the bit is set.
func decodeQ1_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[128:], src[18:] {
		y, b := (*[128]float32)(dst), (*[18]byte)(src)
		v := [2]float32{-half(b[:], 0), half(b[:], 0)}
		for j := range y {
			y[j] = v[b[2+j/8]>>(j%8)&1]
		}
	}
}

// encodeQ1_0 takes the mean magnitude as d, which has the least squared error.
func encodeQ1_0(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[18:], src[128:] {
		x, b := (*[128]float32)(src), (*[18]byte)(dst)
		clear(b[:])
		var sum float32
		for j, v := range x {
			sum += abs(v)
			if v >= 0 {
				b[2+j/8] |= 1 << (j % 8)
			}
		}
		le.PutUint16(b[:], ToF16(sum/128))
	}
}

// Q2_0: d, pairs[16] of bits, value 4i+k in bits 2k of byte i; x = d(q-1).
func decodeQ2_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[64:], src[18:] {
		y, b := (*[64]float32)(dst), (*[18]byte)(src)
		d := half(b[:], 0)
		for j := range y {
			y[j] = float32(int32(b[2+j/4]>>(j%4*2)&3)-1) * d
		}
	}
}

func encodeQ2_0(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[18:], src[64:] {
		x, b := (*[64]float32)(src), (*[18]byte)(dst)
		clear(b[:])
		d := abs(extreme(x[:]))
		id := inverse(d)
		le.PutUint16(b[:], ToF16(d))
		for j, v := range x {
			b[2+j/4] |= byte(round(v*id, -1, 2)+1) << (j % 4 * 2)
		}
	}
}

// tq1Groups are the three parts of a TQ1_0 block: bytes first..first+n hold
// digits*n values from value on, n at a time, the most significant digit first.
var tq1Groups = [...]struct{ first, n, value, digits int }{{0, 32, 0, 5}, {32, 16, 160, 5}, {48, 4, 240, 4}}

// TQ1_0: bytes[52] of five (the last four bytes: four) ternary digits each, d;
// x = d(digit-1). A byte is the digits' fraction of 3^5, scaled to 256 and
// rounded up, so that multiplying by 3 brings out one digit after the other.
func decodeTQ1_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[54:] {
		y, b := (*[256]float32)(dst), (*[54]byte)(src)
		d := half(b[:], 52)
		for _, g := range tq1Groups {
			for i := range g.n {
				q := b[g.first+i]
				for k := range g.digits {
					p := uint32(q) * 3
					y[g.value+k*g.n+i] = float32(int32(p>>8)-1) * d
					q = byte(p)
				}
			}
		}
	}
}

func encodeTQ1_0(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[54:], src[256:] {
		x, b := (*[256]float32)(src), (*[54]byte)(dst)
		d := abs(extreme(x[:]))
		id := inverse(d)
		le.PutUint16(b[52:], ToF16(d))
		for _, g := range tq1Groups {
			for i := range g.n {
				var q int
				for k := range 5 {
					q *= 3
					if k < g.digits {
						q += round(x[g.value+k*g.n+i]*id, -1, 1) + 1
					}
				}
				b[g.first+i] = byte((q*256 + 242) / 243)
			}
		}
	}
}

// TQ2_0: pairs[64] of bits, d; x = d(q-1). Bits 2k of byte 32h+i are value
// 128h+32k+i.
func decodeTQ2_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[66:] {
		y, b := (*[256]float32)(dst), (*[66]byte)(src)
		d := half(b[:], 64)
		for j := range y {
			y[j] = float32(int32(b[j/128*32+j%32]>>(j/32%4*2)&3)-1) * d
		}
	}
}

func encodeTQ2_0(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[66:], src[256:] {
		x, b := (*[256]float32)(src), (*[66]byte)(dst)
		clear(b[:])
		d := abs(extreme(x[:]))
		id := inverse(d)
		le.PutUint16(b[64:], ToF16(d))
		for j, v := range x {
			b[j/128*32+j%32] |= byte(round(v*id, -1, 1)+1) << (j / 32 % 4 * 2)
		}
	}
}
