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

// AppendRotated is Rotate of k, or RotatePairs, and kv.Append(k, v) in one pass.
func (p *Pool) AppendRotated(kv *KV, k, v, cos, sin Tensor, pairs bool) {
	t := rotation{x: k, cos: cos, sin: sin, pairs: pairs, kv: kv, v: v}
	t.check(kv.Heads)
	t.first = kv.extend(k, v)
	p.rotateRows(t)
}

func (p *Pool) rotate(x Tensor, heads int, cos, sin Tensor, pairs bool) {
	t := rotation{x: x, cos: cos, sin: sin, pairs: pairs}
	t.check(heads)
	p.rotateRows(t)
}

// rotation turns rows; its items are runs of perItem rows.
type rotation struct {
	x, cos, sin Tensor
	pairs       bool
	perItem     int

	kv    *KV // takes the rows as keys from row first on, with values v; or nil
	v     Tensor
	first int
}

func (t *rotation) check(heads int) {
	if t.cos.Rows != t.x.Rows || t.sin.Rows != t.x.Rows || t.sin.Cols != t.cos.Cols || heads*2*t.cos.Cols != t.x.Cols {
		panic(fmt.Sprintf("tensor: turning %d heads of %v by the angles of %v and %v", heads, t.x, t.cos, t.sin))
	}
}

func (p *Pool) rotateRows(t rotation) {
	p.begin()
	defer p.end()
	t.perItem = p.perItem(t.x.Rows, t.x.Cols)
	p.tasks.rotation = t
	p.run(ceilDiv(t.x.Rows, t.perItem), &p.tasks.rotation)
	p.tasks.rotation = rotation{}
}

func (t *rotation) run(_, i int) {
	for r := i * t.perItem; r < min((i+1)*t.perItem, t.x.Rows); r++ {
		if t.pairs {
			asm.RotatePairs(t.x.Row(r), t.cos.Row(r), t.sin.Row(r))
		} else {
			asm.Rotate(t.x.Row(r), t.cos.Row(r), t.sin.Row(r))
		}
		if t.kv != nil {
			t.kv.put(t.first+r, t.x.Row(r), t.v.Row(r))
		}
	}
}
