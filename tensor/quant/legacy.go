package quant

import "math"

// The types of 32-value blocks with one scale d and, for _1, one minimum m, both
// f16. Nibble j of a block is value j (low) and value j+16 (high).

// Q4_0: d, nibbles[16]; x = d(q-8).
func decodeQ4_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[18:] {
		y, b := (*[32]float32)(dst), (*[18]byte)(src)
		d := half(b[:], 0)
		for j, q := range b[2:] {
			y[j] = float32(int32(q&15)-8) * d
			y[j+16] = float32(int32(q>>4)-8) * d
		}
	}
}

func encodeQ4_0(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[18:], src[32:] {
		x, b := (*[32]float32)(src), (*[18]byte)(dst)
		d := extreme(x[:]) / -8
		id := inverse(d)
		le.PutUint16(b[:], ToF16(d))
		code := func(x float32) byte { return byte(truncate(float32(x*id)+8.5, 0, 15)) }
		for j := range 16 {
			b[2+j] = code(x[j]) | code(x[j+16])<<4
		}
	}
}

// Q4_1: d, m, nibbles[16]; x = dq+m.
func decodeQ4_1(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[20:] {
		y, b := (*[32]float32)(dst), (*[20]byte)(src)
		d, m := half(b[:], 0), half(b[:], 2)
		for j, q := range b[4:] {
			y[j] = float32(float32(q&15)*d) + m
			y[j+16] = float32(float32(q>>4)*d) + m
		}
	}
}

func encodeQ4_1(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[20:], src[32:] {
		x, b := (*[32]float32)(src), (*[20]byte)(dst)
		lo, hi := bounds(x[:])
		d := (hi - lo) / 15
		id := inverse(d)
		le.PutUint16(b[:], ToF16(d))
		le.PutUint16(b[2:], ToF16(lo))
		code := func(x float32) byte { return byte(truncate(float32((x-lo)*id)+0.5, 0, 15)) }
		for j := range 16 {
			b[4+j] = code(x[j]) | code(x[j+16])<<4
		}
	}
}

// Q5_0: d, high bits u32 (bit j of value j), nibbles[16]; x = d(q-16).
func decodeQ5_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[22:] {
		y, b := (*[32]float32)(dst), (*[22]byte)(src)
		d, h := half(b[:], 0), le.Uint32(b[2:])
		for j, q := range b[6:] {
			y[j] = float32(int32(q&15|byte(h>>j)&1<<4)-16) * d
			y[j+16] = float32(int32(q>>4|byte(h>>(j+16))&1<<4)-16) * d
		}
	}
}

func encodeQ5_0(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[22:], src[32:] {
		x, b := (*[32]float32)(src), (*[22]byte)(dst)
		d := extreme(x[:]) / -16
		id := inverse(d)
		le.PutUint16(b[:], ToF16(d))
		putFives(b[2:], func(j int) int { return truncate(float32(x[j]*id)+16.5, 0, 31) })
	}
}

// Q5_1: d, m, high bits u32, nibbles[16]; x = dq+m.
func decodeQ5_1(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[24:] {
		y, b := (*[32]float32)(dst), (*[24]byte)(src)
		d, m, h := half(b[:], 0), half(b[:], 2), le.Uint32(b[4:])
		for j, q := range b[8:] {
			y[j] = float32(float32(q&15|byte(h>>j)&1<<4)*d) + m
			y[j+16] = float32(float32(q>>4|byte(h>>(j+16))&1<<4)*d) + m
		}
	}
}

func encodeQ5_1(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[24:], src[32:] {
		x, b := (*[32]float32)(src), (*[24]byte)(dst)
		lo, hi := bounds(x[:])
		d := (hi - lo) / 31
		id := inverse(d)
		le.PutUint16(b[:], ToF16(d))
		le.PutUint16(b[2:], ToF16(lo))
		putFives(b[4:], func(j int) int { return truncate(float32((x[j]-lo)*id)+0.5, 0, 31) })
	}
}

// putFives writes 32 five-bit codes: their high bits, then their nibbles.
func putFives(dst []byte, code func(j int) int) {
	var high uint32
	for j := range 16 {
		p, q := code(j), code(j+16)
		high |= uint32(p>>4)<<j | uint32(q>>4)<<(j+16)
		dst[4+j] = byte(p&15 | q<<4)
	}
	le.PutUint32(dst, high)
}

// Q8_0: d, q i8[32]; x = dq.
func decodeQ8_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[34:] {
		y, b := (*[32]float32)(dst), (*[34]byte)(src)
		d := half(b[:], 0)
		for j, q := range b[2:] {
			y[j] = float32(int8(q)) * d
		}
	}
}

func encodeQ8_0(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[34:], src[32:] {
		x, b := (*[32]float32)(src), (*[34]byte)(dst)
		d := abs(extreme(x[:])) / 127
		id := inverse(d)
		le.PutUint16(b[:], ToF16(d))
		for j, v := range x {
			b[2+j] = byte(round(v*id, -128, 127))
		}
	}
}

// Q8_1: d, s, q i8[32]; x = dq. s = d·Σq serves dot products only.
func decodeQ8_1(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[36:] {
		y, b := (*[32]float32)(dst), (*[36]byte)(src)
		d := half(b[:], 0)
		for j, q := range b[4:] {
			y[j] = float32(int8(q)) * d
		}
	}
}

// Q8_K: d f32, q i8[256], i16 sums of 16 values each; x = dq.
func decodeQ8_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[292:] {
		y, b := (*[256]float32)(dst), (*[292]byte)(src)
		d := math.Float32frombits(le.Uint32(b[:]))
		for j, q := range b[4:260] {
			y[j] = float32(int8(q)) * d
		}
	}
}

func bounds(x []float32) (lo, hi float32) {
	lo, hi = x[0], x[0]
	for _, v := range x[1:] {
		if v < lo {
			lo = v
		}
		if v > hi {
			hi = v
		}
	}
	return lo, hi
}
