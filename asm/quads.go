package asm

import "unsafe"

// Products of quantised weights with few activations, from the blocks as they
// are stored. Weights of 32 to a block meet activations in quads, weights of 256
// to a block (the K types) activations in supers; the layouts of blocks are those
// of package quant. Activations are quantised once for a product and serve all
// rows of weights.

// A Quad holds 128 activations, int8 in four blocks of 32 with a scale each:
// x = d·q.
//
// The two halves of a block lie where the low and the high nibbles of a block of
// 4-bit weights meet them, 16 bytes apart from the next block's, so that vectors
// of one, two and four blocks work alike. A 32-bit lane sums the products of its
// four bytes in both halves; d and negated are there once for each lane.
type Quad struct {
	q       [128]int8   // value i of block b: q[16*b+i], i < 16; q[64+16*b+i-16]
	d       [16]float32 // scale of block b: d[4*b : 4*b+4]
	negated [16]int32   // less the sum of the eight q of a lane
}

// Quads returns the number of quads that hold n activations.
func Quads(n int) int { return (n + 127) / 128 }

// QuantizeQuads writes x to dst, Quads(len(x)) of them, filled up with zeros. The
// scale of a block is a 127th of its largest magnitude; q is rounded to nearest,
// ties to even. Where a value is not finite neither are the block's scale and its
// products.
func QuantizeQuads(dst []Quad, x []float32) {
	dst = dst[:Quads(len(x))]
	raceRead(x)
	raceWrite(dst)
	quantizeQuads(dst, x)
}

// A QuadFormat is a type of weights with 32 values to a block.
type QuadFormat uint8

const (
	Q4_0 QuadFormat = iota
	Q4_1
	Q5_0
	Q5_1
	Q8_0
	IQ4_NL
)

// size returns the bytes of a block.
func (f QuadFormat) size() int {
	return [...]int{Q4_0: 18, Q4_1: 20, Q5_0: 22, Q5_1: 24, Q8_0: 34, IQ4_NL: 18}[f]
}

// MaxDotRows is the number of rows of activations that a product from stored
// blocks takes at once.
const MaxDotRows = 4

// DotQuads multiplies rows of weights with n rows of activations, n from 1 to
// MaxDotRows: dst[j*ldd+i] = (row i of w)·(row j of x). w holds the rows one after
// the other, blocks to each, and x n rows of Quads(32*blocks). Sums of products
// within a block are exact; blocks are summed in f32, in an order that depends on
// their number only.
//
// A call should be for some 100 KB of weights.
func DotQuads(f QuadFormat, dst []float32, ldd int, w []byte, blocks int, x []Quad, n int) {
	if blocks == 0 || n == 0 {
		panic("asm: DotQuads of nothing")
	}
	stride := blocks * f.size()
	quads := Quads(32 * blocks)
	a := quadArgs{stride: stride, rows: len(w) / stride, quads: blocks / 4, rest: blocks % 4}
	if a.rows == 0 {
		return
	}
	raceRead(w)
	raceRead(x[:n*quads])
	_ = dst[(n-1)*ldd+a.rows-1]
	a.w = unsafe.Pointer(&w[0])
	for i := range a.x {
		j := min(i, n-1)
		a.x[i], a.dst[i] = &x[j*quads], &dst[j*ldd]
		raceWrite(dst[j*ldd : j*ldd+a.rows])
	}
	dotQuads(f, &a, n)
}

// quadArgs is what a kernel works on: rows of weights from w on, stride bytes
// apart, with quads whole quads and rest more blocks to a row. Rows of
// activations beyond the last repeat it.
type quadArgs struct {
	dst    [MaxDotRows]*float32
	x      [MaxDotRows]*Quad
	w      unsafe.Pointer
	stride int
	rows   int
	quads  int
	rest   int
}

// FastDots reports whether the products from stored blocks have kernels in the
// active tier; where they have none, multiplying dequantised weights is as fast.
func FastDots() bool { return fastDots() }
