package tensor

import (
	"unsafe"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor/quant"
)

// matVecFloat multiplies a few rows of activations with weights in f32: floats as
// they are stored, other types a few rows at a time, decoded.
type matVecFloat struct {
	pool   *Pool
	dst, a Tensor
	rows   []int32
	w      *Matrix
	bias   []float32
	shares shares
}

func (p *Pool) matVecFloat(dst, a Tensor, rows []int32, w *Matrix, bias []float32) {
	t := &p.tasks.matVecFloat
	t.pool, t.dst, t.a, t.rows, t.w, t.bias = p, dst, a, rows, w, bias
	t.shares.cut(w.rows, p.Threads())
	p.run(p.Threads(), t)
	t.dst, t.a, t.rows, t.w, t.bias = Tensor{}, Tensor{}, nil, nil, nil
}

func (t *matVecFloat) run(worker, _ int) {
	var a [maxMatVec]unsafe.Pointer
	for i := range t.dst.Rows {
		a[i] = unsafe.Pointer(&t.a.Row(rowAt(t.rows, i))[0])
	}
	for {
		lo, hi := t.shares.take(t.w.stride)
		if lo == hi {
			return
		}
		t.multiply(worker, a[:t.dst.Rows], lo, hi)
		addBias(t.dst, t.bias, lo, hi)
	}
}

// multiply computes columns [lo, hi) of dst, in calls of some microseconds each.
func (t *matVecFloat) multiply(worker int, a []unsafe.Pointer, lo, hi int) {
	const step = 16
	ld, k := t.dst.Cols, t.w.cols
	for ; lo < hi; lo += step {
		n := min(step, hi-lo)
		dst, w := t.dst.Data[lo:], t.w.data[lo*t.w.stride:(lo+n)*t.w.stride]
		switch t.w.typ {
		case quant.F32:
			asm.GemvF32(dst, ld, a, w, t.w.stride, n, k)
		case quant.F16:
			asm.GemvF16(dst, ld, a, w, t.w.stride, n, k)
		case quant.BF16:
			asm.GemvBF16(dst, ld, a, w, t.w.stride, n, k)
		default:
			decoded := t.pool.floats(worker, step*k)
			for r := range n {
				t.w.Row(decoded[r*k:], lo+r)
			}
			asm.GemvF32(dst, ld, a, f32Bytes(decoded), 4*k, n, k)
		}
	}
}

// f32Bytes views values as the bytes they are made of.
func f32Bytes(v []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v))
}
