package tensor

import (
	"math"

	"github.com/go-par/par/asm"
)

// maxFewQueries is up to how many queries a key head are computed one by one. A
// panel costs as much as about ten single queries, however few of its queries are
// in use.
const maxFewQueries = 8

// chunkKeys is the number of keys that one item reads for all queries of a key
// head. It is fixed, so that the order of the sums does not depend on the threads.
// blockKeys of them at a time serve one query after the other, since that many
// stay in L1.
const (
	chunkKeys = 512
	blockKeys = 48
)

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
	if int64(rows)*int64(t.kv.Bytes()) <= 8*grain { // little work, as in elementwise operations
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
	a, kv := (*attention)(t), t.kv
	dim, rows := kv.Dim, t.q.Rows*t.group
	g, c := i/t.chunks, i%t.chunks
	first := c * chunkKeys
	end := min(first+chunkKeys, kv.Len)

	mem := t.pool.floats(worker, rows*(dim+chunkKeys)+kv.widened(blockKeys))
	q, mem := mem[:rows*dim], mem[rows*dim:]
	scores, mem := mem[:rows*chunkKeys], mem[rows*chunkKeys:]
	for r := range rows {
		asm.Scale(q[r*dim:], t.scale, a.row(&t.q, g, r))
	}
	// sees returns how many of the n keys from key on query r sees.
	sees := func(r, key, n int) int { return max(0, min(n, a.limit(r)-key)) }

	for key := first; key < end; key += blockKeys {
		n := min(blockKeys, end-key)
		k := kv.keys(mem, g, key, n)
		for r := range rows {
			s := scores[r*chunkKeys+key-first:]
			asm.DotRows(s[:sees(r, key, n)], k, q[r*dim:(r+1)*dim])
		}
	}
	for r := range rows {
		top, sum, o := a.part(g, r, c)
		s := scores[r*chunkKeys:][:sees(r, first, end-first)]
		*top = asm.Max(s)
		*sum = asm.ExpSum(s, *top)
		clear(o)
	}
	for key := first; key < end; key += blockKeys {
		n := min(blockKeys, end-key)
		v := kv.values(mem, g, key, n)
		for r := range rows {
			_, _, o := a.part(g, r, c)
			s := scores[r*chunkKeys+key-first:]
			asm.SumRows(o, s[:sees(r, key, n)], v)
		}
	}
}

// merge writes the result of query r of key head g from those of the chunks.
func (t *attention) merge(g, r int) {
	most := float32(math.Inf(-1))
	for c := range t.chunks {
		top, _, _ := t.part(g, r, c)
		most = max(most, *top)
	}
	dst := t.row(&t.dst, g, r)
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
