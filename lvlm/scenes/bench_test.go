package scenes

import (
	"testing"

	"github.com/go-par/par/lvlm/preprocess"
)

func BenchmarkPicture(b *testing.B) {
	for _, style := range []Style{Ordinary, Crowded, Printed} {
		b.Run(style.String(), func(b *testing.B) {
			img := preprocess.NewRGB(112, 112)
			var r Renderer
			i := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				r.Render(img, New(Key{Style: style, Index: i}))
				i++
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pictures/s")
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for _, split := range []Split{Train, Test} {
		b.Run(split.String(), func(b *testing.B) {
			i := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				New(Key{Split: split, Index: i})
				i++
			}
		})
	}
}

func BenchmarkQuestions(b *testing.B) {
	s := New(Key{})
	b.ReportAllocs()
	for b.Loop() {
		s.Questions(13)
	}
}

func BenchmarkPatches(b *testing.B) {
	s := New(Key{Style: Crowded})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Patches(112, 8); err != nil {
			b.Fatal(err)
		}
	}
}
