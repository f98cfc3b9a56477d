package tensor

import (
	"sync/atomic"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor/quant"
)

// The product of many rows follows Goto and van de Geijn, "Anatomy of
// High-Performance Matrix Multiplication" (2008), with the roles that long-lived
// weights suggest:
//
//   - a is packed once into panels of a few rows, gathered through the row list,
//     so that choosing rows costs no pass of its own;
//   - each thread takes some columns of the product at a time and packs, for one
//     block of the inner dimension after the other, the weights of these columns
//     into a tile that stays in its L2 cache, in the format of the arithmetic;
//   - asm.Gemm runs all panels of a over the tile.
//
// Blocks are so long that most products have one or two: sums that are written and
// read again cost more than panels of a that are too long for L1 and stream from L2
// and L3, since what a kernel will read of these is known far ahead. A tile then
// holds a single panel of weights, and more of them where the inner dimension is short.
//
// The blocks of the inner dimension depend on its length, on the storage type and
// on the arithmetic only, which fixes the order of every sum.
const (
	gemmSteps   = 2048    // dwords of a row in a block, besides scales
	gemmTile    = 3 << 15 // dwords in a tile: 384 KiB of an L2 cache of 1 MiB
	gemmColumns = 256     // columns in a tile at most
	gemmRows    = 1008    // rows of a packed at once, which bounds the memory for them
)

// noBias is what the first block adds to where there is no bias.
var noBias [gemmColumns]float32

// gemm is the product of up to gemmRows rows with some matrices, whose panels of
// columns it numbers through.
type gemm struct {
	pool  *Pool
	a     Tensor
	rows  []int32 // the row of a for each row of a product, or nil for row first+i
	first int
	n     int // rows of a product
	inner int // columns of a
	parts []gemmPart

	format  asm.PanelFormat
	zero    int32        // of weights in int8
	mr, nr  int          // rows and columns of a tile of the kernel
	panels  int          // panels of a
	lastMR  int          // rows of the last panel; the others have mr
	depth   int          // length of a block of the inner dimension
	packed  []uint32     // panels of a: [block][panel]
	columns int          // panels of weights
	perTile int          // panels of weights in a tile, at most
	groups  int          // groups of panels of a that can be taken separately
	taken   atomic.Int64 // groups taken, counted through all panels of weights
}

// gemmPart is the product with one matrix.
type gemmPart struct {
	Product
	columns int // panels of weights
}

// gemmPack is the first half of the product: its items are the panels of a.
type gemmPack gemm

// gemm runs MatMuls on packed panels. The matrices have the same type and the same
// number of columns.
func (p *Pool) gemm(n int, a Tensor, rows []int32, products ...Product) {
	t := &p.tasks.gemm
	w := products[0].W
	t.format, t.zero = p.compute.with(w).panelFormat(w.typ)
	t.pool, t.a, t.inner = p, a, w.cols
	chunk := ceilDiv(n, ceilDiv(n, gemmRows))
	for lo := 0; lo < n; lo += chunk {
		hi := min(lo+chunk, n)
		t.n, t.rows, t.first = hi-lo, nil, lo
		if rows != nil {
			t.rows = rows[lo:hi]
		}
		t.parts = t.parts[:0]
		for _, x := range products {
			x.Dst = x.Dst.Slice(lo, hi)
			t.parts = append(t.parts, gemmPart{Product: x})
		}
		t.plan(w.typ)
		p.run(t.panels, (*gemmPack)(t))
		p.run(p.Threads(), t)
	}
	clear(t.parts)
	t.a, t.rows = Tensor{}, nil
}

// plan cuts the products.
func (t *gemm) plan(typ quant.Type) {
	m, threads := t.n, t.pool.Threads()
	t.mr, t.nr = t.format.Tile(m)
	t.panels = ceilDiv(m, t.mr)
	t.lastMR, _ = t.format.Tile(m - (t.panels-1)*t.mr)
	t.depth = t.blockDepth(typ)
	t.packed = grow(&t.packed, t.packedRows()*t.format.SizeA(t.padded(t.inner)))

	t.columns = 0
	for i := range t.parts {
		x := &t.parts[i]
		x.columns = ceilDiv(x.W.rows, t.nr)
		t.columns += x.columns
	}
	t.perTile = max(1, min(gemmTile/t.format.SizeB(t.depth), gemmColumns)/t.nr)
	// A group packs the weights anew, so it has some panels, unless there are too few
	// columns to go round.
	t.groups = 1
	if threads > 1 {
		t.groups = max(1, min(t.panels/4, 4), min(t.panels, 4*threads/t.columns))
	}
	t.taken.Store(0)
}

// blockDepth cuts the inner dimension into the fewest blocks of up to gemmSteps,
// about equal, that start on blocks of the storage type and hold whole vectors.
func (t *gemm) blockDepth(typ quant.Type) int {
	longest := gemmSteps * asm.PanelF32.Steps(64) / t.format.Steps(64)
	unit, _ := typ.Block()
	unit = max(unit, 64)
	n := t.inner
	return ceilDiv(ceilDiv(n, ceilDiv(n, longest)), unit) * unit
}

