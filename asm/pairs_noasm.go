//go:build !amd64 || purego || noasm

package asm

func pairRows(dst []uint32, width int, src []float32, ld, rows, n int) {
	pairRowsGeneric(dst, width, src, ld, rows, n)
}
