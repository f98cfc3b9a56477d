package grad

import (
	"math"

	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
)

// Linear is nn.Linear to be trained; B is nil where there is no bias.
type Linear struct{ W, B *Param }

// Forward is x wᵀ + b.
func (l *Linear) Forward(t *Tape, x *Var) *Var { return l.add(t, nil, x) }

// add is to + x wᵀ + b.
func (l *Linear) add(t *Tape, to, x *Var) *Var {
	var b *Var
	if l.B != nil {
		b = t.Param(l.B)
	}
	return t.AddLinear(to, x, t.Param(l.W), b)
}

// DecoderLayer is nn.DecoderLayer to be trained.
type DecoderLayer struct {
	InputNorm, PostNorm     *Param
	Q, K, V, O              Linear
	Gate, Up, Down          Linear
	Heads, KVHeads, HeadDim int
	Eps                     float32
}

// NewDecoderLayer copies the weights of l. Parameters are named as in a
// checkpoint, behind prefix.
func NewDecoderLayer(prefix string, l *nn.DecoderLayer) *DecoderLayer {
	attn, mlp := prefix+"self_attn.", prefix+"mlp."
	return &DecoderLayer{
		InputNorm: vector(prefix+"input_layernorm.weight", l.InputNorm.W),
		PostNorm:  vector(prefix+"post_attention_layernorm.weight", l.PostNorm.W),
		Q:         linear(attn+"q_proj", &l.Attn.Q), K: linear(attn+"k_proj", &l.Attn.K),
		V: linear(attn+"v_proj", &l.Attn.V), O: linear(attn+"o_proj", &l.Attn.O),
		Gate: linear(mlp+"gate_proj", &l.MLP.Gate), Up: linear(mlp+"up_proj", &l.MLP.Up), Down: linear(mlp+"down_proj", &l.MLP.Down),
		Heads: l.Attn.Heads, KVHeads: l.Attn.KVHeads, HeadDim: l.Attn.HeadDim,
		Eps: l.InputNorm.Eps,
	}
}

func vector(name string, v []float32) *Param {
	return NewParam(name, 1, len(v), append([]float32(nil), v...))
}

func linear(name string, l *nn.Linear) Linear {
	out := Linear{W: NewParam(name+".weight", l.Out(), l.In(), l.W.Tensor().Data)}
	if l.B != nil {
		out.B = vector(name+".bias", l.B)
	}
	return out
}

// Shared returns the layer for inference, in the parameters' memory.
func (l *DecoderLayer) Shared() nn.DecoderLayer {
	return nn.DecoderLayer{
		InputNorm: nn.RMSNorm{W: l.InputNorm.Value.Data, Eps: l.Eps},
		PostNorm:  nn.RMSNorm{W: l.PostNorm.Value.Data, Eps: l.Eps},
		Attn: nn.Attention{
			Q: l.Q.shared(), K: l.K.shared(), V: l.V.shared(), O: l.O.shared(),
			Heads: l.Heads, KVHeads: l.KVHeads, HeadDim: l.HeadDim,
		},
		MLP: nn.GatedMLP{Gate: l.Gate.shared(), Up: l.Up.shared(), Down: l.Down.shared()},
	}
}

func (l *Linear) shared() nn.Linear {
	out := nn.Linear{W: l.W.Value.Matrix()}
	if l.B != nil {
		out.B = l.B.Value.Data
	}
	return out
}

// Params lists the layer's parameters.
func (l *DecoderLayer) Params() []*Param {
	return appendLinear([]*Param{l.InputNorm, l.PostNorm}, &l.Q, &l.K, &l.V, &l.O, &l.Gate, &l.Up, &l.Down)
}

func appendLinear(list []*Param, linears ...*Linear) []*Param {
	for _, x := range linears {
		list = append(list, x.W)
		if x.B != nil {
			list = append(list, x.B)
		}
	}
	return list
}

// Forward returns the residual stream behind the layer. x is [n, hidden]; cos and
// sin place its rows.
func (l *DecoderLayer) Forward(t *Tape, x *Var, cos, sin tensor.Tensor, mask Mask) *Var {
	return l.ForwardRows(t, x, nil, cos, sin, mask)
}

// ForwardRows is Forward for the rows whose output is wanted, nil for all: the others
// serve as keys and values only. cos, sin and mask are those of all rows.
func (l *DecoderLayer) ForwardRows(t *Tape, x *Var, rows []int32, cos, sin tensor.Tensor, mask Mask) *Var {
	h := t.RMSNorm(x, t.Param(l.InputNorm), l.Eps)
	k := t.Rotate(l.K.Forward(t, h), l.KVHeads, cos, sin)
	v := l.V.Forward(t, h)
	if rows != nil {
		x, h = t.Gather(x, rows), t.Gather(h, rows)
		cos, sin = t.gathered(cos, rows), t.gathered(sin, rows)
		mask = mask.gathered(rows)
	}
	q := t.Rotate(l.Q.Forward(t, h), l.Heads, cos, sin)
	scale := float32(1 / math.Sqrt(float64(l.HeadDim)))
	x = l.O.add(t, x, t.Attention(q, k, v, l.Heads, l.KVHeads, scale, mask))

	h = t.RMSNorm(x, t.Param(l.PostNorm), l.Eps)
	return l.Down.add(t, x, t.SwiGLU(l.Gate.Forward(t, h), l.Up.Forward(t, h)))
}
