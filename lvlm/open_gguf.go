package lvlm

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
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

// findProjector returns mmproj-NAME.gguf beside the model NAME.gguf, else the one
// mmproj*.gguf beside it, "" where there is none or several.
func findProjector(model string) string {
	if _, err := os.Stat(projectorBeside(model)); err == nil {
		return projectorBeside(model)
	}
	found, err := filepath.Glob(filepath.Join(filepath.Dir(model), "mmproj*.gguf"))
	if err != nil || len(found) != 1 {
		return ""
	}
	return found[0]
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

// projector reads the architecture of a LLaVA projector file into m.
func (k *keys) projector(m *Model) {
	k.architecture("clip")
	vision, err := k.file.Bool("clip.has_vision_encoder")
	k.try(err)
	if k.err == nil && !vision {
		k.fail("clip.has_vision_encoder", "false: no vision tower in the file")
	}
	typ, err := k.file.StringOr("clip.projector_type", "mlp")
	k.try(err)
	if k.err == nil && typ != "mlp" {
		k.fail("clip.projector_type", "%q is not supported (mlp)", typ)
	}
	c := &VisionConfig{
		ImageSize:    k.count("clip.vision.image_size", maxImage),
		PatchSize:    k.count("clip.vision.patch_size", maxImage),
		Hidden:       k.count("clip.vision.embedding_length", maxWidth),
		Intermediate: k.count("clip.vision.feed_forward_length", maxWidth),
		Layers:       k.count("clip.vision.block_count", maxLayers),
		Heads:        k.count("clip.vision.attention.head_count", maxWidth),
		Act:          k.activation(),
	}
	eps := k.float("clip.vision.attention.layer_norm_epsilon")
	c.NormEps = k.eps("clip.vision.attention.layer_norm_epsilon", &eps, 0)
	if k.err != nil {
		return
	}
	k.divides("clip.vision.attention.head_count", c.Heads, "clip.vision.embedding_length", c.Hidden)
	if c.PatchSize > c.ImageSize {
		k.fail("clip.vision.patch_size", "%d is larger than the image size %d", c.PatchSize, c.ImageSize)
	}
	if last := fmt.Sprintf("v.blk.%d.ln1.weight", c.Layers-1); k.err == nil {
		if !k.stores(last) {
			k.fail("clip.vision.block_count", "%d, but tensor %s is missing", c.Layers, last)
		}
	}
	c.FeatureLayers = k.featureLayers(c.Layers)
	c.KeepClass, err = k.file.BoolOr(keyClassToken, false)
	k.try(err)
	m.Config.Vision, m.Config.Projector = c, &ProjectorConfig{Act: k.named(keyProjAct, tensor.GELU)}
	m.Config.ImageMode = k.imageMode()
	m.images = preprocess.Default(c.ImageSize)
	k.triple("clip.vision.image_mean", &m.images.Mean, false)
	k.triple("clip.vision.image_std", &m.images.Std, true)
}

// activation is CLIP's quick GELU unless the file says otherwise.
func (k *keys) activation() tensor.Activation {
	gelu, err := k.file.BoolOr("clip.use_gelu", false)
	k.try(err)
	silu, err := k.file.BoolOr("clip.use_silu", false)
	k.try(err)
	switch {
	case gelu && silu:
		k.fail("clip.use_silu", "true, and clip.use_gelu is true too")
	case gelu:
		return k.named(keyVisionAct, tensor.GELU)
	case silu:
		return tensor.SiLU
	}
	return tensor.QuickGELU
}

// named reads an activation by its name in transformers.
func (k *keys) named(key string, missing tensor.Activation) tensor.Activation {
	name, err := k.file.StringOr(key, "")
	k.try(err)
	if name == "" {
		return missing
	}
	act, err := activation(key, name, "")
	k.try(inFile(k.file, err))
	return act
}

// imageMode reads how pictures are squared.
func (k *keys) imageMode() string {
	name, err := k.file.StringOr(keyImageMode, preprocess.Crop.String())
	k.try(err)
	if _, err := preprocess.ParseMode(name); err != nil {
		k.fail(keyImageMode, "%v", err)
	}
	return name
}

// featureLayers reads after how many blocks the features are taken. Files of the
// first converters do not say: they hold exactly the blocks that are run.
func (k *keys) featureLayers(blocks int) []int {
	const key = "clip.vision.feature_layer"
	if !k.file.Has(key) {
		return []int{blocks}
	}
	list, err := k.file.Int32s(key)
	k.try(err)
	if len(list) == 0 {
		k.fail(key, "empty")
	}
	var out []int
	for _, n := range list {
		if n < 0 || int(n) > blocks {
			k.fail(key, "%d is not in 0..%d", n, blocks)
		}
		out = append(out, int(n))
	}
	return out
}

// triple reads one number a colour channel.
func (k *keys) triple(key string, dst *[3]float64, divisor bool) {
	list, err := k.file.Float32s(key)
	k.try(err)
	if k.err == nil && len(list) != 3 {
		k.fail(key, "%d values, not 3", len(list))
	}
	for i, x := range list {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) || divisor && x <= 0 {
			k.fail(key, "element %d is %v", i, x)
		}
		if k.err == nil {
			dst[i] = float64(x)
		}
	}
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
// call ffn_down: it reads the tower's width.
func (s *ggufSource) feedForwardSwapped() bool {
	t, ok := s.vision.Lookup("v.blk.0.ffn_down.weight")
	return ok && len(t.Shape) == 2 && t.Shape[1] == s.config.Vision.Hidden
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
