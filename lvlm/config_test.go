package lvlm

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// llava is a small valid config.json of Hugging Face's layout.
const llava = `{"model_type": "llava", "image_token_index": 5, "vision_feature_layer": -2,
 "text_config": {"model_type": "llama", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,
  "num_key_value_heads": 2, "vocab_size": 100, "rope_scaling": {"type": "linear", "factor": 2.0}},
 "vision_config": {"model_type": "clip_vision_model", "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 3,
  "num_attention_heads": 2, "image_size": 28, "patch_size": 14}}`

// original is one of LLaVA's own layout, clip the config.json of its tower.
const (
	original = `{"model_type": "llava_llama", "hidden_size": 32, "num_attention_heads": 4, "mm_vision_tower": "clip", "mm_projector_type": "mlp2x_gelu",
 "mm_vision_select_layer": -2, "mm_vision_select_feature": "patch", "image_aspect_ratio": "pad"}`
	clip = `{"vision_config": {"hidden_size": 16, "num_attention_heads": 2, "image_size": 28, "patch_size": 14}}`
)

func parse(t testing.TB, text, tower string) (*Config, error) {
	t.Helper()
	var j jsonConfig
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return nil, err
	}
	if !j.original() {
		return j.config(nil)
	}
	v := new(jsonVision)
	if err := json.Unmarshal([]byte(tower), v); err != nil {
		return nil, err
	}
	return j.config(v)
}

func TestConfig(t *testing.T) {
	c, err := parse(t, llava, "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Text.HeadDim != 8 || c.Text.NormEps != 1e-6 || c.Text.RopeScaling.Factor != 2 || c.ImageToken != 5 || c.ImageMode != "crop" {
		t.Errorf("text %+v, image token %d, mode %s", c.Text, c.ImageToken, c.ImageMode)
	}
	if v := c.Vision; v.FeatureLayers[0] != 2 || v.NormEps != 1e-5 || v.Tokens() != 4 {
		t.Errorf("vision %+v", v)
	}
	c, err = parse(t, original, clip)
	if err != nil {
		t.Fatal(err)
	}
	if !c.ChunkedPrompt || c.ImageMode != "pad" || c.Text.Layers != 32 || c.Vision.Layers != 12 || c.ImageToken != -1 {
		t.Errorf("original layout: %+v", c)
	}
	full, err := parse(t, strings.Replace(llava, `"vision_feature_layer": -2`, `"vision_feature_layer": [1, -1], "vision_feature_select_strategy": "full"`, 1), "")
	if err != nil || len(full.Vision.FeatureLayers) != 2 || full.Vision.FeatureLayers[1] != 3 || full.Vision.Tokens() != 5 {
		t.Errorf("two feature layers with the class token: %+v, %v", full, err)
	}
}

// TestBadConfig: errors name the field and the value.
func TestBadConfig(t *testing.T) {
	for _, c := range []struct{ old, new, field, value string }{
		{`"num_hidden_layers": 4`, `"num_hidden_layers": 0`, "num_hidden_layers", "0"},
		{`"hidden_size": 32`, `"hidden_size": -32`, "hidden_size", "-32"},
		{`"hidden_size": 32`, `"hidden_size": 99999999999`, "hidden_size", "99999999999"},
		{`"num_key_value_heads": 2`, `"num_key_value_heads": 3`, "num_key_value_heads", "3"},
		{`"num_attention_heads": 4`, `"num_attention_heads": 5`, "num_key_value_heads", "5"},
		{`"vocab_size": 100`, `"vocab_size": 100, "hidden_act": "relu"`, "hidden_act", "relu"},
		{`"vocab_size": 100`, `"vocab_size": 100, "rms_norm_eps": -1`, "rms_norm_eps", "-1"},
		{`"vocab_size": 100`, `"vocab_size": 100, "head_dim": 7`, "head_dim", "7"},
		{`"type": "linear"`, `"type": "yarn"`, "rope_parameters", "yarn"},
		{`"factor": 2.0`, `"factor": 0`, "rope_parameters", "0"},
		{`"model_type": "llama"`, `"model_type": "mamba"`, "model_type", "mamba"},
		{`"patch_size": 14`, `"patch_size": 29`, "vision_config.patch_size", "29"},
		{`"patch_size": 14`, `"patch_size": 0`, "vision_config.patch_size", "0"},
		{`"num_attention_heads": 2`, `"num_attention_heads": 3`, "vision_config.num_attention_heads", "3"},
		{`"image_size": 28`, `"image_size": 28, "num_channels": 1`, "vision_config.num_channels", "1"},
		{`"image_size": 28`, `"image_size": 28, "hidden_act": "swish"`, "vision_config.hidden_act", "swish"},
		{`"vision_feature_layer": -2`, `"vision_feature_layer": -5`, "vision_feature_layer", "-5"},
		{`"vision_feature_layer": -2`, `"vision_feature_select_strategy": "some"`, "vision_feature_select_strategy", "some"},
		{`"image_token_index": 5`, `"image_token_index": 100`, "image_token_index", "100"},
		{`"image_token_index": 5`, `"projector_hidden_act": "tanh"`, "projector_hidden_act", "tanh"},
	} {
		text := strings.Replace(llava, c.old, c.new, 1)
		if text == llava {
			t.Fatalf("%s is not in the configuration", c.old)
		}
		if _, err := parse(t, text, ""); err == nil || !strings.Contains(err.Error(), c.field) || !strings.Contains(err.Error(), c.value) {
			t.Errorf("%s: error %v does not name %s and %s", c.new, err, c.field, c.value)
		}
	}
	for _, c := range []struct{ old, new, field string }{
		{`"pad"`, `"anyres"`, "image_aspect_ratio"},
		{`mlp2x_gelu`, `linear`, "mm_projector_type"},
	} {
		if _, err := parse(t, strings.Replace(original, c.old, c.new, 1), clip); err == nil || !strings.Contains(err.Error(), c.field) {
			t.Errorf("%s: error %v does not name %s", c.new, err, c.field)
		}
	}
}

// TestMissingTower: a tower that lies apart must be a directory in the checkpoint,
// or named.
func TestMissingTower(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"config.json": strings.Replace(original, `"clip"`, `"../clip"`, 1)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), "mm_vision_tower") || !strings.Contains(err.Error(), "-vision") {
		t.Errorf("error %v does not name the field and the way out", err)
	}
}

// FuzzConfig: no configuration panics, and one that is taken has sizes that can be
// multiplied.
func FuzzConfig(f *testing.F) {
	f.Add([]byte(llava), []byte("{}"))
	f.Add([]byte(original), []byte(clip))
	f.Add([]byte("{}"), []byte("null"))
	f.Fuzz(func(t *testing.T, text, tower []byte) {
		c, err := parse(t, string(text), string(tower))
		if err != nil {
			return
		}
		x := &c.Text
		for _, n := range []int{x.Hidden, x.Intermediate, x.Layers, x.Heads, x.KVHeads, x.HeadDim, x.Vocab, x.Context} {
			if n < 1 {
				t.Fatalf("a size below 1: %+v", x)
			}
		}
		if x.Heads%x.KVHeads != 0 || x.HeadDim%2 != 0 || x.Heads*x.HeadDim > maxWidth {
			t.Fatalf("heads that can't be: %+v", x)
		}
		if v := c.Vision; v != nil && (v.Hidden%v.Heads != 0 || v.PatchSize > v.ImageSize || v.Tokens() < 1 || len(v.FeatureLayers) == 0) {
			t.Fatalf("a tower that can't be: %+v", v)
		}
	})
}
