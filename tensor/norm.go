package tensor

import (
	"fmt"
	"math"

	"github.com/go-par/par/asm"
)

// RMSNorm writes x*rsqrt(mean(x²)+eps)*w per row. dst may be x.
//
// The mean is taken in f64, so that a value errs by a few roundings of its own
// whatever the length of the row.
//
// Shapes: x, dst [n, c], w [c].
func (p *Pool) RMSNorm(dst, x Tensor, w []float32, eps float32) {
	p.norm(norm{dst: dst, x: x, w: w, eps: eps})
}

// LayerNorm writes (x-mean)*rsqrt(var+eps)*w+b per row. dst may be x. Mean and
// variance are taken in f64, as in RMSNorm.
//
// Shapes: x, dst [n, c], w, b [c].
func (p *Pool) LayerNorm(dst, x Tensor, w, b []float32, eps float32) {
	if len(b) != x.Cols {
		panic(fmt.Sprintf("tensor: normalising %v with %d biases", x, len(b)))
	}
	p.norm(norm{dst: dst, x: x, w: w, b: b, eps: eps, centre: true})
}

// norm is a normalisation of rows; its items are runs of perItem rows.
type norm struct {
	dst, x  Tensor
	w, b    []float32
	eps     float32
	centre  bool // subtract the mean
	perItem int
}

func (p *Pool) norm(t norm) {
	if t.dst.Rows != t.x.Rows || t.dst.Cols != t.x.Cols || len(t.w) != t.x.Cols {
		panic(fmt.Sprintf("tensor: normalising %v to %v with %d weights", t.x, t.dst, len(t.w)))
	}
	p.begin()
	defer p.end()
	t.perItem = p.perItem(t.x.Rows, t.x.Cols)
	p.tasks.norm = t
	p.run(ceilDiv(t.x.Rows, t.perItem), &p.tasks.norm)
	p.tasks.norm = norm{}
}

func (t *norm) run(_, i int) {
	n := float64(t.x.Cols)
	for r := i * t.perItem; r < min((i+1)*t.perItem, t.x.Rows); r++ {
		x := t.x.Row(r)
		var mean float64
		if t.centre {
			mean = asm.Sum(x) / n
		}
		scale := 1 / math.Sqrt(asm.SumSquares(x, mean)/n+float64(t.eps))
		asm.Normalize(t.dst.Row(r), x, t.w, t.b, float32(mean), float32(scale))
	}
}
