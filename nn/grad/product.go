package grad

import "github.com/go-par/par/tensor"

// Linear is x wᵀ + b: x [n, in], w [out, in], b [1, out] or nil.
func (t *Tape) Linear(x, w, b *Var) *Var {
	var bias []float32
	if b != nil {
		bias = b.Value.Data
	}
	y := t.value(x.Value.Rows, w.Value.Rows)
	t.Pool.MatMul(y, x.Value, nil, w.Value.Matrix(), bias)
	return t.op(y, func(dy tensor.Tensor) {
		if x.wanted() {
			t.addProduct(t.zeroed(x), dy, t.transpose(w.Value)) // dx = dy w
		}
		if w.wanted() {
			t.addProduct(t.zeroed(w), t.transpose(dy), t.transpose(x.Value)) // dw = dyᵀ x
		}
		if b.wanted() {
			addColumns(t.zeroed(b).Data, dy)
		}
	}, x, w, b)
}

// addProduct adds a bᵀ to dst.
func (t *Tape) addProduct(dst, a, b tensor.Tensor) {
	y := t.value(dst.Rows, dst.Cols)
	t.Pool.MatMul(y, a, nil, b.Matrix(), nil)
	t.Pool.Add(dst, y)
}

// transpose returns xᵀ.
func (t *Tape) transpose(x tensor.Tensor) tensor.Tensor {
	y := t.value(x.Cols, x.Rows)
	transpose(y, x)
	return y
}

// transpose writes xᵀ to y in square tiles, so that neither side leaves the cache.
func transpose(y, x tensor.Tensor) {
	const tile = 32
	for i0 := 0; i0 < x.Rows; i0 += tile {
		for j0 := 0; j0 < x.Cols; j0 += tile {
			for i := i0; i < min(i0+tile, x.Rows); i++ {
				row := x.Data[i*x.Cols:]
				for j := j0; j < min(j0+tile, x.Cols); j++ {
					y.Data[j*y.Cols+i] = row[j]
				}
			}
		}
	}
}

// addColumns adds the sums of x's columns to dst, rows in order.
func addColumns(dst []float32, x tensor.Tensor) {
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			dst[j] += v
		}
	}
}
