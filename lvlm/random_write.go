package lvlm

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

// WriteRandom writes the GGUF files of a model of the given architecture with
// random weights, as Convert would, for tests and measurements at real size. The
// vocabulary has c.Text.Vocab tokens that mean nothing. Blocks of a type are drawn
// from a thousand that were encoded, so that a file is made as fast as it can be
// written.
func WriteRandom(ctx context.Context, c *Config, out string, seed uint64, o ConvertOptions) (*Conversion, error) {
	vocab, err := paddedVocabulary(c.Text.Vocab)
	if err != nil {
		return nil, err
	}
	w := &ggufWriter{
		converter: &converter{ctx: ctx, o: o, result: new(Conversion)},
		name:      "random weights", config: c, vocab: vocab, prefix: hubPrefixes(c.Vision != nil),
	}
	if c.Vision != nil {
		w.images = preprocess.Default(c.Vision.ImageSize)
	}
	parts, err := catalogue(blankSource{new([]byte)}, c)
	if err != nil {
		return nil, err
	}
	pools := map[pool][]byte{}
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range parts {
		parts[i].fill = func(p *part, w io.Writer) error { return p.random(ctx, w, rng, pools) }
	}
	if err := w.write(out, parts); err != nil {
		return nil, err
	}
	return w.result, nil
}

// paddedVocabulary is the demonstration's, with tokens without meaning up to size.
func paddedVocabulary(size int) (*tokenizer.Vocabulary, error) {
	v := demoVocabulary()
	if size < len(v.Tokens) {
		return nil, fmt.Errorf("a vocabulary of %d, less than the %d of the demonstration", size, len(v.Tokens))
	}
	for i := len(v.Tokens); i < size; i++ {
		v.Tokens = append(v.Tokens, fmt.Sprintf("%sw%d", "\u2581", i))
		v.Scores = append(v.Scores, -float32(i))
		v.Types = append(v.Types, 1)
	}
	return v, nil
}

// blankSource has every tensor, in memory that is never touched.
type blankSource struct{ zeros *[]byte }

func (b blankSource) where(name string) string { return "random model: tensor " + name }

func (b blankSource) find(_ string, shape ...int) (stored, bool, error) {
	n := 4
	for _, d := range shape {
		if n *= d; n > math.MaxInt32 {
			return stored{}, true, fmt.Errorf("shape %v: more than 2 GiB", shape)
		}
	}
	if len(*b.zeros) < n {
		*b.zeros = make([]byte, n)
	}
	return stored{quant.F32, shape, (*b.zeros)[:n]}, true, nil
}

// pool names blocks that random tensors are made of: those of a type with values
// of a deviation.
type pool struct {
	typ quant.Type
	std float64
}

const (
	poolRows  = 1024
	poolBlock = 256 // values of a row: a block of every type, or several
)

// random writes random values: norms are the identity, biases 0, weights normal
// with the variance that keeps activations' scale.
func (p *part) random(ctx context.Context, w io.Writer, rng *rand.Rand, pools map[pool][]byte) error {
	n := len(p.data) / 4
	switch {
	case strings.HasSuffix(p.name, "bias"), strings.Contains(p.name, "norm"):
		x := float32(1)
		if strings.HasSuffix(p.name, "bias") {
			x = 0
		}
		return constant(w, n, x)
	}
	std := 0.5 // of embeddings
	if !strings.Contains(p.name, "embed") || strings.Contains(p.name, "patch") {
		std = 1 / math.Sqrt(float64(n/p.shape[0]))
	}
	rows, err := p.pool(pool{p.to, std}, rng, pools)
	if err != nil {
		return err
	}
	row := len(rows) / poolRows
	size, err := p.to.RowBytes(n)
	if err != nil {
		return err
	}
	buf := make([]byte, 0, poolRows*row)
	for size > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		for buf = buf[:0]; len(buf) < cap(buf); {
			at := rng.IntN(poolRows) * row
			buf = append(buf, rows[at:at+row]...)
		}
		k, err := w.Write(buf[:min(size, len(buf))])
		if err != nil {
			return err
		}
		size -= k
	}
	return nil
}

// constant writes a vector of x, which files store in F32.
func constant(w io.Writer, n int, x float32) error {
	_, err := w.Write(bytes.Repeat(binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)), n))
	return err
}

// pool returns poolRows encoded rows.
func (p *part) pool(key pool, rng *rand.Rand, pools map[pool][]byte) ([]byte, error) {
	if rows, ok := pools[key]; ok {
		return rows, nil
	}
	values := make([]float32, poolRows*poolBlock)
	for i := range values {
		values[i] = float32(rng.NormFloat64() * key.std)
	}
	size, err := key.typ.RowBytes(len(values))
	if err != nil {
		return nil, err
	}
	rows := make([]byte, size)
	if err := quant.Encode(key.typ, rows, values); err != nil {
		return nil, err
	}
	pools[key] = rows
	return rows, nil
}

// LLaVA7B is the architecture of LLaVA-1.5-7B: Vicuna-7B with CLIP ViT-L/14 at 336
// pixels, of which the first 23 of 24 blocks are run.
func LLaVA7B() *Config {
	return &Config{
		Arch:      "LlavaForConditionalGeneration",
		ImageMode: "pad",
		Text: TextConfig{
			Hidden: 4096, Intermediate: 11008, Layers: 32, Heads: 32, KVHeads: 32, HeadDim: 128,
			Vocab: 32064, Context: 4096, NormEps: 1e-5, RopeTheta: 10000,
		},
		Vision: &VisionConfig{
			Hidden: 1024, Intermediate: 4096, Layers: 24, Heads: 16, ImageSize: 336, PatchSize: 14,
			NormEps: 1e-5, Act: tensor.QuickGELU, FeatureLayers: []int{23},
		},
		Projector: &ProjectorConfig{Act: tensor.GELU},
	}
}
