package lvlm

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/gguf"
	"github.com/go-par/par/tensor/quant"
)

// Keys of our own, for what GGUF has no words for. They are left out where a file
// without them means the same.
const (
	keyImageMode  = "par.image_mode"           // string: "pad"
	keyClassToken = "par.vision.class_token"   // bool: the class token is a feature too
	keyVisionAct  = "par.vision.hidden_act"    // string: the tower's activation in transformers
	keyProjAct    = "par.projector.hidden_act" // string: the projector's
	keyLlama3     = "par.rope.llama3"          // float32[4]: factor, low and high frequency factor, original context
	keyDType      = "par.source.dtype"         // string: the type of all tensors before conversion
	keyPrefix     = "par.source.prefix."       // string, by group: what stood before the names of tensors
)

// quantizationVersion is that of GGML's block layouts.
const quantizationVersion = 2

// toGGUF converts the directory in.
func (c *converter) toGGUF(in, out string) error {
	cfg, tower, err := readConfig(in, c.o.Vision)
	if err != nil {
		return err
	}
	vocab, err := tokenizer.OpenVocabulary(in, cfg.Text.Vocab)
	if err != nil {
		return err
	}
	template, err := chat.Source(in)
	if err != nil {
		return err
	}
	src, err := openSafetensors(in, tower, Options{})
	if err != nil {
		return err
	}
	defer src.Close()
	parts, err := catalogue(src, cfg)
	if err != nil {
		return err
	}
	c.begin(parts)
	c.result.Skipped = leftOut(src.names(), parts, src.own)
	var text, vision []part
	for _, p := range parts {
		if isVision(p.name) {
			vision = append(vision, p)
		} else {
			text = append(text, p)
		}
	}
	textMix, visionMix, err := c.mixes(text)
	if err != nil {
		return err
	}
	w := &ggufWriter{converter: c, config: cfg, src: src, name: filepath.Base(filepath.Clean(in))}
	if cfg.Vision != nil {
		images, err := loadPreprocessor(tower, cfg.Vision.ImageSize)
		if err != nil {
			return err
		}
		keys, err := w.visionKeys(visionMix, images, vision)
		if err != nil {
			return fmt.Errorf("%s: %w", in, err)
		}
		file := c.o.Projector
		if file == "" {
			file = projectorBeside(out)
		}
		for i := range vision {
			p := &vision[i]
			p.as = ggufName(p.name)
			p.to = visionMix.vision(p.name, p.shape)
		}
		if err := w.write(file, keys, vision); err != nil {
			return err
		}
	}
	keys, err := w.textKeys(textMix, vocab, template, text)
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	return w.writeText(out, textMix, keys, text)
}

// projectorBeside returns the file that vision tower and projector of a GGUF model
// go to.
func projectorBeside(model string) string {
	return filepath.Join(filepath.Dir(model), "mmproj-"+filepath.Base(model))
}

// mixes returns the types to write a language model and a projector in.
func (c *converter) mixes(text []part) (textMix, visionMix *mix, err error) {
	name := c.o.Type
	if name == "" {
		name = widest(text).String()
	}
	if textMix, err = parseMix(name); err != nil {
		return nil, nil, err
	}
	if name = c.o.ProjectorType; name == "" {
		name = "f16"
		if textMix.float() {
			name = textMix.name
		}
	}
	visionMix, err = parseMix(name)
	return textMix, visionMix, err
}

// ggufWriter writes the files of one checkpoint.
type ggufWriter struct {
	*converter
	config *Config
	src    *safetensorsSource
	name   string
}

// keyList collects keys in the order in which they are written.
type keyList []gguf.KeyValue

func add[T gguf.Scalar](k *keyList, name string, x T) {
	*k = append(*k, gguf.KeyValue{Key: name, Value: gguf.Of(x)})
}

func addList[T gguf.Scalar](k *keyList, name string, x []T) {
	*k = append(*k, gguf.KeyValue{Key: name, Value: gguf.ArrayOf(x)})
}

func addInt(k *keyList, name string, n int) { add(k, name, uint32(n)) }

// general starts the keys of a file.
func (w *ggufWriter) general(arch, kind string, m *mix) *keyList {
	k := new(keyList)
	add(k, "general.architecture", arch)
	add(k, "general.type", kind)
	add(k, "general.name", w.name)
	add(k, "general.file_type", m.id)
	add(k, "general.quantization_version", uint32(quantizationVersion))
	return k
}

