package tensor

import (
	"sync/atomic"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor/quant"
)

// quadFormats are the storage types whose blocks multiply quads of activations.
var quadFormats = map[quant.Type]asm.QuadFormat{
	quant.Q4_0: asm.Q4_0, quant.Q4_1: asm.Q4_1, quant.Q5_0: asm.Q5_0, quant.Q5_1: asm.Q5_1,
	quant.Q8_0: asm.Q8_0, quant.IQ4_NL: asm.IQ4_NL,
}

// matVecQuads multiplies blocks of 32 weights as they are stored with a few rows
// of activations quantised to 8 bits.
type matVecQuads struct {
	dst    Tensor
	w      *Matrix
	bias   []float32
	format asm.QuadFormat
	blocks int        // of a row of weights
	x      []asm.Quad // the rows of activations, one after the other
	shares shares     // of the rows of weights
}

func (p *Pool) matVecQuads(f asm.QuadFormat, dst, a Tensor, rows []int32, w *Matrix, bias []float32) {
	t := &p.tasks.matVecQuads
	n := asm.Quads(w.cols)
	t.x = grow(&t.x, dst.Rows*n)
	for i := range dst.Rows {
		asm.QuantizeQuads(t.x[i*n:(i+1)*n], a.Row(rowAt(rows, i)))
	}
	t.dst, t.w, t.bias = dst, w, bias
	t.format, t.blocks = f, w.cols/32
	t.shares.cut(w.rows, p.Threads())
	p.run(p.Threads(), t)
	t.dst, t.w, t.bias = Tensor{}, nil, nil
}

func (t *matVecQuads) run(_, _ int) {
	n := len(t.x) / t.dst.Rows
	for {
		lo, hi := t.shares.take(t.w.stride)
		if lo == hi {
			return
		}
		w := t.w.data[lo*t.w.stride : hi*t.w.stride]
		for i := 0; i < t.dst.Rows; i += asm.MaxDotRows {
			m := min(t.dst.Rows-i, asm.MaxDotRows)
			asm.DotQuads(t.format, t.dst.Data[i*t.dst.Cols+lo:], t.dst.Cols, w, t.blocks, t.x[i*n:], m)
		}
		addBias(t.dst, t.bias, lo, hi)
	}
}

// addBias adds a bias, unless it is nil, to columns [lo, hi).
func addBias(dst Tensor, bias []float32, lo, hi int) {
	if bias == nil {
		return
	}
	for i := range dst.Rows {
		asm.Add(dst.Row(i)[lo:hi], bias[lo:hi])
	}
}

// shares deals rows of weights out to threads: long runs first, since memory is
// read fastest in order, and shorter ones towards the end, so that all threads
// end together.
type shares struct {
	rows, threads int
	taken         atomic.Int64
}

// A kernel takes rows in steps of up to rowStep; a share is at most shareBytes,
// about 100 µs, and at least shareMin.
const (
	rowStep    = 4
	shareBytes = 1 << 20
	shareMin   = 1 << 14
)

func (s *shares) cut(rows, threads int) {
	s.rows, s.threads = rows, threads
	s.taken.Store(0)
}

// take returns the next share of rows of stride bytes, an empty one at the end.
func (s *shares) take(stride int) (lo, hi int) {
	for {
		taken := s.taken.Load()
		left := s.rows - int(taken)
		if left == 0 {
			return s.rows, s.rows
		}
		n := min(left/(2*s.threads), shareBytes/stride)
		n = min(max(n, shareMin/stride, 1)+rowStep-1, left)
		if n < left {
			n -= n % rowStep
		}
		if s.taken.CompareAndSwap(taken, taken+int64(n)) {
			return int(taken), int(taken) + n
		}
	}
}
