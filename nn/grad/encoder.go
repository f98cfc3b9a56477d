package grad

import (
	"math"

	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
)

// LayerNorm is nn.LayerNorm to be trained.
type LayerNorm struct {
	W, B *Param
	Eps  float32
}

// Forward normalises the rows of x.
func (n *LayerNorm) Forward(t *Tape, x *Var) *Var {
	return t.LayerNorm(x, t.Param(n.W), t.Param(n.B), n.Eps)
}

func layerNorm(name string, n *nn.LayerNorm) LayerNorm {
	return LayerNorm{W: vector(name+".weight", n.W), B: vector(name+".bias", n.B), Eps: n.Eps}
}

func (n *LayerNorm) shared() nn.LayerNorm {
	return nn.LayerNorm{W: n.W.Value.Data, B: n.B.Value.Data, Eps: n.Eps}
}

// EncoderLayer is nn.EncoderLayer to be trained. Its mask says whether it is causal.
type EncoderLayer struct {
	Norm1, Norm2   LayerNorm
	Q, K, V, O     Linear
	FC1, FC2       Linear
	Heads, HeadDim int
	Act            tensor.Activation
}

// NewEncoderLayer copies the weights of l. Parameters are named as in a checkpoint
// of CLIP, behind prefix.
func NewEncoderLayer(prefix string, l *nn.EncoderLayer) *EncoderLayer {
	attn, mlp := prefix+"self_attn.", prefix+"mlp."
	return &EncoderLayer{
		Norm1: layerNorm(prefix+"layer_norm1", &l.Norm1), Norm2: layerNorm(prefix+"layer_norm2", &l.Norm2),
		Q: linear(attn+"q_proj", &l.Attn.Q), K: linear(attn+"k_proj", &l.Attn.K),
		V: linear(attn+"v_proj", &l.Attn.V), O: linear(attn+"out_proj", &l.Attn.O),
		FC1: linear(mlp+"fc1", &l.MLP.FC1), FC2: linear(mlp+"fc2", &l.MLP.FC2),
		Heads: l.Attn.Heads, HeadDim: l.Attn.HeadDim,
		Act: l.MLP.Act,
	}
}

// Shared returns the layer for inference, in the parameters' memory.
func (l *EncoderLayer) Shared() nn.EncoderLayer {
	return nn.EncoderLayer{
		Norm1: l.Norm1.shared(), Norm2: l.Norm2.shared(),
		Attn: nn.Attention{
			Q: l.Q.shared(), K: l.K.shared(), V: l.V.shared(), O: l.O.shared(),
			Heads: l.Heads, KVHeads: l.Heads, HeadDim: l.HeadDim,
		},
		MLP: nn.MLP{FC1: l.FC1.shared(), FC2: l.FC2.shared(), Act: l.Act},
	}
}

// Params lists the layer's parameters.
func (l *EncoderLayer) Params() []*Param {
	list := []*Param{l.Norm1.W, l.Norm1.B, l.Norm2.W, l.Norm2.B}
	return appendLinear(list, &l.Q, &l.K, &l.V, &l.O, &l.FC1, &l.FC2)
}

// Forward returns the residual stream behind the layer. x is [n, hidden].
func (l *EncoderLayer) Forward(t *Tape, x *Var, mask Mask) *Var {
	h := l.Norm1.Forward(t, x)
	scale := float32(1 / math.Sqrt(float64(l.HeadDim)))
	attn := t.Attention(l.Q.Forward(t, h), l.K.Forward(t, h), l.V.Forward(t, h), l.Heads, l.Heads, scale, mask)
	x = l.O.add(t, x, attn)

	h = t.Activate(l.FC1.Forward(t, l.Norm2.Forward(t, x)), l.Act)
	return l.FC2.add(t, x, h)
}
