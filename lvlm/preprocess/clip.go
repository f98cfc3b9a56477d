package preprocess

import (
	"cmp"
	"fmt"
)

// maxOutput bounds the pixels of a resized picture that no crop cuts down.
const maxOutput = 1 << 26

// Apply squares, resizes and crops a picture, as bytes. It is c.Crop.Height x
// c.Crop.Width where c.CenterCrop, else what resizing gives. img is not changed;
// the result may share its pixels.
func (c *Config) Apply(img *RGB, mode Mode) (*RGB, error) {
	if err := cmp.Or(c.Validate(), img.check()); err != nil {
		return nil, err
	}
	area := canvas{img: img, w: img.W, h: img.H}
	switch mode {
	case Crop:
	case Pad:
		area = c.padded(img)
	default:
		return nil, fmt.Errorf("image mode %v is not known (crop, pad)", mode)
	}
	w, h := c.resized(area.w, area.h)
	if !c.CenterCrop {
		if w > maxOutput/h {
			return nil, fmt.Errorf("picture of %d x %d pixels would be resized to %d x %d, more than %d pixels",
				img.W, img.H, w, h, maxOutput)
		}
		return area.resize(c.Filter, w, h, rect{w: int(w), h: int(h)}, c.Threads), nil
	}
	x, cropW := centred(w, c.Crop.Width)
	y, cropH := centred(h, c.Crop.Height)
	part := area.resize(c.Filter, w, h, rect{max(0, x), max(0, y), cropW, cropH}, c.Threads)
	if cropW == c.Crop.Width && cropH == c.Crop.Height {
		return part, nil
	}
	// A picture smaller than the crop lies in its middle, on black.
	out := NewRGB(c.Crop.Width, c.Crop.Height)
	for i := range cropH {
		copy(out.row(i + int(max(0, -y)))[3*max(0, -x):], part.row(i))
	}
	return out, nil
}

// padded lays img in the middle of a square of the mean colour.
func (c *Config) padded(img *RGB) canvas {
	side := max(img.W, img.H)
	area := canvas{img: img, w: side, h: side, x: (side - img.W) / 2, y: (side - img.H) / 2}
	for ch, m := range c.Mean {
		area.colour[ch] = byte(min(max(255*m, 0), 255))
	}
	return area
}

// resized returns the size that w x h pixels are resized to.
func (c *Config) resized(w, h int) (int64, int64) {
	if !c.Resize {
		return int64(w), int64(h)
	}
	edge := c.Size.ShortestEdge
	if edge == 0 {
		return int64(c.Size.Width), int64(c.Size.Height)
	}
	// The longer edge in double precision, cut to an integer, as Python does it.
	longer := func(long, short int) int64 {
		return int64(float64(int64(edge)*int64(long)) / float64(short))
	}
	if w <= h {
		return int64(edge), longer(h, w)
	}
	return longer(w, h), int64(edge)
}

// centred returns where a crop of n starts on an edge of length size, rounded
// down also where that is negative, and how much of the edge it holds.
func centred(size int64, n int) (start int64, held int) {
	return (size - int64(n)) >> 1, int(min(size, int64(n)))
}

// Pixels returns a picture as planes [3, img.H, img.W], rescaled and normalised.
func (c *Config) Pixels(img *RGB) []float32 {
	n := img.W * img.H
	out := make([]float32, 3*n)
	for ch, table := range c.levels() {
		plane := out[ch*n : (ch+1)*n]
		for i := range plane {
			plane[i] = table[img.Pix[3*i+ch]]
		}
	}
	return out
}

// levels returns the value of each byte in each channel. transformers rescales in
// float64 and rounds, then normalises in float32.
func (c *Config) levels() *[3][256]float32 {
	t := new([3][256]float32)
	for ch := range t {
		mean, std := float32(c.Mean[ch]), float32(c.Std[ch])
		for b := range t[ch] {
			v := float32(b)
			if c.Rescale {
				v = float32(float64(b) * c.Factor)
			}
			if c.Normalize {
				v = (v - mean) / std
			}
			t[ch][b] = v
		}
	}
	return t
}
