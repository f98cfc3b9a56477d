package nn

import "github.com/go-par/par/tensor"

// Attention is multi-head attention, grouped-query where KVHeads < Heads.
type Attention struct {
	Q, K, V, O              Linear
	Heads, KVHeads, HeadDim int
}

// project maps the rows of x to keys and values, which it appends to kv, and those
// listed in rows (nil: all) to queries, which live in ws. rot, if there is one, turns
// queries and keys.
func (a *Attention) project(p *tensor.Pool, ws *Workspace, x tensor.Tensor, rows []int32, kv *tensor.KV, rot *Rotation) tensor.Tensor {
	k, v := ws.k.fit(x.Rows, a.KVHeads*a.HeadDim), ws.v.fit(x.Rows, a.KVHeads*a.HeadDim)
	if rows != nil && len(rows) < x.Rows/2 {
		p.MatMuls(x, nil, a.K.into(k), a.V.into(v))
		store(p, kv, k, v, rot)
		q := ws.q.fit(len(rows), a.Heads*a.HeadDim)
		a.Q.Forward(p, q, x, rows)
		if rot != nil {
			ws.rows.gather(rot, rows)
			ws.rows.turn(p, q, a.Heads)
		}
		return q
	}
	// For many rows one product is faster than two, though some queries serve nothing.
	q := ws.q.fit(x.Rows, a.Heads*a.HeadDim)
	p.MatMuls(x, nil, a.Q.into(q), a.K.into(k), a.V.into(v))
	store(p, kv, k, v, rot)
	if rot != nil {
		rot.turn(p, q, a.Heads)
	}
	if rows != nil {
		q = tensor.Compress(q, rows)
	}
	return q
}

// store turns k by rot, if there is one, and appends k and v to kv.
func store(p *tensor.Pool, kv *tensor.KV, k, v tensor.Tensor, rot *Rotation) {
	if rot == nil {
		kv.Append(k, v)
		return
	}
	p.AppendRotated(kv, k, v, rot.Cos, rot.Sin, rot.interleaved)
}

// attend attends from q to kv and adds the projected result to x.
func (a *Attention) attend(p *tensor.Pool, ws *Workspace, x, q tensor.Tensor, kv *tensor.KV, limits []int32) {
	ctx := ws.ctx.fit(q.Rows, a.Heads*a.HeadDim)
	p.Attention(ctx, q, a.Heads, kv, limits, a.scale())
	a.O.AddTo(p, x, ctx)
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
