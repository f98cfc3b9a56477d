package lvlm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"path"
	"path/filepath"

	"github.com/go-par/par/internal/folder"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
)

// Config is a model's architecture, whatever file it was read from.
type Config struct {
	Arch      string // as the checkpoint names it
	Text      TextConfig
	Vision    *VisionConfig    // nil for a text-only model
	Projector *ProjectorConfig // nil for a text-only model

	ImageToken    int32  // id that stands for an image in prompts, -1 where the vocabulary has none
	ChunkedPrompt bool   // text around an image is tokenised apart, as the original LLaVA code does
	ImageMode     string // "crop" or "pad": how the checkpoint wants pictures squared
	EOS           []int32
}

// TextConfig is the LLaMA decoder's.
type TextConfig struct {
	Hidden, Intermediate, Layers int
	Heads, KVHeads, HeadDim      int
	Vocab, Context               int
	NormEps                      float32
	RopeTheta                    float64
	RopeScaling                  nn.RopeScaling
	TiedHead                     bool
	QKVBias, OutputBias, MLPBias bool // biases of q, k and v; of the attention's output; of the MLP
}

// VisionConfig is the CLIP tower's.
type VisionConfig struct {
	Hidden, Intermediate, Layers, Heads int
	ImageSize, PatchSize                int
	NormEps                             float32
	Act                                 tensor.Activation
	FeatureLayers                       []int // outputs after that many blocks, concatenated
	KeepClass                           bool  // the class token is a feature too
}

// ProjectorConfig is that of the two-layer perceptron between the towers.
type ProjectorConfig struct{ Act tensor.Activation }

// Tokens returns the number of visual tokens of one image.
func (v *VisionConfig) Tokens() int {
	side := v.ImageSize / v.PatchSize
	n := side * side
	if v.KeepClass {
		n++
	}
	return n
}

// limits on sizes that no published model comes near; they keep products of
// sizes far from overflow.
const (
	maxWidth  = 1 << 20
	maxLayers = 1 << 12
	maxImage  = 1 << 14
)

// jsonText is the text side of a config.json; LLaVA's own files have these
// fields at the top level, Hugging Face's under text_config.
type jsonText struct {
	ModelType     string    `json:"model_type"`
	Hidden        *int      `json:"hidden_size"`
	Intermediate  *int      `json:"intermediate_size"`
	Layers        *int      `json:"num_hidden_layers"`
	Heads         *int      `json:"num_attention_heads"`
	KVHeads       *int      `json:"num_key_value_heads"`
	HeadDim       *int      `json:"head_dim"`
	Vocab         *int      `json:"vocab_size"`
	Context       *int      `json:"max_position_embeddings"`
	NormEps       *float64  `json:"rms_norm_eps"`
	RopeTheta     *float64  `json:"rope_theta"`
	RopeScaling   *jsonRope `json:"rope_scaling"`
	RopeParams    *jsonRope `json:"rope_parameters"`
	Tied          *bool     `json:"tie_word_embeddings"`
	Act           string    `json:"hidden_act"`
	AttentionBias bool      `json:"attention_bias"`
	MLPBias       bool      `json:"mlp_bias"`
	EOS           tokenIDs  `json:"eos_token_id"`
}

type jsonRope struct {
	Type     string   `json:"rope_type"`
	OldType  string   `json:"type"`
	Theta    *float64 `json:"rope_theta"`
	Factor   float64  `json:"factor"`
	Low      float64  `json:"low_freq_factor"`
	High     float64  `json:"high_freq_factor"`
	Original float64  `json:"original_max_position_embeddings"`
}

type jsonVision struct {
	ModelType    string   `json:"model_type"`
	Hidden       *int     `json:"hidden_size"`
	Intermediate *int     `json:"intermediate_size"`
	Layers       *int     `json:"num_hidden_layers"`
	Heads        *int     `json:"num_attention_heads"`
	ImageSize    *int     `json:"image_size"`
	PatchSize    *int     `json:"patch_size"`
	Channels     *int     `json:"num_channels"`
	NormEps      *float64 `json:"layer_norm_eps"`
	Act          string   `json:"hidden_act"`

	Nested *jsonVision `json:"vision_config"` // a whole CLIP checkpoint
}

