package preprocess

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
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

func TestOracleImages(t *testing.T) {
	dir := oracleDir(t, "images")
	data, err := os.ReadFile(filepath.Join(dir, "expect.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expect struct {
		Size  int
		Files []struct {
			File      string
			Exact     bool
			Crop, Pad string
		}
	}
	if err := json.Unmarshal(data, &expect); err != nil {
		t.Fatal(err)
	}
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

const maxJPEGDifference = 5