// origin adds what the way back needs: how tensors were named and stored.
func (w *ggufWriter) origin(k *keyList, parts []part, groups ...string) {
	if t, ok := common(parts); ok && t != quant.F32 {
		add(k, keyDType, torchNames[t])
	}
	if w.config.ChunkedPrompt {
		return // LLaVA's own layout keeps the tower in another directory
	}
	defaults := hubPrefixes(w.config.Vision != nil)
	for _, g := range groups {
		if g == "head" && w.config.Text.TiedHead {
			continue
		}
		if p := w.src.prefix[g+"."]; p != defaults[g+"."] {
			add(k, keyPrefix+g, p)
		}
	}
}

// arch returns the architecture that llama.cpp knows the language model by.
func (c *TextConfig) arch() string {
	if c.QKVBias && !c.OutputBias {
		return "qwen2"
	}
	return "llama"
}

func (w *ggufWriter) textKeys(m *mix, vocab *tokenizer.Vocabulary, template string, parts []part) (*keyList, error) {
	c := &w.config.Text
	arch := c.arch()
	k := w.general(arch, "model", m)
	addInt(k, arch+".vocab_size", c.Vocab)
	addInt(k, arch+".context_length", c.Context)
	addInt(k, arch+".embedding_length", c.Hidden)
	addInt(k, arch+".block_count", c.Layers)
	addInt(k, arch+".feed_forward_length", c.Intermediate)
	addInt(k, arch+".attention.head_count", c.Heads)
	addInt(k, arch+".attention.head_count_kv", c.KVHeads)
	addInt(k, arch+".attention.key_length", c.HeadDim)
	addInt(k, arch+".attention.value_length", c.HeadDim)
	add(k, arch+".attention.layer_norm_rms_epsilon", c.NormEps)
	addInt(k, arch+".rope.dimension_count", c.HeadDim)
	add(k, arch+".rope.freq_base", float32(c.RopeTheta))
	switch s := c.RopeScaling; s.Type {
	case "", "default", "none":
	case "linear":
		add(k, arch+".rope.scaling.type", "linear")
		add(k, arch+".rope.scaling.factor", float32(s.Factor))
	case "llama3":
		if arch != "llama" {
			return nil, fmt.Errorf("field rope_scaling: llama3 scaling can't be written for architecture %s", arch)
		}
		addList(k, keyLlama3, []float32{float32(s.Factor), float32(s.LowFreq), float32(s.HighFreq), float32(s.Original)})
	}
	w.origin(k, parts, "text", "head")
	w.vocabularyKeys(k, vocab)
	if template != "" {
		add(k, "tokenizer.chat_template", template)
	}
	return k, nil
}

func (w *ggufWriter) vocabularyKeys(k *keyList, v *tokenizer.Vocabulary) {
	const ggml = "tokenizer.ggml."
	add(k, ggml+"model", v.Model)
	add(k, ggml+"pre", v.Pre)
	addList(k, ggml+"tokens", v.Tokens)
	if v.Scores != nil {
		addList(k, ggml+"scores", v.Scores)
	}
	addList(k, ggml+"token_type", v.Types)
	if v.Merges != nil {
		addList(k, ggml+"merges", v.Merges)
	}
	ids := []struct {
		key string
		id  *int64
	}{
		{"bos_token_id", v.BOS}, {"eos_token_id", v.EOS},
		{"unknown_token_id", v.Unknown}, {"padding_token_id", v.Padding},
	}
	// Of several end tokens GGUF files name a second one.
	if list := w.config.EOS; len(list) > 1 {
		for _, id := range list {
			if v.EOS == nil || int64(id) != *v.EOS {
				other := int64(id)
				ids = append(ids, struct {
					key string
					id  *int64
				}{"eot_token_id", &other})
				break
			}
		}
	}
	for _, s := range ids {
		if s.id != nil && *s.id >= 0 && *s.id <= math.MaxInt32 {
			add(k, ggml+s.key, uint32(*s.id))
		}
	}
	for _, f := range []struct {
		key  string
		flag *bool
	}{{"add_bos_token", v.AddBOS}, {"add_eos_token", v.AddEOS}, {"add_space_prefix", v.AddSpacePrefix}} {
		if f.flag != nil {
			add(k, ggml+f.key, *f.flag)
		}
	}
}

