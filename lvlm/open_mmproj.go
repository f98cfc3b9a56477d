package lvlm

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/tensor"
)

// projectorFiles matches the names that projector files have.
const projectorFiles = "mmproj*.gguf"

// findProjector returns mmproj-NAME.gguf beside the model NAME.gguf, else the one
// mmproj*.gguf beside it, "" where there is none or several. A projector file has
// none itself.
func findProjector(model string) string {
	if isProjector(filepath.Base(model)) {
		return ""
	}
	if _, err := os.Stat(projectorBeside(model)); err == nil {
		return projectorBeside(model)
	}
	dir := filepath.Dir(model)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return !isProjector(e.Name()) })
	if len(entries) != 1 {
		return ""
	}
	return filepath.Join(dir, entries[0].Name())
}

func isProjector(name string) bool {
	ok, err := filepath.Match(projectorFiles, name)
	return ok && err == nil
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
