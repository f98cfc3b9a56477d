package lvlm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor/atomicfile"
	"github.com/go-par/par/tensor/quant"
	"github.com/go-par/par/tensor/safetensors"
)

// dtypes are the types that weights in a directory have.
var dtypes = map[quant.Type]safetensors.DType{quant.F32: safetensors.F32, quant.F16: safetensors.F16, quant.BF16: safetensors.BF16}

// toDir converts the GGUF file in, with the projector that goes with it.
func (c *converter) toDir(in, out string) error {
	want := quant.F32
	if c.o.Type != "" {
		m, err := parseMix(c.o.Type)
		if err != nil {
			return err
		}
		if want = m.base; !m.float() {
			return fmt.Errorf("type %q is not one of a directory's (f32, f16, bf16)", c.o.Type)
		}
	}
	if strings.HasSuffix(out, ".gguf") {
		return fmt.Errorf("%s: a GGUF file becomes a directory, not another GGUF file", out)
	}
	m := new(Model)
	defer m.Close()
	src, err := m.openGGUF(in, Options{Projector: c.o.Projector})
	if err != nil {
		return err
	}
	parts, err := catalogue(src, m.Config)
	if err != nil {
		return err
	}
	c.begin(parts)
	c.result.Skipped = leftOut(src.names(), parts, func(name string) string { _, n := src.locate(name); return n })
	w := &dirWriter{converter: c, m: m, src: src, dir: out}
	names, err := w.names()
	if err != nil {
		return err
	}
	for i := range parts {
		p := &parts[i]
		p.as = names.name(p.name)
		if p.to = want; c.o.Type == "" {
			if p.to, err = w.lossless(p); err != nil {
				return err
			}
		}
		if turned(p.name) && m.Decoder.RoPE.Interleaved {
			p.order = splitRows(m.Config.Text.HeadDim)
		}
	}
	files, err := w.describe(parts)
	if err != nil {
		return err
	}
	if err := newDir(out); err != nil {
		return err
	}
	if err := w.weights(parts); err != nil {
		return err
	}
	// config.json last: it makes the directory a checkpoint.
	for _, name := range append(slices.DeleteFunc(slices.Sorted(maps.Keys(files)), isConfig), configName) {
		path := filepath.Join(out, name)
		if err := atomicfile.Write(path, func(w io.Writer) error { _, err := w.Write(files[name]); return err }); err != nil {
			return err
		}
		c.finished(path)
	}
	return nil
}

const configName = "config.json"

func isConfig(name string) bool { return name == configName }

// dirWriter writes the files of one directory.
type dirWriter struct {
	*converter
	m   *Model
	src *ggufSource
	dir string
}

// hubPrefixes are the prefixes of names in the files of Hugging Face's hub.
func hubPrefixes(vision bool) map[string]string {
	list := map[string]string{}
	for _, p := range prefixes {
		list[p.group] = p.known[0]
	}
	if !vision {
		list["text."], list["head."] = "model.", ""
	}
	return list
}

// names spells tensors as the directory did that the GGUF file was made of, else
// as the hub does.
func (w *dirWriter) names() (*safetensorsSource, error) {
	s := &safetensorsSource{prefix: hubPrefixes(w.m.Vision != nil)}
	for _, p := range prefixes {
		f := w.src.text
		if isVision(p.group) {
			f = w.src.vision
		}
		if f == nil {
			continue
		}
		key := keyPrefix + strings.TrimSuffix(p.group, ".")
		known, err := f.StringOr(key, s.prefix[p.group])
		if err != nil {
			return nil, err
		}
		if !slices.Contains(p.known, known) {
			return nil, fmt.Errorf("%s: field %s: %q is not known (%q)", f.Path(), key, known, p.known)
		}
		s.prefix[p.group] = known
	}
	return s, nil
}

// lossless returns the type that a part had before it was put into the GGUF file,
// where the file tells and its values are still exactly those, else one that
// holds what the file has.
func (w *dirWriter) lossless(p *part) (quant.Type, error) {
	if p.typ != quant.F32 {
		if _, ok := dtypes[p.typ]; ok {
			return p.typ, nil
		}
		return quant.F32, nil
	}
	f, _ := w.src.locate(p.name)
	name, err := f.StringOr(keyDType, torchNames[quant.F32])
	if err != nil {
		return 0, err
	}
	for t, n := range torchNames {
		if n == name {
			return t, nil
		}
	}
	return 0, fmt.Errorf("%s: field %s: %q is not known", f.Path(), keyDType, name)
}

