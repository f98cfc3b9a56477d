package preprocess

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"

	"github.com/go-par/par/internal/folder"
)

// Config is what a checkpoint says about its pictures.
type Config struct {
	Resize     bool
	Size       Size // where Resize
	Filter     Filter
	CenterCrop bool
	Crop       Size // Height and Width, where CenterCrop

	Rescale   bool
	Factor    float64 // where Rescale
	Normalize bool
	Mean, Std [3]float64 // R, G, B of rescaled values

	Mode    Mode // how pictures that are not square are to be squared
	Threads int  // goroutines of Apply, GOMAXPROCS where 0; the result does not depend on it
}

// Size is either the length of a picture's shorter edge, its proportions kept, or
// a height and a width.
type Size struct{ ShortestEdge, Height, Width int }

// Mode is a way to make a picture square.
type Mode int

const (
	Crop Mode = iota // cut the longer edge, as Hugging Face checkpoints do
	Pad              // fill the shorter edge with the mean colour, as LLaVA's own code does
)

// String returns the name that ParseMode reads.
func (m Mode) String() string {
	switch m {
	case Crop:
		return "crop"
	case Pad:
		return "pad"
	}
	return fmt.Sprintf("Mode(%d)", int(m))
}

// ParseMode reads "crop" or "pad".
func ParseMode(s string) (Mode, error) {
	for _, m := range []Mode{Crop, Pad} {
		if s == m.String() {
			return m, nil
		}
	}
	return 0, fmt.Errorf("image mode %q is not known (crop, pad)", s)
}

// maxSide bounds the sizes of a configuration; no published model comes near it.
const maxSide = 4096

// maxJSON bounds the configuration files, which are read whole.
const maxJSON = 1 << 20

// Default returns the values of transformers' CLIPImageProcessor for pictures of
// side x side pixels.
func Default(side int) *Config {
	return &Config{
		Resize:     true,
		Size:       Size{ShortestEdge: side},
		Filter:     Bicubic,
		CenterCrop: true,
		Crop:       Size{Height: side, Width: side},
		Rescale:    true,
		Factor:     1.0 / 255,
		Normalize:  true,
		Mean:       [3]float64{0.48145466, 0.4578275, 0.40821073},
		Std:        [3]float64{0.26862954, 0.26130258, 0.27577711},
	}
}

// Load reads the configuration of a checkpoint directory: the image_processor of
// processor_config.json where it has one, else preprocessor_config.json. The
// error is fs.ErrNotExist where the directory has neither.
func Load(dir string) (*Config, error) { return LoadFS(folder.Dir(dir)) }

// LoadFS is Load for a checkpoint in a file system.
func LoadFS(fsys fs.FS) (*Config, error) {
	for _, name := range []string{"processor_config.json", "preprocessor_config.json"} {
		path := folder.Path(fsys, name)
		data, err := folder.Read(fsys, name, maxJSON)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if name == "processor_config.json" {
			// Before transformers 5 this file held the text processor alone.
			var j struct {
				Image json.RawMessage `json:"image_processor"`
			}
			if err := json.Unmarshal(data, &j); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			if len(j.Image) == 0 || string(j.Image) == "null" {
				continue
			}
		}
		c, err := ParseConfig(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return c, nil
	}
	return nil, &fs.PathError{Op: "open", Path: folder.Path(fsys, "preprocessor_config.json"), Err: fs.ErrNotExist}
}

type jsonConfig struct {
	Image *jsonConfig `json:"image_processor"`

	Type        *string   `json:"image_processor_type"`
	OldType     *string   `json:"feature_extractor_type"`
	DoResize    *bool     `json:"do_resize"`
	Size        jsonSize  `json:"size"`
	Resample    *Filter   `json:"resample"`
	DoCrop      *bool     `json:"do_center_crop"`
	CropSize    jsonSize  `json:"crop_size"`
	DoRescale   *bool     `json:"do_rescale"`
	Factor      *float64  `json:"rescale_factor"`
	DoNormalize *bool     `json:"do_normalize"`
	Mean        []float64 `json:"image_mean"`
	Std         []float64 `json:"image_std"`
	DoPad       *bool     `json:"do_pad"`
	Aspect      *string   `json:"image_aspect_ratio"`
}

// jsonSize is a number or an object of edges; nil where the file says nothing.
type jsonSize map[string]int

func (s *jsonSize) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, (*map[string]int)(s))
	}
	var n *int
	if err := json.Unmarshal(b, &n); err != nil || n == nil {
		return err
	}
	*s = jsonSize{"": *n}
	return nil
}

// processors are the classes whose defaults Default has.
var processors = []string{
	"CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPImageProcessorPil", "CLIPFeatureExtractor",
	"LlavaImageProcessor", "LlavaImageProcessorFast", "LlavaImageProcessorPil",
}

