package lvlm

import (
	"context"
	"io"
	"runtime"
	"sync"

	"github.com/go-par/par/tensor/quant"
)

// pieceValues is how many values a thread converts at a time: enough to make
// starting one worth it, and a few hundred KiB.
const pieceValues = 1 << 16

// write writes the part's values to w in their new type, converting on several
// threads. The result does not depend on their number.
func (p *part) write(ctx context.Context, w io.Writer, threads int) error {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	rows, cols := p.matrix()
	if rows == 0 || cols == 0 {
		return nil
	}
	per := max(1, pieceValues/cols)
	pieces := make([]piece, min(threads, (rows+per-1)/per))
	for next := 0; next < rows; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var wg sync.WaitGroup
		used := 0
		for ; used < len(pieces) && next < rows; used++ {
			c, first, last := &pieces[used], next, min(next+per, rows)
			next = last
			wg.Go(func() { c.convert(p, first, last, cols) })
		}
		wg.Wait()
		for i := range used {
			if pieces[i].err != nil {
				return pieces[i].err
			}
			if _, err := w.Write(pieces[i].out); err != nil {
				return err
			}
		}
	}
	return nil
}

// matrix returns the part's shape as rows of whole blocks; with an order, a
// vector is a column.
func (p *part) matrix() (rows, cols int) {
	rows, cols = 1, 1
	for i, n := range p.shape {
		if i == len(p.shape)-1 && (i > 0 || p.order == nil) {
			cols = n
		} else {
			rows *= n
		}
	}
	return rows, cols
}

// piece is some rows of a part on their way to another type.
type piece struct {
	out    []byte
	values []float32
	err    error
}

func (c *piece) convert(p *part, first, last, cols int) {
	n := (last - first) * cols
	var size, from int
	if size, c.err = p.to.RowBytes(cols); c.err != nil {
		return
	}
	if from, c.err = p.typ.RowBytes(cols); c.err != nil {
		return
	}
	row := func(i int) []byte {
		if p.order != nil {
			i = p.order(i)
		}
		return p.data[i*from : (i+1)*from]
	}
	c.out = c.out[:0]
	if p.to == p.typ {
		for i := first; i < last; i++ {
			c.out = append(c.out, row(i)...)
		}
		return
	}
	if cap(c.values) < n {
		c.values, c.out = make([]float32, n), make([]byte, 0, (last-first)*size)
	}
	c.values, c.out = c.values[:n], c.out[:(last-first)*size]
	for i := first; i < last; i++ {
		quant.Decode(p.typ, c.values[(i-first)*cols:(i-first+1)*cols], row(i))
	}
	c.err = quant.Encode(p.to, c.out, c.values)
}
