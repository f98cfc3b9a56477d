package tensor

import (
	"math"
	"unsafe"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor/quant"
)

// packer turns rows into a panel: first each row into the steps of the panel's
// format, then all of them side by side. It belongs to one worker.
type packer struct {
	format asm.PanelFormat
	zero   int32
	n      int // values of a row
	padded int // values of it in the panel, zeros at the end

	rows [asm.MaxTileColumns]unsafe.Pointer // the steps of each row, or what these are made of
	lay  layout
	*packMemory
}

// A layout is what a packer has left to do when all rows of a panel are set.
type layout uint8

const (
	laySteps layout = iota // rows are steps
	layF16                 // rows are halves, steps f32
	layBF16
	layPairs    // rows are f32, steps pairs of bf16
	layF16Pairs // rows are halves
)

// packMemory is what a packer works in; rows follow one another in each part.
type packMemory struct {
	steps  []uint32  // of rows that are not taken from where they lie
	scales []float32 // of blocks of int8
	ends   []uint32  // what follows them: minima, or for activations see asm.PanelInt8
	values []float32 // one row
	sums   []int32   // of 16 activations each
}

func (t *gemm) packer(worker int) packer {
	const values, rows = 4 * gemmSteps, asm.MaxTileColumns
	m := &t.pool.scratch[worker].pack
	if m.steps == nil {
		*m = packMemory{
			steps:  make([]uint32, rows*gemmSteps),
			scales: make([]float32, rows*values/16),
			ends:   make([]uint32, rows*values/16),
			values: make([]float32, values),
			sums:   make([]int32, values/16),
		}
	}
	return packer{format: t.format, zero: t.zero, packMemory: m}
}

// start begins a panel of rows of n values.
func (p *packer) start(n int) {
	p.n, p.padded = n, ceilDiv(n, p.format.Block())*p.format.Block()
	p.lay = laySteps
}

// row returns the memory for the steps of row r, as bytes, and makes the row be
// taken from there.
func (p *packer) row(r int) []byte {
	n := p.format.Steps(p.padded)
	s := p.steps[r*n : (r+1)*n]
	p.rows[r] = unsafe.Pointer(unsafe.SliceData(s))
	return unsafe.Slice((*byte)(p.rows[r]), 4*n)
}

// blocks returns the number of int8 blocks in a row.
func (p *packer) blocks() int { return p.padded / p.format.Block() }

// pad returns x with zeros up to the padded length, in memory of the packer unless
// it is that long.
func (p *packer) pad(x []float32) []float32 {
	if p.n == p.padded {
		return x
	}
	v := p.values[:p.padded]
	copy(v, x)
	clear(v[p.n:])
	return v
}

// activations sets row r of a panel of a to x; next is the row that follows.
func (p *packer) activations(r int, x, next []float32) {
	switch p.format {
	case asm.PanelF32:
		p.rows[r] = unsafe.Pointer(unsafe.SliceData(x))
		return
	case asm.PanelBF16:
		p.rows[r], p.lay = unsafe.Pointer(unsafe.SliceData(x)), layPairs
		return
	}
	n := p.blocks()
	scales, ends := p.scales[r*n:(r+1)*n], p.ends[r*n:(r+1)*n]
	p.quantize(p.row(r), scales, p.pad(x), next)
	switch p.format {
	case asm.PanelInt8:
		for i := range ends {
			ends[i] = uint32(-p.zero * (p.sums[2*i] + p.sums[2*i+1]))
		}
	case asm.PanelInt8Min:
		for i := range ends {
			ends[i] = math.Float32bits(scales[i] * float32(p.sums[2*i]+p.sums[2*i+1]))
		}
	case asm.PanelInt8x16: // a scale of 32 values is that of both halves
		for i := n - 1; i >= 0; i-- {
			scales[i] = scales[i/2]
			ends[i] = uint32(-p.zero * p.sums[i])
		}
	}
}

// quantize is asm.QuantizeInt8 for a row, with the sums in p.sums. The next row, which
// may lie anywhere, is fetched at the same pace.
func (p *packer) quantize(q []byte, scales, x, next []float32) {
	const step = 512
	for lo := 0; lo < len(x); lo += step {
		hi := min(lo+step, len(x))
		if end := min(hi, len(next)); lo < end {
			asm.Fetch(f32Bytes(next[lo:end]))
		}
		asm.QuantizeInt8(q[lo:hi], scales[lo/32:hi/32], p.sums[lo/16:hi/16], x[lo:hi])
	}
}

