package chart

import (
	"image/color"
	"math"
)

// stroke draws a line of two pixels' width with smooth edges.
func (p *plot) stroke(x0, y0, x1, y1 float64, c color.RGBA) {
	dx, dy := x1-x0, y1-y0
	length := dx*dx + dy*dy
	p.cover(math.Min(x0, x1), math.Min(y0, y1), math.Max(x0, x1), math.Max(y0, y1), c, func(x, y float64) float64 {
		t := 0.0
		if length > 0 {
			t = math.Max(0, math.Min(1, ((x-x0)*dx+(y-y0)*dy)/length))
		}
		return 1 - math.Hypot(x-x0-t*dx, y-y0-t*dy)
	})
}

// radius of a point's mark, in pixels.
const radius = 5.0

// mark draws the point of the i-th series: a disc, or for series whose colour an
// earlier one has, a square, a diamond or a triangle.
func (p *plot) mark(x, y float64, i int) {
	inside := marks[i/len(colours)%len(marks)]
	p.cover(x-radius, y-radius, x+radius, y+radius, colours[i%len(colours)], func(px, py float64) float64 {
		return inside(px-x, py-y)
	})
}

// marks tell how far inside of a mark a place is, seen from its middle.
var marks = []func(x, y float64) float64{
	func(x, y float64) float64 { return radius - math.Hypot(x, y) },
	func(x, y float64) float64 { return radius - 1 - math.Max(math.Abs(x), math.Abs(y)) },
	func(x, y float64) float64 { return (radius + 1 - math.Abs(x) - math.Abs(y)) / math.Sqrt2 },
	func(x, y float64) float64 { return math.Min((radius-2*math.Abs(x)+y)/math.Sqrt(5), radius-1-y) },
}

// cover paints every pixel near a rectangle as far as inside, the distance of its
// middle from a shape's edge, says that the shape covers it.
func (p *plot) cover(x0, y0, x1, y1 float64, c color.RGBA, inside func(x, y float64) float64) {
	// Bounds first: what lies far outside of the picture costs nothing.
	b := p.img.Rect
	left, right := clamp(x0-2, b.Min.X, b.Max.X), clamp(x1+3, b.Min.X, b.Max.X)
	top, bottom := clamp(y0-2, b.Min.Y, b.Max.Y), clamp(y1+3, b.Min.Y, b.Max.Y)
	for y := top; y < bottom; y++ {
		for x := left; x < right; x++ {
			share := math.Max(0, math.Min(1, inside(float64(x), float64(y))+0.5))
			if share > 0 {
				blend(p.img.Pix[p.img.PixOffset(x, y):], c, share)
			}
		}
	}
}

func clamp(v float64, lo, hi int) int {
	return int(math.Max(float64(lo), math.Min(float64(hi), v)))
}

// blend mixes c into an opaque pixel.
func blend(pix []byte, c color.RGBA, share float64) {
	for i, v := range [...]uint8{c.R, c.G, c.B} {
		pix[i] = uint8(math.Round(float64(pix[i]) + share*(float64(v)-float64(pix[i]))))
	}
}
