package grad

import (
	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor"
)

// Span is the rows From to To, without To.
type Span struct{ From, To int32 }

// Causal returns the Own spans of causal attention over n rows.
func Causal(n int) []Span {
	spans := make([]Span, n)
	for i := range spans {
		spans[i].To = int32(i + 1)
	}
	return spans
}

// Mask is what attention does besides softmax(scale q kᵀ) v.
type Mask struct {
	Own    []Span          // query row i sees these keys; nil: all
	Shared []Span          // and these, which end where Own[i] begins or before; nil: none
	Noise  []tensor.Tensor // a head's [queries, keys], added to the scaled scores; nil: none
}

// Attention is softmax(scale q kᵀ) v per head, with grouped queries as in
// tensor.Pool.Attention: q [n, heads*dim], k and v [m, kvHeads*dim]. The scores of
// one head are in memory at a time, and computed again for the gradient.
func (t *Tape) Attention(q, k, v *Var, heads, kvHeads int, scale float32, mask Mask) *Var {
	a := &attention{t, q, k, v, heads, kvHeads, q.Value.Cols / heads, scale, mask}
	y := t.value(q.Value.Rows, q.Value.Cols)
	for h := range heads {
		p := a.probabilities(h)
		out := t.value(q.Value.Rows, a.dim)
		t.Pool.MatMul(out, p, nil, t.transpose(a.head(v.Value, a.group(h))).Matrix(), nil)
		put(y, out, h*a.dim)
	}
	return t.op(y, func(dy tensor.Tensor) {
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
	y := a.t.value(x.Rows, a.dim)
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
	p := a.t.value(a.q.Value.Rows, a.k.Value.Rows)
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
		shared, own := a.mask.row(i, len(row))
		clear(row[:shared.From])
		clear(row[shared.To:own.From])
		clear(row[own.To:])
		softmax(row[shared.From:shared.To], row[own.From:own.To])
	}
	return p
}

// backward adds head h's part to the gradients of q, k and v; dy is the gradient
// of the head's output.
func (a *attention) backward(h int, dy tensor.Tensor) {
	t, g := a.t, a.group(h)
	p := a.probabilities(h)
	if a.v.wanted() {
		dv := t.value(a.v.Value.Rows, a.dim)
		t.Pool.MatMul(dv, t.transpose(p), nil, t.transpose(dy).Matrix(), nil)
		addTo(t.zeroed(a.v), dv, g*a.dim)
	}
	if !a.q.wanted() && !a.k.wanted() {
		return
	}
	ds := t.value(p.Rows, p.Cols)
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
		dq := t.value(a.q.Value.Rows, a.dim)
		t.Pool.MatMul(dq, ds, nil, t.transpose(a.head(a.k.Value, g)).Matrix(), nil)
		addTo(t.zeroed(a.q), dq, h*a.dim)
	}
	if a.k.wanted() {
		dk := t.value(a.k.Value.Rows, a.dim)
		t.Pool.MatMul(dk, t.transpose(ds), nil, t.transpose(a.head(a.q.Value, h)).Matrix(), nil)
		addTo(t.zeroed(a.k), dk, g*a.dim)
	}
}

// row returns the keys that query i sees, of n.
func (m *Mask) row(i, n int) (shared, own Span) {
	own.To = int32(n)
	if m.Own != nil {
		own = m.Own[i]
	}
	if m.Shared != nil {
		shared = m.Shared[i]
	}
	return shared, own
}

// softmax replaces the values of both parts by their common softmax.
func softmax(a, b []float32) {
	top := max(asm.Max(a), asm.Max(b))
	sum := asm.ExpSum(a, top) + asm.ExpSum(b, top)
	asm.Scale(a, 1/sum, a)
	asm.Scale(b, 1/sum, b)
}
