package asm

import (
	"encoding/binary"
	"math"
	"unsafe"
)

const genericTile = 4

func gemmF32Generic(c []float32, ldc int, d []float32, ldd int, a, b []float32, k, panels int) {
	for p := range panels {
		bp := b[p*k*genericTile:]
		for r := range genericTile {
			var s0, s1, s2, s3 float32
			for i := range k {
				x := a[i*genericTile+r]
				y := bp[i*genericTile : i*genericTile+genericTile : i*genericTile+genericTile]
				s0 += x * y[0]
				s1 += x * y[1]
				s2 += x * y[2]
				s3 += x * y[3]
			}
			o := d[r*ldd+p*genericTile:]
			s0, s1, s2, s3 = o[0]+s0, o[1]+s1, o[2]+s2, o[3]+s3
			o = c[r*ldc+p*genericTile:]
			o[0], o[1], o[2], o[3] = s0, s1, s2, s3
		}
	}
}

// interleaveGeneric packs the steps from first to n.
func interleaveGeneric(e element, dst []uint32, pitch int, src []unsafe.Pointer, first, n int) {
	for r, p := range src {
		row := unsafe.Slice((*byte)(p), n*e.size())
		for k := first; k < n; k++ {
			var v uint32
			switch e {
			case dwords:
				v = binary.NativeEndian.Uint32(row[4*k:])
			case halves:
				v = math.Float32bits(widenF16(binary.LittleEndian.Uint16(row[2*k:])))
			case bhalves:
				v = uint32(binary.LittleEndian.Uint16(row[2*k:])) << 16
			}
			dst[k*pitch+r] = v
		}
	}
}
