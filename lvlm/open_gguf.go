package lvlm

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor/gguf"
	"github.com/go-par/par/tensor/quant"
)

// architectures are the language models of GGUF files that can be run.
var architectures = []string{"llama", "qwen2"}

// openGGUF opens a language model from a GGUF file and, where it has one, the
// vision tower and projector beside it.
func (m *Model) openGGUF(path string, o Options) (*ggufSource, error) {
	f, err := gguf.Open(path, o.mapping()...)
	if err != nil {
		return nil, err
	}
	m.files = append(m.files, f)
	projector := o.projector(path)
	if projector == "" {
		return m.readGGUF(f, nil)
	}
	p, err := gguf.Open(projector, o.mapping()...)
	if err != nil {
		return nil, err
	}
	m.files = append(m.files, p)
	return m.readGGUF(f, p)
}

// readGGUF makes a model of the language model in f and, where p is not nil, the
// vision tower and projector in p.
func (m *Model) readGGUF(f, p *gguf.File) (*ggufSource, error) {
	k := newKeys(f)
	m.Config = &Config{ImageToken: -1, ImageMode: "crop", ChunkedPrompt: true}
	m.Config.Arch = k.architecture(architectures...)
	m.Config.Text = k.text(m.Config.Arch)
	if k.err != nil {
		return nil, k.err
	}
	src := &ggufSource{text: f, sizes: k.sizes, config: m.Config}
	if p != nil {
		v := newKeys(p)
		if v.projector(m); v.err != nil {
			return nil, v.err
		}
		src.vision, src.visionSizes = p, v.sizes
		src.swapped = src.feedForwardSwapped()
	}
	if err := m.load(src); err != nil {
		return nil, err
	}
	// Converters move the rows of arch llama's queries and keys so that rotary pairs
	// are neighbours, as llama.cpp wants them.
	m.Decoder.RoPE.Interleaved = m.Config.Arch == "llama"
	if err := src.divideFrequencies(m.Decoder); err != nil {
		return nil, err
	}
	var err error
	if m.Tokenizer, err = ggufTokenizer(f); err != nil {
		return nil, err
	}
	template, err := f.StringOr("tokenizer.chat_template", "")
	if err != nil {
		return nil, err
	}
	if template != "" {
		m.setTemplate(template)
	}
	m.Config.EOS = k.ends(m.Tokenizer)
	return src, k.err
}

// keys reads a file's settings and keeps the first error.
type keys struct {
	file *gguf.File
	fields
	sizes []string // the sizes read, spelled out for errors about tensors
}

func newKeys(f *gguf.File) *keys { return &keys{file: f, fields: fields{file: f.Path()}} }

// try keeps err.
func (k *keys) try(err error) {
	if k.err == nil {
		k.err = err
	}
}

// count reads an integer in [1, limit].
func (k *keys) count(key string, limit int) int {
	n, err := k.file.Count(key)
	k.try(err)
	return k.bounded(key, n, limit)
}

// countOr is count with a default for a missing key.
func (k *keys) countOr(key string, missing, limit int) int {
	if !k.file.Has(key) {
		return missing
	}
	return k.count(key, limit)
}

// counts reads a setting of every layer, which must be one value for all.
func (k *keys) counts(key string, layers, limit int) int {
	list, err := k.file.Counts(key, layers)
	k.try(err)
	if len(list) == 0 {
		return 1
	}
	if slices.Min(list) != slices.Max(list) {
		k.fail(key, "differs from layer to layer, which is not supported")
	}
	return k.bounded(key, list[0], limit)
}

func (k *keys) bounded(key string, n, limit int) int {
	if k.err != nil {
		return 1
	}
	n = k.size(key, &n, 0, limit)
	k.sizes = append(k.sizes, fmt.Sprintf("%s %d", key, n))
	return n
}

// float reads a number.
func (k *keys) float(key string) float64 {
	x, err := k.file.Float32(key)
	k.try(err)
	return float64(x)
}

func (k *keys) floatOr(key string, missing float64) float64 {
	if !k.file.Has(key) {
		return missing
	}
	return k.float(key)
}

// architecture reads general.architecture, which must be one of those known.
func (k *keys) architecture(known ...string) string {
	arch, err := k.file.String("general.architecture")
	k.try(err)
	if k.err == nil && !slices.Contains(known, arch) {
		k.fail("general.architecture", "%q is not supported (%s)", arch, strings.Join(known, ", "))
	}
	return arch
}