// padded returns the values that n take up in a panel, zeros at the end.
func (t *gemm) padded(n int) int { return ceilDiv(n, t.format.Block()) * t.format.Block() }

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func (t *gemm) packedRows() int { return (t.panels-1)*t.mr + t.lastMR }

// panel returns panel i of a for the block of n values from k on, and its rows.
func (t *gemm) panel(i, k, n int) ([]uint32, int) {
	mr := t.mr
	if i == t.panels-1 {
		mr = t.lastMR
	}
	size := t.format.SizeA(t.padded(n))
	at := t.format.SizeA(k)*t.packedRows() + i*t.mr*size
	return t.packed[at : at+size*mr], mr
}

// run packs panel i of a. Rows beyond the last repeat it: their products are not
// stored.
func (t *gemmPack) run(worker, i int) {
	g := (*gemm)(t)
	p := g.packer(worker)
	for k := 0; k < g.inner; k += g.depth {
		n := min(g.depth, g.inner-k)
		panel, mr := g.panel(i, k, n)
		p.start(n)
		for r := range mr {
			at := i*g.mr + r
			p.activations(r, g.row(min(at, g.n-1))[k:k+n], g.row(min(at+1, g.n-1))[k:k+n])
		}
		p.interleave(panel, mr)
	}
}

// row returns the row of a for row i of a product.
func (t *gemm) row(i int) []float32 {
	if t.rows != nil {
		return t.a.Row(int(t.rows[i]))
	}
	return t.a.Row(t.first + i)
}

// run takes columns until none are left: many at first, fewer towards the end and
// at last groups of rows of one column, so that all threads end together.
func (t *gemm) run(worker, _ int) {
	total, threads := t.columns*t.groups, t.pool.Threads()
	for {
		taken := t.taken.Load()
		at := int(taken)
		if at >= total {
			return
		}
		column, group := at/t.groups, at%t.groups
		left := t.columns - column
		part := t.parts
		for column >= part[0].columns {
			column -= part[0].columns
			part = part[1:]
		}
		n, units, end := 1, 1, group+1
		if group == 0 && left > threads {
			n = max(1, min(t.perTile, left/(2*threads), part[0].columns-column))
			units, end = n*t.groups, t.groups
		}
		if t.taken.CompareAndSwap(taken, taken+int64(units)) {
			t.multiply(worker, &part[0], column, n, group*t.panels/t.groups, end*t.panels/t.groups)
		}
	}
}

// multiply computes n panels of columns for the panels [lo, hi) of a.
func (t *gemm) multiply(worker int, x *gemmPart, column, n, lo, hi int) {
	p := t.packer(worker)
	for k := 0; k < t.inner; k += t.depth {
		depth := min(t.depth, t.inner-k)
		size := t.format.SizeB(t.padded(depth)) * t.nr
		tile := t.pool.dwords(worker, gemmTile)[:n*size]
		p.start(depth)
		for i := range n {
			for c := range t.nr { // columns beyond the last repeat it
				p.weights(c, x.W, min((column+i)*t.nr+c, x.W.rows-1), k)
			}
			p.interleave(tile[i*size:(i+1)*size], t.nr)
		}
		for i := lo; i < hi; i++ {
			t.strip(worker, x, tile, i, column, k, depth)
		}
	}
}

// strip adds the product of panel i of a and the tile to that of x.
func (t *gemm) strip(worker int, x *gemmPart, tile []uint32, i, column, k, depth int) {
	panel, mr := t.panel(i, k, depth)
	depth = t.padded(depth)
	size := t.format.SizeB(depth) // of a column
	row, col := i*t.mr, column*t.nr
	rows := min(mr, t.n-row)
	cols := min(len(tile)/size, x.W.rows-col)

	ld := x.Dst.Cols
	c := x.Dst.Data[row*ld+col:]
	d, ldd := c, ld
	switch {
	case k > 0:
	case x.add && x.Bias != nil:
		for r := range rows {
			asm.Add(c[r*ld:r*ld+cols], x.Bias[col:col+cols])
		}
	case x.add:
	case x.Bias != nil:
		d, ldd = x.Bias[col:], 0
	default:
		d, ldd = noBias[:], 0
	}

	whole := cols / t.nr * t.nr
	if rows < mr {
		whole = 0
	}
	asm.Gemm(t.format, mr, c, ld, d, ldd, panel, tile[:whole*size], depth)
	if whole == cols {
		return
	}
	// What sticks out of dst goes through a strip of its own.
	rest := tile[whole*size:]
	width := len(rest) / size
	strip := t.pool.floats(worker, asm.MaxTileRows*gemmColumns)
	asm.Gemm(t.format, mr, strip, width, noBias[:], 0, panel, rest, depth)
	for r := range rows {
		row, sums := c[r*ld+whole:r*ld+cols], strip[r*width:r*width+cols-whole]
		if ldd == 0 { // d is one row for all
			copy(row, d[whole:cols])
		}
		asm.Add(row, sums)
	}
}
