package preprocess

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// padOut makes a canvas real.
func (c *canvas) padOut() *RGB {
	img := NewRGB(c.w, c.h)
	for i := range img.Pix {
		img.Pix[i] = c.colour[i%3]
	}
	for y := range c.img.H {
		copy(img.row(y + c.y)[3*c.x:], c.img.row(y))
	}
	return img
}

func whole(img *RGB) *canvas { return &canvas{img: img, w: img.W, h: img.H} }

// sub returns the part r of a picture.
func sub(img *RGB, r rect) *RGB {
	out := NewRGB(r.w, r.h)
	for y := range r.h {
		copy(out.row(y), img.row(int(r.y) + y)[3*r.x:])
	}
	return out
}

// TestResizePart checks, on random sizes, that a part of a resized canvas is the
// same as the part cut from the resized whole of a real picture, whatever the
// number of threads.
func TestResizePart(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	vertical := 0
	for range 400 {
		w, h := 1+rng.IntN(90), 1+rng.IntN(150)
		c := canvas{img: noise(w, h), w: w + rng.IntN(2)*rng.IntN(60), h: h + rng.IntN(2)*rng.IntN(60), colour: [3]byte{122, 0, 255}}
		c.x, c.y = rng.IntN(c.w-w+1), rng.IntN(c.h-h+1)
		ow, oh := 1+rng.IntN(120), 1+rng.IntN(120)
		r := rect{x: int64(rng.IntN(ow)), y: int64(rng.IntN(oh))}
		r.w, r.h = 1+rng.IntN(ow-int(r.x)), 1+rng.IntN(oh-int(r.y))
		if dh := c.h - oh; dh > 0 && dh > 2*(c.w-ow) {
			vertical++
		}
		f := Filter(1 + rng.IntN(3))
		name := fmt.Sprintf("%v %+v to %dx%d, part %+v", f, c, ow, oh, r)
		full := whole(c.padOut()).resize(f, int64(ow), int64(oh), rect{w: ow, h: oh}, 1)
		part := c.resize(f, int64(ow), int64(oh), r, 1+rng.IntN(5))
		if !bytes.Equal(part.Pix, sub(full, r).Pix) {
			t.Fatalf("%s: the part differs", name)
		}
	}
	if vertical < 50 {
		t.Errorf("only %d cases were resized vertically first", vertical)
	}
}

// TestResizeKeepsSize checks that windows of an unchanged size are the identity,
// which spares resize a special case.
func TestResizeKeepsSize(t *testing.T) {
	img := noise(37, 23)
	for _, f := range []Filter{Lanczos, Bilinear, Bicubic} {
		got := whole(img).resize(f, 37, 23, rect{w: 37, h: 23}, 1)
		if !bytes.Equal(got.Pix, img.Pix) {
			t.Errorf("%v changes a picture that keeps its size", f)
		}
	}
}

// TestExtremeShapes checks that pictures whose resized or padded whole would not
// fit into memory are processed, and in how much.
func TestExtremeShapes(t *testing.T) {
	c := Default(336)
	for _, size := range [][2]int{{1, 1}, {20000, 1}, {1, 20000}, {1 << 17, 1}, {1, 1 << 17}, {2, 1 << 17}, {1 << 17, 2}} {
		for _, mode := range []Mode{Crop, Pad} {
			img := noise(size[0], size[1])
			for i := range img.Pix {
				img.Pix[i] = 200
			}
			var out *RGB
			var err error
			n := allocated(func() { out, err = c.Apply(img, mode) })
			if err != nil {
				t.Errorf("%v, %v: %v", size, mode, err)
				continue
			}
			if out.W != 336 || out.H != 336 {
				t.Errorf("%v, %v: got %d x %d pixels", size, mode, out.W, out.H)
			}
			// A flat picture stays flat where there is nothing beside it.
			if want := bytes.Repeat([]byte{200}, len(out.Pix)); mode == Crop && !bytes.Equal(out.Pix, want) {
				t.Errorf("%v: not flat", size)
			}
			const allowed = 8 << 20
			if n > allowed {
				t.Errorf("%v, %v: allocated %d bytes", size, mode, n)
			}
		}
	}
}

func TestApplyRefuses(t *testing.T) {
	open := Default(336)
	open.CenterCrop = false
	flat := Default(336)
	flat.Std[1] = 0
	for name, f := range map[string]func() (*RGB, error){
		"nil":       func() (*RGB, error) { return open.Apply(nil, Crop) },
		"no pixels": func() (*RGB, error) { return open.Apply(&RGB{}, Crop) },
		"too few":   func() (*RGB, error) { return open.Apply(&RGB{2, 2, make([]byte, 11)}, Crop) },
		"too many":  func() (*RGB, error) { return open.Apply(&RGB{2, 2, make([]byte, 15)}, Crop) },
		"overflow":  func() (*RGB, error) { return open.Apply(&RGB{1 << 30, 1 << 30, nil}, Crop) },
		"too large": func() (*RGB, error) { return open.Apply(noise(20000, 1), Crop) },
		"no mode":   func() (*RGB, error) { return open.Apply(noise(2, 2), Mode(2)) },
		"no spread": func() (*RGB, error) { return flat.Apply(noise(2, 2), Crop) },
	} {
		if img, err := f(); err == nil {
			t.Errorf("%s: got %d x %d pixels, want an error", name, img.W, img.H)
		}
	}
}
