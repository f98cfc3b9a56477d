package grad

import (
	"math"

	"github.com/go-par/par/tensor"
)

// Mask is what attention does besides softmax(scale q kᵀ) v.
type Mask struct {
	Limits []int32         // query row i sees the first Limits[i] rows of keys; nil: all
	Noise  []tensor.Tensor // a head's [queries, keys], added to the scaled scores; nil: none
}

// Attention is softmax(scale q kᵀ) v per head, with grouped queries as in
// tensor.Pool.Attention: q [n, heads*dim], k and v [m, kvHeads*dim]. The scores of
// one head are in memory at a time, and computed again for the gradient.
func (t *Tape) Attention(q, k, v *Var, heads, kvHeads int, scale float32, mask Mask) *Var {
	a := &attention{t, q, k, v, heads, kvHeads, q.Value.Cols / heads, scale, mask}
	y := t.memory.get(q.Value.Rows, q.Value.Cols)
	for h := range heads {
		p := a.probabilities(h)
		out := t.memory.get(q.Value.Rows, a.dim)
		t.Pool.MatMul(out, p, nil, t.transpose(a.head(v.Value, a.group(h))).Matrix(), nil)
		put(y, out, h*a.dim)
	}
	return t.Op(y, func(dy tensor.Tensor) {
		for h := range heads {
			a.backward(h, a.head(dy, h))
		}
	}, q, k, v)
}

type attention struct {
	t                   *Tape
	q, k, v             *Var
	heads, kvHeads, dim int
	scale               float32
	mask                Mask
}

// group returns the key head that query head h reads.
func (a *attention) group(h int) int { return h * a.kvHeads / a.heads }

// head copies head h of x.
func (a *attention) head(x tensor.Tensor, h int) tensor.Tensor {
	y := a.t.memory.get(x.Rows, a.dim)
	for i := range x.Rows {
		copy(y.Row(i), x.Row(i)[h*a.dim:])
	}
	return y
}

// put copies y to the columns of x from col on.
func put(x, y tensor.Tensor, col int) {
	for i := range y.Rows {
		copy(x.Row(i)[col:], y.Row(i))
	}
}

// addTo adds y to the columns of x from col on.
func addTo(x, y tensor.Tensor, col int) {
	for i := range y.Rows {
		to := x.Row(i)[col : col+y.Cols]
		for k, d := range y.Row(i) {
			to[k] += d
		}
	}
}

// probabilities returns the attention of head h, [queries, keys].
func (a *attention) probabilities(h int) tensor.Tensor {
	p := a.t.memory.get(a.q.Value.Rows, a.k.Value.Rows)
	a.t.Pool.MatMul(p, a.head(a.q.Value, h), nil, a.head(a.k.Value, a.group(h)).Matrix(), nil)
	for i := range p.Rows {
		row := p.Row(i)
		for j := range row {
			row[j] *= a.scale
		}
		if a.mask.Noise != nil {
			for j, x := range a.mask.Noise[h].Row(i) {
				row[j] += x
			}
		}
		if a.mask.Limits != nil {
			clear(row[a.mask.Limits[i]:])
			row = row[:a.mask.Limits[i]]
		}
		softmax(row)
	}
	return p
}

// backward adds head h's part to the gradients of q, k and v; dy is the gradient
// of the head's output.
func (a *attention) backward(h int, dy tensor.Tensor) {
	t, g := a.t, a.group(h)
	p := a.probabilities(h)
	if a.v.wanted() {
		dv := t.memory.get(a.v.Value.Rows, a.dim)
		t.Pool.MatMul(dv, t.transpose(p), nil, t.transpose(dy).Matrix(), nil)
		addTo(a.v.Grad, dv, g*a.dim)
	}
	if !a.q.wanted() && !a.k.wanted() {
		return
	}
	ds := t.memory.get(p.Rows, p.Cols)
	t.Pool.MatMul(ds, dy, nil, a.head(a.v.Value, g).Matrix(), nil)
	for i := range ds.Rows {
		// Through the softmax: ds = p·(dp - Σ p·dp); masked entries have p = 0.
		row, probs := ds.Row(i), p.Row(i)
		var sum float64
		for j, d := range row {
			sum += float64(d) * float64(probs[j])
		}
		for j, d := range row {
			row[j] = probs[j] * (d - float32(sum)) * a.scale
		}
	}
	if a.q.wanted() {
		dq := t.memory.get(a.q.Value.Rows, a.dim)
		t.Pool.MatMul(dq, ds, nil, t.transpose(a.head(a.k.Value, g)).Matrix(), nil)
		addTo(a.q.Grad, dq, h*a.dim)
	}
	if a.k.wanted() {
		dk := t.memory.get(a.k.Value.Rows, a.dim)
		t.Pool.MatMul(dk, t.transpose(ds), nil, t.transpose(a.head(a.q.Value, h)).Matrix(), nil)
		addTo(a.k.Grad, dk, g*a.dim)
	}
}

// softmax replaces x by its softmax.
func softmax(x []float32) {
	if len(x) == 0 {
		return
	}
	top := x[0]
	for _, v := range x {
		top = max(top, v)
	}
	var sum float64
	for i, v := range x {
		e := math.Exp(float64(v - top))
		x[i] = float32(e)
		sum += e
	}
	for i := range x {
		x[i] = float32(float64(x[i]) / sum)
	}
}
