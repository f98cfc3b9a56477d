package grad

import (
	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor"
)

// Linear is x wᵀ + b: x [n, in], w [out, in], b [1, out] or nil.
func (t *Tape) Linear(x, w, b *Var) *Var { return t.AddLinear(nil, x, w, b) }

// AddLinear is to + x wᵀ + b, with nothing for a nil to.
func (t *Tape) AddLinear(to, x, w, b *Var) *Var {
	y := t.value(x.Value.Rows, w.Value.Rows)
	p := product{dst: y, left: rows(x.Value), right: rows(w.Value)}
	switch {
	case to != nil && b != nil:
		for i := range y.Rows {
			copy(y.Row(i), to.Value.Row(i))
			asm.Add(y.Row(i), b.Value.Data)
		}
		p.start, p.startLD = y.Data, y.Cols
	case to != nil:
		p.start, p.startLD = to.Value.Data, y.Cols
	case b != nil:
		p.start = b.Value.Data
	}
	t.multiply(&p)
	return t.op(y, func(dy tensor.Tensor) {
		if w.wanted() {
			t.accumulate(w, columns(dy), columns(x.Value)) // dw = dyᵀ x
		}
		if b.wanted() {
			addColumns(t.zeroed(b).Data, dy)
		}
		if x.wanted() {
			t.accumulate(x, rows(dy), columns(w.Value)) // dx = dy w
		}
		if to.wanted() {
			t.pass(to, dy)
		}
	}, to, x, w, b)
}

// accumulate adds a product to the gradient of v.
func (t *Tape) accumulate(v *Var, left, right side) {
	g, add := t.sum(v)
	p := product{dst: g, left: left, right: right}
	if add {
		p.start, p.startLD = g.Data, g.Cols
	}
	t.multiply(&p)
}

// addColumns adds the sums of x's columns to dst, rows in order.
func addColumns(dst []float32, x tensor.Tensor) {
	for i := range x.Rows {
		asm.Add(dst, x.Row(i))
	}
}

// product is dst = start + left·right. start has rows startLD apart, so that it can be
// dst or, with 0, one row for all; nil is 0.
type product struct {
	dst         tensor.Tensor
	left, right side
	start       []float32
	startLD     int
	lower       bool // what is above the diagonal is not wanted, and undefined
}

// A block of the inner dimension has up to maxSteps dwords, so that a panel of the
// left side stays in the L1 cache, and its tile of the right side, of up to tileSize
// dwords and maxColumns columns, in the L2 cache. See package tensor's products.
const (
	maxSteps   = 384
	tileSize   = 1 << 17
	maxColumns = 1024
)

var noStart [maxColumns]float32

// multiplier computes products.
type multiplier struct {
	tile    []uint32
	workers []worker
}

func (t *Tape) multiply(p *product) { t.multiplier.multiply(t.Pool, panelFormat(t.Compute), p) }

// multiply computes p. The order of a sum depends on its depth and the format only.
func (m *multiplier) multiply(pool *tensor.Pool, f asm.PanelFormat, p *product) {
	m.prepare(pool)
	depth := p.left.depth
	if depth == 0 || p.dst.Rows == 0 || p.dst.Cols == 0 {
		for i := range p.dst.Rows {
			if p.start == nil {
				clear(p.dst.Row(i))
			} else {
				copy(p.dst.Row(i), p.start[i*p.startLD:])
			}
		}
		return
	}
	_, nr := f.Tile(1)
	block := ceilDiv(depth, ceilDiv(steps(f, depth), maxSteps))
	block += block % f.Block()
	perTile := min(tileSize/steps(f, block), maxColumns) / nr * nr
	for k := 0; k < depth; k += block {
		n := min(block, depth-k)
		if k > 0 {
			p.start, p.startLD = p.dst.Data, p.dst.Cols
		}
		for column := 0; column < p.right.lanes; column += perTile {
			m.block(pool, f, p, k, n, column, min(column+perTile, p.right.lanes))
		}
	}
}

func (m *multiplier) prepare(pool *tensor.Pool) {
	if len(m.workers) < pool.Threads() {
		m.workers = make([]worker, pool.Threads())
	}
}

// together is how many panels are packed at once where lanes are across: they share
// cache lines.
const together = 4

// block adds n steps from k on to the columns from lo to hi.
func (m *multiplier) block(pool *tensor.Pool, f asm.PanelFormat, p *product, k, n, lo, hi int) {
	mr, nr := f.Tile(p.left.lanes)
	size := steps(f, n)
	tile := grow(&m.tile, ceilDiv(hi-lo, nr)*nr*size)
	some := nr * together
	pool.Do(ceilDiv(hi-lo, some), func(worker, i int) {
		m.workers[worker].pack(f, tile[i*some*size:], nr, p.right, lo+i*some, min(some, hi-lo-i*some), k, n)
	})
	tall := mr
	if p.left.across {
		tall *= together
	}
	pool.Do(ceilDiv(p.left.lanes, tall), func(worker, i int) {
		w := &m.workers[worker]
		left := p.left
		left.lanes = min(left.lanes, (i+1)*tall)
		panels := w.packLeft(f, &w.left, left.from(i*tall), k, n)
		for row := i * tall; row < left.lanes; {
			mr, _ := f.Tile(left.lanes - row)
			hi := hi
			if p.lower {
				hi = max(lo, min(hi, row+mr))
			}
			w.strips(f, p, panels[:mr*size], tile[:ceilDiv(hi-lo, nr)*nr*size], row, mr, lo, hi, n)
			panels = panels[mr*size:]
			row += mr
		}
	})
}

// strips multiplies a panel of mr rows with a tile.
func (w *worker) strips(f asm.PanelFormat, p *product, panel, tile []uint32, row, mr, lo, hi, n int) {
	_, nr := f.Tile(mr)
	n += n % f.Block()
	ld := p.dst.Cols
	c, d, ldd := p.dst.Data[row*ld+lo:], noStart[:], 0
	if p.start != nil {
		d, ldd = p.start[row*p.startLD+lo:], p.startLD
	}
	have := min(mr, p.dst.Rows-row)
	whole := (hi - lo) / nr * nr
	if have < mr {
		whole = 0
	}
	at := whole * f.Steps(n)
	asm.Gemm(f, mr, c, ld, d, ldd, panel, tile[:at], n)
	if whole == hi-lo {
		return
	}
	// What sticks out of dst goes through a strip of its own.
	width := ceilDiv(hi-lo-whole, nr) * nr
	strip := grow(&w.strip, mr*width)
	asm.Gemm(f, mr, strip, width, noStart[:], 0, panel, tile[at:], n)
	for r := range have {
		for j, v := range strip[r*width : r*width+hi-lo-whole] {
			c[r*ld+whole+j] = d[r*ldd+whole+j] + v
		}
	}
}
