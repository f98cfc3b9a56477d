//go:build !purego && !noasm

package asm

import "unsafe"

// interleave packs four rows and four steps at once. Where the rows are no
// multiple of four, the last ones overlap those before; what is left of the steps
// is packed one by one.
func interleave(e element, dst []uint32, pitch int, src []unsafe.Pointer, n int) {
	done := 0
	if useNEON && len(src) >= 4 {
		done = n &^ 3
	}
	if done > 0 {
		for r := 0; r < len(src); r += 4 {
			r := min(r, len(src)-4)
			interleaveFour(e, &dst[r], pitch, &src[r], done)
		}
	}
	interleaveGeneric(e, dst, pitch, src, done, n)
}

func interleaveFour(e element, dst *uint32, pitch int, src *unsafe.Pointer, n int) {
	switch e {
	case dwords:
		interleave4NEON(dst, pitch, src, n)
	case halves:
		interleaveF16x4NEON(dst, pitch, src, n)
	default:
		interleaveBF16x4NEON(dst, pitch, src, n)
	}
}

// Each packs a multiple of four steps of four rows; see interleaveRows.

//go:noescape
func interleave4NEON(dst *uint32, pitch int, src *unsafe.Pointer, n int)

//go:noescape
func interleaveF16x4NEON(dst *uint32, pitch int, src *unsafe.Pointer, n int)

//go:noescape
func interleaveBF16x4NEON(dst *uint32, pitch int, src *unsafe.Pointer, n int)
