package preprocess

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSeen(t *testing.T) {
	plain := Default(100)
	plain.CenterCrop, plain.Size = false, Size{Height: 100, Width: 100}
	for _, c := range []struct {
		what string
		c    *Config
		w, h int
		mode Mode
		want Area
	}{
		{"square", Default(100), 200, 200, Crop, Area{0, 0, 200, 200}},
		{"wide, cropped", Default(100), 400, 200, Crop, Area{100, 0, 200, 200}},
		{"tall, cropped", Default(100), 50, 150, Crop, Area{0, 50, 50, 50}},
		{"wide, padded", Default(100), 400, 200, Pad, Area{0, -100, 400, 400}},
		{"tall, padded", Default(100), 51, 150, Pad, Area{-49, 0, 150, 150}},
		{"squeezed", plain, 400, 200, Crop, Area{0, 0, 400, 200}},
	} {
		got, err := c.c.Seen(c.w, c.h, c.mode)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
	if _, err := Default(100).Seen(3, 3, Mode(7)); err == nil {
		t.Error("an unknown mode has an area")
	}
}
