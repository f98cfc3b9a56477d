package pretrain

import (
	"fmt"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/tensor"
)

// Shape is the size of a model.
type Shape struct {
	Image, Patch                     int // pixels on a side
	TowerWidth, TowerHeads, TowerMLP int
	TowerLayers                      int // blocks of the tower; LLaVA reads the output of the last but one
	Width, Heads, MLP, Layers        int // of the decoder
	Context                          int
}

// Small returns the shape of the model that is trained in hours on two cores: 7
// million parameters, 196 visual tokens.
func Small() Shape {
	return Shape{
		Image: 112, Patch: 8, TowerWidth: 192, TowerHeads: 3, TowerMLP: 768, TowerLayers: 5,
		Width: 192, Heads: 4, MLP: 512, Layers: 10, Context: 1024,
	}
}

const (
	normEps   = 1e-5
	ropeTheta = 10000
)

// Check names the field that can't be.
func (s *Shape) Check() error {
	for _, f := range []struct {
		name        string
		value, unit int
	}{
		{"image", s.Image, s.Patch}, {"patch", s.Patch, 1}, {"tower width", s.TowerWidth, s.TowerHeads}, {"tower heads", s.TowerHeads, 1},
		{"tower MLP", s.TowerMLP, 1}, {"tower layers", s.TowerLayers - 1, 1}, {"width", s.Width, 2 * s.Heads}, {"heads", s.Heads, 1},
		{"MLP", s.MLP, 1}, {"layers", s.Layers, 1}, {"context", s.Context, 1},
	} {
		if f.unit < 1 || f.value < 1 || f.value%f.unit != 0 {
			return fmt.Errorf("%s: %d is not a positive multiple of %d", f.name, f.value, f.unit)
		}
	}
	return nil
}

// patches returns the number of visual tokens.
func (s *Shape) patches() int { return (s.Image / s.Patch) * (s.Image / s.Patch) }

// config returns the architecture for a vocabulary.
func (s *Shape) config(vocab int) *lvlm.Config {
	return &lvlm.Config{
		Arch:      "llama",
		ImageMode: "crop",
		EOS:       []int32{eos},
		Text: lvlm.TextConfig{
			Hidden: s.Width, Intermediate: s.MLP, Layers: s.Layers, Heads: s.Heads, KVHeads: s.Heads, HeadDim: s.Width / s.Heads,
			Vocab: vocab, Context: s.Context, NormEps: normEps, RopeTheta: ropeTheta,
		},
		Vision: &lvlm.VisionConfig{
			Hidden: s.TowerWidth, Intermediate: s.TowerMLP, Layers: s.TowerLayers, Heads: s.TowerHeads, ImageSize: s.Image, PatchSize: s.Patch,
			NormEps: normEps, Act: tensor.QuickGELU, FeatureLayers: []int{s.TowerLayers - 1},
		},
		Projector:  &lvlm.ProjectorConfig{Act: tensor.GELU},
		ImageToken: imageToken,
	}
}
