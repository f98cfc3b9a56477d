package tensor

import (
	"sync/atomic"
	"unsafe"

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
//     into a tile that stays in its L2 cache, widened to f32;
//   - asm.GemmF32 runs all panels of a over the tile: a panel stays in L1, the
//     tile streams from L2.
//
// The blocks of the inner dimension depend on its length and on the storage type
// only, which fixes the order of every sum.
const (
	gemmDepth   = 512     // longest block: a panel of a takes 12*512*4 bytes, under an L1
	gemmTile    = 1 << 17 // f32 values in a tile: half of an L2 cache of 1 MiB
	gemmColumns = 256     // columns in a tile at most
	gemmRows    = 1008    // rows of a packed at once, which bounds the memory for them
)

// noBias is what the first block adds to where there is no bias.
var noBias [gemmColumns]float32

// gemm is one product of up to gemmRows rows.
type gemm struct {
	pool  *Pool
	dst   Tensor
	a     Tensor
	rows  []int32 // the row of a for each row of dst, or nil for row first+i
	first int
	w     *Matrix
	bias  []float32

	mr, nr  int          // rows and columns of a tile of the kernel
	panels  int          // panels of a
	lastMR  int          // rows of the last panel; the others have mr
	depth   int          // length of a block of the inner dimension
	packed  []float32    // panels of a: [block][panel][step][row]
	columns int          // panels of weights
	perTile int          // panels of weights in a tile, at most
	groups  int          // groups of panels of a that are taken separately
	taken   atomic.Int64 // panels of weights taken, counted through all groups
}

// gemmPack is the first half of the product: its items are the panels of a.
type gemmPack gemm

// gemm runs MatMul on packed panels.
func (p *Pool) gemm(dst, a Tensor, rows []int32, w *Matrix, bias []float32) {
	t := &p.tasks.gemm
	for lo := 0; lo < dst.Rows; lo += gemmRows {
		hi := min(lo+gemmRows, dst.Rows)
		t.pool, t.dst, t.a, t.w, t.bias = p, dst.Slice(lo, hi), a, w, bias
		t.rows, t.first = nil, lo
		if rows != nil {
			t.rows = rows[lo:hi]
		}
		t.plan()
		p.run(t.panels, (*gemmPack)(t))
		p.run(p.Threads(), t)
	}
	t.dst, t.a, t.rows, t.w, t.bias = Tensor{}, Tensor{}, nil, nil, nil
}

// plan cuts the product.
func (t *gemm) plan() {
	m, threads := t.dst.Rows, t.pool.Threads()
	t.mr, t.nr = asm.GemmTileF32(m)
	t.panels = ceilDiv(m, t.mr)
	t.lastMR, _ = asm.GemmTileF32(m - (t.panels-1)*t.mr)
	t.depth = blockDepth(t.w.cols, t.w.typ)
	t.packed = grow(&t.packed, t.packedRows()*t.w.cols)

	t.columns = ceilDiv(t.w.rows, t.nr)
	t.perTile = max(1, min(gemmTile/t.depth, gemmColumns)/t.nr)
	// Rows are grouped only where there are too few columns to go round; each
	// group packs the weights anew.
	t.groups = min(max(1, 4*threads/t.columns), t.panels)
	t.taken.Store(0)
}

// blockDepth cuts n into the fewest blocks of up to gemmDepth, about equal, that
// start on blocks of the storage type.
func blockDepth(n int, typ quant.Type) int {
	unit, _ := typ.Block()
	unit = max(unit, 16) // a whole number of vectors
	return ceilDiv(ceilDiv(n, ceilDiv(n, gemmDepth)), unit) * unit
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func (t *gemm) packedRows() int { return (t.panels-1)*t.mr + t.lastMR }

// panel returns panel i of a for the block of n steps from k on, and its rows.
func (t *gemm) panel(i, k, n int) ([]float32, int) {
	mr := t.mr
	if i == t.panels-1 {
		mr = t.lastMR
	}
	at := k*t.packedRows() + i*t.mr*n
	return t.packed[at : at+n*mr], mr
}

// run packs panel i of a. Rows beyond the last repeat it: their products are not
// stored.
func (t *gemmPack) run(_, i int) {
	g := (*gemm)(t)
	var rows [asm.MaxTileRows]unsafe.Pointer
	for k := 0; k < g.w.cols; k += g.depth {
		n := min(g.depth, g.w.cols-k)
		panel, mr := g.panel(i, k, n)
		for r := range mr {
			rows[r] = unsafe.Pointer(&g.row(min(i*g.mr+r, g.dst.Rows-1))[k])
		}
		asm.Interleave(panel, mr, rows[:mr], n)
	}
}

// row returns the row of a for row i of dst.
func (t *gemm) row(i int) []float32 {
	if t.rows != nil {
		return t.a.Row(int(t.rows[i]))
	}
	return t.a.Row(t.first + i)
}

// gemmScratch is a worker's memory: the tile of weights, a strip of the product
// that sticks out of it, and a panel of decoded rows of weights.
type gemmScratch struct{ tile, strip, rows []float32 }

func (t *gemm) scratch(worker int) gemmScratch {
	const strip = asm.MaxTileRows * gemmColumns
	f := t.pool.floats(worker, gemmTile+strip+asm.MaxTileColumns*gemmDepth)
	return gemmScratch{f[:gemmTile], f[gemmTile : gemmTile+strip], f[gemmTile+strip:]}
}

// run takes columns until none are left: many at first, fewer towards the end so
// that all threads end together.
func (t *gemm) run(worker, _ int) {
	s := t.scratch(worker)
	total := t.columns * t.groups
	for {
		taken := t.taken.Load()
		at := int(taken)
		if at >= total {
			return
		}
		group, column := at/t.columns, at%t.columns
		n := max(1, min(t.perTile, (total-at)/(2*t.pool.Threads()), t.columns-column))
		if t.taken.CompareAndSwap(taken, taken+int64(n)) {
			t.multiply(s, column, n, group*t.panels/t.groups, (group+1)*t.panels/t.groups)
		}
	}
}

// multiply computes n panels of columns for the panels [lo, hi) of a.
func (t *gemm) multiply(s gemmScratch, column, n, lo, hi int) {
	for k := 0; k < t.w.cols; k += t.depth {
		depth := min(t.depth, t.w.cols-k)
		tile := s.tile[:n*t.nr*depth]
		t.packTile(s, tile, column, k, depth)
		for i := lo; i < hi; i++ {
			t.strip(s, tile, i, column, k, depth)
		}
	}
}

// packTile fills the tile with panels of weights from that column on.
func (t *gemm) packTile(s gemmScratch, tile []float32, column, k, depth int) {
	for at := 0; at < len(tile); at += t.nr * depth {
		t.w.interleave(tile[at:at+t.nr*depth], t.nr, column*t.nr, k, depth, s.rows)
		column++
	}
}

// interleave packs n values from k on of the pitch rows from row on; see
// asm.Interleave. Rows beyond the last repeat it. k is the start of a block; buf
// has room for the decoded values.
func (m *Matrix) interleave(dst []float32, pitch, row, k, n int, buf []float32) {
	values, size := m.typ.Block()
	from, to := k/values*size, (k+n)/values*size
	var rows [asm.MaxTileColumns]unsafe.Pointer
	for r := range rows[:pitch] {
		at := min(row+r, m.rows-1) * m.stride
		src := m.data[at+from : at+to]
		rows[r] = unsafe.Pointer(&src[0])
		switch m.typ {
		case quant.F32, quant.F16, quant.BF16:
		default:
			decoded := buf[r*n : (r+1)*n]
			quant.Decode(m.typ, decoded, src)
			rows[r] = unsafe.Pointer(&decoded[0])
		}
	}
	switch m.typ {
	case quant.F16:
		asm.InterleaveF16(dst, pitch, rows[:pitch], n)
	case quant.BF16:
		asm.InterleaveBF16(dst, pitch, rows[:pitch], n)
	default:
		asm.Interleave(dst, pitch, rows[:pitch], n)
	}
}

// strip adds the product of panel i of a and the tile to dst.
func (t *gemm) strip(s gemmScratch, tile []float32, i, column, k, depth int) {
	panel, mr := t.panel(i, k, depth)
	row, col := i*t.mr, column*t.nr
	rows := min(mr, t.dst.Rows-row)
	cols := min(len(tile)/depth, t.w.rows-col)

	ld := t.dst.Cols
	c := t.dst.Data[row*ld+col:]
	d, ldd := c, ld
	switch {
	case k > 0:
	case t.bias != nil:
		d, ldd = t.bias[col:], 0
	default:
		d, ldd = noBias[:], 0
	}

	whole := cols / t.nr * t.nr
	if rows < mr {
		whole = 0
	}
	asm.GemmF32(mr, c, ld, d, ldd, panel, tile[:whole*depth], depth)
	if whole == cols {
		return
	}
	// What sticks out of dst goes through a strip of its own.
	rest := tile[whole*depth:]
	width := len(rest) / depth
	asm.GemmF32(mr, s.strip, width, noBias[:], 0, panel, rest, depth)
	for r := range rows {
		from := s.strip[r*width:]
		for j := whole; j < cols; j++ {
			c[r*ld+j] = d[r*ldd+j] + from[j-whole]
		}
	}
}
