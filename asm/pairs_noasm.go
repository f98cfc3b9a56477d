//go:build !amd64 || purego || noasm

package asm

import "unsafe"

func pairRows(dst []uint32, width, size int, src []float32, ld, rows, n int) {
	pairRowsGeneric(dst, width, size, src, ld, rows, n)
}

func pairValues(e element, dst []uint32, pitch int, src []unsafe.Pointer, n int) {
	pairValuesGeneric(e, dst, pitch, src, 0, n)
}
