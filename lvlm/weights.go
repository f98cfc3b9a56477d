package lvlm

import (
	"fmt"
	"slices"

	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

// stored is a tensor as a file holds it.
type stored struct {
	typ   quant.Type
	shape []int // slowest dimension first
	data  []byte
}

// source finds stored tensors. Names are those of transformers' modules, without
// the prefixes that tell one file layout from another: "embed_tokens.weight",
// "layers.0.self_attn.q_proj.weight", "norm.weight", "lm_head.weight";
// "vision.embeddings.class_embedding", "vision.encoder.layers.0...";
// "projector.linear_1.weight".
type source interface {
	// find returns the tensor, false where there is none. shape is the one that
	// the caller expects; an error tells why a tensor that is there can't serve.
	find(name string, shape ...int) (stored, bool, error)
	// where names the file and its own name of the tensor, for errors.
	where(name string) string
}

// loader reads weights from a source, checks them against the configuration, and
// keeps the first error.
type loader struct {
	src source
	err error
}

func (l *loader) fail(name, format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf("%s: %s", l.src.where(name), fmt.Sprintf(format, args...))
	}
}

// get returns the named tensor, whose shape must be the given one.
func (l *loader) get(name string, shape ...int) (stored, bool) {
	if l.err != nil {
		return stored{}, false
	}
	t, ok, err := l.src.find(name, shape...)
	switch {
	case err != nil:
		l.fail(name, "%v", err)
	case !ok:
		l.fail(name, "missing")
	case !slices.Equal(t.shape, shape):
		l.fail(name, "shape is %v, the configuration wants %v", t.shape, shape)
	}
	return t, l.err == nil
}

// matrix returns a weight [rows, cols]; dims are the dimensions that the file
// spells cols with, where it does so with several.
func (l *loader) matrix(name string, rows, cols int, dims ...int) *tensor.Matrix {
	if dims == nil {
		dims = []int{cols}
	}
	t, ok := l.get(name, append([]int{rows}, dims...)...)
	if !ok {
		return nil
	}
	m, err := tensor.NewMatrix(t.typ, rows, cols, t.data)
	if err != nil {
		l.fail(name, "%v", err)
	}
	return m
}

// vector returns n values as f32.
func (l *loader) vector(name string, n int) []float32 {
	t, ok := l.get(name, n)
	if !ok {
		return nil
	}
	m, err := tensor.NewMatrix(t.typ, 1, n, t.data)
	if err != nil {
		l.fail(name, "%v", err)
		return nil
	}
	v := make([]float32, n)
	m.Row(v, 0)
	return v
}

func (l *loader) linear(name string, out, in int, bias bool) nn.Linear {
	lin := nn.Linear{W: l.matrix(name+".weight", out, in)}
	if bias {
		lin.B = l.vector(name+".bias", out)
	}
	return lin
}

func (l *loader) layerNorm(name string, n int, eps float32) nn.LayerNorm {
	return nn.LayerNorm{W: l.vector(name+".weight", n), B: l.vector(name+".bias", n), Eps: eps}
}

func (l *loader) rmsNorm(name string, n int, eps float32) nn.RMSNorm {
	return nn.RMSNorm{W: l.vector(name+".weight", n), Eps: eps}
}

// decoder reads the language model.
func (l *loader) decoder(c *TextConfig) *Decoder {
	rope, err := nn.NewRoPE(c.HeadDim, c.RopeTheta, c.RopeScaling)
	if err != nil {
		l.err = err
		return nil
	}
	d := &Decoder{
		Embed: l.matrix("embed_tokens.weight", c.Vocab, c.Hidden),
		Norm:  l.rmsNorm("norm", c.Hidden, c.NormEps),
		RoPE:  rope,
	}
	for i := 0; i < c.Layers && l.err == nil; i++ {
		d.Layers = append(d.Layers, l.decoderLayer(fmt.Sprintf("layers.%d.", i), c))
	}
	if c.TiedHead {
		d.Head = nn.Linear{W: d.Embed}
	} else {
		d.Head = l.linear("lm_head", c.Vocab, c.Hidden, false)
	}
	return d
}

