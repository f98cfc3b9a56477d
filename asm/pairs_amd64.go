//go:build !purego && !noasm

package asm

import "unsafe"

// pairRowsAVX512BF16 packs panels of lanes <= width columns.
//
//go:noescape
func pairRowsAVX512BF16(dst *uint32, width, size int, src *float32, ld, rows, lanes, panels int)

func pairRows(dst []uint32, width, size int, src []float32, ld, rows, n int) {
	if !useAVX512BF16 {
		pairRowsGeneric(dst, width, size, src, ld, rows, n)
		return
	}
	whole := n / width
	if whole > 0 {
		pairRowsAVX512BF16(&dst[0], width, size, &src[0], ld, rows, width, whole)
	}
	if rest := n - whole*width; rest > 0 {
		pairRowsAVX512BF16(&dst[whole*size], width, size, &src[whole*width], ld, rows, rest, 1)
	}
}

// pairValues16AVX512BF16 packs n values, a multiple of 16, of 16 rows, of which the
// first lanes are stored; pairF16x16AVX512BF16 those of halves.
//
//go:noescape
func pairValues16AVX512BF16(dst *uint32, pitch int, src *[16]unsafe.Pointer, n, lanes int)

//go:noescape
func pairF16x16AVX512BF16(dst *uint32, pitch int, src *[16]unsafe.Pointer, n, lanes int)

func pairValues(e element, dst []uint32, pitch int, src []unsafe.Pointer, n int) {
	done := 0
	if useAVX512BF16 {
		done = n &^ 15
	}
	for r := 0; r < len(src) && done > 0; r += 16 {
		var rows [16]unsafe.Pointer
		lanes := copy(rows[:], src[r:])
		for i := lanes; i < len(rows); i++ {
			rows[i] = rows[0]
		}
		if e == halves {
			pairF16x16AVX512BF16(&dst[r], pitch, &rows, done, lanes)
		} else {
			pairValues16AVX512BF16(&dst[r], pitch, &rows, done, lanes)
		}
	}
	pairValuesGeneric(e, dst, pitch, src, done, n)
}
