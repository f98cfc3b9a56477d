package preprocess

import (
	"fmt"
	"image"
	"image/color"
)

// RGB is a picture of W x H pixels, three bytes each, row by row. It is an
// image.Image, so that it can be encoded or drawn.
type RGB struct {
	W, H int
	Pix  []byte // 3*W*H
}

// NewRGB returns a black picture.
func NewRGB(w, h int) *RGB { return &RGB{w, h, make([]byte, 3*w*h)} }

// row returns the bytes of row y.
func (p *RGB) row(y int) []byte { return p.Pix[3*p.W*y : 3*p.W*(y+1)] }

// check reports a picture that has no pixels, or not as many as it says.
func (p *RGB) check() error {
	if p == nil || p.W < 1 || p.H < 1 {
		return fmt.Errorf("picture has no pixels")
	}
	if len(p.Pix)%3 != 0 || len(p.Pix)/3/p.W != p.H || len(p.Pix)/3%p.W != 0 {
		return fmt.Errorf("picture of %d x %d pixels has %d bytes", p.W, p.H, len(p.Pix))
	}
	return nil
}

// ColorModel implements image.Image.
func (p *RGB) ColorModel() color.Model { return color.RGBAModel }

// Bounds implements image.Image.
func (p *RGB) Bounds() image.Rectangle { return image.Rect(0, 0, p.W, p.H) }

// At implements image.Image; pixels outside the picture are transparent.
func (p *RGB) At(x, y int) color.Color {
	if !(image.Point{x, y}).In(p.Bounds()) {
		return color.RGBA{}
	}
	s := p.row(y)[3*x : 3*x+3]
	return color.RGBA{s[0], s[1], s[2], 255}
}
