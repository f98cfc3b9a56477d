package asm

import (
	"encoding/binary"
	"math"
	"unsafe"
)

func quantizeSupersGeneric(dst []Super, x []float32) {
	for i := range dst {
		dst[i].quantize((*[256]float32)(x[256*i:]))
	}
}

func (t *Super) quantize(x *[256]float32) {
	*t = Super{}
	var inverse float32
	t.d, inverse = int8Scale(x[:])
	for i, v := range x {
		q := int8(math.RoundToEven(float64(v * inverse)))
		t.q[i] = q
		t.sums16[i/16] += int16(q)
		t.sums32[i/32] += int16(q)
	}
}

func dotSupersGeneric(f SuperFormat, a *superArgs, n int) {
	size := f.size()
	for i := range a.rows {
		row := unsafe.Slice((*byte)(unsafe.Add(a.w, i*a.blocks*size)), a.blocks*size)
		var sum [MaxDotRows]float32
		var u superBlock
		for b := range a.blocks {
			u.unpack(f, row[b*size:][:size])
			for j := range n {
				t := (*Super)(unsafe.Add(unsafe.Pointer(a.x[j]), b*int(unsafe.Sizeof(Super{}))))
				sum[j] += u.dot(t)
			}
		}
		for j := range n {
			*(*float32)(unsafe.Add(unsafe.Pointer(a.dst[j]), 4*i)) = sum[j]
		}
	}
}

// A superBlock is a block unpacked: weight i is d·scales[i/16]·codes[i] less
// dmin·mins[i/32].
type superBlock struct {
	d, dmin float32
	codes   [256]int8
	scales  [16]int8
	mins    [8]int8
}

func (u *superBlock) dot(t *Super) float32 {
	var sum, low int32
	for g := range 16 {
		var s int32
		x, q := t.q[16*g:][:16], u.codes[16*g:][:16]
		for i, v := range x {
			s += int32(v) * int32(q[i])
		}
		sum += s * int32(u.scales[g])
	}
	for g, m := range u.mins {
		low += int32(m) * int32(t.sums32[g])
	}
	return t.d * (u.d*float32(sum) - u.dmin*float32(low))
}

func (u *superBlock) unpack(f SuperFormat, b []byte) {
	switch f {
	case Q4_K:
		u.unpackScales(b)
		for i, q := range b[16:144] {
			at := i/32*64 + i%32
			u.codes[at], u.codes[at+32] = int8(q&15), int8(q>>4)
		}
	case Q5_K:
		u.unpackScales(b)
		for i, q := range b[48:176] {
			at, h := i/32*64+i%32, b[16+i%32]>>(i/32*2)
			u.codes[at], u.codes[at+32] = int8(q&15|h&1<<4), int8(q>>4|h&2<<3)
		}
	case Q6_K:
		u.d, u.dmin, u.mins = widenF16(binary.LittleEndian.Uint16(b[208:])), 0, [8]int8{}
		for i, s := range b[192:208] {
			u.scales[i] = int8(s)
		}
		for i := range u.codes {
			low := b[i/128*64+i%64] >> (i / 64 % 2 * 4) & 15
			high := b[128+i/128*32+i%32] >> (i / 32 % 4 * 2) & 3
			u.codes[i] = int8(low|high<<4) - 32
		}
	}
}

// unpackScales reads the head of Q4_K and Q5_K: d, dmin, and eight 6-bit scales
// and minima in 12 bytes.
func (u *superBlock) unpackScales(b []byte) {
	u.d = widenF16(binary.LittleEndian.Uint16(b))
	u.dmin = widenF16(binary.LittleEndian.Uint16(b[2:]))
	s := b[4:16]
	for g := range 4 {
		u.setScale(g, s[g]&63, s[g+4]&63)
		u.setScale(g+4, s[g+8]&15|s[g]>>6<<4, s[g+8]>>4|s[g+4]>>6<<4)
	}
}

func (u *superBlock) setScale(g int, scale, low byte) {
	u.scales[2*g], u.scales[2*g+1], u.mins[g] = int8(scale), int8(scale), int8(low)
}
