package asm

import "unsafe"

// MaxGemvRows is the number of activation rows that the Gemv kernels take.
const MaxGemvRows = 8

// GemvF32 multiplies a few rows of f32 activations, the pointers in a, with rows
// of weights as they are stored, k little-endian f32 values each, stride bytes
// apart from w on: dst[i*ldd+r] = Σ a[i][j]·w[r][j]. Four rows of weights are read
// at a time. Sums run over vector lanes, in an order that depends on k only.
func GemvF32(dst []float32, ldd int, a []unsafe.Pointer, w []byte, stride, rows, k int) {
	gemvRows(dwords, dst, ldd, a, w, stride, rows, k)
}

// GemvF16 is GemvF32 for weights in F16.
func GemvF16(dst []float32, ldd int, a []unsafe.Pointer, w []byte, stride, rows, k int) {
	gemvRows(halves, dst, ldd, a, w, stride, rows, k)
}

// GemvBF16 is GemvF32 for weights in BF16.
func GemvBF16(dst []float32, ldd int, a []unsafe.Pointer, w []byte, stride, rows, k int) {
	gemvRows(bhalves, dst, ldd, a, w, stride, rows, k)
}

func gemvRows(e element, dst []float32, ldd int, a []unsafe.Pointer, w []byte, stride, rows, k int) {
	if rows == 0 || len(a) == 0 {
		return
	}
	w = w[:(rows-1)*stride+k*e.size()]
	dst = dst[:(len(a)-1)*ldd+rows]
	raceRead(w)
	raceWriteRows(dst, ldd, len(a), rows)
	for _, p := range a {
		raceRead(unsafe.Slice((*float32)(p), k))
	}
	if k == 0 {
		for i := range a {
			clear(dst[i*ldd : i*ldd+rows])
		}
		return
	}
	gemv(e, dst, ldd, a, w, stride, rows, k)
}
