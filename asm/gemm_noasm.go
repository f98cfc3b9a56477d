//go:build (!amd64 && !arm64) || purego || noasm

package asm

import "unsafe"

func gemmTileF32(int) (mr, nr int) { return genericTile, genericTile }

func gemmF32(_ int, c []float32, ldc int, d []float32, ldd int, a, b []float32, k, panels int) {
	gemmF32Generic(c, ldc, d, ldd, a, b, k, panels)
}

func interleave(e element, dst []uint32, pitch int, src []unsafe.Pointer, n int) {
	interleaveGeneric(e, dst, pitch, src, 0, n)
}
