package lvlm

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

// randomSource invents every tensor that is asked for: norms are the identity,
// biases 0, weights normal with the variance that keeps activations' scale. A
// tensor depends on the seed and its name alone.
type randomSource struct{ seed uint64 }

func (r randomSource) where(name string) string { return "random model: tensor " + name }

func (r randomSource) find(name string, shape ...int) (stored, bool, error) {
	n := 1
	for _, d := range shape {
		n *= d
	}
	h := fnv.New64a()
	h.Write([]byte(name))
	rng := rand.New(rand.NewPCG(r.seed, h.Sum64()))
	value := func() float32 { return 0 }
	switch fanIn := n / shape[0]; {
	case strings.HasSuffix(name, "norm.weight"), strings.Contains(name, "layer_norm") && strings.HasSuffix(name, "weight"),
		strings.Contains(name, "layrnorm") && strings.HasSuffix(name, "weight"):
		value = func() float32 { return 1 }
	case strings.HasSuffix(name, "bias"):
	case strings.Contains(name, "embed"):
		value = func() float32 { return float32(rng.NormFloat64()) * 0.5 }
	default:
		std := 1 / math.Sqrt(float64(fanIn))
		value = func() float32 { return float32(rng.NormFloat64() * std) }
	}
	data := make([]byte, 4*n)
	for i := range n {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(value()))
	}
	return stored{quant.F32, shape, data}, true, nil
}

// OpenRandom builds a small LLaVA with random weights in memory: the geometry of
// LLaVA-1.5 (336-pixel images, 576 visual tokens) at a fraction of its width. It
// shows every part of the engine at work where no checkpoint is at hand; its
// answers mean nothing.
func OpenRandom(seed uint64, o Options) (*Model, error) {
	tok, err := demoTokenizer()
	if err != nil {
		return nil, err
	}
	c := &Config{
		Arch:      "LlavaForConditionalGeneration",
		ImageMode: "crop",
		Text: TextConfig{
			Hidden: 256, Intermediate: 688, Layers: 16, Heads: 8, KVHeads: 8, HeadDim: 32,
			Vocab: tok.Size(), Context: 4096, NormEps: 1e-5, RopeTheta: 10000,
		},
		Vision: &VisionConfig{
			Hidden: 192, Intermediate: 768, Layers: 6, Heads: 6, ImageSize: 336, PatchSize: 14,
			NormEps: 1e-5, Act: tensor.QuickGELU, FeatureLayers: []int{5},
		},
		Projector:  &ProjectorConfig{Act: tensor.GELU},
		ImageToken: -1,
	}
	m := &Model{Config: c, Tokenizer: tok, images: preprocess.Default(c.Vision.ImageSize)}
	if err := m.load(randomSource{seed}); err != nil {
		return nil, err
	}
	if err := m.finish(o); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// demoTokenizer has byte tokens for any text, and words for the random model to
// pick from.
func demoTokenizer() (*tokenizer.Tokenizer, error) {
	pieces := []string{"<unk>", "<s>", "</s>"}
	types := []int32{2, 3, 3}
	const hex = "0123456789ABCDEF"
	for b := range 256 {
		pieces = append(pieces, "<0x"+string(hex[b>>4])+string(hex[b&15])+">")
		types = append(types, 6)
	}
	for _, w := range strings.Fields(demoWords) {
		pieces = append(pieces, "\u2581"+w)
		types = append(types, 1)
	}
	scores := make([]float32, len(pieces))
	for i := range scores {
		scores[i] = -float32(i)
	}
	pieces, types, scores = append(pieces, ImageMark), append(types, 3), append(scores, 0)
	return tokenizer.NewSPM(pieces, scores, types, tokenizer.GGUF{})
}

const demoWords = `a the of in on with and is are there one two three red blue green yellow white black
bright dark small large round tall old new house tree hill sun sky cloud river road field roof door window
wall bird dog cat horse boat car bridge mountain garden flower grass stone light shadow left right above
below behind near far picture shows stands sits shines grows looks under over between quiet warm cold summer
evening morning`