// text reads the language model's architecture.
func (k *keys) text(arch string) TextConfig {
	key := func(name string) string { return arch + "." + name }
	c := TextConfig{
		Layers:      k.count(key("block_count"), maxLayers),
		Context:     k.count(key("context_length"), math.MaxInt32),
		Hidden:      k.count(key("embedding_length"), maxWidth),
		RopeTheta:   k.floatOr(key("rope.freq_base"), 10000),
		RopeScaling: k.scaling(arch),
		QKVBias:     arch == "qwen2" || k.stores("blk.0.attn_q.bias"),
		OutputBias:  k.stores("blk.0.attn_output.bias"),
		MLPBias:     k.stores("blk.0.ffn_gate.bias"),
		TiedHead:    !k.stores("output.weight"),
	}
	if k.err != nil {
		return c
	}
	c.Intermediate = k.counts(key("feed_forward_length"), c.Layers, maxWidth)
	c.Heads = k.counts(key("attention.head_count"), c.Layers, maxWidth)
	c.KVHeads = c.Heads
	if k.file.Has(key("attention.head_count_kv")) {
		c.KVHeads = k.counts(key("attention.head_count_kv"), c.Layers, maxWidth)
	}
	eps := k.float(key("attention.layer_norm_rms_epsilon"))
	c.NormEps = k.eps(key("attention.layer_norm_rms_epsilon"), &eps, 0)
	if k.err != nil {
		return c
	}
	k.divides(key("attention.head_count_kv"), c.KVHeads, key("attention.head_count"), c.Heads)
	if !k.file.Has(key("attention.key_length")) {
		k.divides(key("attention.head_count"), c.Heads, key("embedding_length"), c.Hidden)
	}
	c.HeadDim = k.countOr(key("attention.key_length"), max(1, c.Hidden/c.Heads), 1<<12)
	if v := k.countOr(key("attention.value_length"), c.HeadDim, 1<<12); v != c.HeadDim {
		k.fail(key("attention.value_length"), "%d is not the key length %d", v, c.HeadDim)
	}
	if r := k.countOr(key("rope.dimension_count"), c.HeadDim, maxWidth); r != c.HeadDim || r%2 != 0 {
		k.fail(key("rope.dimension_count"), "%d is not the head size %d, which must be even (%s)", r, c.HeadDim, strings.Join(k.sizes, ", "))
	}
	if k.err == nil {
		if _, err := nn.NewRoPE(c.HeadDim, c.RopeTheta, c.RopeScaling); err != nil {
			k.fail(key("rope.freq_base"), "%v", err)
		}
	}
	c.Vocab = k.vocabulary(arch)
	return c
}

// stores reports whether the file has the tensor.
func (k *keys) stores(name string) bool {
	_, ok := k.file.Lookup(name)
	return ok
}

// vocabulary returns the number of rows of the embedding matrix.
func (k *keys) vocabulary(arch string) int {
	if k.file.Has(arch + ".vocab_size") {
		return k.count(arch+".vocab_size", math.MaxInt32)
	}
	tokens, ok := k.file.Value("tokenizer.ggml.tokens")
	if !ok || tokens.Kind() != gguf.Array {
		k.fail("tokenizer.ggml.tokens", "missing, or no array")
		return 1
	}
	k.sizes = append(k.sizes, fmt.Sprintf("tokenizer.ggml.tokens %d", tokens.Len()))
	return tokens.Len()
}

// scaling reads how rotary positions are stretched.
func (k *keys) scaling(arch string) nn.RopeScaling {
	typ, err := k.file.StringOr(arch+".rope.scaling.type", "")
	k.try(err)
	factor := k.floatOr(arch+".rope.scaling.factor", k.floatOr(arch+".rope.scale_linear", 0))
	if m := k.floatOr(arch+".rope.scaling.attn_factor", 1); m != 1 {
		k.fail(arch+".rope.scaling.attn_factor", "%v is not supported, only 1", m)
	}
	switch typ {
	case "none":
	case "", "linear":
		// A type alone stretches nothing, nor does a factor of 0, llama.cpp's "unset".
		if factor != 0 && factor != 1 {
			if !(factor > 0) {
				k.fail(arch+".rope.scaling.factor", "%v is not positive", factor)
			}
			return nn.RopeScaling{Type: "linear", Factor: factor}
		}
	default:
		k.fail(arch+".rope.scaling.type", "%q is not supported (none, linear)", typ)
	}
	return nn.RopeScaling{}
}

// ggufSource finds tensors by the names that llama.cpp's converters give them.
type ggufSource struct {
	text, vision       *gguf.File
	sizes, visionSizes []string
	config             *Config
	swapped            bool // ffn_up is the tower's second layer, as the first converters wrote
}

