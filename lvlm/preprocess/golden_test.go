package preprocess

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// goldens is testdata/goldens.json, which testdata/goldens.py writes.
type goldens struct {
	Decode []struct {
		File          string
		Width, Height int
		SHA256, PNG   string
	}
	Resize []struct {
		Filter       Filter
		Source, Size [2]int
		SHA256       string
	}
	Apply []struct {
		Source, Size [2]int
		Config       json.RawMessage
		Mode         string
		SHA256       string
		Values       string `json:"values_sha256"`
	}
}

func readGoldens(t *testing.T) goldens {
	t.Helper()
	data, err := os.ReadFile("testdata/goldens.json")
	if err != nil {
		t.Fatal(err)
	}
	var g goldens
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Decode) == 0 || len(g.Resize) == 0 || len(g.Apply) == 0 {
		t.Fatal("goldens.json lists nothing")
	}
	return g
}

// noise returns the picture that goldens.py calls by the same name.
func noise(w, h int) *RGB {
	img := NewRGB(w, h)
	state := uint32(1)
	for i := range img.Pix {
		state = state*1664525 + 1013904223
		img.Pix[i] = byte(state >> 24)
	}
	return img
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func digestFloats(v []float32) string {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return digest(b)
}

// Two correctly rounded inverse cosine transforms differ by at most one level, so
// that R = Y + 1.402 Cr, G = Y - 0.344 Cb - 0.714 Cr and B = Y + 1.772 Cb differ
// by less than 1 + 1.772, and by at most 3 levels once rounded.
const maxJPEGDecode = 3

func TestDecodeGoldens(t *testing.T) {
	var worst difference
	for _, g := range readGoldens(t).Decode {
		t.Run(g.File, func(t *testing.T) {
			img := mustDecodeFile(t, filepath.Join("testdata/pictures", g.File))
			if img.W != g.Width || img.H != g.Height {
				t.Fatalf("got %d x %d pixels, want %d x %d", img.W, img.H, g.Width, g.Height)
			}
			if g.PNG == "" {
				if got := digest(img.Pix); got != g.SHA256 {
					t.Errorf("pixels have SHA-256 %s, want %s", got, g.SHA256)
				}
				return
			}
			d := compare(t, img, mustDecodeFile(t, filepath.Join("testdata/pictures", g.PNG)))
			if d.max > maxJPEGDecode {
				t.Errorf("differs by up to %d levels, more than %d (mean %.4f)", d.max, maxJPEGDecode, d.mean)
			}
			worst.max, worst.mean = max(worst.max, d.max), max(worst.mean, d.mean)
		})
	}
	t.Logf("JPEG: at most %d levels, mean at most %.4f", worst.max, worst.mean)
}

func TestResizeGoldens(t *testing.T) {
	for _, g := range readGoldens(t).Resize {
		t.Run(fmt.Sprintf("%v/%dx%d-%dx%d", g.Filter, g.Source[0], g.Source[1], g.Size[0], g.Size[1]), func(t *testing.T) {
			img := noise(g.Source[0], g.Source[1])
			area := canvas{img: img, w: img.W, h: img.H}
			got := area.resize(g.Filter, int64(g.Size[0]), int64(g.Size[1]), rect{w: g.Size[0], h: g.Size[1]}, 1)
			if s := digest(got.Pix); s != g.SHA256 {
				t.Errorf("pixels have SHA-256 %s, want %s", s, g.SHA256)
			}
		})
	}
}

func TestApplyGoldens(t *testing.T) {
	for _, g := range readGoldens(t).Apply {
		t.Run(fmt.Sprintf("%dx%d/%s/%s", g.Source[0], g.Source[1], g.Mode, g.Config), func(t *testing.T) {
			c, err := ParseConfig(g.Config)
			if err != nil {
				t.Fatal(err)
			}
			mode, err := ParseMode(g.Mode)
			if err != nil {
				t.Fatal(err)
			}
			img := noise(g.Source[0], g.Source[1])
			before := digest(img.Pix)
			got, err := c.Apply(img, mode)
			if err != nil {
				t.Fatal(err)
			}
			if got.W != g.Size[0] || got.H != g.Size[1] {
				t.Fatalf("got %d x %d pixels, want %d x %d", got.W, got.H, g.Size[0], g.Size[1])
			}
			if s := digest(got.Pix); s != g.SHA256 {
				t.Errorf("pixels have SHA-256 %s, want %s", s, g.SHA256)
			}
			if s := digestFloats(c.Pixels(got)); s != g.Values {
				t.Errorf("values have SHA-256 %s, want %s", s, g.Values)
			}
			if digest(img.Pix) != before {
				t.Error("the source picture was changed")
			}
		})
	}
}
