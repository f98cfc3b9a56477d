package lvlm

import (
	"fmt"
	"math"
	"strings"

	"github.com/go-par/par/lvlm/preprocess"
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
		if p := w.prefix[g+"."]; p != defaults[g+"."] {
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

func (w *ggufWriter) textKeys(m *mix, parts []part) (*keyList, error) {
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
	default:
		return nil, fmt.Errorf("field rope_scaling: %q scaling can't be written", s.Type)
	}
	w.origin(k, parts, "text", "head")
	w.vocabularyKeys(k)
	if w.template != "" {
		add(k, "tokenizer.chat_template", w.template)
	}
	return k, nil
}

func (w *ggufWriter) vocabularyKeys(k *keyList) {
	v := w.vocab
	key := func(name string) string { return "tokenizer.ggml." + name }
	add(k, key("model"), v.Model)
	add(k, key("pre"), v.Pre)
	addList(k, key("tokens"), v.Tokens)
	if v.Scores != nil {
		addList(k, key("scores"), v.Scores)
	}
	addList(k, key("token_type"), v.Types)
	if v.Merges != nil {
		addList(k, key("merges"), v.Merges)
	}
	eos, eot := v.EOS, (*int64)(nil)
	// Of several end tokens GGUF files name a second one.
	for _, id := range w.config.EOS {
		switch id := int64(id); {
		case eos == nil:
			eos = &id
		case id != *eos && eot == nil && len(w.config.EOS) > 1:
			eot = &id
		}
	}
	for _, s := range []struct {
		name string
		id   *int64
	}{
		{"bos_token_id", v.BOS}, {"eos_token_id", eos}, {"eot_token_id", eot},
		{"unknown_token_id", v.Unknown}, {"padding_token_id", v.Padding},
	} {
		if s.id != nil && *s.id >= 0 && *s.id <= math.MaxInt32 {
			add(k, key(s.name), uint32(*s.id))
		}
	}
	for _, f := range []struct {
		name string
		flag *bool
	}{{"add_bos_token", v.AddBOS}, {"add_eos_token", v.AddEOS}, {"add_space_prefix", v.AddSpacePrefix}} {
		if f.flag != nil {
			add(k, key(f.name), *f.flag)
		}
	}
}

func (w *ggufWriter) visionKeys(m *mix, parts []part) (*keyList, error) {
	c, images := w.config.Vision, w.images
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