// weights sets row r of a panel of weights to those of a row of w from value k on,
// the start of a block. Rows are unpacked faster than memory answers, so that of
// some rows on is fetched meanwhile: a few where each is decoded, the next panel where
// all are interleaved at once, unless they are so long that the machine foresees them.
func (p *packer) weights(r int, w *Matrix, row, k int) {
	const foreseen = 1 << 10 // bytes
	values, size := w.typ.Block()
	from, to := k/values*size, (k+p.n)/values*size
	src := w.data[row*w.stride+from : row*w.stride+to]
	ahead := row + 4
	if p.format < asm.PanelInt8 {
		ahead = row + asm.MaxTileColumns
	}
	if ahead < w.rows && (p.format >= asm.PanelInt8 || len(src) <= foreseen) {
		at := ahead * w.stride
		asm.Fetch(w.data[at+from : at+to])
	}
	switch p.format {
	case asm.PanelF32:
		p.floatWeights(r, w.typ, src)
	case asm.PanelBF16:
		p.bf16Weights(r, w.typ, src)
	default:
		p.int8Weights(r, w.typ, src)
	}
}

func (p *packer) floatWeights(r int, typ quant.Type, src []byte) {
	switch typ {
	case quant.F32:
		p.stored(r, laySteps, src)
	case quant.F16:
		p.stored(r, layF16, src)
	case quant.BF16:
		p.stored(r, layBF16, src)
	default:
		decode(typ, floatsOf(p.row(r)), src)
	}
}

func (p *packer) bf16Weights(r int, typ quant.Type, src []byte) {
	switch {
	case typ == quant.F32:
		p.stored(r, layPairs, src)
	case typ == quant.F16:
		p.stored(r, layF16Pairs, src)
	case typ == quant.BF16 && p.n == p.padded:
		p.stored(r, laySteps, src)
	case typ == quant.BF16:
		clear(p.row(r)[copy(p.row(r), src):])
	default:
		asm.F32ToBF16(p.row(r), p.decode(typ, src))
	}
}

// stored makes row r be taken from where it lies.
func (p *packer) stored(r int, lay layout, src []byte) {
	p.rows[r], p.lay = unsafe.Pointer(unsafe.SliceData(src)), lay
}

func (p *packer) int8Weights(r int, typ quant.Type, src []byte) {
	n := p.blocks()
	q, scales := p.row(r), p.scales[r*n:(r+1)*n]
	mins := floatsOf(bytesOf(p.ends[r*n : (r+1)*n]))
	if f, ok := quadFormats[typ]; ok {
		asm.UnpackQuads(f, q, scales, mins, src)
		return
	}
	if f, ok := superFormats[typ]; ok {
		asm.UnpackSupers(f, q, scales, mins, src)
		return
	}
	asm.QuantizeInt8(q, scales, p.sums, p.decode(typ, src))
	for i := range q {
		q[i] ^= 128
	}
}

// decode returns the values of a row, padded.
func (p *packer) decode(typ quant.Type, src []byte) []float32 {
	v := p.values[:p.padded]
	decode(typ, v[:p.n], src)
	clear(v[p.n:])
	return v
}

// interleave writes the rows to a panel as wide as there are.
func (p *packer) interleave(panel []uint32, width int) {
	steps := p.format.Steps(p.padded)
	rows := p.rows[:width]
	switch p.lay {
	case laySteps:
		asm.Interleave(panel, width, rows, steps)
	case layF16:
		asm.InterleaveF16(panel, width, rows, p.n)
	case layBF16:
		asm.InterleaveBF16(panel, width, rows, p.n)
	case layPairs:
		asm.PairValues(panel, width, rows, p.n)
	case layF16Pairs:
		asm.PairF16(panel, width, rows, p.n)
	}
	if p.format < asm.PanelInt8 {
		return
	}
	n := p.blocks()
	rest := panel[steps*width:]
	interleaveRows(rest, p.scales, width, n)
	if rest = rest[n*width:]; len(rest) > 0 {
		interleaveRows(rest, p.ends, width, n)
	}
}

// interleaveRows packs rows of n values that follow one another in src.
func interleaveRows[T float32 | uint32](dst []uint32, src []T, width, n int) {
	var rows [asm.MaxTileColumns]unsafe.Pointer
	for r := range rows[:width] {
		rows[r] = unsafe.Pointer(&src[r*n])
	}
	asm.Interleave(dst, width, rows[:width], n)
}

// floatsOf views bytes, which start at a multiple of 4, as f32.
func floatsOf(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

func bytesOf(d []uint32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(d))), 4*len(d))
}
