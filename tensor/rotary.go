package tensor

import (
	"fmt"

	"github.com/go-par/par/asm"
)

// Rotate applies rotary position embedding to every head of x in place, in the
// half-split layout: (x[i], x[i+d/2]) turns by the angle whose cosine and sine
// are row r, column i of cos and sin.
//
// Shapes: x [n, heads*d], cos and sin [n, d/2].
func (p *Pool) Rotate(x Tensor, heads int, cos, sin Tensor) { p.rotate(x, heads, cos, sin, false) }

// RotatePairs is Rotate in the interleaved layout: (x[2i], x[2i+1]) turns.
func (p *Pool) RotatePairs(x Tensor, heads int, cos, sin Tensor) {
	p.rotate(x, heads, cos, sin, true)
}

func (p *Pool) rotate(x Tensor, heads int, cos, sin Tensor, pairs bool) {
	if cos.Rows != x.Rows || sin.Rows != x.Rows || sin.Cols != cos.Cols || heads*2*cos.Cols != x.Cols {
		panic(fmt.Sprintf("tensor: turning %d heads of %v by the angles of %v and %v", heads, x, cos, sin))
	}
	p.begin()
	defer p.end()
	t := &p.tasks.rotation
	*t = rotation{x, cos, sin, p.perItem(x.Rows, x.Cols), pairs}
	p.run(ceilDiv(x.Rows, t.perItem), t)
	*t = rotation{}
}

// rotation turns rows; its items are runs of perItem rows.
type rotation struct {
	x, cos, sin Tensor
	perItem     int
	pairs       bool
}

func (t *rotation) run(_, i int) {
	for r := i * t.perItem; r < min((i+1)*t.perItem, t.x.Rows); r++ {
		if t.pairs {
			asm.RotatePairs(t.x.Row(r), t.cos.Row(r), t.sin.Row(r))
		} else {
			asm.Rotate(t.x.Row(r), t.cos.Row(r), t.sin.Row(r))
		}
	}
}
