package asm

import (
	"encoding/binary"
	"math"
	"unsafe"
)

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
