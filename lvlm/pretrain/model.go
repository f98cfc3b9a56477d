package pretrain

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/go-par/par/nn"
	"github.com/go-par/par/nn/grad"
	"github.com/go-par/par/tensor"
)

// Model is a LLaVA to be trained. Parameters are named as in files of Hugging Face's
// hub.
type Model struct {
	Shape

	// CLIP's vision tower. The last block and the norm behind it are part of every
	// checkpoint, but LLaVA does not run them.
	class, position      *grad.Param
	patch                grad.Linear // [width, 3 patch patch]
	preNormW, preNormB   *grad.Param
	postNormW, postNormB *grad.Param
	blocks               []*grad.EncoderLayer

	heads     []head // of dense supervision; no part of the checkpoint
	projector [2]grad.Linear

	embed  *grad.Param // [vocabulary, width]
	layers []*grad.DecoderLayer
	norm   *grad.Param
	output grad.Linear // [vocabulary, width]

	rope *nn.RoPE
}

// Names of groups of parameters.
const (
	towerPrefix     = "vision_tower.vision_model."
	projectorPrefix = "multi_modal_projector."
	decoderPrefix   = "language_model.model."
	headPrefix      = "heads." // not in checkpoints
)

// initial draws the weights that training begins with.
type initial struct{ *rand.Rand }

// newModel returns an untrained model.
//
// Random weights of the usual small size (0.02) leave attention uniform, and the
// decoder never learns to look anything up. Here projections have the variance that
// keeps the scale of activations, and in half of the decoder's heads queries and keys
// begin as the same projection, so that tokens attend to what resembles them.
func newModel(s Shape, vocab int, seed uint64) (*Model, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	in := initial{rand.New(rand.NewPCG(seed, 0x4c4c615641))}
	m := &Model{Shape: s}
	pixels := 3 * s.Patch * s.Patch
	at := towerPrefix + "embeddings."
	m.class = in.matrix(at+"class_embedding", 1, s.TowerWidth, 0.02)
	m.patch = grad.Linear{W: in.matrix(at+"patch_embedding.weight", s.TowerWidth, pixels, 1/math.Sqrt(float64(pixels)))}
	m.position = in.matrix(at+"position_embedding.weight", 1+s.patches(), s.TowerWidth, 0.1)
	m.preNormW, m.preNormB = constant(towerPrefix+"pre_layrnorm.weight", s.TowerWidth, 1), constant(towerPrefix+"pre_layrnorm.bias", s.TowerWidth, 0)
	m.postNormW, m.postNormB = constant(towerPrefix+"post_layernorm.weight", s.TowerWidth, 1), constant(towerPrefix+"post_layernorm.bias", s.TowerWidth, 0)
	for i := range s.TowerLayers {
		m.blocks = append(m.blocks, in.block(fmt.Sprintf("%sencoder.layers.%d.", towerPrefix, i), &s))
	}
	for _, t := range targets {
		name := headPrefix + t.name
		m.heads = append(m.heads, head{t, grad.Linear{W: in.matrix(name+".weight", t.width, s.TowerWidth, 0.02), B: constant(name+".bias", t.width, 0)}})
	}
	m.projector = [2]grad.Linear{
		in.linear(projectorPrefix+"linear_1", s.Width, s.TowerWidth, 1),
		in.linear(projectorPrefix+"linear_2", s.Width, s.Width, 0.3),
	}
	m.embed = in.matrix(decoderPrefix+"embed_tokens.weight", vocab, s.Width, 0.3)
	for i := range s.Layers {
		m.layers = append(m.layers, in.layer(fmt.Sprintf("%slayers.%d.", decoderPrefix, i), &s))
	}
	m.norm = constant(decoderPrefix+"norm.weight", s.Width, 1)
	m.output = grad.Linear{W: in.matrix("language_model.lm_head.weight", vocab, s.Width, 0.02)}
	var err error
	m.rope, err = nn.NewRoPE(s.Width/s.Heads, ropeTheta, nn.RopeScaling{})
	return m, err
}

func constant(name string, n int, x float32) *grad.Param {
	v := make([]float32, n)
	for i := range v {
		v[i] = x
	}
	p := grad.NewParam(name, 1, n, v)
	p.NoDecay = true
	return p
}

func (in initial) normal(rows, cols int, std float64) tensor.Tensor {
	t := tensor.New(rows, cols)
	for i := range t.Data {
		t.Data[i] = float32(in.NormFloat64() * std)
	}
	return t
}

func (in initial) matrix(name string, rows, cols int, std float64) *grad.Param {
	return grad.NewParam(name, rows, cols, in.normal(rows, cols, std).Data)
}

