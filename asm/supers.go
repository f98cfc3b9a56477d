package asm

import "unsafe"

// A Super holds 256 activations, int8 with one scale, x = d·q, and sums of them,
// for what the minima and zeros of weights contribute.
type Super struct {
	q      [256]int8 // in groups of 32, ordered as the tier's kernels for the weights take them
	sums16 [16]int16 // of 16 q each
	sums32 [8]int16  // of 32 q each
	d      float32
	_      [12]byte // up to a whole number of cache lines
}

// QuantizeSupers writes x, 256 values for each Super of dst, to meet weights of f
// while the tier stays. The scale is a 127th
// of the largest magnitude; q is rounded to nearest, ties to even. Where a value is
// not finite neither are the scale and the products.
func QuantizeSupers(f SuperFormat, dst []Super, x []float32) {
	x = x[:256*len(dst)]
	raceRead(x)
	raceWrite(dst)
	quantizeSupers(f, dst, x)
}

// A SuperFormat is a type of weights with 256 values to a block.
type SuperFormat uint8

const (
	Q4_K SuperFormat = iota
	Q5_K
	Q6_K
)

// size returns the bytes of a block.
func (f SuperFormat) size() int {
	return [...]int{Q4_K: 144, Q5_K: 176, Q6_K: 210}[f]
}

// DotSupers is DotQuads for blocks of 256 weights: x has n rows of as many Supers
// as a row of weights has blocks.
func DotSupers(f SuperFormat, dst []float32, ldd int, w []byte, blocks int, x []Super, n int) {
	if blocks == 0 || n == 0 {
		panic("asm: DotSupers of nothing")
	}
	a := superArgs{rows: len(w) / (blocks * f.size()), blocks: blocks}
	if a.rows == 0 {
		return
	}
	raceRead(w)
	raceRead(x[:n*blocks])
	_ = dst[(n-1)*ldd+a.rows-1]
	a.w = unsafe.Pointer(&w[0])
	for i := range a.x {
		j := min(i, n-1)
		a.x[i], a.dst[i] = &x[j*blocks], &dst[j*ldd]
		raceWrite(dst[j*ldd : j*ldd+a.rows])
	}
	dotSupers(f, &a, n)
}

// superArgs is what a kernel works on: rows of weights one after the other from w
// on. Rows of activations beyond the last repeat it.
type superArgs struct {
	dst    [MaxDotRows]*float32
	x      [MaxDotRows]*Super
	w      unsafe.Pointer
	rows   int
	blocks int
}
