package preprocess

import "fmt"

// Area is a part of a picture, in its pixels; it may reach beyond the borders.
type Area struct{ X, Y, W, H float64 }

// Seen returns the part of a w x h picture that Apply's result shows, edge to edge.
func (c *Config) Seen(w, h int, mode Mode) (Area, error) {
	if err := c.Validate(); err != nil {
		return Area{}, err
	}
	if w < 1 || h < 1 {
		return Area{}, fmt.Errorf("picture of %d x %d pixels", w, h)
	}
	var x, y int
	cw, ch := w, h
	switch mode {
	case Crop:
	case Pad:
		side := max(w, h)
		x, y, cw, ch = (w-side)/2, (h-side)/2, side, side
	default:
		return Area{}, fmt.Errorf("image mode %v is not known (crop, pad)", mode)
	}
	rw, rh := c.resized(cw, ch)
	a := Area{float64(x), float64(y), float64(cw), float64(ch)}
	if !c.CenterCrop {
		return a, nil
	}
	// A crop of the resized canvas, in pixels of the canvas itself.
	left, _ := centred(rw, c.Crop.Width)
	top, _ := centred(rh, c.Crop.Height)
	sx, sy := float64(cw)/float64(rw), float64(ch)/float64(rh)
	return Area{a.X + float64(left)*sx, a.Y + float64(top)*sy, float64(c.Crop.Width) * sx, float64(c.Crop.Height) * sy}, nil
}
