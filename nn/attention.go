package nn

import (
	"math"

	"github.com/go-par/par/tensor"
)

// Attention is multi-head attention, grouped-query where KVHeads < Heads.
type Attention struct {
	Q, K, V, O              Linear
	Heads, KVHeads, HeadDim int
}

// keys projects the rows of x to keys and values, turns the keys and appends
// both to kv.
func (a *Attention) keys(p *tensor.Pool, ws *Workspace, x tensor.Tensor, kv *tensor.KV, rot *Rotation) {
	k, v := ws.k.fit(x.Rows, a.KVHeads*a.HeadDim), ws.v.fit(x.Rows, a.KVHeads*a.HeadDim)
	a.K.Forward(p, k, x, nil)
	a.V.Forward(p, v, x, nil)
	if rot != nil {
		rot.turn(p, k, a.KVHeads)
	}
	kv.Append(k, v)
}

// queries attends from the rows of x listed in rows (nil: all) to kv and returns
// the projected result, which lives in ws.
func (a *Attention) queries(p *tensor.Pool, ws *Workspace, x tensor.Tensor, rows []int32, kv *tensor.KV, rot *Rotation, limits []int32) tensor.Tensor {
	n := x.Rows
	if rows != nil {
		n = len(rows)
	}
	q, ctx, out := ws.q.fit(n, a.Heads*a.HeadDim), ws.ctx.fit(n, a.Heads*a.HeadDim), ws.out.fit(n, a.O.Out())
	a.Q.Forward(p, q, x, rows)
	if rot != nil {
		rot.turn(p, q, a.Heads)
	}
	p.Attention(ctx, q, a.Heads, kv, limits, float32(1/math.Sqrt(float64(a.HeadDim))))
	a.O.Forward(p, out, ctx, nil)
	return out
}

// Rotation holds the cosines and sines of some rows' positions, [rows, HeadDim/2].
type Rotation struct {
	Cos, Sin    tensor.Tensor
	interleaved bool
}

// At computes the rotation of the given positions in r's memory.
func (r *Rotation) At(rope *RoPE, pos []int32) {
	r.Cos = r.Cos.Resize(len(pos), len(rope.freq))
	r.Sin = r.Sin.Resize(len(pos), len(rope.freq))
	rope.Angles(r.Cos, r.Sin, pos)
	r.interleaved = rope.Interleaved
}

// turn rotates the heads of x, whose rows are r's.
func (r *Rotation) turn(p *tensor.Pool, x tensor.Tensor, heads int) {
	if r.interleaved {
		p.RotatePairs(x, heads, r.Cos, r.Sin)
	} else {
		p.Rotate(x, heads, r.Cos, r.Sin)
	}
}

// gather copies the rows listed from src.
func (r *Rotation) gather(src *Rotation, rows []int32) {
	r.Cos = r.Cos.Resize(len(rows), src.Cos.Cols)
	r.Sin = r.Sin.Resize(len(rows), src.Sin.Cols)
	tensor.Gather(r.Cos, src.Cos, rows)
	tensor.Gather(r.Sin, src.Sin, rows)
	r.interleaved = src.interleaved
}
