//go:build !purego && !noasm

package asm

//go:noescape
func pairRowsAVX512BF16(dst *uint32, width int, src *float32, ld, rows, n int)

func pairRows(dst []uint32, width int, src []float32, ld, rows, n int) {
	if useAVX512BF16 && n > 0 {
		pairRowsAVX512BF16(&dst[0], width, &src[0], ld, rows, n)
		return
	}
	pairRowsGeneric(dst, width, src, ld, rows, n)
}