type jsonConfig struct {
	jsonText
	Architectures []string    `json:"architectures"`
	Text          *jsonText   `json:"text_config"`
	Vision        *jsonVision `json:"vision_config"`

	ImageTokenIndex *int32 `json:"image_token_index"`
	ImageTokenID    *int32 `json:"image_token_id"`
	FeatureLayer    layers `json:"vision_feature_layer"`
	FeatureSelect   string `json:"vision_feature_select_strategy"`
	ProjectorAct    string `json:"projector_hidden_act"`
	ProjectorBias   *bool  `json:"multimodal_projector_bias"`

	MMTower     string `json:"mm_vision_tower"`
	MMProjector string `json:"mm_projector_type"`
	MMLayer     *int   `json:"mm_vision_select_layer"`
	MMFeature   string `json:"mm_vision_select_feature"`
	MMAspect    string `json:"image_aspect_ratio"`
}

// layers is one layer index or a list of them.
type layers []int

func (l *layers) UnmarshalJSON(b []byte) error { return oneOrMany(b, (*[]int)(l)) }

// tokenIDs is one token id or a list of them.
type tokenIDs []int32

func (t *tokenIDs) UnmarshalJSON(b []byte) error { return oneOrMany(b, (*[]int32)(t)) }

func oneOrMany[T any](b []byte, dst *[]T) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, dst)
	}
	var one *T
	if err := json.Unmarshal(b, &one); err != nil || one == nil {
		return err
	}
	*dst = []T{*one}
	return nil
}

// original reports whether the file is LLaVA's own, not Hugging Face's.
func (j *jsonConfig) original() bool { return j.Vision == nil && j.MMTower != "" }

// maxJSON bounds the JSON files that are read whole.
const maxJSON = 16 << 20

// readJSON decodes a JSON file into v. Errors name the file.
func readJSON(fsys fs.FS, name string, v any) error {
	b, err := folder.Read(fsys, name, maxJSON)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", folder.Path(fsys, name), err)
	}
	return nil
}

// config checks the file's values and fills in those that it leaves out. clip is
// the vision tower's own config.json where the checkpoint keeps the tower apart,
// nil otherwise.
func (j *jsonConfig) config(clip *jsonVision) (*Config, error) {
	text := &j.jsonText
	if j.Text != nil {
		text = j.Text
		if j.Tied == nil {
			j.Tied = text.Tied
		}
		text.Tied = j.Tied
	}
	c := &Config{Arch: text.ModelType, ImageToken: -1, ImageMode: "crop", EOS: text.EOS}
	if len(j.Architectures) > 0 {
		c.Arch = j.Architectures[0]
	}
	var err error
	if c.Text, err = text.config(); err != nil {
		return nil, err
	}
	vision := j.Vision
	if j.original() {
		vision = clip
		c.ChunkedPrompt = true
		if j.MMAspect == "pad" {
			c.ImageMode = "pad"
		} else if j.MMAspect != "" && j.MMAspect != "square" {
			return nil, fmt.Errorf("field image_aspect_ratio: %q is not supported (pad, square)", j.MMAspect)
		}
		if j.MMProjector != "mlp2x_gelu" {
			return nil, fmt.Errorf("field mm_projector_type: %q is not supported (mlp2x_gelu)", j.MMProjector)
		}
		j.FeatureSelect, j.ProjectorAct = j.MMFeature, "gelu"
		if j.MMLayer != nil {
			j.FeatureLayer = layers{*j.MMLayer}
		}
	}
	if vision == nil {
		if j.ModelType == "llava" || j.original() {
			return nil, fmt.Errorf("field vision_config: missing")
		}
		return c, nil
	}
	if vision.Nested != nil {
		vision = vision.Nested
	}
	if c.Vision, err = vision.config(j.FeatureLayer, j.FeatureSelect); err != nil {
		return nil, err
	}
	act, err := activation("projector_hidden_act", j.ProjectorAct, "gelu")
	if err != nil {
		return nil, err
	}
	c.Projector = &ProjectorConfig{Act: act}
	for _, id := range []*int32{j.ImageTokenIndex, j.ImageTokenID} {
		if id != nil {
			c.ImageToken = *id
		}
	}
	if !j.original() && c.ImageToken < 0 && c.ImageToken != noImageToken {
		c.ImageToken = 32000
	}
	if int(c.ImageToken) >= c.Text.Vocab && !j.original() {
		return nil, fmt.Errorf("field image_token_index: %d is outside the vocabulary of %d", c.ImageToken, c.Text.Vocab)
	}
	return c, nil
}