// linear returns a projection whose outputs have gain times the deviation of its
// inputs.
func (in initial) linear(name string, rows, cols int, gain float64) grad.Linear {
	return grad.Linear{W: in.matrix(name+".weight", rows, cols, gain/math.Sqrt(float64(cols))), B: constant(name+".bias", rows, 0)}
}

// projection is linear for a layer of package nn.
func (in initial) projection(rows, cols int, gain float64, bias bool) nn.Linear {
	l := nn.Linear{W: in.normal(rows, cols, gain/math.Sqrt(float64(cols))).Matrix()}
	if bias {
		l.B = make([]float32, rows)
	}
	return l
}

func ones(n int) []float32 { return constant("", n, 1).Value.Data }

// block returns a block of the tower. What it adds to the residual stream begins
// small, the smaller the more blocks there are.
func (in initial) block(prefix string, s *Shape) *grad.EncoderLayer {
	w := s.TowerWidth
	small := 1 / math.Sqrt(2*float64(s.TowerLayers))
	b := &nn.EncoderLayer{
		Norm1: nn.LayerNorm{W: ones(w), B: make([]float32, w), Eps: normEps},
		Norm2: nn.LayerNorm{W: ones(w), B: make([]float32, w), Eps: normEps},
		Attn: nn.Attention{
			Q: in.projection(w, w, 1, true), K: in.projection(w, w, 1, true), V: in.projection(w, w, 1, true), O: in.projection(w, w, small, true),
			Heads: s.TowerHeads, KVHeads: s.TowerHeads, HeadDim: w / s.TowerHeads,
		},
		MLP: nn.MLP{FC1: in.projection(s.TowerMLP, w, 1, true), FC2: in.projection(w, s.TowerMLP, small, true), Act: tensor.QuickGELU},
	}
	return noDecay(grad.NewEncoderLayer(prefix, b))
}

// layer returns a layer of the decoder.
func (in initial) layer(prefix string, s *Shape) *grad.DecoderLayer {
	w, dim := s.Width, s.Width/s.Heads
	small := 1 / math.Sqrt(2*float64(s.Layers))
	q, k := in.normal(w, w, 1/math.Sqrt(float64(w))), in.normal(w, w, 1/math.Sqrt(float64(w)))
	alike := s.Heads / 2 * dim * w // values of the heads that look for what resembles them
	copy(k.Data[:alike], q.Data[:alike])
	return noDecay(grad.NewDecoderLayer(prefix, &nn.DecoderLayer{
		InputNorm: nn.RMSNorm{W: ones(w), Eps: normEps},
		PostNorm:  nn.RMSNorm{W: ones(w), Eps: normEps},
		Attn: nn.Attention{
			Q: nn.Linear{W: q.Matrix()}, K: nn.Linear{W: k.Matrix()}, V: in.projection(w, w, 1, false), O: in.projection(w, w, small, false),
			Heads: s.Heads, KVHeads: s.Heads, HeadDim: dim,
		},
		MLP: nn.GatedMLP{Gate: in.projection(s.MLP, w, 1, false), Up: in.projection(s.MLP, w, 1, false), Down: in.projection(w, s.MLP, small, false)},
	}))
}

// noDecay exempts a layer's vectors from weight decay.
func noDecay[L interface{ Params() []*grad.Param }](layer L) L {
	for _, p := range layer.Params() {
		p.NoDecay = p.Value.Rows == 1
	}
	return layer
}

// tower lists the parameters that the tower's stage trains, heads included.
func (m *Model) tower() []*grad.Param {
	list := []*grad.Param{m.class, m.position, m.patch.W, m.preNormW, m.preNormB}
	for _, b := range m.blocks[:len(m.blocks)-1] {
		list = append(list, b.Params()...)
	}
	for _, h := range m.heads {
		list = append(list, h.W, h.B)
	}
	return list
}

func (m *Model) projectors() []*grad.Param {
	var list []*grad.Param
	for _, l := range m.projector {
		list = append(list, l.W, l.B)
	}
	return list
}

func (m *Model) decoder() []*grad.Param {
	list := []*grad.Param{m.embed}
	for _, l := range m.layers {
		list = append(list, l.Params()...)
	}
	return append(list, m.norm, m.output.W)
}

// idle lists the parameters that are part of a checkpoint but never run.
func (m *Model) idle() []*grad.Param {
	return append(m.blocks[len(m.blocks)-1].Params(), m.postNormW, m.postNormB)
}

// Params lists all parameters that training changes.
func (m *Model) Params() []*grad.Param {
	return append(append(m.tower(), m.projectors()...), m.decoder()...)
}

// isBlockMatrix tells the matrices inside of layers, which Muon trains, from
// embeddings, heads and vectors.
func isBlockMatrix(p *grad.Param) bool {
	return p.Value.Rows > 1 && strings.Contains(p.Name, ".layers.")
}
