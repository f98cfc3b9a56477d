package asm

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// widen returns value i of a row of weights.
func (e element) widen(row []byte, i int) float32 {
	switch e {
	case halves:
		return widenF16(binary.LittleEndian.Uint16(row[2*i:]))
	case bhalves:
		return math.Float32frombits(uint32(binary.LittleEndian.Uint16(row[2*i:])) << 16)
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(row[4*i:]))
}

func gemvGeneric(e element, dst []float32, ldd int, a []unsafe.Pointer, w []byte, stride, rows, k int) {
	for r := range rows {
		for i, p := range a {
			dst[i*ldd+r] = gemvDotGeneric(e, 0, unsafe.Slice((*float32)(p), k), w[r*stride:])
		}
	}
}

// gemvDotGeneric adds the products from value first on to four sums in turn, so that
// they do not wait for one another.
func gemvDotGeneric(e element, first int, x []float32, row []byte) float32 {
	var s [4]float32
	for j := first; j < len(x); j++ {
		s[j&3] += x[j] * e.widen(row, j)
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}
