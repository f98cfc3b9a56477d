package lvlm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor/atomicfile"
	"github.com/go-par/par/tensor/quant"
	"github.com/go-par/par/tensor/safetensors"
)

// WriteDir writes a vision-language model as a Hugging Face directory, which must
// not hold another one. Weights are named as on Hugging Face's hub, and stored in
// the type of the first of them.
func WriteDir(dir string, c *Config, v *tokenizer.Vocabulary, template string, weights []safetensors.Source) error {
	if c.Vision == nil || len(weights) == 0 {
		return fmt.Errorf("%s: only a vision-language model with weights is written", dir)
	}
	tok, err := v.Tokenizer()
	if err != nil {
		return err
	}
	typ, err := weights[0].DType.Type()
	if err != nil {
		return err
	}
	files, err := (&description{c, tok, preprocess.Default(c.Vision.ImageSize)}).files(v, template, typ)
	if err != nil {
		return err
	}
	if err := newDir(dir); err != nil {
		return err
	}
	if err := safetensors.WriteFile(filepath.Join(dir, safetensors.SingleName), weights, weightsMetadata); err != nil {
		return err
	}
	return writeFiles(dir, files, func(string) {})
}

// weightsMetadata names the framework: transformers refuses files that don't.
var weightsMetadata = map[string]string{"format": "pt"}

const configName = "config.json"

// writeFiles writes files by name, config.json last: it makes the directory a
// checkpoint.
func writeFiles(dir string, files map[string][]byte, written func(path string)) error {
	isConfig := func(name string) bool { return name == configName }
	for _, name := range append(slices.DeleteFunc(slices.Sorted(maps.Keys(files)), isConfig), configName) {
		path := filepath.Join(dir, name)
		if err := atomicfile.Write(path, func(w io.Writer) error { _, err := w.Write(files[name]); return err }); err != nil {
			return err
		}
		written(path)
	}
	return nil
}

// description is what the files beside the weights of a directory tell.
type description struct {
	config    *Config
	tokenizer *tokenizer.Tokenizer
	images    *preprocess.Config // nil for a text-only model
}

// files returns the files beside weights of a type.
func (d *description) files(v *tokenizer.Vocabulary, template string, weights quant.Type) (map[string][]byte, error) {
	files, err := v.Files(template)
	if err != nil {
		return nil, err
	}
	text, err := d.textConfig()
	if err != nil {
		return nil, err
	}
	config := text
	if d.config.Vision != nil {
		if config, err = d.visionConfig(text); err != nil {
			return nil, err
		}
		if template != "" {
			files["chat_template.json"] = spell(object{"chat_template": template})
		}
		files["preprocessor_config.json"] = spell(d.preprocessor())
		files["processor_config.json"] = spell(d.processor())
	} else {
		config["architectures"] = []string{map[string]string{"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM"}[d.config.Arch]}
	}
	config["torch_dtype"] = torchNames[weights]
	files[configName] = spell(config)
	files["generation_config.json"] = spell(d.special(object{}))
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
func (d *description) special(o object) object {
	tok := d.tokenizer
	for name, id := range map[string]func() (int32, bool){"bos_token_id": tok.BOS, "eos_token_id": tok.EOS, "pad_token_id": tok.PAD} {
		if id, ok := id(); ok {
			o[name] = id
		}
	}
	if ends := d.config.EOS; len(ends) > 1 {
		o["eos_token_id"] = ends
	}
	return o
}

// textConfig returns the configuration of the language model.
func (d *description) textConfig() (object, error) {
	c := &d.config.Text
	arch := d.config.Arch
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
	switch scaling.Type {
	case "linear":
		o["rope_scaling"] = object{"rope_type": "linear", "factor": float32(scaling.Factor)}
	case "llama3":
		o["rope_scaling"] = object{
			"rope_type": "llama3", "factor": scaling.Factor, "low_freq_factor": scaling.LowFreq,
			"high_freq_factor": scaling.HighFreq, "original_max_position_embeddings": int64(scaling.Original),
		}
	}
	return d.special(o), nil
}

// visionConfig wraps the language model's configuration in LLaVA's.
func (d *description) visionConfig(text object) (object, error) {
	c, v := d.config, d.config.Vision
	features := any(v.FeatureLayers[0] - v.Layers - 1)
	if len(v.FeatureLayers) > 1 {
		list := make([]int, len(v.FeatureLayers))
		for i, n := range v.FeatureLayers {
			list[i] = n - v.Layers - 1
		}
		features = list
	}
	// Without a token that stands for an image, the id is the one that LLaVA's own
	// code uses, which is outside of every vocabulary.
	image := int32(noImageToken)
	if id, ok := d.tokenizer.ID(ImageMark); ok {
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
		"vision_feature_select_strategy": selectStrategy(v),
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

// selectStrategy says whether the class token is a feature too.
func selectStrategy(v *VisionConfig) string {
	if v.KeepClass {
		return "full"
	}
	return "default"
}

// processor returns a processor_config.json, which says how many tokens of a prompt
// stand for a picture.
func (d *description) processor() object {
	return object{
		"processor_class":                "LlavaProcessor",
		"patch_size":                     d.config.Vision.PatchSize,
		"vision_feature_select_strategy": selectStrategy(d.config.Vision),
		"num_additional_image_tokens":    1, // the class token
	}
}

// preprocessor returns a preprocessor_config.json.
func (d *description) preprocessor() object {
	p := d.images
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
	if d.config.ImageMode == preprocess.Pad.String() {
		o["image_processor_type"], o["do_pad"] = "LlavaImageProcessor", true
	}
	return o
}
