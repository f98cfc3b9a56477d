package preprocess

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-par/par/tensor/safetensors"
)

// oracleDir returns a folder of reference data, and skips the test without any.
func oracleDir(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("PAR_ORACLE")
	if root == "" {
		t.Skip("PAR_ORACLE is not set")
	}
	return filepath.Join(root, name)
}

// difference is how two pictures of one size differ, in levels.
type difference struct {
	max  int
	mean float64
}

func compare(t *testing.T, got, want *RGB) difference {
	t.Helper()
	if got.W != want.W || got.H != want.H {
		t.Fatalf("got %d x %d pixels, want %d x %d", got.W, got.H, want.W, want.H)
	}
	var d difference
	sum := 0
	for i, g := range got.Pix {
		e := int(g) - int(want.Pix[i])
		e = max(e, -e)
		d.max = max(d.max, e)
		sum += e
	}
	d.mean = float64(sum) / float64(len(got.Pix))
	return d
}

func mustDecodeFile(t testing.TB, path string) *RGB {
	t.Helper()
	img, err := DecodeFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// What differs by maxJPEGDecode levels before resizing differs by no more after it
// than the filter's weights, absolute, add up to: 1.25 for the cubic, twice, and
// half a level of rounding, twice.
const maxJPEGDifference = 5

func TestOracleImages(t *testing.T) {
	dir := oracleDir(t, "images")
	var expect struct {
		Size  int
		Files []struct {
			File      string
			Exact     bool
			Crop, Pad string
		}
	}
	readJSON(t, filepath.Join(dir, "expect.json"), &expect)
	if len(expect.Files) == 0 {
		t.Fatal("no files listed")
	}
	c := Default(expect.Size)
	var worst difference
	for _, f := range expect.Files {
		for mode, want := range map[Mode]string{Crop: f.Crop, Pad: f.Pad} {
			if want == "" {
				continue
			}
			t.Run(f.File+"/"+mode.String(), func(t *testing.T) {
				got, err := c.Apply(mustDecodeFile(t, filepath.Join(dir, f.File)), mode)
				if err != nil {
					t.Fatal(err)
				}
				d := compare(t, got, mustDecodeFile(t, filepath.Join(dir, want)))
				if f.Exact {
					if d.max != 0 {
						t.Errorf("differs by up to %d levels, mean %.4f", d.max, d.mean)
					}
					return
				}
				t.Logf("differs by up to %d levels, mean %.4f", d.max, d.mean)
				if d.max > maxJPEGDifference {
					t.Errorf("differs by up to %d levels, more than %d", d.max, maxJPEGDifference)
				}
				worst.max, worst.mean = max(worst.max, d.max), max(worst.mean, d.mean)
			})
		}
	}
	t.Logf("JPEG: at most %d levels, mean at most %.4f", worst.max, worst.mean)
}

// TestOraclePixelValues compares the values that the towers of the oracle's
// models read, bit for bit, with ours of the same PNG files.
func TestOraclePixelValues(t *testing.T) {
	models, err := filepath.Glob(filepath.Join(oracleDir(t, "llava-*"), "expect.json"))
	if err != nil || len(models) == 0 {
		t.Fatalf("no models: %v", err)
	}
	for _, path := range models {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var expect struct {
				Runs []struct {
					Name, Tensors string
					Images        []string
					Mode          string `json:"image_mode"`
				}
			}
			readJSON(t, path, &expect)
			if len(expect.Runs) == 0 {
				t.Fatal("no runs")
			}
			c, err := Load(processorDir(t, filepath.Join(dir, "model")))
			if err != nil {
				t.Fatal(err)
			}
			compared := 0
			for _, run := range expect.Runs {
				// Runs that only prune differently do not repeat the values.
				want := readFloats(t, filepath.Join(dir, run.Tensors), "pixel_values")
				if want == nil {
					continue
				}
				compared++
				mode, err := ParseMode(run.Mode)
				if err != nil {
					t.Fatal(err)
				}
				var got []float32
				for _, name := range run.Images {
					img, err := c.Apply(mustDecodeFile(t, filepath.Join(dir, name)), mode)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, c.Pixels(img)...)
				}
				diffFloats(t, run.Name, got, want)
			}
			if compared == 0 {
				t.Error("no run has pixel values")
			}
		})
	}
}

// processorDir is where a model's picture settings are: beside its vision tower,
// where that lies apart.
func processorDir(t *testing.T, dir string) string {
	t.Helper()
	var config struct {
		Tower string `json:"mm_vision_tower"`
	}
	readJSON(t, filepath.Join(dir, "config.json"), &config)
	return filepath.Join(dir, config.Tower)
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// readFloats returns a tensor of a file, nil where it has none of that name.
func readFloats(t *testing.T, path, name string) []float32 {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tensor, ok := f.Lookup(name)
	if !ok {
		return nil
	}
	v := make([]float32, len(tensor.Data)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(tensor.Data[4*i:]))
	}
	return v
}

// diffFloats reports the number of values that differ, and the first of them.
func diffFloats(t *testing.T, name string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", name, len(got), len(want))
		return
	}
	n, first := 0, -1
	for i := range got {
		if got[i] != want[i] {
			if n++; first < 0 {
				first = i
			}
		}
	}
	if n > 0 {
		t.Errorf("%s: %d of %d values differ, the first at %d: %v, want %v", name, n, len(got), first, got[first], want[first])
	}
}
