package preprocess

import (
	"fmt"
	"math"
	"testing"
)

// photo returns a picture with the smooth areas and grain of a photograph, which
// decoders find neither trivial nor incompressible.
func photo(w, h int) *RGB {
	img := NewRGB(w, h)
	state := uint32(1)
	for y := range h {
		row := img.row(y)
		for x := range w {
			state = state*1664525 + 1013904223
			grain := float64(state>>29) - 4
			v := 128 + 70*math.Sin(float64(x)/37)*math.Cos(float64(y)/23) + grain
			row[3*x], row[3*x+1], row[3*x+2] = byte(v), byte(v*0.8+20), byte(v*0.6+60)
		}
	}
	return img
}

var benchSizes = [][2]int{{1024, 768}, {4000, 3000}}

func reportPixels(b *testing.B, w, h int) {
	b.ReportMetric(float64(w*h)*float64(b.N)/1e6/b.Elapsed().Seconds(), "MP/s")
}

func BenchmarkDecode(b *testing.B) {
	for _, s := range benchSizes {
		img := photo(s[0], s[1])
		for _, f := range []struct {
			name string
			data []byte
		}{{"png", encodePNG(b, img)}, {"jpeg", encodeJPEG(b, img)}} {
			b.Run(fmt.Sprintf("%s/%dx%d", f.name, s[0], s[1]), func(b *testing.B) {
				for b.Loop() {
					if _, err := Decode(f.data, Limits{}); err != nil {
						b.Fatal(err)
					}
				}
				reportPixels(b, s[0], s[1])
			})
		}
	}
}

func BenchmarkApply(b *testing.B) {
	for _, s := range append(benchSizes, [2]int{3000, 4000}, [2]int{1500, 8000}) {
		img := photo(s[0], s[1])
		for _, mode := range []Mode{Crop, Pad} {
			for _, threads := range []int{1, 0} {
				b.Run(fmt.Sprintf("%dx%d/%v/threads=%d", s[0], s[1], mode, threads), func(b *testing.B) {
					c := Default(336)
					c.Threads = threads
					for b.Loop() {
						if _, err := c.Apply(img, mode); err != nil {
							b.Fatal(err)
						}
					}
					reportPixels(b, s[0], s[1])
				})
			}
		}
	}
}

func BenchmarkPixels(b *testing.B) {
	c := Default(336)
	img := photo(336, 336)
	for b.Loop() {
		c.Pixels(img)
	}
	reportPixels(b, 336, 336)
}