func (w *dirWriter) weights(parts []part) error {
	path := filepath.Join(w.dir, safetensors.SingleName)
	sources := make([]safetensors.Source, len(parts))
	for i := range parts {
		p := &parts[i]
		sources[i] = safetensors.Source{Name: p.as, DType: dtypes[p.to], Shape: p.shape, Write: func(out io.Writer) error {
			return w.write(out, path, p)
		}}
	}
	// transformers refuses files that do not name their framework.
	if err := safetensors.WriteFile(path, sources, map[string]string{"format": "pt"}); err != nil {
		return err
	}
	w.finished(path)
	return nil
}

// describe returns the files beside the weights.
func (w *dirWriter) describe(parts []part) (map[string][]byte, error) {
	f := w.src.text
	vocab, err := readVocabulary(f)
	if err != nil {
		return nil, err
	}
	template, err := f.StringOr("tokenizer.chat_template", "")
	if err != nil {
		return nil, err
	}
	files, err := vocab.Files(template)
	if err != nil {
		return nil, inFile(f, err)
	}
	text, err := w.textConfig()
	if err != nil {
		return nil, inFile(f, err)
	}
	config := text
	if w.m.Vision != nil {
		if config, err = w.visionConfig(text); err != nil {
			return nil, err
		}
		if template != "" {
			files["chat_template.json"] = spell(object{"chat_template": template})
		}
		files["preprocessor_config.json"] = spell(w.preprocessor())
	} else {
		config["architectures"] = []string{map[string]string{"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM"}[w.m.Config.Arch]}
	}
	written := slices.Clone(parts)
	for i := range written {
		written[i].typ = written[i].to
	}
	config["torch_dtype"] = torchNames[widest(written)]
	files[configName] = spell(config)
	files["generation_config.json"] = spell(w.special(object{}))
	return files, nil
}

// object is a JSON object.
type object map[string]any

// spell returns JSON that people can read, without HTML's escapes.
func spell(o object) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(o); err != nil {
		panic("lvlm: " + err.Error()) // only for numbers that are not finite; configurations have none
	}
	return b.Bytes()
}

// special adds the ids of special tokens to o.
func (w *dirWriter) special(o object) object {
	tok := w.m.Tokenizer
	for name, id := range map[string]func() (int32, bool){"bos_token_id": tok.BOS, "eos_token_id": tok.EOS, "pad_token_id": tok.PAD} {
		if id, ok := id(); ok {
			o[name] = id
		}
	}
	if ends := w.m.Config.EOS; len(ends) > 1 {
		o["eos_token_id"] = ends
	}
	return o
}

// textConfig returns the configuration of the language model.
func (w *dirWriter) textConfig() (object, error) {
	c := &w.m.Config.Text
	arch := w.m.Config.Arch
	if want := c.arch(); want != arch || c.OutputBias && !c.QKVBias || arch == "qwen2" && c.MLPBias {
		return nil, fmt.Errorf("field general.architecture: transformers has no %q with these biases (q, k, v: %t; attention output: %t; MLP: %t)",
			arch, c.QKVBias, c.OutputBias, c.MLPBias)
	}
	o := object{
		"model_type":              arch,
		"hidden_size":             c.Hidden,
		"intermediate_size":       c.Intermediate,
		"num_hidden_layers":       c.Layers,
		"num_attention_heads":     c.Heads,
		"num_key_value_heads":     c.KVHeads,
		"head_dim":                c.HeadDim,
		"vocab_size":              c.Vocab,
		"max_position_embeddings": c.Context,
		"rms_norm_eps":            c.NormEps,
		"rope_theta":              float32(c.RopeTheta),
		"hidden_act":              "silu",
		"tie_word_embeddings":     c.TiedHead,
	}
	if arch == "llama" {
		o["attention_bias"], o["mlp_bias"] = c.QKVBias, c.MLPBias
	}
	scaling := c.RopeScaling
	if _, ok := w.src.text.Lookup(ropeFrequencies); ok {
		var err error
		if scaling, err = w.llama3(); err != nil {
			return nil, err
		}
	}
	switch scaling.Type {
	case "linear":
		o["rope_scaling"] = object{"rope_type": "linear", "factor": float32(scaling.Factor)}
	case "llama3":
		o["rope_scaling"] = object{
			"rope_type": "llama3", "factor": scaling.Factor, "low_freq_factor": scaling.LowFreq,
			"high_freq_factor": scaling.HighFreq, "original_max_position_embeddings": int64(scaling.Original),
		}
	}
	return w.special(o), nil
}

