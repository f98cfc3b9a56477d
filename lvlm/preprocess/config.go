package preprocess

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
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
func Load(dir string) (*Config, error) {
	for _, name := range []string{"processor_config.json", "preprocessor_config.json"} {
		path := filepath.Join(dir, name)
		data, err := readFile(path, maxJSON)
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
	return nil, &fs.PathError{Op: "open", Path: filepath.Join(dir, "preprocessor_config.json"), Err: fs.ErrNotExist}
}

// readFile reads a file of at most limit bytes. Errors name the file.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// The size is read, not asked for: a pipe or a device has none.
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s: larger than the %d bytes allowed", path, limit)
	}
	return data, nil
}

type jsonConfig struct {
	Image *jsonConfig `json:"image_processor"`

	Type        *string  `json:"image_processor_type"`
	OldType     *string  `json:"feature_extractor_type"`
	DoResize    *bool    `json:"do_resize"`
	Size        jsonSize `json:"size"`
	Resample    *int     `json:"resample"`
	DoCrop      *bool    `json:"do_center_crop"`
	CropSize    jsonSize `json:"crop_size"`
	DoRescale   *bool    `json:"do_rescale"`
	Factor      *float64 `json:"rescale_factor"`
	DoNormalize *bool    `json:"do_normalize"`
	Mean        rgbJSON  `json:"image_mean"`
	Std         rgbJSON  `json:"image_std"`
	DoPad       *bool    `json:"do_pad"`
	Aspect      *string  `json:"image_aspect_ratio"`
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

// rgbJSON is a list of one value a channel; nil where the file says nothing.
type rgbJSON []float64

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
	var f fields
	for _, t := range []*string{j.Type, j.OldType} {
		if t != nil && !slices.Contains(processors, *t) {
			f.fail("image_processor_type", "%q is not supported (CLIPImageProcessor, LlavaImageProcessor)", *t)
		}
	}
	const defaultSide = 224
	c := Default(defaultSide)
	set(&c.Resize, j.DoResize)
	if j.Size != nil {
		c.Size = f.size("size", j.Size, "shortest_edge")
	}
	if j.Resample != nil {
		if c.Filter = Filter(*j.Resample); !c.Filter.supported() {
			f.fail("resample", "%d (%v) is not supported (1 lanczos, 2 bilinear, 3 bicubic)", *j.Resample, c.Filter)
		}
	}
	set(&c.CenterCrop, j.DoCrop)
	if j.CropSize != nil {
		c.Crop = f.size("crop_size", j.CropSize, "")
	}
	set(&c.Rescale, j.DoRescale)
	set(&c.Factor, j.Factor)
	if r := float32(c.Factor); !(r > 0 && !math.IsInf(float64(r), 0)) {
		f.fail("rescale_factor", "%v is not a positive float32", c.Factor)
	}
	set(&c.Normalize, j.DoNormalize)
	f.channels("image_mean", &c.Mean, j.Mean)
	f.channels("image_std", &c.Std, j.Std)
	for _, v := range c.Std {
		if !(float32(v) > 0) {
			f.fail("image_std", "%v is not a positive float32", v)
		}
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
			f.fail("image_aspect_ratio", "%q is not supported (pad, square)", *j.Aspect)
		}
	}
	if f.err != nil {
		return nil, f.err
	}
	return c, nil
}

// set stores *v where the file has the field.
func set[T any](dst *T, v *T) {
	if v != nil {
		*dst = *v
	}
}

// fields checks values and keeps the first error.
type fields struct{ err error }

func (f *fields) fail(name, format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf("field %s: %s", name, fmt.Sprintf(format, args...))
	}
}

// size reads an edge length, a height and width, or a number, which stands for
// the edge named single, or for both height and width where single is empty.
func (f *fields) size(name string, s jsonSize, single string) Size {
	has := func(keys ...string) bool {
		if len(s) != len(keys) {
			return false
		}
		for _, k := range keys {
			if _, ok := s[k]; !ok {
				return false
			}
		}
		return true
	}
	for k, n := range s {
		if n < 1 || n > maxSide {
			label := name
			if k != "" {
				label += "." + k
			}
			f.fail(label, "%d is not in 1..%d", n, maxSide)
		}
	}
	switch {
	case has("height", "width"):
		return Size{Height: s["height"], Width: s["width"]}
	case has("") && single == "":
		return Size{Height: s[""], Width: s[""]}
	case has(""), has("shortest_edge") && single == "shortest_edge":
		return Size{ShortestEdge: s[""] + s["shortest_edge"]}
	}
	want := "height and width"
	if single != "" {
		want = single + ", or height and width"
	}
	f.fail(name, "has %v, not %s", keys(s), want)
	return Size{}
}

func keys(s jsonSize) []string {
	k := make([]string, 0, len(s))
	for name := range s {
		k = append(k, name)
	}
	slices.Sort(k)
	return k
}

// channels stores the three values of v where the file has them.
func (f *fields) channels(name string, dst *[3]float64, v rgbJSON) {
	if v == nil {
		return
	}
	if len(v) != len(dst) {
		f.fail(name, "has %d values, not 3", len(v))
		return
	}
	for _, x := range v {
		if r := float64(float32(x)); math.IsNaN(r) || math.IsInf(r, 0) {
			f.fail(name, "%v is not a float32", x)
		}
	}
	copy(dst[:], v)
}