// fields checks configuration values one by one and keeps the first error.
type fields struct {
	file string // named in errors, if not empty
	err  error
}

func (f *fields) fail(name string, format string, args ...any) {
	if f.err != nil {
		return
	}
	f.err = fmt.Errorf("field %s: %s", name, fmt.Sprintf(format, args...))
	if f.file != "" {
		f.err = fmt.Errorf("%s: %w", f.file, f.err)
	}
}

// size returns *v, or def where v is nil, checked to lie in [1, limit].
func (f *fields) size(name string, v *int, def, limit int) int {
	n := def
	if v != nil {
		n = *v
	}
	if n < 1 || n > limit {
		f.fail(name, "%d is not in 1..%d", n, limit)
		return 1
	}
	return n
}

// eps returns *v, or def where v is nil, checked to be a usable epsilon.
func (f *fields) eps(name string, v *float64, def float64) float32 {
	x := def
	if v != nil {
		x = *v
	}
	if !(x >= 0 && x < 1) {
		f.fail(name, "%v is not in [0, 1)", x)
	}
	return float32(x)
}

// divides checks that part divides whole.
func (f *fields) divides(name string, part int, whole string, n int) {
	if n%part != 0 {
		f.fail(name, "%d does not divide %s %d", part, whole, n)
	}
}

func (j *jsonText) config() (TextConfig, error) {
	var f fields
	if j.ModelType != "" && j.ModelType != "llama" && j.ModelType != "llava_llama" && j.ModelType != "llava" && j.ModelType != "qwen2" {
		f.fail("model_type", "%q is not supported (llama, qwen2)", j.ModelType)
	}
	if j.Act != "" && j.Act != "silu" {
		f.fail("hidden_act", "%q is not supported (silu)", j.Act)
	}
	// Fields that a file leaves out have the values of LLaMA-7B, transformers' LlamaConfig.
	c := TextConfig{
		Hidden:       f.size("hidden_size", j.Hidden, 4096, maxWidth),
		Intermediate: f.size("intermediate_size", j.Intermediate, 11008, maxWidth),
		Layers:       f.size("num_hidden_layers", j.Layers, 32, maxLayers),
		Heads:        f.size("num_attention_heads", j.Heads, 32, maxWidth),
		Vocab:        f.size("vocab_size", j.Vocab, 32000, math.MaxInt32),
		Context:      f.size("max_position_embeddings", j.Context, 2048, math.MaxInt32),
		NormEps:      f.eps("rms_norm_eps", j.NormEps, 1e-6),
		RopeTheta:    10000,
		QKVBias:      j.AttentionBias || j.ModelType == "qwen2",
		OutputBias:   j.AttentionBias,
		MLPBias:      j.MLPBias,
	}
	c.KVHeads = f.size("num_key_value_heads", j.KVHeads, c.Heads, maxWidth)
	f.divides("num_key_value_heads", c.KVHeads, "num_attention_heads", c.Heads)
	if j.HeadDim == nil {
		f.divides("num_attention_heads", c.Heads, "hidden_size", c.Hidden)
	}
	c.HeadDim = f.size("head_dim", j.HeadDim, max(1, c.Hidden/c.Heads), 1<<12)
	if c.HeadDim%2 != 0 {
		f.fail("head_dim", "%d is odd", c.HeadDim)
	}
	if c.Heads*c.HeadDim > maxWidth {
		f.fail("head_dim", "%d heads of %d are wider than %d", c.Heads, c.HeadDim, maxWidth)
	}
	if j.Tied != nil {
		c.TiedHead = *j.Tied
	}
	if j.RopeTheta != nil {
		c.RopeTheta = *j.RopeTheta
	}
	// transformers 5 writes rope_parameters, earlier versions rope_scaling.
	for _, r := range []*jsonRope{j.RopeScaling, j.RopeParams} {
		if r == nil {
			continue
		}
		if r.Theta != nil {
			c.RopeTheta = *r.Theta
		}
		if r.Type == "" {
			r.Type = r.OldType
		}
		c.RopeScaling = nn.RopeScaling{Type: r.Type, Factor: r.Factor, LowFreq: r.Low, HighFreq: r.High, Original: r.Original}
	}
	if f.err == nil {
		if _, err := nn.NewRoPE(c.HeadDim, c.RopeTheta, c.RopeScaling); err != nil {
			f.fail("rope_parameters", "%v", err)
		}
	}
	return c, f.err
}