// llama3 returns the scaling behind the file's rotary divisors.
func (w *dirWriter) llama3() (nn.RopeScaling, error) {
	c := &w.m.Config.Text
	l := &loader{src: w.src}
	want := l.vector(ropeFrequencies, c.HeadDim/2)
	if l.err != nil {
		return nn.RopeScaling{}, l.err
	}
	var tries []nn.RopeScaling
	if w.src.text.Has(keyLlama3) {
		p, err := w.src.text.Float32s(keyLlama3)
		if err != nil {
			return nn.RopeScaling{}, err
		}
		if len(p) != 4 {
			return nn.RopeScaling{}, fmt.Errorf("field %s: %v, want 4 numbers", keyLlama3, p)
		}
		tries = append(tries, nn.RopeScaling{
			Type: "llama3", Factor: float64(p[0]), LowFreq: float64(p[1]), HighFreq: float64(p[2]), Original: float64(p[3]),
		})
	}
	// Other converters do not tell. All published models have these factors; scaling
	// both and the context by a number changes nothing.
	for original := 32.0; original <= 1<<20; original *= 2 {
		tries = append(tries, nn.RopeScaling{Type: "llama3", Factor: float64(slices.Max(want)), LowFreq: 1, HighFreq: 4, Original: original})
	}
	for _, s := range tries {
		if got, err := s.Divisors(c.HeadDim, c.RopeTheta); err == nil && similar(got, want) {
			return s, nil
		}
	}
	return nn.RopeScaling{}, fmt.Errorf("tensor %s: no llama3 scaling of transformers has these divisors", ropeFrequencies)
}

// similar reports whether two lists are the same but for some roundings of f32.
func similar(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x-y)) <= 16*0x1p-24*math.Abs(float64(y)) })
}

// visionConfig wraps the language model's configuration in LLaVA's.
func (w *dirWriter) visionConfig(text object) (object, error) {
	c, v := w.m.Config, w.m.Config.Vision
	features := any(v.FeatureLayers[0] - v.Layers - 1)
	if len(v.FeatureLayers) > 1 {
		list := make([]int, len(v.FeatureLayers))
		for i, n := range v.FeatureLayers {
			list[i] = n - v.Layers - 1
		}
		features = list
	}
	sel := "default"
	if v.KeepClass {
		sel = "full"
	}
	// Without a token that stands for an image, the id is the one that LLaVA's own
	// code uses, which is outside of every vocabulary.
	image := int32(noImageToken)
	if id, ok := w.m.Tokenizer.ID(ImageMark); ok {
		image = id
	}
	return object{
		"architectures":                  []string{"LlavaForConditionalGeneration"},
		"model_type":                     "llava",
		"image_token_index":              image,
		"image_seq_length":               v.Tokens(),
		"projector_hidden_act":           activationName(c.Projector.Act),
		"multimodal_projector_bias":      true,
		"vision_feature_layer":           features,
		"vision_feature_select_strategy": sel,
		"tie_word_embeddings":            c.Text.TiedHead,
		"text_config":                    text,
		"vision_config": object{
			"model_type":          "clip_vision_model",
			"hidden_size":         v.Hidden,
			"intermediate_size":   v.Intermediate,
			"num_hidden_layers":   v.Layers,
			"num_attention_heads": v.Heads,
			"image_size":          v.ImageSize,
			"patch_size":          v.PatchSize,
			"layer_norm_eps":      v.NormEps,
			"hidden_act":          activationName(v.Act),
		},
	}, nil
}

// preprocessor returns a preprocessor_config.json.
func (w *dirWriter) preprocessor() object {
	p := w.m.images
	o := object{
		"image_processor_type": "CLIPImageProcessor",
		"processor_class":      "LlavaProcessor",
		"do_convert_rgb":       true,
		"do_resize":            true,
		"size":                 object{"shortest_edge": p.Size.ShortestEdge},
		"resample":             int(p.Filter),
		"do_center_crop":       true,
		"crop_size":            object{"height": p.Crop.Height, "width": p.Crop.Width},
		"do_rescale":           true,
		"rescale_factor":       p.Factor,
		"do_normalize":         true,
		"image_mean":           narrow(p.Mean),
		"image_std":            narrow(p.Std),
	}
	if w.m.Config.ImageMode == preprocess.Pad.String() {
		o["image_processor_type"], o["do_pad"] = "LlavaImageProcessor", true
	}
	return o
}
