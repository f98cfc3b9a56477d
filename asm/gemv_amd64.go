//go:build !purego && !noasm

package asm

import "unsafe"

// gemv computes whole vectors of four rows of weights in assembly, and adds what
// is left of each sum.
func gemv(e element, dst []float32, ldd int, a []unsafe.Pointer, w []byte, stride, rows, k int) {
	most, whole := 0, 0 // rows of activations at a time, values in whole vectors
	switch {
	case useAVX512:
		most, whole = 4, k&^15
	case useAVX2:
		most, whole = 2, k&^7
	default:
		gemvGeneric(e, dst, ldd, a, w, stride, rows, k)
		return
	}
	for r := 0; r < rows; r += 4 {
		n := min(4, rows-r)
		for i := 0; i < len(a); {
			m := most
			for m > len(a)-i {
				m /= 2
			}
			var sums [16]float32 // [row of activations][row of weights]
			if whole > 0 {
				gemvFours(e, m, &sums, a[i:], w[r*stride:], stride, n, whole)
			}
			for j := range m {
				for c, s := range sums[4*j : 4*j+n] {
					if whole < k {
						s += gemvDotGeneric(e, whole, unsafe.Slice((*float32)(a[i+j]), k), w[(r+c)*stride:])
					}
					dst[(i+j)*ldd+r+c] = s
				}
			}
			i += m
		}
	}
}

// gemvFours takes n rows of weights, four at once or, where there are fewer, each
// by itself as four times the same.
func gemvFours(e element, m int, sums *[16]float32, a []unsafe.Pointer, w []byte, stride, n, k int) {
	if n == 4 {
		gemvFour(e, m, &sums[0], &a[0], &w[0], stride, k)
		return
	}
	for c := range n {
		var one [16]float32
		gemvFour(e, m, &one[0], &a[0], &w[c*stride], 0, k)
		for j := range m {
			sums[4*j+c] = one[4*j]
		}
	}
}

// gemvFour takes 1, 2 or, with AVX-512, 4 rows of activations.
func gemvFour(e element, m int, sums *float32, a *unsafe.Pointer, w *byte, stride, k int) {
	switch {
	case useAVX512 && m == 4 && e == dwords:
		gemvF32x4AVX512(sums, a, w, stride, k)
	case useAVX512 && m == 4 && e == halves:
		gemvF16x4AVX512(sums, a, w, stride, k)
	case useAVX512 && m == 4:
		gemvBF16x4AVX512(sums, a, w, stride, k)
	case useAVX512 && m == 2 && e == dwords:
		gemvF32x2AVX512(sums, a, w, stride, k)
	case useAVX512 && m == 2 && e == halves:
		gemvF16x2AVX512(sums, a, w, stride, k)
	case useAVX512 && m == 2:
		gemvBF16x2AVX512(sums, a, w, stride, k)
	case useAVX512 && e == dwords:
		gemvF32x1AVX512(sums, a, w, stride, k)
	case useAVX512 && e == halves:
		gemvF16x1AVX512(sums, a, w, stride, k)
	case useAVX512:
		gemvBF16x1AVX512(sums, a, w, stride, k)
	case m == 2 && e == dwords:
		gemvF32x2AVX2(sums, a, w, stride, k)
	case m == 2 && e == halves:
		gemvF16x2AVX2(sums, a, w, stride, k)
	case m == 2:
		gemvBF16x2AVX2(sums, a, w, stride, k)
	case e == dwords:
		gemvF32x1AVX2(sums, a, w, stride, k)
	case e == halves:
		gemvF16x1AVX2(sums, a, w, stride, k)
	default:
		gemvBF16x1AVX2(sums, a, w, stride, k)
	}
}

// Each multiplies as many rows of activations as its name says with four rows of
// weights, stride bytes apart: sums[4*i+r]. k is a positive multiple of the values
// in a vector, 16 or 8.

//go:noescape
func gemvF32x1AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvF32x2AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvF32x4AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvF16x1AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvF16x2AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvF16x4AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvBF16x1AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvBF16x2AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvBF16x4AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvF32x1AVX2(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvF32x2AVX2(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvF16x1AVX2(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvF16x2AVX2(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvBF16x1AVX2(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvBF16x2AVX2(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
