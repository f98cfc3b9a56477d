package asm

// A matrix product C = D + A·B runs on packed panels of dwords, so that a kernel
// reads memory in order only:
//
//   - a panel of A holds a few rows side by side: dword k of row r is a[k*mr+r];
//   - a panel of B holds a few columns side by side: dword k of column c is
//     b[k*nr+c]; panels follow one another.
//
// A dword is a step of the inner dimension: one f32, two bf16 or four int8 values,
// so that one transposition packs them all.
//
// The kernel computes one panel of A times several panels of B, a strip of mr
// rows. For every panel of B it keeps mr x nr sums in registers over all steps.
// The steps of A (mr dwords each) are broadcast, those of B are vectors. Both stream:
// B from the L2 cache, where it stays for all panels of A; A, the smaller part of a
// step, from L2 or L3.
//
// Tile sizes follow from registers and latency. A core starts up to two
// multiply-adds a cycle with a latency of 4 to 6, so at least 8 to 12 sums must be
// in flight; every vector of B is loaded once per mr multiply-adds and every
// broadcast once per nr/width, so large tiles spare the load ports, of which there
// are two.
//
//	avx512   12 x 32   24 sums, 2 vectors of B, 6 broadcasts of 32 registers;
//	                   14 loads per 24 multiply-adds
//	avx2      6 x 16   12 sums, 2 vectors of B, 2 broadcasts of 16 registers;
//	                   8 loads per 12 multiply-adds
//	neon      8 x 12   24 sums, 3 vectors of B, 2 of A (by element) of 32 registers;
//	                   5 loads per 24 multiply-adds
//	i8mm      8 x 12   bf16: the same sums, as 2 x 2 blocks of BFMMLA
//	generic   4 x 4
//
// Blocks of int8 are summed in integers, which a scale then adds to sums in f32,
// so a tile takes two registers for each sum:
//
//	avx512    6 x 32   12 + 12 sums, 2 vectors of B, 6 broadcasts and scales; in blocks of
//	                   16 values 4 x 32, 8 + 8 + 8 sums
//	avx2      6 x 8    6 + 6 sums, 1 vector of B, a broadcast and temporaries
//	dotprod   4 x 12   12 + 12 sums, 3 vectors of B, 1 of A (SDOT by element)
//	i8mm      8 x 12   24 sums as 2 x 2 blocks of USMMLA, those in f32 in memory

// PanelFormat is what the dwords of panels hold.
type PanelFormat uint8

const (
	// PanelF32 holds f32.
	PanelF32 PanelFormat = iota

	// PanelBF16 holds pairs of bf16, the first one in the low half. Products are
	// exact and their sums f32.
	PanelBF16

	// PanelInt8 holds fours of int8, signed in A and unsigned in B, in blocks of 32
	// values with an f32 scale each: a product is Σ scaleA·scaleB·Σ a·b. Behind the
	// values of a panel stand the scales [block][row or column]. A panel of A ends
	// with int32 [block][row] that the integer sums start from: if b stands for
	// b-z, that is -z·Σ a.
	PanelInt8

	// PanelInt8Min is PanelInt8 with a minimum besides the scale in every block of
	// B: b stands for scaleB·b + min. The panel of A ends with f32 scaleA·Σ a
	// instead, and integer sums start from 0. b is below 128, so that instructions
	// for signed bytes take it too.
	PanelInt8Min

	// PanelInt8x16 is PanelInt8 in blocks of 16 values, with b below 128. The scales of
	// A are the same for the first and the second block, the third and the fourth, and
	// so on.
	PanelInt8x16
)

// No tier has taller or wider panels.
const (
	MaxTileRows    = 12
	MaxTileColumns = 32
)

// Block returns the number of values of the inner dimension that panels hold whole
// numbers of.
func (f PanelFormat) Block() int {
	switch f {
	case PanelF32:
		return 1
	case PanelBF16:
		return 2
	case PanelInt8x16:
		return 16
	}
	return 32
}

// Steps returns the dwords that k values take up.
func (f PanelFormat) Steps(k int) int {
	switch f {
	case PanelF32:
		return k
	case PanelBF16:
		return k / 2
	}
	return k / 4
}

// SizeA returns the dwords of k values of one row of a panel of A, with what
// stands behind them.
func (f PanelFormat) SizeA(k int) int {
	if f < PanelInt8 {
		return f.Steps(k)
	}
	return f.Steps(k) + 2*(k/f.Block())
}

// SizeB returns the dwords of k values of one column of a panel of B.
func (f PanelFormat) SizeB(k int) int {
	switch f {
	case PanelInt8, PanelInt8x16:
		return f.Steps(k) + k/f.Block()
	case PanelInt8Min:
		return f.Steps(k) + 2*(k/f.Block())
	}
	return f.Steps(k)
}

// Tile returns the height and width of the panels that Gemm takes where that many
// rows are left: the tallest panel, or the least one that holds them. The width
// does not depend on rows.
func (f PanelFormat) Tile(rows int) (mr, nr int) { return f.tile(rows) }

// Fast reports whether the active tier has instructions for the products of f: a
// dot product of pairs or fours for all formats but PanelF32.
func (f PanelFormat) Fast() bool { return f.fast() }

// Gemm computes C = D + A·B for one panel of A and all panels in b, over k values
// of the inner dimension. mr must be a height that Tile returns. Element (r, c) is
// c[r*ldc+c]; D has rows ldd apart, so that D may be C itself or, with ldd 0, one
// row for all. Each element is summed in the order of the steps and D is added
// last.
func Gemm(f PanelFormat, mr int, c []float32, ldc int, d []float32, ldd int, a, b []uint32, k int) {
	_, nr := f.tile(mr)
	size := f.SizeB(k) * nr
	panels := len(b) / size
	if panels == 0 {
		return
	}
	a, c = a[:f.SizeA(k)*mr], c[:(mr-1)*ldc+panels*nr]
	_ = d[(mr-1)*ldd+panels*nr-1]
	raceRead(a)
	raceRead(b)
	raceWriteRows(c, ldc, mr, panels*nr)
	gemm(f, mr, c, ldc, d, ldd, a, b, k, panels)
}
