package grad

import (
	"unsafe"

	"github.com/go-par/par/asm"
)

// backward computes the gradients of key head g and the query heads that read it.
func (a *attention) backward(w *worker, g int) {
	n, padded := a.k.Rows, a.padded()
	b := back{attention: a, worker: w}
	b.keys = w.packRight(a.format, &w.keys, a.head(a.k, g, 0, n, false), 0, a.dim)
	b.values = w.packRight(a.format, &w.values, a.head(a.v, g, 0, n, false), 0, a.dim)
	if a.dq.Data != nil {
		b.across = a.packKeysAcross(w, &w.across, a.k, g)
	}
	size := (a.dim + asm.MaxTileRows) * padded
	sums := grow(&w.sums, 2*size)
	clear(sums)
	b.dk, b.dv = sums[:size], sums[size:]
	for h := g * a.group; h < (g+1)*a.group; h++ {
		for i := range a.tiles {
			b.tile(&a.tiles[i], h)
		}
	}
	if a.dk.Data != nil {
		transposeTo(a.dk.Data[g*a.dim:], a.dk.Cols, b.dk, padded, a.dim, n, a.add[1])
	}
	if a.dv.Data != nil {
		transposeTo(a.dv.Data[g*a.dim:], a.dv.Cols, b.dv, padded, a.dim, n, a.add[2])
	}
}

// back is what the tiles of a key head share.
type back struct {
	*attention
	*worker
	keys, values []uint32  // packed as right sides
	across       []uint32  // the keys as a left side
	dk, dv       []float32 // their gradients, [dim][keys]
}

// tile adds a tile of head h.
func (b *back) tile(t *tile, h int) {
	a, w := b.attention, b.worker
	sums := a.logSum.Row(h)
	p := a.weights(w, t, h, b.keys, func(i int, x, y []float32) {
		asm.ExpSum(x, sums[i])
		asm.ExpSum(y, sums[i])
	})
	dy := a.head(a.dy, h, t.from, t.to, false)
	if a.dv.Data != nil {
		b.spread(t, b.dv, a.head(a.dy, h, t.from, t.to, true), p)
	}
	if a.dq.Data == nil && a.dk.Data == nil {
		return
	}
	ds := t.memory(&w.grads)
	a.scores(ds, t, w.packLeft(a.format, &w.left, dy, 0, a.dim), b.values)
	for i := t.from; i < t.to; i++ {
		// Through the softmax: ds = p·(dp - Σ p·dp), and the sum is that of dy·y.
		lo, hi := (i-t.from)*t.width, (i-t.from+1)*t.width
		sum := asm.Dot(a.dy.Row(i)[h*a.dim:(h+1)*a.dim], a.y.Row(i)[h*a.dim:(h+1)*a.dim])
		asm.Normalize(ds[lo:hi], ds[lo:hi], p[lo:hi], nil, sum, a.scale)
	}
	if a.dk.Data != nil {
		b.spread(t, b.dk, a.head(a.q, h, t.from, t.to, true), ds)
	}
	if a.dq.Data != nil {
		out, ld := a.gather(w, t, ds, b.across)
		a.put(a.dq, h, t, out, ld, a.add[0])
	}
}

// spread adds the products of a tile's rows, as lanes across, and its weights p to the
// columns of dst that the tile sees.
func (b *back) spread(t *tile, dst []float32, rows side, p []float32) {
	w, f := b.worker, b.format
	n := t.to - t.from
	left := w.packLeft(f, &w.left, rows, 0, n)
	padded := b.padded()
	column := 0
	for _, s := range t.reach {
		width := int(s.To - s.From)
		if width == 0 {
			continue
		}
		right := w.packRight(f, &w.right, side{p[column:], t.width, width, n, true}, 0, n)
		multiplyLeft(f, dst[s.From:], padded, left, b.dim, n, 0, right, n+n%f.Block(), true)
		column += width
	}
}

// transposeTo writes the transpose of src, [cols][ld], to rows of dst of that many
// columns, pitch apart, or adds it.
func transposeTo(dst []float32, pitch int, src []float32, ld, cols, rows int, add bool) {
	if add {
		for r := range rows {
			to := dst[r*pitch : r*pitch+cols]
			for c := range to {
				to[c] += src[c*ld+r]
			}
		}
		return
	}
	var from [asm.MaxTileColumns]unsafe.Pointer
	for lo := 0; lo < cols; lo += len(from) {
		n := min(len(from), cols-lo)
		for c := range n {
			from[c] = unsafe.Pointer(&src[(lo+c)*ld])
		}
		asm.Interleave(dst[lo:], pitch, from[:n], rows)
	}
}
