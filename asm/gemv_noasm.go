//go:build (!amd64 && !arm64) || purego || noasm

package asm

import "unsafe"

func gemv(e element, dst []float32, ldd int, a []unsafe.Pointer, w []byte, stride, rows, k int) {
	gemvGeneric(e, dst, ldd, a, w, stride, rows, k)
}
