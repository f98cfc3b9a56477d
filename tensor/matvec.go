package tensor

import (
	"sync/atomic"

	"github.com/go-par/par/asm"
)

// maxMatVec is the number of rows up to which a product reads the weights as
// they are stored, at the speed of memory: packing them pays from more rows on.
const maxMatVec = 8

// matVec is MatMul for up to maxMatVec rows.
func (p *Pool) matVec(dst, a Tensor, rows []int32, w *Matrix, bias []float32) {
	if c := p.compute.with(w); w.cols > 0 && (c == ComputeInt8 || c == Auto && asm.FastDots()) {
		if f, ok := quadFormats[w.typ]; ok {
			p.matVecQuads(f, dst, a, rows, w, bias)
			return
		}
		if f, ok := superFormats[w.typ]; ok {
			p.matVecSupers(f, dst, a, rows, w, bias)
			return
		}
	}
	p.matVecFloat(dst, a, rows, w, bias)
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

// Kernels take rows of weights in steps of up to rowStep. A share is at most
// shareBytes, about 100 µs of reading, and at least shareMin.
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
	stride = max(stride, 1)
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
