package asm

import (
	"encoding/binary"
	"math"
	"unsafe"
)

func quantizeQuadsGeneric(dst []Quad, x []float32) {
	for i := range dst {
		t := &dst[i]
		*t = Quad{}
		for b := 0; b < 4 && len(x) > 0; b++ {
			n := min(32, len(x))
			t.quantize(b, x[:n])
			x = x[n:]
		}
	}
}

// quantize writes block b.
func (t *Quad) quantize(b int, x []float32) {
	d, inverse := int8Scale(x)
	for i, v := range x {
		q := int8(math.RoundToEven(float64(v * inverse)))
		t.q[i/16*64+16*b+i%16] = q
		t.negated[4*b+i%16/4] -= int32(q)
	}
	for l := range 4 {
		t.d[4*b+l] = d
	}
}

// int8Scale returns a 127th of the largest magnitude and its inverse, 0 and 0 where
// that is infinite. The scale is not finite where a value is not; as an integer a
// NaN is larger than the others.
func int8Scale(x []float32) (d, inverse float32) {
	var top uint32
	for _, v := range x {
		top = max(top, math.Float32bits(v)&^(1<<31))
	}
	d = math.Float32frombits(top) / 127
	inverse = 1 / d
	if inverse > math.MaxFloat32 {
		return 0, 0
	}
	return d, inverse
}

func dotQuadsGeneric(f QuadFormat, a *quadArgs, n int) {
	size := f.size()
	blocks := 4*a.quads + a.rest
	for i := range a.rows {
		row := unsafe.Slice((*byte)(unsafe.Add(a.w, i*a.stride)), blocks*size)
		var sum [MaxDotRows]float32
		for b := range blocks {
			var codes [32]int8
			d, m := f.unpack(&codes, row[b*size:][:size])
			for j := range n {
				t := (*Quad)(unsafe.Add(unsafe.Pointer(a.x[j]), b/4*int(unsafe.Sizeof(Quad{}))))
				sum[j] += t.dot(b%4, &codes, d, m)
			}
		}
		for j := range n {
			*(*float32)(unsafe.Add(unsafe.Pointer(a.dst[j]), 4*i)) = sum[j]
		}
	}
}

// dot returns the product of block b with weights d·codes + m.
func (t *Quad) dot(b int, codes *[32]int8, d, m float32) float32 {
	low, high := t.q[16*b:][:16], t.q[64+16*b:][:16]
	var sum int32
	for i := range 16 {
		sum += int32(low[i])*int32(codes[i]) + int32(high[i])*int32(codes[16+i])
	}
	n := t.negated[4*b:][:4]
	return t.d[4*b] * (d*float32(sum) - m*float32(n[0]+n[1]+n[2]+n[3]))
}

var iq4Codes = [16]int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// unpack reads a block: weights are d·codes + m.
func (f QuadFormat) unpack(codes *[32]int8, b []byte) (d, m float32) {
	d = widenF16(binary.LittleEndian.Uint16(b))
	low, high := codes[:16], codes[16:]
	switch f {
	case Q4_0:
		for i, q := range b[2:18] {
			low[i], high[i] = int8(q&15)-8, int8(q>>4)-8
		}
	case Q4_1:
		m = widenF16(binary.LittleEndian.Uint16(b[2:]))
		for i, q := range b[4:20] {
			low[i], high[i] = int8(q&15), int8(q>>4)
		}
	case Q5_0:
		h := binary.LittleEndian.Uint32(b[2:])
		for i, q := range b[6:22] {
			low[i], high[i] = int8(q&15|byte(h>>i)&1<<4)-16, int8(q>>4|byte(h>>(16+i))&1<<4)-16
		}
	case Q5_1:
		m = widenF16(binary.LittleEndian.Uint16(b[2:]))
		h := binary.LittleEndian.Uint32(b[4:])
		for i, q := range b[8:24] {
			low[i], high[i] = int8(q&15|byte(h>>i)&1<<4), int8(q>>4|byte(h>>(16+i))&1<<4)
		}
	case Q8_0:
		for i, q := range b[2:34] {
			codes[i] = int8(q)
		}
	case IQ4_NL:
		for i, q := range b[2:18] {
			low[i], high[i] = iq4Codes[q&15], iq4Codes[q>>4]
		}
	}
	return d, m
}

func abs32(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }
