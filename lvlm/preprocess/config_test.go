package preprocess

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseConfig(t *testing.T) {
	with := func(change func(*Config)) *Config {
		c := Default(224)
		change(c)
		return c
	}
	for _, c := range []struct {
		name, json string
		want       *Config
	}{
		{"empty", `{}`, Default(224)},
		{"null", `{"size": null, "crop_size": null, "image_mean": null, "resample": null, "image_processor": null}`, Default(224)},
		{"numbers", `{"size": 336, "crop_size": 334}`, with(func(c *Config) {
			c.Size, c.Crop = Size{ShortestEdge: 336}, Size{Height: 334, Width: 334}
		})},
		{"edge", `{"size": {"shortest_edge": 336}}`, with(func(c *Config) { c.Size.ShortestEdge = 336 })},
		{"height and width", `{"size": {"height": 3, "width": 4}, "crop_size": {"height": 1, "width": 2}}`, with(func(c *Config) {
			c.Size, c.Crop = Size{Height: 3, Width: 4}, Size{Height: 1, Width: 2}
		})},
		{"switches", `{"do_resize": false, "do_center_crop": false, "do_rescale": false, "do_normalize": false}`, with(func(c *Config) {
			c.Resize, c.CenterCrop, c.Rescale, c.Normalize = false, false, false, false
		})},
		{"values", `{"rescale_factor": 0.5, "image_mean": [1, 2, 3], "image_std": [4, 5, 6], "resample": 1}`, with(func(c *Config) {
			c.Factor, c.Mean, c.Std, c.Filter = 0.5, [3]float64{1, 2, 3}, [3]float64{4, 5, 6}, Lanczos
		})},
		{"do_pad", `{"do_pad": true}`, with(func(c *Config) { c.Mode = Pad })},
		{"image_aspect_ratio", `{"image_aspect_ratio": "pad"}`, with(func(c *Config) { c.Mode = Pad })},
		{"nested", `{"image_processor": {"size": 30, "image_processor_type": "CLIPImageProcessor"}, "size": 40}`, with(func(c *Config) {
			c.Size.ShortestEdge = 30
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseConfig([]byte(c.json))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestParseConfigRefuses(t *testing.T) {
	for json, want := range map[string]string{
		``:                                    "unexpected end",
		`[]`:                                  "cannot unmarshal",
		`{"size": "large"}`:                   "size",
		`{"size": 0}`:                         "size.shortest_edge: 0",
		`{"size": -3}`:                        "size.shortest_edge: -3",
		`{"size": 4097}`:                      "size.shortest_edge: 4097",
		`{"size": 1e30}`:                      "size",
		`{"size": 2.5}`:                       "size",
		`{"size": {}}`:                        "size: has []",
		`{"size": {"height": 3}}`:             `size: has ["height"]`,
		`{"size": {"height": 3, "width": 0}}`: "size.width: 0",
		`{"size": {"longest_edge": 3}}`:       `size: has ["longest_edge"]`,
		`{"size": {"shortest_edge": 3, "longest_edge": 9}}`:        `size: has ["longest_edge" "shortest_edge"]`,
		`{"crop_size": 100000}`:                                    "crop_size.height: 100000",
		`{"crop_size": {"shortest_edge": 3}}`:                      `crop_size: has ["shortest_edge"]`,
		`{"crop_size": {"height": 3, "width": -1}}`:                "crop_size.width: -1",
		`{"resample": 0}`:                                          "resample: 0",
		`{"resample": 4}`:                                          "resample: 4",
		`{"resample": "bicubic"}`:                                  "resample",
		`{"rescale_factor": 0}`:                                    "rescale_factor: 0",
		`{"rescale_factor": -1}`:                                   "rescale_factor: -1",
		`{"rescale_factor": 1e39}`:                                 "rescale_factor: 1e+39",
		`{"rescale_factor": 1e-60}`:                                "rescale_factor: 1e-60",
		`{"rescale_factor": NaN}`:                                  "invalid character 'N'",
		`{"image_mean": [1, 2]}`:                                   "image_mean: has 2 values",
		`{"image_mean": []}`:                                       "image_mean: has 0 values",
		`{"image_mean": [1, 2, 1e300]}`:                            "image_mean: 1e+300",
		`{"image_std": [1, 2, 3, 4]}`:                              "image_std: has 4 values",
		`{"image_std": [1, 0, 1]}`:                                 "image_std: 0",
		`{"image_std": [1, 1, -1]}`:                                "image_std: -1",
		`{"image_std": [1e-50, 1, 1]}`:                             "image_std: 1e-50",
		`{"image_processor_type": "Qwen2VLImageProcessor"}`:        `image_processor_type: "Qwen2VLImageProcessor"`,
		`{"feature_extractor_type": "ViTFeatureExtractor"}`:        `"ViTFeatureExtractor"`,
		`{"image_aspect_ratio": "anyres"}`:                         `image_aspect_ratio: "anyres"`,
		`{"image_processor": {"image_std": [0, 0, 0]}, "size": 4}`: "image_std: 0",
	} {
		if _, err := ParseConfig([]byte(json)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", json, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	const (
		preprocessor = `{"size": 10}`
		processor    = `{"image_processor": {"size": 20}}`
		textOnly     = `{"patch_size": 14}`
		bad          = `{"size": -1}`
	)
	for _, c := range []struct {
		name                    string
		preprocessor, processor string
		edge                    int    // 0 where there is an error
		in                      string // the error
	}{
		{"preprocessor", preprocessor, "", 10, ""},
		{"processor", "", processor, 20, ""},
		{"both", preprocessor, processor, 20, ""},
		{"text processor", preprocessor, textOnly, 10, ""},
		{"bad preprocessor", bad, "", 0, "preprocessor_config.json: field size.shortest_edge: -1"},
		{"bad processor", preprocessor, "{", 0, "processor_config.json: unexpected end"},
		{"too long", strings.Repeat(" ", maxJSON+1), "", 0, "preprocessor_config.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"preprocessor_config.json": c.preprocessor, "processor_config.json": c.processor} {
				if text == "" {
					continue
				}
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := Load(dir)
			if c.edge == 0 {
				if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, c.in)) {
					t.Errorf("error %v, want one with %q", err, c.in)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Size.ShortestEdge != c.edge {
				t.Errorf("shortest edge is %d, want %d", got.Size.ShortestEdge, c.edge)
			}
		})
	}
	if _, err := Load(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v of an empty directory is not fs.ErrNotExist", err)
	}
}

func TestParseMode(t *testing.T) {
	for _, m := range []Mode{Crop, Pad} {
		if got, err := ParseMode(m.String()); err != nil || got != m {
			t.Errorf("%v reads as %v, %v", m, got, err)
		}
	}
	if _, err := ParseMode("square"); err == nil {
		t.Error("an unknown mode is read")
	}
}
