package asm

import "unsafe"

// A matrix product C = D + A·B runs on packed panels, so that a kernel reads
// memory in order only:
//
//   - a panel of A holds a few rows side by side: a[k*mr+r] is row r, step k;
//   - a panel of B holds a few columns side by side: b[k*nr+c] is column c, step k;
//     panels follow one another.
//
// A step is one dword: one f32, two bf16 or four int8 values of the inner
// dimension, so that one transposition packs them all.
//
// The kernel computes one panel of A times several panels of B, a strip of mr
// rows. For every panel of B it keeps mr x nr sums in registers over all steps.
// The steps of A (mr dwords each) are broadcast, those of B are vectors; B
// streams from the L2 cache while the panel of A stays in L1.
//
// Tile sizes follow from registers and latency. A core starts up to two FMAs a
// cycle with a latency of 4, so at least 8 sums must be in flight; every vector
// of B is loaded once per mr FMAs and every broadcast once per nr/width, so large
// tiles spare the load ports, of which there are two.
//
//	avx512   12 x 32   24 sums, 2 vectors of B, 6 broadcasts of 32 registers;
//	                   14 loads per 24 FMAs
//	avx2      6 x 16   12 sums, 2 vectors of B, 2 broadcasts of 16 registers;
//	                   8 loads per 12 FMAs
//	neon      8 x 12   24 sums, 3 vectors of B, 2 of A (FMLA by element) of 32
//	generic   4 x 4

// GemmTileF32 returns the height and width of the panels that GemmF32 takes
// where that many rows are left: the tallest panel, or the least one that holds
// them. The width does not depend on rows.
func GemmTileF32(rows int) (mr, nr int) { return gemmTileF32(rows) }

// No tier has taller or wider panels.
const (
	MaxTileRows    = 12
	MaxTileColumns = 32
)

// GemmF32 computes C = D + A·B for one panel of A and len(b)/(k*nr) panels of B.
// mr must be a height returned by GemmTileF32. Element (r, c) is c[r*ldc+c]; D
// has rows ldd apart, so that D may be C itself or, with ldd 0, one row for all.
// Each element is summed in the order of the steps and D is added last.
func GemmF32(mr int, c []float32, ldc int, d []float32, ldd int, a, b []float32, k int) {
	_, nr := gemmTileF32(mr)
	panels := len(b) / (k * nr)
	if panels == 0 {
		return
	}
	raceRead(a[:k*mr])
	raceRead(b)
	raceWrite(c[:(mr-1)*ldc+panels*nr])
	_ = d[(mr-1)*ldd+panels*nr-1]
	gemmF32(mr, c, ldc, d, ldd, a, b, k, panels)
}

// Interleave packs n dwords of each row that src points to: dst[k*pitch+r] =
// dword k of row r. Rows need no alignment.
func Interleave[T float32 | uint32](dst []T, pitch int, src []unsafe.Pointer, n int) {
	if len(src) == 0 || n == 0 {
		return
	}
	interleaveRows(dwords, unsafe.Slice((*uint32)(unsafe.Pointer(&dst[0])), len(dst)), pitch, src, n)
}

// InterleaveF16 is Interleave for rows of n halves, widened to f32.
func InterleaveF16(dst []float32, pitch int, src []unsafe.Pointer, n int) {
	if len(src) == 0 || n == 0 {
		return
	}
	interleaveRows(halves, unsafe.Slice((*uint32)(unsafe.Pointer(&dst[0])), len(dst)), pitch, src, n)
}

// InterleaveBF16 is Interleave for rows of n bf16 values, widened to f32.
func InterleaveBF16(dst []float32, pitch int, src []unsafe.Pointer, n int) {
	if len(src) == 0 || n == 0 {
		return
	}
	interleaveRows(bhalves, unsafe.Slice((*uint32)(unsafe.Pointer(&dst[0])), len(dst)), pitch, src, n)
}

// element is what a packing kernel reads: dwords as they are, or halves that it
// widens to f32.
type element int

const (
	dwords element = iota
	halves
	bhalves
)

func (e element) size() int {
	if e == dwords {
		return 4
	}
	return 2
}

func interleaveRows(e element, dst []uint32, pitch int, src []unsafe.Pointer, n int) {
	dst = dst[:(n-1)*pitch+len(src)]
	raceWrite(dst)
	for _, p := range src {
		raceRead(unsafe.Slice((*byte)(p), n*e.size()))
	}
	interleave(e, dst, pitch, src, n)
}
