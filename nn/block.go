package nn

import "github.com/go-par/par/tensor"

// DecoderLayer is a LLaMA block: pre-norm causal attention and a gated MLP, each
// added to the residual stream.
type DecoderLayer struct {
	InputNorm RMSNorm
	Attn      Attention
	PostNorm  RMSNorm
	MLP       GatedMLP
}

// Forward adds the layer's output to the residual stream x, [n, hidden], whose
// rows rot places. The rows' keys and values are appended to kv; limits[i] says
// how many rows of kv row i then sees, nil for causal attention (row i sees what
// kv held before and rows 0..i).
//
// rows lists the rows whose output is wanted, ascending, nil for all: the others
// serve as keys and values only. The result then holds them alone, in ws, and x stays
// as it was.
func (l *DecoderLayer) Forward(p *tensor.Pool, ws *Workspace, x tensor.Tensor, rows []int32, kv *tensor.KV, rot *Rotation, limits []int32) tensor.Tensor {
	if limits == nil {
		limits = ws.causal(kv.Len, x.Rows, rows)
	}
	h := ws.norm.fit(x.Rows, x.Cols)
	l.InputNorm.Forward(p, h, x)
	q := l.Attn.project(p, ws, h, rows, kv, rot)
	if rows != nil {
		wanted := ws.wanted.fit(len(rows), x.Cols)
		tensor.Gather(wanted, x, rows)
		x = wanted
	}
	l.Attn.attend(p, ws, x, q, kv, limits)

	h = ws.norm.fit(x.Rows, x.Cols)
	l.PostNorm.Forward(p, h, x)
	l.MLP.AddTo(p, ws, x, h)
	return x
}

// EncoderLayer is a CLIP block: pre-norm attention, bidirectional in the vision
// tower and causal in the text tower, and an MLP, each added to the residual stream.
type EncoderLayer struct {
	Norm1  LayerNorm
	Attn   Attention
	Norm2  LayerNorm
	MLP    MLP
	Causal bool
}

// Forward adds the layer's output to the residual stream x, [n, hidden]. kv is
// scratch for the layer's keys and values.
func (l *EncoderLayer) Forward(p *tensor.Pool, ws *Workspace, x tensor.Tensor, kv *tensor.KV) {
	h := ws.norm.fit(x.Rows, x.Cols)
	l.Norm1.Forward(p, h, x)
	kv.Truncate(0)
	q := l.Attn.project(p, ws, h, nil, kv, nil)
	var limits []int32
	if l.Causal {
		limits = ws.causal(0, x.Rows, nil)
	}
	l.Attn.attend(p, ws, x, q, kv, limits)

	l.Norm2.Forward(p, h, x)
	l.MLP.AddTo(p, ws, x, h)
}