var (
	textNames = strings.NewReplacer(
		"embed_tokens.", "token_embd.", "lm_head.", "output.", "layers.", "blk.",
		"self_attn.q_proj", "attn_q", "self_attn.k_proj", "attn_k", "self_attn.v_proj", "attn_v", "self_attn.o_proj", "attn_output",
		"input_layernorm", "attn_norm", "post_attention_layernorm", "ffn_norm",
		"mlp.gate_proj", "ffn_gate", "mlp.up_proj", "ffn_up", "mlp.down_proj", "ffn_down",
	)
	visionNames = strings.NewReplacer(
		"vision.embeddings.class_embedding", "v.class_embd", "vision.embeddings.patch_embedding", "v.patch_embd",
		"vision.embeddings.position_embedding", "v.position_embd", "vision.pre_layrnorm", "v.pre_ln", "vision.encoder.layers.", "v.blk.",
		"self_attn.q_proj", "attn_q", "self_attn.k_proj", "attn_k", "self_attn.v_proj", "attn_v", "self_attn.out_proj", "attn_out",
		"layer_norm1", "ln1", "layer_norm2", "ln2", "mlp.fc1", "ffn_up", "mlp.fc2", "ffn_down",
		"projector.linear_1", "mm.0", "projector.linear_2", "mm.2",
		// Stored for the sake of a directory that had it: no output of LLaVA depends on
		// it, but llama.cpp would apply it if it knew the name.
		"vision.post_layernorm", "par.v.post_ln",
	)
	swapNames = strings.NewReplacer("ffn_up", "ffn_down", "ffn_down", "ffn_up")
)

// ggufName returns a tensor's name in a GGUF file.
func ggufName(name string) string {
	switch {
	case isVision(name):
		return visionNames.Replace(name)
	case name == "norm.weight":
		return "output_norm.weight"
	}
	return textNames.Replace(name)
}

// isVision reports whether a tensor belongs to the vision tower or the projector.
func isVision(name string) bool {
	return strings.HasPrefix(name, "vision.") || strings.HasPrefix(name, "projector.")
}

// locate returns the file that a tensor is in and its name there.
func (s *ggufSource) locate(name string) (*gguf.File, string) {
	n := ggufName(name)
	switch {
	case !isVision(name):
		return s.text, n
	case s.swapped:
		n = swapNames.Replace(n)
	}
	return s.vision, n
}

func (s *ggufSource) find(name string, _ ...int) (stored, bool, error) {
	f, n := s.locate(name)
	t, ok := f.Lookup(n)
	if !ok {
		return stored{}, false, nil
	}
	switch t.Type {
	case quant.I8, quant.I16, quant.I32, quant.I64, quant.F64, quant.Q8_1, quant.Q8_K:
		return stored{}, true, fmt.Errorf("%v is no type for a weight", t.Type)
	}
	return stored{t.Type, t.Shape, t.Data}, true, nil
}

// names lists the tensors of both files.
func (s *ggufSource) names() []string {
	var list []string
	for _, f := range []*gguf.File{s.text, s.vision} {
		if f == nil {
			continue
		}
		for _, t := range f.Tensors() {
			list = append(list, t.Name)
		}
	}
	return list
}

// feedForwardSwapped tells the first converters' files by the shape of what they
// call ffn_down: it reads the tower's width. Where that is the width in between too,
// a key that only they wrote tells.
func (s *ggufSource) feedForwardSwapped() bool {
	c := s.config.Vision
	t, ok := s.vision.Lookup("v.blk.0.ffn_down.weight")
	return ok && len(t.Shape) == 2 && t.Shape[1] == c.Hidden &&
		(c.Intermediate != c.Hidden || s.vision.Has("clip.has_llava_projector"))
}

// ropeFrequencies is the tensor of the divisors of rotary frequencies.
const ropeFrequencies = "rope_freqs.weight"

// divideFrequencies applies the file's own rotary frequency divisors.
func (s *ggufSource) divideFrequencies(d *Decoder) error {
	const name = ropeFrequencies
	if _, ok := s.text.Lookup(name); !ok {
		return nil
	}
	l := &loader{src: s}
	div := l.vector(name, s.config.Text.HeadDim/2)
	if l.err != nil {
		return l.err
	}
	if err := d.RoPE.Divide(div); err != nil {
		return fmt.Errorf("%s: %w", s.where(name), err)
	}
	return nil
}

func (s *ggufSource) where(name string) string {
	f, n := s.locate(name)
	sizes := s.sizes
	if f == s.vision {
		sizes = s.visionSizes
	}
	return fmt.Sprintf("%s (%s): tensor %s", f.Path(), strings.Join(sizes, ", "), n)
}
