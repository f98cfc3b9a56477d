package lvlm

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"

	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

// Random says how the weights of a model are invented.
type Random struct {
	Seed uint64
	Type quant.Type // how they are stored; F32 by default

	// Share gives every layer the weights of the first, so that a model of real
	// size fits in little memory. A layer takes as long to run either way.
	Share bool
}

// NewRandom makes a model of the given architecture with random weights, for
// demonstrations, tests and measurements. Its answers mean nothing. The vocabulary
// is a small one of its own; c.Text.Vocab is set to it.
func NewRandom(c *Config, r Random, o Options) (*Model, error) {
	tok, err := demoVocabulary().Tokenizer()
	if err != nil {
		return nil, err
	}
	c.Text.Vocab, c.ImageToken = tok.Size(), -1
	m := &Model{Config: c, Tokenizer: tok}
	if c.Vision != nil {
		m.images = preprocess.Default(c.Vision.ImageSize)
	}
	if err = m.load(&randomSource{r, map[string]stored{}}); err == nil {
		err = m.finish(o)
	}
	for b := range 256 { // answers are words
		m.banned = append(m.banned, firstByte+int32(b))
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// Demo returns the architecture of a small LLaVA: the geometry of LLaVA-1.5
// (336-pixel images, 576 visual tokens) at a fraction of its width.
func Demo() *Config {
	return &Config{
		Arch:      "LlavaForConditionalGeneration",
		ImageMode: "crop",
		Text: TextConfig{
			Hidden: 256, Intermediate: 688, Layers: 16, Heads: 8, KVHeads: 8, HeadDim: 32,
			Context: 4096, NormEps: 1e-5, RopeTheta: 10000,
		},
		Vision: &VisionConfig{
			Hidden: 192, Intermediate: 768, Layers: 6, Heads: 6, ImageSize: 336, PatchSize: 14,
			NormEps: 1e-5, Act: tensor.QuickGELU, FeatureLayers: []int{5},
		},
		Projector: &ProjectorConfig{Act: tensor.GELU},
	}
}

// randomSource invents every tensor that is asked for: norms are the identity,
// biases 0, weights uniform with the variance that keeps activations' scale. A
// tensor depends on the seed and its name alone.
type randomSource struct {
	Random
	made map[string]stored
}

func (r *randomSource) where(name string) string { return "random model: tensor " + name }

var layerNumber = regexp.MustCompile(`layers\.\d+\.`)

func (r *randomSource) find(name string, shape ...int) (stored, bool, error) {
	if r.Share {
		name = layerNumber.ReplaceAllString(name, "layers.0.")
		if t, ok := r.made[name]; ok {
			return t, true, nil
		}
	}
	n := 1
	for _, d := range shape {
		n *= d
	}
	t := stored{quant.F32, shape, nil}
	values := r.values(name, n, n/shape[0])
	if len(shape) > 1 {
		t.typ = r.Type
	}
	size, err := t.typ.RowBytes(n)
	if err != nil {
		return t, true, err
	}
	t.data = make([]byte, size)
	if err := quant.Encode(t.typ, t.data, values); err != nil {
		return t, true, err
	}
	if r.Share {
		r.made[name] = t
	}
	return t, true, nil
}

// values returns a tensor's n values, of which fanIn go into one output.
func (r *randomSource) values(name string, n, fanIn int) []float32 {
	v := make([]float32, n)
	switch {
	case strings.Contains(name, "norm") && strings.HasSuffix(name, "weight"):
		for i := range v {
			v[i] = 1
		}
	case strings.HasSuffix(name, "bias"):
	default:
		std := 1 / math.Sqrt(float64(fanIn))
		if strings.Contains(name, "embed") {
			std = 0.5
		}
		h := fnv.New64a()
		h.Write([]byte(name))
		rng := rand.New(rand.NewPCG(r.Seed, h.Sum64()))
		width := float32(std * math.Sqrt(12)) // of the uniform distribution with that deviation
		for i := range v {
			v[i] = (rng.Float32() - 0.5) * width
		}
	}
	return v
}

// firstByte is the id of byte 0 in the vocabulary of random models.
const firstByte = 3

// demoVocabulary has byte tokens for any text, and words for the random model to
// pick from.
func demoVocabulary() *tokenizer.Vocabulary {
	pieces := []string{"<unk>", "<s>", "</s>"}
	types := []int32{2, 3, 3}
	const hex = "0123456789ABCDEF"
	for b := range 256 {
		pieces = append(pieces, "<0x"+string(hex[b>>4])+string(hex[b&15])+">")
		types = append(types, 6)
	}
	for _, w := range append([]string{""}, strings.Fields(demoWords)...) {
		pieces = append(pieces, "\u2581"+w)
		types = append(types, 1)
	}
	scores := make([]float32, len(pieces))
	for i := range scores {
		scores[i] = -float32(i)
	}
	pieces, types, scores = append(pieces, ImageMark), append(types, 3), append(scores, 0)
	return &tokenizer.Vocabulary{Model: "llama", Tokens: pieces, Scores: scores, Types: types}
}

const demoWords = `a the of in on with and is are there one two three red blue green yellow white black
bright dark small large round tall old new house tree hill sun sky cloud river road field roof door window
wall bird dog cat horse boat car bridge mountain garden flower grass stone light shadow left right above
below behind near far picture shows stands sits shines grows looks under over between quiet warm cold summer
evening morning`
