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

func interleave4Generic(dst *uint32, pitch int, src *Four, n int) {
	out := unsafe.Slice(dst, (n-1)*pitch+4)
	for r, p := range src {
		row := unsafe.Slice((*byte)(p), 4*n)
		for k := range n {
			out[k*pitch+r] = binary.NativeEndian.Uint32(row[4*k:])
		}
	}
}

func interleave4F16Generic(dst *float32, pitch int, src *Four, n int) {
	out := unsafe.Slice(dst, (n-1)*pitch+4)
	for r, p := range src {
		row := unsafe.Slice((*byte)(p), 2*n)
		for k := range n {
			out[k*pitch+r] = widenF16(binary.LittleEndian.Uint16(row[2*k:]))
		}
	}
}

func interleave4BF16Generic(dst *float32, pitch int, src *Four, n int) {
	out := unsafe.Slice(dst, (n-1)*pitch+4)
	for r, p := range src {
		row := unsafe.Slice((*byte)(p), 2*n)
		for k := range n {
			out[k*pitch+r] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(row[2*k:])) << 16)
		}
	}
}