func (j *jsonVision) config(feature layers, sel string) (*VisionConfig, error) {
	var f fields
	if j.ModelType != "" && j.ModelType != "clip_vision_model" && j.ModelType != "clip" {
		f.fail("vision_config.model_type", "%q is not supported (clip_vision_model)", j.ModelType)
	}
	// Fields that a file leaves out have the values of transformers' CLIPVisionConfig, ViT-B/32.
	c := &VisionConfig{
		Hidden:       f.size("vision_config.hidden_size", j.Hidden, 768, maxWidth),
		Intermediate: f.size("vision_config.intermediate_size", j.Intermediate, 3072, maxWidth),
		Layers:       f.size("vision_config.num_hidden_layers", j.Layers, 12, maxLayers),
		Heads:        f.size("vision_config.num_attention_heads", j.Heads, 12, maxWidth),
		ImageSize:    f.size("vision_config.image_size", j.ImageSize, 224, maxImage),
		PatchSize:    f.size("vision_config.patch_size", j.PatchSize, 32, maxImage),
		NormEps:      f.eps("vision_config.layer_norm_eps", j.NormEps, 1e-5),
	}
	if ch := f.size("vision_config.num_channels", j.Channels, 3, maxWidth); ch != 3 {
		f.fail("vision_config.num_channels", "%d is not supported (3)", ch)
	}
	f.divides("vision_config.num_attention_heads", c.Heads, "hidden_size", c.Hidden)
	if c.PatchSize > c.ImageSize {
		f.fail("vision_config.patch_size", "%d is larger than image_size %d", c.PatchSize, c.ImageSize)
	}
	if len(feature) == 0 {
		feature = layers{-2}
	}
	for _, k := range feature {
		n := k
		if n < 0 {
			n += c.Layers + 1
		}
		if n < 0 || n > c.Layers {
			f.fail("vision_feature_layer", "%d is outside a tower of %d layers", k, c.Layers)
		}
		c.FeatureLayers = append(c.FeatureLayers, n)
	}
	switch sel {
	case "", "default", "patch":
	case "full", "cls_patch":
		c.KeepClass = true
	default:
		f.fail("vision_feature_select_strategy", "%q is not supported (default, full)", sel)
	}
	act, err := activation("vision_config.hidden_act", j.Act, "quick_gelu")
	if err != nil && f.err == nil {
		f.err = err
	}
	c.Act = act
	return c, f.err
}

// activation looks a name of transformers up, def where it is empty.
func activation(field, name, def string) (tensor.Activation, error) {
	if name == "" {
		name = def
	}
	switch name {
	case "gelu":
		return tensor.GELU, nil
	case "quick_gelu":
		return tensor.QuickGELU, nil
	case "gelu_pytorch_tanh", "gelu_new":
		return tensor.GELUTanh, nil
	case "silu":
		return tensor.SiLU, nil
	}
	return 0, fmt.Errorf("field %s: %q is not supported (gelu, quick_gelu, gelu_pytorch_tanh, silu)", field, name)
}

// towerDir returns the directory of a vision tower that lies apart: override
// where given, else the checkpoint's mm_vision_tower relative to it.
func towerDir(dir fs.FS, tower, override string) (fs.FS, error) {
	if override != "" {
		return folder.Dir(override), nil
	}
	if filepath.IsLocal(tower) {
		name := path.Clean(filepath.ToSlash(tower))
		if st, err := fs.Stat(dir, name); err == nil && st.IsDir() {
			return fs.Sub(dir, name)
		}
	}
	return nil, fmt.Errorf("%s: field mm_vision_tower: %q is not a directory inside the checkpoint; name the tower's directory with -vision",
		folder.Path(dir, configName), tower)
}
