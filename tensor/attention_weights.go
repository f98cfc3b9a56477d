package tensor

import (
	"fmt"

	"github.com/go-par/par/asm"
)

// AttentionWeights computes the weights that Attention gives the keys: row
// i*heads+h of dst is the softmax of head h of query row i over the first
// limits[i] rows of kv, and 0 beyond. It stores what Attention never does, so it
// is for the few rows that somebody wants to look at.
//
// Shapes: q [n, heads*kv.Dim], dst [n*heads, kv.Len], limits [n].
func (p *Pool) AttentionWeights(dst, q Tensor, heads int, kv *KV, limits []int32, scale float32) {
	if dst.Rows != q.Rows*heads || dst.Cols != kv.Len {
		panic(fmt.Sprintf("tensor: attention weights of %v, %d heads, to %d keys do not go into %v", q, heads, kv.Len, dst))
	}
	checkAttention(q, q, heads, kv, limits)
	if q.Rows == 0 {
		return
	}
	p.begin()
	defer p.end()
	p.run(q.Rows*heads, &attentionWeights{p, dst, q, kv, limits, heads, scale})
}

// attentionWeights is one operation; its items are the rows of dst.
type attentionWeights struct {
	pool   *Pool
	dst, q Tensor
	kv     *KV
	limits []int32
	heads  int
	scale  float32
}

func (t *attentionWeights) run(worker, i int) {
	row, h, dim := i/t.heads, i%t.heads, t.kv.Dim
	n := t.kv.Len
	if t.limits != nil {
		n = int(t.limits[row])
	}
	mem := t.pool.floats(worker, dim+t.kv.widened(n))
	q, mem := mem[:dim], mem[dim:]
	asm.Scale(q, t.scale, t.q.Row(row)[h*dim:(h+1)*dim])
	w := t.dst.Row(i)
	clear(w[n:])
	w = w[:n]
	asm.DotRows(w, t.kv.keys(mem, h*t.kv.Heads/t.heads, 0, n), q)
	asm.Scale(w, 1/asm.ExpSum(w, asm.Max(w)), w)
}
