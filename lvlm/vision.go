package lvlm

import (
	"context"
	"slices"

	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
)

// VisionTower is CLIP's vision transformer (Radford et al., 2021), as far as
// LLaVA runs it: no final norm, and no block above the last feature layer.
type VisionTower struct {
	Class    []float32      // [hidden], position 0
	Position *tensor.Matrix // [1+patches, hidden]
	Patch    nn.PatchEmbedding
	PreNorm  nn.LayerNorm
	Layers   []nn.EncoderLayer

	cfg *VisionConfig
}

// encode computes the features of one image, [tokens, hidden * feature layers],
// from its pixels, [3, size, size].
func (t *VisionTower) encode(ctx context.Context, p *tensor.Pool, ws *nn.Workspace, pixels []float32) (tensor.Tensor, error) {
	n, hidden := 1+t.Patch.Patches(), t.cfg.Hidden
	x := tensor.New(n, hidden)
	copy(x.Row(0), t.Class)
	t.Patch.Forward(p, ws, x.Slice(1, n), pixels)
	pos := tensor.New(1, hidden)
	for i := range n {
		t.Position.Row(pos.Data, i)
		p.Add(x.Slice(i, i+1), pos)
	}
	t.PreNorm.Forward(p, x, x)

	features := tensor.New(t.cfg.Tokens(), hidden*len(t.cfg.FeatureLayers))
	t.feature(features, x, 0)
	kv := tensor.NewKV(t.cfg.Heads, hidden/t.cfg.Heads, n)
	for i := range t.Layers {
		if err := ctx.Err(); err != nil {
			return tensor.Tensor{}, err
		}
		t.Layers[i].Forward(p, ws, x, kv)
		t.feature(features, x, i+1)
	}
	return features, nil
}

// feature copies the state after that many blocks to its columns of dst, if it
// is a feature at all.
func (t *VisionTower) feature(dst, x tensor.Tensor, blocks int) {
	k := slices.Index(t.cfg.FeatureLayers, blocks)
	if k < 0 {
		return
	}
	x = x.Slice(x.Rows-dst.Rows, x.Rows)
	for i := range dst.Rows {
		copy(dst.Row(i)[k*x.Cols:], x.Row(i))
	}
}

// Projector maps visual features to the decoder's embeddings.
type Projector struct{ nn.MLP }

func (j *Projector) project(p *tensor.Pool, ws *nn.Workspace, features tensor.Tensor) tensor.Tensor {
	out := j.Forward(p, ws, features)
	own := tensor.New(out.Rows, out.Cols)
	copy(own.Data, out.Data)
	return own
}
