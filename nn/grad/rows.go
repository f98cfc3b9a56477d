package grad

import "github.com/go-par/par/tensor"

// Gather takes rows of x in the order listed; a row may come several times. It is
// also the embedding of token ids, with x the table.
func (t *Tape) Gather(x *Var, rows []int32) *Var {
	y := t.memory.get(len(rows), x.Value.Cols)
	tensor.Gather(y, x.Value, rows)
	return t.Op(y, func(dy tensor.Tensor) {
		for i, r := range rows {
			to := x.Grad.Row(int(r))
			for k, d := range dy.Row(i) {
				to[k] += d
			}
		}
	}, x)
}

// Concat puts the rows of b behind those of a.
func (t *Tape) Concat(a, b *Var) *Var {
	n := len(a.Value.Data)
	y := t.memory.get(a.Value.Rows+b.Value.Rows, a.Value.Cols)
	copy(y.Data, a.Value.Data)
	copy(y.Data[n:], b.Value.Data)
	return t.Op(y, func(dy tensor.Tensor) {
		if a.wanted() {
			t.Pool.Add(a.Grad, dy.Slice(0, a.Value.Rows))
		}
		if b.wanted() {
			t.Pool.Add(b.Grad, dy.Slice(a.Value.Rows, dy.Rows))
		}
	}, a, b)
}
