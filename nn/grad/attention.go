package grad

import (
	"fmt"
	"math"

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

// Mask is what attention does besides softmax(scale q kᵀ) v. With spans, sequences can
// be packed into one: each row's Own begins where its sequence does, or, of sequences
// that go on from the same rows, where its branch does, and Shared is those rows.
type Mask struct {
	Own    []Span          // query row i sees these keys; nil: all
	Shared []Span          // and these, which end where Own[i] begins or before; nil: none
	Noise  []tensor.Tensor // a head's [queries, keys], added to the scaled scores; nil: none
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

// gathered returns the mask of some queries.
func (m *Mask) gathered(queries []int32) (out Mask) {
	for _, i := range queries {
		if m.Own != nil {
			out.Own = append(out.Own, m.Own[i])
		}
		if m.Shared != nil {
			out.Shared = append(out.Shared, m.Shared[i])
		}
	}
	for _, x := range m.Noise {
		y := tensor.New(len(queries), x.Cols)
		tensor.Gather(y, x, queries)
		out.Noise = append(out.Noise, y)
	}
	return out
}

// check panics where a span does not lie within n keys.
func (m *Mask) check(queries, n int) {
	for i := range queries {
		shared, own := m.row(i, n)
		if shared.From < 0 || shared.From > shared.To || shared.To > own.From || own.From > own.To || int(own.To) > n {
			panic(fmt.Sprintf("grad: query %d sees keys %v and %v of %d", i, shared, own, n))
		}
	}
}

// Attention is softmax(scale q kᵀ) v per head, with grouped queries as in
// tensor.Pool.Attention: q [n, heads*dim], k and v [m, kvHeads*dim]. A query that
// sees no key gets 0.
//
// Scores exist for a tile of queries at a time, over the keys that any of them sees,
// and are computed again for the gradient from the logarithm of their sum (Dao et al.,
// "FlashAttention", 2022).
func (t *Tape) Attention(q, k, v *Var, heads, kvHeads int, scale float32, mask Mask) *Var {
	mask.check(q.Value.Rows, k.Value.Rows)
	a := &attention{
		q: q.Value, k: k.Value, v: v.Value, y: t.value(q.Value.Rows, q.Value.Cols),
		group: heads / kvHeads, dim: q.Value.Cols / heads, scale: scale, mask: mask,
		logSum: t.value(heads, q.Value.Rows),
		format: panelFormat(t.Compute),
	}
	a.cut()
	m := &t.multiplier
	m.prepare(t.Pool)
	t.Pool.Do(heads, func(worker, h int) { a.forward(&m.workers[worker], h) })
	return t.op(a.y, func(dy tensor.Tensor) {
		a.dy = dy
		var list [3]tensor.Tensor
		for i, x := range []*Var{q, k, v} {
			if x.wanted() {
				list[i], a.add[i] = t.sum(x)
			}
		}
		a.dq, a.dk, a.dv = list[0], list[1], list[2]
		t.Pool.Do(kvHeads, func(worker, g int) { a.backward(&m.workers[worker], g) })
	}, q, k, v)
}

// attention is one operation.
type attention struct {
	q, k, v, y tensor.Tensor
	group      int // query heads to a key head
	dim        int
	scale      float32
	mask       Mask
	format     asm.PanelFormat
	logSum     tensor.Tensor // of the exponentials of a row's scores, [heads, queries]
	tiles      []tile

	dy, dq, dk, dv tensor.Tensor
	add            [3]bool // to dq, dk, dv, or else write them
}

// A tile is some queries and what they see of the keys.
type tile struct {
	from, to int // queries
	reach    [2]Span
	width    int // keys in reach
}

// tileQueries is how many queries a tile has at most. Fewer see less that is masked;
// the products are as deep, and spread their cost over more.
const tileQueries = 32

// cut forms the tiles: of neighbours, unless they see different parts of the keys.
func (a *attention) cut() {
	_, nr := a.format.Tile(1)
	n := a.k.Rows
	whole := func(s Span) Span { // panels of keys
		if s.From == s.To {
			return Span{}
		}
		return Span{s.From / int32(nr) * int32(nr), (s.To + int32(nr) - 1) / int32(nr) * int32(nr)}
	}
	for i := range a.q.Rows {
		shared, own := a.mask.row(i, n)
		shared, own = whole(shared), whole(own)
		if k := len(a.tiles); k > 0 && i-a.tiles[k-1].from < tileQueries && a.tiles[k-1].join(shared, own) {
			a.tiles[k-1].to = i + 1
			continue
		}
		t := tile{from: i, to: i + 1, reach: [2]Span{shared, own}}
		a.tiles = append(a.tiles, t)
	}
	for i := range a.tiles {
		a.tiles[i].settle()
	}
}

// join extends the reach by spans that touch it, and reports whether they do.
func (t *tile) join(shared, own Span) bool {
	both := [2]Span{shared, own}
	for i, s := range both {
		if r := t.reach[i]; s != (Span{}) && r != (Span{}) && (s.From > r.To || r.From > s.To) {
			return false
		}
	}
	for i, s := range both {
		t.reach[i] = t.reach[i].union(s)
	}
	return true
}

func (s Span) union(o Span) Span {
	switch {
	case s.From == s.To:
		return o
	case o.From == o.To:
		return s
	}
	return Span{min(s.From, o.From), max(s.To, o.To)}
}

// settle makes the parts of the reach disjoint.
func (t *tile) settle() {
	a, b := t.reach[0], t.reach[1]
	if a.From != a.To && b.From != b.To && b.From <= a.To && a.From <= b.To {
		t.reach = [2]Span{{}, a.union(b)}
	}
	for _, s := range t.reach {
		t.width += int(s.To - s.From)
	}
}

// column returns where key k of the reach is in the tile's scores.
func (t *tile) column(k int32) int {
	if a := t.reach[0]; k < a.To && k >= a.From {
		return int(k - a.From)
	}
	return int(k - t.reach[1].From + t.reach[0].To - t.reach[0].From)
}

// visible returns the parts of a row of scores that query i sees.
func (a *attention) visible(t *tile, row []float32, i int) (x, y []float32) {
	shared, own := a.mask.row(i, a.k.Rows)
	if shared.From < shared.To {
		c := t.column(shared.From)
		x = row[c : c+int(shared.To-shared.From)]
	}
	if own.From < own.To {
		c := t.column(own.From)
		y = row[c : c+int(own.To-own.From)]
	}
	return x, y
}

// clearRest makes the parts of a row that query i does not see 0.
func (a *attention) clearRest(t *tile, row []float32, i int) {
	shared, own := a.mask.row(i, a.k.Rows)
	end := 0
	for _, s := range [2]Span{shared, own} {
		if s.From < s.To {
			c := t.column(s.From)
			clear(row[end:c])
			end = c + int(s.To-s.From)
		}
	}
	clear(row[end:])
}

// head returns the columns of a head as a tensor's rows would be, from row lo to hi.
func (a *attention) head(x tensor.Tensor, h, lo, hi int, across bool) side {
	s := side{x.Data[lo*x.Cols+h*a.dim:], x.Cols, hi - lo, a.dim, across}
	if across {
		s.lanes, s.depth = a.dim, hi-lo
	}
	return s
}

// padded returns the number of keys in whole panels.
func (a *attention) padded() int {
	_, nr := a.format.Tile(1)
	return ceilDiv(a.k.Rows, nr) * nr
}

// packKeysAcross packs a head's keys or values with the dimensions of the head as
// lanes of the left side, and keys up to whole panels of zeros.
func (a *attention) packKeysAcross(w *worker, to *[]uint32, x tensor.Tensor, g int) []uint32 {
	n := a.k.Rows
	size, have := steps(a.format, a.padded()), steps(a.format, n)
	s := a.head(x, g, 0, n, true)
	if have == size {
		return w.packLeft(a.format, to, s, 0, n)
	}
	out := grow(to, (a.dim+asm.MaxTileRows)*size)
	packed := w.packLeft(a.format, &w.left, s, 0, n)
	for lane := 0; lane < a.dim; {
		mr, _ := a.format.Tile(a.dim - lane)
		panel := out[lane*size : (lane+mr)*size]
		clear(panel[copy(panel, packed[:mr*have]):])
		packed = packed[mr*have:]
		lane += mr
	}
	return out
}

// multiplyLeft computes the product of panels of a left side, of which steps from
// skip on count, and panels of a right side, with depth n.
func multiplyLeft(f asm.PanelFormat, c []float32, ld int, left []uint32, lanes, depth, skip int, right []uint32, n int, add bool) {
	size := steps(f, depth)
	for lane := 0; lane < lanes; {
		mr, _ := f.Tile(lanes - lane)
		panel := left[lane*size : (lane+mr)*size]
		d, ldd := noStart[:], 0
		if add {
			d, ldd = c[lane*ld:], ld
		}
		asm.Gemm(f, mr, c[lane*ld:], ld, d, ldd, panel[f.Steps(skip)*mr:], right, n)
		lane += mr
	}
}

// scores computes the products of a tile's rows of x, packed as left, with the keys
// or values packed in right.
func (a *attention) scores(dst []float32, t *tile, left, right []uint32) {
	depth := a.dim + a.dim%a.format.Block()
	size := steps(a.format, a.dim)
	column := 0
	for _, s := range t.reach {
		if s.From == s.To {
			continue
		}
		multiplyLeft(a.format, dst[column:], t.width, left, t.to-t.from, a.dim, 0, right[int(s.From)*size:int(s.To)*size], depth, false)
		column += int(s.To - s.From)
	}
}

// memory returns room for a tile's scores, rows up to whole panels.
func (t *tile) memory(to *[]float32) []float32 {
	return grow(to, (t.to-t.from+asm.MaxTileRows)*t.width)
}

// weights computes the scaled scores of a tile and turns what a query sees of them
// into weights by f; the rest becomes 0.
func (a *attention) weights(w *worker, t *tile, h int, keys []uint32, f func(i int, x, y []float32)) []float32 {
	left := w.packLeft(a.format, &w.left, a.head(a.q, h, t.from, t.to, false), 0, a.dim)
	p := t.memory(&w.scores)
	a.scores(p, t, left, keys)
	for i := t.from; i < t.to; i++ {
		row := p[(i-t.from)*t.width : (i-t.from+1)*t.width]
		x, y := a.visible(t, row, i)
		asm.Scale(x, a.scale, x)
		asm.Scale(y, a.scale, y)
		if a.mask.Noise != nil {
			noise := a.mask.Noise[h].Row(i)
			shared, own := a.mask.row(i, a.k.Rows)
			asm.Add(x, noise[shared.From:shared.To])
			asm.Add(y, noise[own.From:own.To])
		}
		f(i, x, y)
		a.clearRest(t, row, i)
	}
	return p
}

// forward computes head h.
func (a *attention) forward(w *worker, h int) {
	g := h / a.group
	keys := w.packRight(a.format, &w.keys, a.head(a.k, g, 0, a.k.Rows, false), 0, a.dim)
	values := a.packKeysAcross(w, &w.values, a.v, g)
	var inverse [tileQueries]float32
	for i := range a.tiles {
		t := &a.tiles[i]
		p := a.weights(w, t, h, keys, func(i int, x, y []float32) {
			top := max(asm.Max(x), asm.Max(y))
			if math.IsInf(float64(top), -1) {
				inverse[i-t.from], a.logSum.Row(h)[i] = 0, 0
				return
			}
			sum := asm.ExpSum(x, top) + asm.ExpSum(y, top)
			inverse[i-t.from] = 1 / sum
			a.logSum.Row(h)[i] = top + float32(math.Log(float64(sum)))
		})
		out, ld := a.gather(w, t, p, values)
		a.put(a.y, h, t, out, ld, false)
		for r, s := range inverse[:t.to-t.from] {
			row := a.y.Row(t.from + r)[h*a.dim : (h+1)*a.dim]
			asm.Scale(row, s, row)
		}
	}
}

// gather computes the sums of a tile's weights with keys or values packed across,
// [dim][queries], the queries up to whole panels.
func (a *attention) gather(w *worker, t *tile, p []float32, packed []uint32) (out []float32, ld int) {
	_, nr := a.format.Tile(1)
	ld = ceilDiv(t.to-t.from, nr) * nr
	out = grow(&w.strip, (a.dim+asm.MaxTileRows)*ld)
	column, add := 0, false
	for _, s := range t.reach {
		n := int(s.To - s.From)
		if n == 0 {
			continue
		}
		right := w.packRight(a.format, &w.right, side{p[column:], t.width, t.to - t.from, n, false}, 0, n)
		multiplyLeft(a.format, out, ld, packed, a.dim, a.padded(), int(s.From), right, n, add)
		column, add = column+n, true
	}
	if !add {
		clear(out)
	}
	return out, ld
}

// put writes the transpose of out, or adds it, to the rows of a tile in head h of x.
func (a *attention) put(x tensor.Tensor, h int, t *tile, out []float32, ld int, add bool) {
	transposeTo(x.Data[t.from*x.Cols+h*a.dim:], x.Cols, out, ld, a.dim, t.to-t.from, add)
}
