package tensor

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/go-par/par/asm"
)

// Attention computes dst = softmax(scale q kᵀ) v per head with an online
// softmax; no score matrix is stored. Query row i sees the first limits[i] rows
// of kv (at least one); nil limits let every query see all of them, so that
// bidirectional, causal and prefix masks over explicit positions are one case.
// Query head h reads key head h*kv.Heads/heads (grouped-query attention).
//
// A query's result depends on it, on kv and on its limit, not on the threads; on
// the other rows only in so far as few rows are computed in another order than
// many.
//
// Shapes: q, dst [n, heads*kv.Dim], limits [n].
func (p *Pool) Attention(dst, q Tensor, heads int, kv *KV, limits []int32, scale float32) {
	checkAttention(dst, q, heads, kv, limits)
	if q.Rows == 0 || q.Cols == 0 {
		return
	}
	p.begin()
	defer p.end()
	t := &p.tasks.attention
	t.pool, t.dst, t.q, t.kv, t.limits, t.scale = p, dst, q, kv, limits, scale
	t.group = heads / kv.Heads
	if rows := q.Rows * t.group; rows <= maxFewQueries {
		t.runFew(rows)
	} else {
		t.panels = ceilDiv(rows, asm.Queries)
		p.run(kv.Heads*t.panels, (*attentionPanels)(t))
	}
	t.dst, t.q, t.kv, t.limits = Tensor{}, Tensor{}, nil, nil
}

// checkAttention panics where the shapes do not fit or a limit is out of range.
// The kernels rely on it.
func checkAttention(dst, q Tensor, heads int, kv *KV, limits []int32) {
	if kv.Heads <= 0 || heads < kv.Heads || heads%kv.Heads != 0 || q.Cols != heads*kv.Dim || dst.Cols != q.Cols || dst.Rows != q.Rows ||
		limits != nil && len(limits) != q.Rows {
		panic(fmt.Sprintf("tensor: attention of %v, %d heads, to %d heads of %d with %d limits does not go into %v",
			q, heads, kv.Heads, kv.Dim, len(limits), dst))
	}
	if q.Rows > 0 && kv.Len == 0 {
		panic("tensor: attention to no keys")
	}
	for i, n := range limits {
		if n < 1 || int(n) > kv.Len {
			panic(fmt.Sprintf("tensor: query %d sees %d of %d keys", i, n, kv.Len))
		}
	}
}

// attention is one operation. The queries of all heads that share a key head are
// taken together: number r of them is row r/group, head r%group of these. So
// keys are read once for all, and neighbours see about the same keys.
type attention struct {
	pool   *Pool
	dst, q Tensor
	kv     *KV
	limits []int32
	scale  float32
	group  int // query heads a key head

	panels int       // panels of queries a key head
	chunks int       // of keys, where there are few queries
	parts  []float32 // their results
}

// row returns the values of query r of key head g in x, which is q or dst.
func (t *attention) row(x *Tensor, g, r int) []float32 {
	h := g*t.group + r%t.group
	return x.Row(r / t.group)[h*t.kv.Dim : (h+1)*t.kv.Dim]
}

// limit returns how many keys query r sees.
func (t *attention) limit(r int) int {
	if t.limits == nil {
		return t.kv.Len
	}
	return int(t.limits[r/t.group])
}

// attentionPanels is the attention of many queries; its items are panels of
// asm.Queries of them. Tiles of keys that no query of a panel sees are skipped.
type attentionPanels attention

// tileKeys is the number of keys in a tile. Its scores, 12 KiB, stay in L1 between
// the three kernels; it is large enough that scaling what was gathered before,
// two operations on each value a tile, is little beside the 2*tileKeys of the tile
// itself.
const tileKeys = 8 * asm.KeyGroup

func (t *attentionPanels) run(worker, i int) {
	a := (*attention)(t)
	dim := t.kv.Dim
	// The later a query is, the more keys it sees under a causal mask: these first, so
	// that all threads end together.
	g, first := i/t.panels, (t.panels-1-i%t.panels)*asm.Queries
	rows := min(asm.Queries, t.q.Rows*t.group-first)

	stride := asm.ValueStride(dim)
	mem := t.pool.floats(worker, asm.Queries*(dim+tileKeys+stride)+t.kv.widened(tileKeys))
	q, mem := mem[:asm.Queries*dim], mem[asm.Queries*dim:]
	s, mem := mem[:asm.Queries*tileKeys], mem[asm.Queries*tileKeys:]
	o, mem := mem[:asm.Queries*stride], mem[asm.Queries*stride:]
	clear(o)
	a.packQueries(q, g, first, rows)

	panel := asm.Panel{Used: rows}
	var limits [asm.Queries]int
	least, most := t.kv.Len, 0
	for r := range limits {
		limits[r] = a.limit(first + min(r, rows-1))
		least, most = min(least, limits[r]), max(most, limits[r])
		panel.Max[r] = float32(math.Inf(-1))
	}
	for key := 0; key < most; key += tileKeys {
		n := min(tileKeys, most-key)
		masked := key+n > least
		if masked {
			for r := range limits {
				panel.Limit[r] = int32(limits[r] - key)
			}
		}
		group := ceilDiv(n, asm.KeyGroup) * asm.KeyGroup
		asm.AttentionScores(s, q, t.kv.keys(mem, g, key, group), &panel, group, dim)
		asm.AttentionSoftmax(s, &panel, n, masked)
		asm.AttentionValues(o, s, t.kv.values(mem, g, key, n), &panel, n, dim)
	}
	for r := range rows {
		asm.Scale(a.row(&t.dst, g, first+r), 1/panel.Sum[r], o[r*stride:r*stride+dim])
	}
}

// packQueries writes queries [first, first+rows) of key head g as the columns of
// q, scaled so that the softmax is one of powers of 2.
func (t *attention) packQueries(q []float32, g, first, rows int) {
	var src [asm.Queries]unsafe.Pointer
	for r := range rows {
		src[r] = unsafe.Pointer(unsafe.SliceData(t.row(&t.q, g, first+r)))
	}
	asm.Interleave(q, asm.Queries, src[:rows], t.kv.Dim)
	asm.Scale(q, t.scale*math.Log2E, q)
}
