//go:build !purego && !noasm

package asm

import "unsafe"

// gemv computes whole groups of eight values of four rows of weights in assembly,
// and adds what is left of each sum.
func gemv(e element, dst []float32, ldd int, a []unsafe.Pointer, w []byte, stride, rows, k int) {
	if !useNEON {
		gemvGeneric(e, dst, ldd, a, w, stride, rows, k)
		return
	}
	whole := k &^ 7
	for r := 0; r < rows; r += 4 {
		n := min(4, rows-r)
		for i := 0; i < len(a); i += 2 {
			m := min(2, len(a)-i)
			var sums [8]float32 // [row of activations][row of weights]
			if whole > 0 {
				gemvFours(e, &sums, a[i:i+m], w[r*stride:], stride, n, whole)
			}
			for j := range m {
				for c, s := range sums[4*j : 4*j+n] {
					if whole < k {
						s += gemvDotGeneric(e, whole, unsafe.Slice((*float32)(a[i+j]), k), w[(r+c)*stride:])
					}
					dst[(i+j)*ldd+r+c] = s
				}
			}
		}
	}
}

// gemvFours takes n rows of weights, four at once or, where there are fewer, each
// by itself as four times the same.
func gemvFours(e element, sums *[8]float32, a []unsafe.Pointer, w []byte, stride, n, k int) {
	if n == 4 {
		gemvFour(e, sums, a, &w[0], stride, k)
		return
	}
	for c := range n {
		var one [8]float32
		gemvFour(e, &one, a, &w[c*stride], 0, k)
		for j := range a {
			sums[4*j+c] = one[4*j]
		}
	}
}

func gemvFour(e element, sums *[8]float32, a []unsafe.Pointer, w *byte, stride, k int) {
	switch one := len(a) == 1; {
	case e == dwords && one:
		gemvF32x1NEON(&sums[0], &a[0], w, stride, k)
	case e == dwords:
		gemvF32x2NEON(&sums[0], &a[0], w, stride, k)
	case e == halves && one:
		gemvF16x1NEON(&sums[0], &a[0], w, stride, k)
	case e == halves:
		gemvF16x2NEON(&sums[0], &a[0], w, stride, k)
	case one:
		gemvBF16x1NEON(&sums[0], &a[0], w, stride, k)
	default:
		gemvBF16x2NEON(&sums[0], &a[0], w, stride, k)
	}
}

// Each multiplies one or two rows of activations with four rows of weights, stride
// bytes apart: sums[4*i+r]. k is a positive multiple of eight.

//go:noescape
func gemvF32x1NEON(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvF32x2NEON(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvF16x1NEON(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvF16x2NEON(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvBF16x1NEON(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)

//go:noescape
func gemvBF16x2NEON(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
