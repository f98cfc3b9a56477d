package lvlm

import (
	"context"

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

// VisionOutput is what the tower makes of one image.
type VisionOutput struct {
	Features tensor.Tensor // [tokens, hidden * feature layers]

	// What the last block run tells of the image as a whole; empty where no block
	// was. Patches are counted without the class token.
	Class     []float32     // [hidden * feature layers], the class token's own features
	Attention tensor.Tensor // [heads, patches], the class token's attention weights
	Keys      tensor.Tensor // [patches, hidden/heads], keys averaged over heads
}

// encode computes the features of one image from its pixels, [3, size, size].
func (t *VisionTower) encode(ctx context.Context, p *tensor.Pool, ws *nn.Workspace, pixels []float32) (*VisionOutput, error) {
	n, hidden := 1+t.Patch.Patches(), t.cfg.Hidden
	x := ws.Stream(n, hidden)
	copy(x.Row(0), t.Class)
	t.Patch.Forward(p, ws, x.Slice(1, n), pixels)
	pos := tensor.New(1, hidden)
	for i := range n {
		t.Position.Row(pos.Data, i)
		p.Add(x.Slice(i, i+1), pos)
	}
	t.PreNorm.Forward(p, x, x)

	all := tensor.New(n, hidden*len(t.cfg.FeatureLayers))
	t.feature(all, x, 0)
	kv := ws.Cache(t.cfg.Heads, hidden/t.cfg.Heads, n)
	for i := range t.Layers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t.Layers[i].Forward(p, ws, x, kv)
		t.feature(all, x, i+1)
	}
	out := &VisionOutput{Features: all.Slice(n-t.cfg.Tokens(), n), Class: all.Row(0)}
	if len(t.Layers) > 0 {
		out.look(p, ws, &t.Layers[len(t.Layers)-1].Attn, kv)
	}
	return out, nil
}

// look keeps what the block that ws and kv served last tells of the class token.
func (o *VisionOutput) look(p *tensor.Pool, ws *nn.Workspace, a *nn.Attention, kv *tensor.KV) {
	weights := tensor.New(a.Heads, kv.Len)
	a.Weights(p, ws, weights, []int32{0}, kv, nil)
	o.Attention = tensor.New(a.Heads, kv.Len-1)
	for h := range a.Heads {
		copy(o.Attention.Row(h), weights.Row(h)[1:])
	}
	keys := tensor.New(kv.Len, a.Heads*a.HeadDim)
	kv.Keys(keys)
	o.Keys = tensor.New(kv.Len-1, a.HeadDim)
	for i := range o.Keys.Rows {
		dst, src := o.Keys.Row(i), keys.Row(i+1)
		for j := range dst {
			sum := float32(0)
			for h := range a.Heads {
				sum += src[h*a.HeadDim+j]
			}
			dst[j] = sum / float32(a.Heads)
		}
	}
}

// feature copies the state after that many blocks to its columns of dst, where it
// is a feature.
func (t *VisionTower) feature(dst, x tensor.Tensor, blocks int) {
	for k, n := range t.cfg.FeatureLayers {
		if n != blocks {
			continue
		}
		for i := range dst.Rows {
			copy(dst.Row(i)[k*x.Cols:], x.Row(i))
		}
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