// ParseConfig reads a preprocessor_config.json or processor_config.json. Fields
// that it leaves out have CLIPImageProcessor's values. Errors name the field and
// its value.
func ParseConfig(data []byte) (*Config, error) {
	var j jsonConfig
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	if j.Image != nil {
		j = *j.Image
	}
	for _, t := range []*string{j.Type, j.OldType} {
		if t != nil && !slices.Contains(processors, *t) {
			return nil, fmt.Errorf("field image_processor_type: %q is not supported (CLIPImageProcessor, LlavaImageProcessor)", *t)
		}
	}
	const defaultSide = 224
	c := Default(defaultSide)
	set(&c.Resize, j.DoResize)
	set(&c.Filter, j.Resample)
	set(&c.CenterCrop, j.DoCrop)
	set(&c.Rescale, j.DoRescale)
	set(&c.Factor, j.Factor)
	set(&c.Normalize, j.DoNormalize)
	if err := cmp.Or(
		setSize(&c.Size, "size", j.Size, "shortest_edge"),
		setSize(&c.Crop, "crop_size", j.CropSize, ""),
		setChannels(&c.Mean, "image_mean", j.Mean),
		setChannels(&c.Std, "image_std", j.Std),
	); err != nil {
		return nil, err
	}
	if j.DoPad != nil && *j.DoPad {
		c.Mode = Pad
	}
	if j.Aspect != nil {
		switch *j.Aspect {
		case "pad":
			c.Mode = Pad
		case "square":
			c.Mode = Crop
		default:
			return nil, fmt.Errorf("field image_aspect_ratio: %q is not supported (pad, square)", *j.Aspect)
		}
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}

// set stores *v where the file has the field.
func set[T any](dst *T, v *T) {
	if v != nil {
		*dst = *v
	}
}

// setSize stores an edge length, a height and width, or a number, which stands for
// the edge named single, or for both height and width where single is empty.
func setSize(dst *Size, name string, s jsonSize, single string) error {
	has := func(keys ...string) bool {
		for _, k := range keys {
			if _, ok := s[k]; !ok {
				return false
			}
		}
		return len(s) == len(keys)
	}
	switch {
	case s == nil:
	case has("height", "width"):
		*dst = Size{Height: s["height"], Width: s["width"]}
	case has("") && single == "":
		*dst = Size{Height: s[""], Width: s[""]}
	case has("") || has(single):
		*dst = Size{ShortestEdge: s[""] + s[single]}
	default:
		want := "height and width"
		if single != "" {
			want += ", or " + single
		}
		return fmt.Errorf("field %s: has %q, not %s", name, slices.Sorted(maps.Keys(s)), want)
	}
	return nil
}

// setChannels stores the three values of v where the file has them.
func setChannels(dst *[3]float64, name string, v []float64) error {
	if v != nil && len(v) != len(dst) {
		return fmt.Errorf("field %s: has %d values, not 3", name, len(v))
	}
	copy(dst[:], v)
	return nil
}

// Validate reports the first value that pictures cannot be processed with, by
// the name it has in files.
func (c *Config) Validate() error {
	var err error
	check := func(ok bool, field string, v any, rule string) {
		if err == nil && !ok {
			err = fmt.Errorf("field %s: %v is not %s", field, v, rule)
		}
	}
	size := func(field string, n int) {
		check(n >= 1 && n <= maxSide, field, n, fmt.Sprintf("in 1..%d", maxSide))
	}
	if c.Resize && c.Size.Height == 0 && c.Size.Width == 0 {
		size("size.shortest_edge", c.Size.ShortestEdge)
	} else if c.Resize {
		size("size.height", c.Size.Height)
		size("size.width", c.Size.Width)
		check(c.Size.ShortestEdge == 0, "size.shortest_edge", c.Size.ShortestEdge, "0 beside height and width")
	}
	if c.CenterCrop {
		size("crop_size.height", c.Crop.Height)
		size("crop_size.width", c.Crop.Width)
		check(c.Crop.ShortestEdge == 0, "crop_size.shortest_edge", c.Crop.ShortestEdge, "supported")
	}
	check(c.Filter.supported(), "resample", int(c.Filter), "supported (1 lanczos, 2 bilinear, 3 bicubic)")
	check(finite(c.Factor) && float32(c.Factor) > 0, "rescale_factor", c.Factor, "a positive float32")
	for ch := range c.Mean {
		check(finite(c.Mean[ch]), "image_mean", c.Mean[ch], "a float32")
		check(finite(c.Std[ch]) && float32(c.Std[ch]) > 0, "image_std", c.Std[ch], "a positive float32")
	}
	check(c.Mode == Crop || c.Mode == Pad, "image_aspect_ratio", c.Mode, "known (crop, pad)")
	return err
}

// finite reports whether v is within the range of float32.
func finite(v float64) bool { return math.Abs(v) <= math.MaxFloat32 }
