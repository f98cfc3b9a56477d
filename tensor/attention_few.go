package tensor

import (
	"math"

	"github.com/go-par/par/asm"
)

// maxFewQueries is up to how many queries a key head are computed one by one. The
// cost of a panel does not depend on how full it is, and that of one query is
// about a sixth of it, as long as the keys come from the cache.
const maxFewQueries = 5

// chunkKeys is the number of keys that one item reads for all queries of a key
// head. It is fixed, so that the order of the sums does not depend on the threads,
// and such that the keys and the values of a chunk stay in L2 from one query to
// the next.
const chunkKeys = 512

// attentionFew is the attention of few queries, as in decoding; its items are
// chunks of the keys of one head, whose results are put together at the end.
type attentionFew attention

// A part is what a chunk contributes to a query: the greatest score, the sum of
// the weights relative to it and the weighted sum of values, partHeader+dim
// floats.
const partHeader = 2

func (t *attention) runFew(rows int) {
	t.chunks = ceilDiv(t.kv.Len, chunkKeys)
	grow(&t.parts, t.kv.Heads*rows*t.chunks*(partHeader+t.kv.Dim))
	items := t.kv.Heads * t.chunks
	if 2*rows*t.kv.Heads*t.kv.Len*t.kv.Dim <= grain {
		for i := range items {
			(*attentionFew)(t).run(0, i)
		}
	} else {
		t.pool.run(items, (*attentionFew)(t))
	}
	for g := range t.kv.Heads {
		for r := range rows {
			t.merge(g, r)
		}
	}
}

// part returns what chunk c contributes to query r of key head g.
func (t *attention) part(g, r, c int) (top, sum *float32, o []float32) {
	size := partHeader + t.kv.Dim
	p := t.parts[((g*t.q.Rows*t.group+r)*t.chunks+c)*size:][:size]
	return &p[0], &p[1], p[partHeader:]
}

func (t *attentionFew) run(worker, i int) {
	a := (*attention)(t)
	dim := t.kv.Dim
	g, c := i/t.chunks, i%t.chunks
	first := c * chunkKeys
	keys := min(chunkKeys, t.kv.Len-first)
	k, v := t.kv.keys(g)[first*dim:], t.kv.values(g)[first*dim:]
	mem := t.pool.floats(worker, dim+chunkKeys)
	q, scores := mem[:dim], mem[dim:]
	for r := range t.q.Rows * t.group {
		top, sum, o := a.part(g, r, c)
		clear(o)
		n := min(keys, a.limit(r)-first)
		if n <= 0 {
			*top, *sum = float32(math.Inf(-1)), 0
			continue
		}
		s := scores[:n]
		asm.Scale(q, t.scale, a.row(t.q, g, r))
		asm.DotRows(s, k, q)
		*top = asm.Max(s)
		*sum = asm.ExpSum(s, *top)
		asm.SumRows(o, s, v)
	}
}

// merge writes the result of query r of key head g from those of the chunks.
func (t *attention) merge(g, r int) {
	most := float32(math.Inf(-1))
	for c := range t.chunks {
		top, _, _ := t.part(g, r, c)
		most = max(most, *top)
	}
	dst := t.row(t.dst, g, r)
	clear(dst)
	var total float32
	for c := range t.chunks {
		top, sum, o := t.part(g, r, c)
		w := float32(math.Exp(float64(*top - most)))
		total += w * *sum
		asm.Axpy(dst, w, o)
	}
	asm.Scale(dst, 1/total, dst)
}
