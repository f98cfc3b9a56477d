package grad

import (
	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor"
)

// Gather takes rows of x in the order listed; a row may come several times. It is
// also the embedding of token ids, with x the table.
func (t *Tape) Gather(x *Var, rows []int32) *Var {
	return t.op(t.gathered(x.Value, rows), func(dy tensor.Tensor) {
		dx := t.zeroed(x)
		for i, r := range rows {
			asm.Add(dx.Row(int(r)), dy.Row(i))
		}
	}, x)
}

// gathered returns rows of x.
func (t *Tape) gathered(x tensor.Tensor, rows []int32) tensor.Tensor {
	y := t.value(len(rows), x.Cols)
	tensor.Gather(y, x, rows)
	return y
}

// Concat puts the rows of b behind those of a.
func (t *Tape) Concat(a, b *Var) *Var {
	n := len(a.Value.Data)
	y := t.value(a.Value.Rows+b.Value.Rows, a.Value.Cols)
	copy(y.Data, a.Value.Data)
	copy(y.Data[n:], b.Value.Data)
	return t.op(y, func(dy tensor.Tensor) {
		if a.wanted() {
			t.add(a, dy.Slice(0, a.Value.Rows))
		}
		if b.wanted() {
			t.add(b, dy.Slice(a.Value.Rows, dy.Rows))
		}
	}, a, b)
}