func (l *loader) decoderLayer(prefix string, c *TextConfig) nn.DecoderLayer {
	attn, mlp := prefix+"self_attn.", prefix+"mlp."
	return nn.DecoderLayer{
		InputNorm: l.rmsNorm(prefix+"input_layernorm", c.Hidden, c.NormEps),
		Attn: nn.Attention{
			Q:     l.linear(attn+"q_proj", c.Heads*c.HeadDim, c.Hidden, c.QKVBias),
			K:     l.linear(attn+"k_proj", c.KVHeads*c.HeadDim, c.Hidden, c.QKVBias),
			V:     l.linear(attn+"v_proj", c.KVHeads*c.HeadDim, c.Hidden, c.QKVBias),
			O:     l.linear(attn+"o_proj", c.Hidden, c.Heads*c.HeadDim, c.OutputBias),
			Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim,
		},
		PostNorm: l.rmsNorm(prefix+"post_attention_layernorm", c.Hidden, c.NormEps),
		MLP: nn.GatedMLP{
			Gate: l.linear(mlp+"gate_proj", c.Intermediate, c.Hidden, c.MLPBias),
			Up:   l.linear(mlp+"up_proj", c.Intermediate, c.Hidden, c.MLPBias),
			Down: l.linear(mlp+"down_proj", c.Hidden, c.Intermediate, c.MLPBias),
		},
	}
}

// vision reads the blocks of the tower that the feature layers need.
func (l *loader) vision(c *VisionConfig) *VisionTower {
	side := c.ImageSize / c.PatchSize
	patch := 3 * c.PatchSize * c.PatchSize
	t := &VisionTower{
		Class: l.vector("vision.embeddings.class_embedding", c.Hidden),
		Patch: nn.PatchEmbedding{
			Proj: nn.Linear{W: l.matrix("vision.embeddings.patch_embedding.weight", c.Hidden, patch, 3, c.PatchSize, c.PatchSize)},
			Size: c.PatchSize, Image: c.ImageSize,
		},
		Position: l.matrix("vision.embeddings.position_embedding.weight", side*side+1, c.Hidden),
		PreNorm:  l.layerNorm("vision.pre_layrnorm", c.Hidden, c.NormEps), // spelled so in the checkpoints
		cfg:      c,
	}
	for i := 0; i < slices.Max(c.FeatureLayers) && l.err == nil; i++ {
		t.Layers = append(t.Layers, l.encoderLayer(fmt.Sprintf("vision.encoder.layers.%d.", i), c))
	}
	return t
}

func (l *loader) encoderLayer(prefix string, c *VisionConfig) nn.EncoderLayer {
	attn := prefix + "self_attn."
	return nn.EncoderLayer{
		Norm1: l.layerNorm(prefix+"layer_norm1", c.Hidden, c.NormEps),
		Attn: nn.Attention{
			Q:     l.linear(attn+"q_proj", c.Hidden, c.Hidden, true),
			K:     l.linear(attn+"k_proj", c.Hidden, c.Hidden, true),
			V:     l.linear(attn+"v_proj", c.Hidden, c.Hidden, true),
			O:     l.linear(attn+"out_proj", c.Hidden, c.Hidden, true),
			Heads: c.Heads, KVHeads: c.Heads, HeadDim: c.Hidden / c.Heads,
		},
		Norm2: l.layerNorm(prefix+"layer_norm2", c.Hidden, c.NormEps),
		MLP: nn.MLP{
			FC1: l.linear(prefix+"mlp.fc1", c.Intermediate, c.Hidden, true),
			FC2: l.linear(prefix+"mlp.fc2", c.Hidden, c.Intermediate, true),
			Act: c.Act,
		},
	}
}

// projector reads the perceptron from visual features to the decoder's width.
func (l *loader) projector(c *Config) *Projector {
	in := c.Vision.Hidden * len(c.Vision.FeatureLayers)
	return &Projector{nn.MLP{
		FC1: l.linear("projector.linear_1", c.Text.Hidden, in, true),
		FC2: l.linear("projector.linear_2", c.Text.Hidden, c.Text.Hidden, true),
		Act: c.Projector.Act,
	}}
}
