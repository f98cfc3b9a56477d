package grad

import (
	"math"

	"github.com/go-par/par/tensor"
)

// RMSNorm is x·rsqrt(mean(x²)+eps)·w per row; w is [1, cols].
func (t *Tape) RMSNorm(x, w *Var, eps float32) *Var {
	y := t.value(x.Value.Rows, x.Value.Cols)
	t.Pool.RMSNorm(y, x.Value, w.Value.Data, eps)
	return t.op(y, func(dy tensor.Tensor) {
		n := float64(x.Value.Cols)
		var dx, dw tensor.Tensor
		if x.wanted() {
			dx = t.zeroed(x)
		}
		if w.wanted() {
			dw = t.zeroed(w)
		}
		for i := range dy.Rows {
			xs, ds := x.Value.Row(i), dy.Row(i)
			var square, dot float64
			for k, v := range xs {
				square += float64(v) * float64(v)
				dot += float64(ds[k]) * float64(w.Value.Data[k]) * float64(v)
			}
			r := 1 / math.Sqrt(square/n+float64(eps))
			// d(x r)/dx = r - x xᵀ r³/n
			c := dot * r * r * r / n
			for k, v := range xs {
				d := float64(ds[k])
				if x.wanted() {
					dx.Data[i*dy.Cols+k] += float32(d*float64(w.Value.Data[k])*r - float64(v)*c)
				}
				if w.wanted() {
					dw.Data[k] += float32(d * float64(v) * r)
				}
			}
		}
	}, x, w)
}

// LayerNorm is (x-mean)·rsqrt(var+eps)·w + b per row; w and b are [1, cols].
func (t *Tape) LayerNorm(x, w, b *Var, eps float32) *Var {
	y := t.value(x.Value.Rows, x.Value.Cols)
	t.Pool.LayerNorm(y, x.Value, w.Value.Data, b.Value.Data, eps)
	return t.op(y, func(dy tensor.Tensor) {
		n := float64(x.Value.Cols)
		var dx, dw, db tensor.Tensor
		if x.wanted() {
			dx = t.zeroed(x)
		}
		if w.wanted() {
			dw = t.zeroed(w)
		}
		if b.wanted() {
			db = t.zeroed(b)
		}
		for i := range dy.Rows {
			xs, ds := x.Value.Row(i), dy.Row(i)
			var mean, square float64
			for _, v := range xs {
				mean += float64(v)
			}
			mean /= n
			for _, v := range xs {
				square += (float64(v) - mean) * (float64(v) - mean)
			}
			r := 1 / math.Sqrt(square/n+float64(eps))
			var sum, dot float64 // of dy·w, and of it with the normalised row
			for k, v := range xs {
				g := float64(ds[k]) * float64(w.Value.Data[k])
				sum += g
				dot += g * (float64(v) - mean) * r
			}
			for k, v := range xs {
				d, u := float64(ds[k]), (float64(v)-mean)*r
				if x.wanted() {
					dx.Data[i*dy.Cols+k] += float32(r * (d*float64(w.Value.Data[k]) - sum/n - u*dot/n))
				}
				if w.wanted() {
					dw.Data[k] += float32(d * u)
				}
				if b.wanted() {
					db.Data[k] += ds[k]
				}
			}
		}
	}, x, w, b)
}
