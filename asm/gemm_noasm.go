//go:build (!amd64 && !arm64) || purego || noasm

package asm

import "unsafe"

func (f PanelFormat) tile(int) (mr, nr int) { return genericTile, genericTile }

func (f PanelFormat) fast() bool { return f == PanelF32 }

func gemm(f PanelFormat, _ int, c []float32, ldc int, d []float32, ldd int, a, b []uint32, k, panels int) {
	gemmGeneric(f, c, ldc, d, ldd, a, b, k, panels)
}

func interleave(e element, dst []uint32, pitch int, src []unsafe.Pointer, n int) {
	interleaveGeneric(e, dst, pitch, src, 0, n)
}
