package grad

import (
	"math"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor"
)

// RMSNorm is x·rsqrt(mean(x²)+eps)·w per row; w is [1, cols].
func (t *Tape) RMSNorm(x, w *Var, eps float32) *Var {
	y := t.value(x.Value.Rows, x.Value.Cols)
	t.Pool.RMSNorm(y, x.Value, w.Value.Data, eps)
	return t.op(y, func(dy tensor.Tensor) { t.normGrad(x, w, dy, eps, false) }, x, w)
}

// LayerNorm is (x-mean)·rsqrt(var+eps)·w + b per row; w and b are [1, cols].
func (t *Tape) LayerNorm(x, w, b *Var, eps float32) *Var {
	y := t.value(x.Value.Rows, x.Value.Cols)
	t.Pool.LayerNorm(y, x.Value, w.Value.Data, b.Value.Data, eps)
	return t.op(y, func(dy tensor.Tensor) {
		if b.wanted() {
			addColumns(t.zeroed(b).Data, dy)
		}
		t.normGrad(x, w, dy, eps, true)
	}, x, w, b)
}

// normGrad adds the gradients of x and w. With u = (x-mean)·r and g = dy·w, that of x
// is r·(g - Σg/n - u·Σ(g·u)/n), without the second term where no mean is subtracted.
func (t *Tape) normGrad(x, w *Var, dy tensor.Tensor, eps float32, centre bool) {
	dx, dw := t.zeroedOrSpare(x), t.zeroedOrSpare(w)
	n := float64(dy.Cols)
	for i := range dy.Rows {
		row := x.Value.Row(i)
		var mean float64
		if centre {
			mean = asm.Sum(row) / n
		}
		r := 1 / math.Sqrt(asm.SumSquares(row, mean)/n+float64(eps))
		sum, dot := asm.NormGradSums(dy.Row(i), w.Value.Data, row, float32(mean))
		slope, shift := float64(dot)*r*r/n, 0.0
		if centre {
			shift = float64(sum) * r / n
		}
		asm.NormGrad(dx.Row(i), dw.Data, dy.Row(i), w.Value.Data, row, float32(mean), float32(r), float32(slope), float32(shift))
	}
	t.dropSpare(x, dx)
	t.dropSpare(w, dw)
}

// zeroedOrSpare is zeroed, or memory that nobody reads where v wants no gradient.
func (t *Tape) zeroedOrSpare(v *Var) tensor.Tensor {
	if v.wanted() {
		return t.zeroed(v)
	}
	return t.temporary(v.Value.Rows, v.Value.Cols)
}

func (t *Tape) dropSpare(v *Var, x tensor.Tensor) {
	if !v.wanted() {
		t.spare.put(x.Data)
	}
}
