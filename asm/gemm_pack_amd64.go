//go:build !purego && !noasm

package asm

import "unsafe"

// interleave packs as many rows and steps at once as the kernels take, and what
// is left of the steps by fours and then one by one.
func interleave(e element, dst []uint32, pitch int, src []unsafe.Pointer, n int) {
	wide := 0
	switch {
	case useAVX512:
		wide = 16
	case useAVX2:
		wide = 8
	default:
		interleaveGeneric(e, dst, pitch, src, 0, n)
		return
	}
	for len(src) >= wide {
		done := n &^ (wide - 1)
		if done > 0 {
			interleaveWide(e, &dst[0], pitch, &src[0], done)
		}
		interleaveFours(e, dst, pitch, src[:wide], done, n)
		if src = src[wide:]; len(src) == 0 {
			return
		}
		dst = dst[wide:]
	}
	interleaveFours(e, dst, pitch, src, 0, n)
}

// interleaveFours packs the steps from first to n, four rows at a time. Where
// their number is no multiple of four, the last ones overlap those before.
func interleaveFours(e element, dst []uint32, pitch int, src []unsafe.Pointer, first, n int) {
	if first == n {
		return
	}
	done := first
	if len(src) >= 4 {
		done += (n - first) &^ 3
	}
	if done > first {
		for r := 0; r < len(src); r += 4 {
			r := min(r, len(src)-4)
			four := [4]unsafe.Pointer(src[r:])
			for i := range four {
				four[i] = unsafe.Add(four[i], first*e.size())
			}
			interleaveFour(e, &dst[first*pitch+r], pitch, &four, done-first)
		}
	}
	interleaveGeneric(e, dst, pitch, src, done, n)
}

// interleaveWide packs a multiple of 16 steps of 16 rows with AVX-512, of 8 steps
// of 8 rows with AVX2.
func interleaveWide(e element, dst *uint32, pitch int, src *unsafe.Pointer, n int) {
	switch {
	case useAVX512 && e == dwords:
		interleave16AVX512(dst, pitch, src, n)
	case useAVX512 && e == halves:
		interleaveF16x16AVX512(dst, pitch, src, n)
	case useAVX512:
		interleaveBF16x16AVX512(dst, pitch, src, n)
	case e == dwords:
		interleave8AVX2(dst, pitch, src, n)
	case e == halves:
		interleaveF16x8AVX2(dst, pitch, src, n)
	default:
		interleaveBF16x8AVX2(dst, pitch, src, n)
	}
}

// interleaveFour packs a multiple of 4 steps of 4 rows.
func interleaveFour(e element, dst *uint32, pitch int, src *[4]unsafe.Pointer, n int) {
	switch e {
	case dwords:
		interleave4AVX2(dst, pitch, &src[0], n)
	case halves:
		interleaveF16x4AVX2(dst, pitch, &src[0], n)
	default:
		interleaveBF16x4AVX2(dst, pitch, &src[0], n)
	}
}

//go:noescape
func interleave16AVX512(dst *uint32, pitch int, src *unsafe.Pointer, n int)

//go:noescape
func interleaveF16x16AVX512(dst *uint32, pitch int, src *unsafe.Pointer, n int)

//go:noescape
func interleaveBF16x16AVX512(dst *uint32, pitch int, src *unsafe.Pointer, n int)

//go:noescape
func interleave8AVX2(dst *uint32, pitch int, src *unsafe.Pointer, n int)

//go:noescape
func interleaveF16x8AVX2(dst *uint32, pitch int, src *unsafe.Pointer, n int)

//go:noescape
func interleaveBF16x8AVX2(dst *uint32, pitch int, src *unsafe.Pointer, n int)

//go:noescape
func interleave4AVX2(dst *uint32, pitch int, src *unsafe.Pointer, n int)

//go:noescape
func interleaveF16x4AVX2(dst *uint32, pitch int, src *unsafe.Pointer, n int)

//go:noescape
func interleaveBF16x4AVX2(dst *uint32, pitch int, src *unsafe.Pointer, n int)