// writeText writes the language model.
func (w *ggufWriter) writeText(path string, m *mix, keys *keyList, parts []part) error {
	c := &w.config.Text
	for i := range parts {
		p := &parts[i]
		p.as = ggufName(p.name)
		p.to = m.text(p.name, p.shape, c)
		if turned(p.name) && c.arch() == "llama" {
			p.order = pairRows(c.HeadDim)
		}
	}
	if c.RopeScaling.Type == "llama3" {
		d, err := c.RopeScaling.Divisors(c.HeadDim, c.RopeTheta)
		if err != nil {
			return err
		}
		m := tensor.FromF32(1, len(d), d)
		parts = append(parts, part{stored: stored{quant.F32, []int{len(d)}, m.Bytes()}, as: ropeFrequencies, to: quant.F32})
	}
	return w.write(path, keys, parts)
}

func (w *ggufWriter) write(path string, keys *keyList, parts []part) error {
	sources := make([]gguf.Source, len(parts))
	for i := range parts {
		p := &parts[i]
		sources[i] = gguf.Source{Name: p.as, Type: p.to, Shape: p.shape, Write: func(out io.Writer) error {
			return w.converter.write(out, path, p)
		}}
	}
	if err := gguf.WriteFile(path, *keys, sources); err != nil {
		return err
	}
	w.finished(path)
	return nil
}

func (w *ggufWriter) visionKeys(m *mix, images *preprocess.Config, parts []part) (*keyList, error) {
	c := w.config.Vision
	k := w.general("clip", "mmproj", m)
	add(k, "clip.has_vision_encoder", true)
	add(k, "clip.projector_type", "mlp")
	addInt(k, "clip.vision.image_size", c.ImageSize)
	addInt(k, "clip.vision.patch_size", c.PatchSize)
	addInt(k, "clip.vision.embedding_length", c.Hidden)
	addInt(k, "clip.vision.feed_forward_length", c.Intermediate)
	addInt(k, "clip.vision.projection_dim", w.config.Text.Hidden)
	addInt(k, "clip.vision.block_count", c.Layers)
	addInt(k, "clip.vision.attention.head_count", c.Heads)
	add(k, "clip.vision.attention.layer_norm_epsilon", c.NormEps)
	var features []int32
	for _, n := range c.FeatureLayers {
		features = append(features, int32(n))
	}
	addList(k, "clip.vision.feature_layer", features)
	addList(k, "clip.vision.image_mean", narrow(images.Mean))
	addList(k, "clip.vision.image_std", narrow(images.Std))
	add(k, "clip.use_gelu", c.Act == tensor.GELU || c.Act == tensor.GELUTanh)
	add(k, "clip.use_silu", c.Act == tensor.SiLU)
	if c.Act == tensor.GELUTanh {
		add(k, keyVisionAct, activationName(c.Act))
	}
	if act := w.config.Projector.Act; act != tensor.GELU {
		add(k, keyProjAct, activationName(act))
	}
	if c.KeepClass {
		add(k, keyClassToken, true)
	}
	if images.Mode == preprocess.Pad || w.config.ImageMode == "pad" {
		add(k, keyImageMode, "pad")
	}
	usual := *preprocess.Default(c.ImageSize)
	usual.Mean, usual.Std, usual.Mode, usual.Threads = images.Mean, images.Std, images.Mode, images.Threads
	if *images != usual {
		return nil, fmt.Errorf("preprocessor: GGUF files can't hold %+v, only what differs from CLIP's in image_mean and image_std", *images)
	}
	w.origin(k, parts, "vision", "projector")
	return k, nil
}

func narrow(list [3]float64) []float32 {
	return []float32{float32(list[0]), float32(list[1]), float32(list[2])}
}

// activationName is the inverse of activation.
func activationName(a tensor.Activation) string {
	for _, name := range []string{"gelu", "quick_gelu", "gelu_pytorch_tanh", "silu"} {
		if act, err := activation("", name, ""); err == nil && act == a {
			return name
		}
	}
	return strings.ToLower(fmt.Sprint(a))
}
