package nn

import (
	"math"

	"github.com/go-par/par/tensor"
)

// Weights computes the attention weights of queries of the pass that ws served
// last: rows lists them among that pass's query rows, limits says how many rows of
// kv each sees. Row i*Heads+h of dst is head h of rows[i].
//
// Shapes: limits [len(rows)], dst [len(rows)*Heads, kv.Len].
func (a *Attention) Weights(p *tensor.Pool, ws *Workspace, dst tensor.Tensor, rows []int32, kv *tensor.KV, limits []int32) {
	q := ws.picked.fit(len(rows), a.Heads*a.HeadDim)
	tensor.Gather(q, ws.q.t, rows)
	p.AttentionWeights(dst, q, a.Heads, kv, limits, a.scale())
}

func (a *Attention) scale() float32 { return float32(1 / math.Sqrt(float64(a.HeadDim))) }

// Preview computes the attention weights that causal Forward would give the rows
// of x listed, without the rest of the layer: the queries of these rows and all
// keys. ws must not be one whose queries Weights is to read later. Row i*Heads+h of
// dst is head h of rows[i].
//
// Shape: dst [len(rows)*Heads, x.Rows].
func (l *DecoderLayer) Preview(p *tensor.Pool, ws *Workspace, dst, x tensor.Tensor, rows []int32, rot *Rotation) {
	a := &l.Attn
	h := ws.norm.fit(x.Rows, x.Cols)
	l.InputNorm.Forward(p, h, x)

	k := ws.k.fit(x.Rows, a.KVHeads*a.HeadDim)
	a.K.Forward(p, k, h, nil)
	rot.turn(p, k, a.KVHeads)
	kv := ws.Cache(a.KVHeads, a.HeadDim, x.Rows)
	kv.Append(k, k) // nobody reads the values

	q := ws.q.fit(len(rows), a.Heads*a.HeadDim)
	a.Q.Forward(p, q, h, rows)
	ws.rows.gather(rot, rows)
	ws.rows.turn(p, q, a.Heads)
	p.AttentionWeights(dst, q, a.Heads, kv, ws.causal(0, x.Rows, rows), a.scale())
}
