package preprocess

import (
	"math"
	"testing"
)

// FuzzDecode checks that no file makes Decode panic or exceed its limits.
func FuzzDecode(f *testing.F) {
	for _, data := range pictureFiles(f) {
		f.Add(data)
	}
	f.Add(pngHead(1<<31-1, 1, 8, 2))
	f.Add(jpegHead(65535, 65535, 4))
	f.Add(gifHead(65535, 65535))
	limits := Limits{Bytes: 1 << 16, Pixels: 1 << 16, Side: 1 << 12}
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := Decode(data, limits)
		if err != nil {
			return
		}
		if err := img.check(); err != nil {
			t.Fatal(err)
		}
		if int64(img.W)*int64(img.H) > limits.Pixels || img.W > limits.Side || img.H > limits.Side {
			t.Fatalf("%d x %d pixels exceed the limits", img.W, img.H)
		}
	})
}

// FuzzParseConfig checks that a configuration that is accepted can be applied.
func FuzzParseConfig(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"size": 30, "crop_size": 27}`, `{"size": {"shortest_edge": 9}, "crop_size": {"height": 40, "width": 15}}`,
		`{"size": {"height": 21, "width": 35}, "do_center_crop": false, "resample": 1, "do_pad": true}`,
		`{"image_processor": {"do_resize": false, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "rescale_factor": 1}}`,
		`{"image_processor_type": "CLIPImageProcessor", "image_aspect_ratio": "pad", "do_normalize": false}`,
	} {
		f.Add([]byte(s))
	}
	img := noise(5, 3)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseConfig(data)
		if err != nil {
			return
		}
		const large = 64 // enough to reach every branch, and fast
		for _, s := range []Size{c.Size, c.Crop} {
			if s.ShortestEdge > large || s.Height > large || s.Width > large {
				return
			}
		}
		out, err := c.Apply(img, c.Mode)
		if err != nil {
			t.Fatal(err)
		}
		if c.CenterCrop && (out.W != c.Crop.Width || out.H != c.Crop.Height) {
			t.Fatalf("got %d x %d pixels, want %d x %d", out.W, out.H, c.Crop.Width, c.Crop.Height)
		}
		for _, v := range c.Pixels(out) {
			if math.IsNaN(float64(v)) {
				t.Fatal("a value is not a number")
			}
		}
	})
}
