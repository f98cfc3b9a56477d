package viz

import (
	"image/color"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
)

// answer is one about a white picture of 60 x 40 pixels, whose middle 40 x 40 are
// seen as 2 x 2 patches.
func answer() *Answer {
	img := preprocess.NewRGB(60, 40)
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	return &Answer{
		Pictures: []Picture{{img, preprocess.Area{X: 10, Y: 0, W: 40, H: 40}}},
		Method:   "test", Question: "what?",
		Result: &lvlm.Result{
			Text: "that", Layers: 4, Prompt: &lvlm.Prompt{IDs: make([]int32, 9), Spans: []lvlm.Span{{Start: 1, Count: 4}}},
			Outcome: lvlm.Outcome{FromLayer: 2, Kept: []int{0, 3}, Skipped: []int{3}, Entered: []int{4, 4, 2, 0}},
		},
	}
}

func TestDraw(t *testing.T) {
	white := color.RGBA{255, 255, 255, 255}
	a := answer()
	for _, heat := range []bool{false, true} {
		if heat {
			a.Result.Outcome.TokenScores = []float32{4, 1, 2, 3}
			a.Result.Outcome.LayerScores = []float32{1, 2, 3, 4}
		}
		img := Draw(a)
		const m = 12 // the margin of a small drawing
		for _, p := range []struct {
			x, y int
			kept bool
		}{{12, 2, true}, {29, 19, true}, {30, 2, false}, {48, 19, false}, {12, 20, false}, {30, 20, true}, {49, 39, true}} {
			got := img.RGBAAt(m+p.x, m+p.y)
			if (got == white) != p.kept {
				t.Errorf("heat %v: pixel (%d, %d) is %v, kept is %v", heat, p.x, p.y, got, p.kept)
			}
		}
		hatched := 0
		for x := range 10 {
			if img.RGBAAt(m+x, m+5) != white {
				hatched++
			}
		}
		if hatched == 0 || hatched == 10 {
			t.Errorf("heat %v: %d of 10 pixels outside of the crop are hatched", heat, hatched)
		}
		if heat {
			// The heat map stands to the right; rank orders lightness.
			lightness := func(x, y int) int {
				c := img.RGBAAt(m+60+m+x, m+y)
				return 299*int(c.R) + 587*int(c.G) + 114*int(c.B)
			}
			a, b, c, d := lightness(12, 2), lightness(40, 2), lightness(12, 30), lightness(40, 30)
			if !(a > d && d > c && c > b) {
				t.Errorf("lightness %d, %d, %d, %d is not in the order of scores 4, 1, 2, 3", a, b, c, d)
			}
		}
		bar := m + 40 + m + 5
		want := []color.RGBA{running, running, pruned, skipped}
		width := img.Bounds().Dx() - 2*m
		for i, c := range want {
			if got := img.RGBAAt(m+i*width/4+3, bar); got != c {
				t.Errorf("heat %v: layer %d is %v, want %v", heat, i, got, c)
			}
		}
	}
}

func TestDrawWithoutPicture(t *testing.T) {
	a := answer()
	a.Pictures, a.Result.Prompt.Spans, a.Result.Outcome.Kept = nil, nil, nil
	a.Result.Text = strings.Repeat("long ", 500)
	if b := Draw(a).Bounds(); b.Dx() < leastWidth || b.Dy() < 200 {
		t.Errorf("drawing of %v", b)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", []string{""}},
		{"one two three", []string{"one two", "three"}},
		{"one\n\ntwo", []string{"one", "", "two"}},
		{"abcdefghijklm no", []string{"abcdefgh", "ijklm no"}},
		{"a abcdefghij", []string{"a", "abcdefgh", "ij"}},
		{"it\u2019s \u201cso\u201d", []string{`it's`, `"so"`}},
	} {
		if diff := cmp.Diff(c.want, wrap(c.in, 8)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.in, diff)
		}
	}
}
