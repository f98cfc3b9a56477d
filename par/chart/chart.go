// Package chart draws lines and points over two axes into a picture.
package chart

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"github.com/go-par/par/internal/font"
)

// Chart is what is to be drawn. Points with a coordinate that is not finite, or not
// positive on a logarithmic axis, are left out.
type Chart struct {
	Title         string
	X, Y          Axis
	Series        []Series
	Width, Height int // pixels; 0: 960 x 600
}

// Axis is labelled, and shows at least what Min and Max say where they differ.
type Axis struct {
	Label    string
	Log      bool
	Min, Max float64
}

// Series is drawn in one colour and named in the legend. A line whose colour an earlier
// series has bears some marks.
type Series struct {
	Name   string
	Line   bool // joins the points in their order
	Marks  bool // shows each point
	Points []Point
}

// Point is one value. Low and High, where they differ, are the ends of an interval
// around Y.
type Point struct {
	X, Y      float64
	Low, High float64
	Label     string // written beside the point
}

// colours are told apart by people who see colours differently, too (Okabe and Ito,
// 2008). Series beyond their number get other marks.
var colours = []color.RGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
	{230, 159, 0, 255}, {86, 180, 233, 255}, {80, 80, 80, 255},
}

var (
	ink   = color.RGBA{40, 40, 40, 255}
	faint = color.RGBA{225, 225, 225, 255}
)

const (
	scale  = 2 // of the font
	letter = font.Advance * scale
	line   = font.Height * scale
	gap    = 10
)

// WritePNG draws c and writes it as a PNG.
func (c *Chart) WritePNG(w io.Writer) error { return png.Encode(w, c.Draw()) }

// Draw returns the picture.
func (c *Chart) Draw() *image.RGBA {
	width, height := c.Width, c.Height
	if width <= 0 || height <= 0 {
		width, height = 960, 600
	}
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	p := &plot{Chart: c, img: img}
	p.x, p.y = p.axes()
	p.layOut()
	p.drawAxes()
	for i := range c.Series {
		p.drawSeries(i)
	}
	p.drawLegend()
	p.drawLabels()
	return img
}

// plot is a chart on its way into a picture.
type plot struct {
	*Chart
	img  *image.RGBA
	area image.Rectangle // between the axes
	x, y span

	legend image.Rectangle
}

// axes returns what the axes have to cover.
func (p *plot) axes() (x, y span) {
	x, y = newSpan(p.X), newSpan(p.Y)
	for _, s := range p.Series {
		for _, q := range s.Points {
			if !x.shows(q.X) || !y.shows(q.Y) {
				continue
			}
			x.include(q.X)
			y.include(q.Y)
			if q.Low < q.High {
				y.include(q.Low)
				y.include(q.High)
			}
		}
	}
	x.finish()
	y.finish()
	return x, y
}

// besideFrom is the number of series from which on their names have no place among
// the points.
const besideFrom = 9

// layOut leaves room for labels, ticks and title, and for the names of many series.
func (p *plot) layOut() {
	widest := 0
	for _, t := range p.y.ticks() {
		w, _ := font.Size(p.y.spell(t), scale)
		widest = max(widest, w)
	}
	left := gap + line + gap + widest + gap
	right := 2 * gap
	for _, t := range p.x.ticks() {
		w, _ := font.Size(p.x.spell(t), scale)
		right = max(right, w/2+2)
	}
	top := gap + line + gap
	bottom := gap + line + gap + line + gap
	names, size := p.legendSize()
	if names >= besideFrom {
		right += gap + size.X
	}
	p.area = image.Rect(left, top, p.img.Rect.Max.X-right, p.img.Rect.Max.Y-bottom)
	if names >= besideFrom {
		at := image.Pt(p.img.Rect.Max.X-gap-size.X, top)
		p.legend = image.Rectangle{at, at.Add(size)}
	}
}

// at returns the pixel of a point.
func (p *plot) at(x, y float64) (px, py float64) {
	return float64(p.area.Min.X) + p.x.share(x)*float64(p.area.Dx()),
		float64(p.area.Max.Y) - p.y.share(y)*float64(p.area.Dy())
}

func (p *plot) drawAxes() {
	a := p.area
	for _, t := range p.x.ticks() {
		px, _ := p.at(t, 0)
		x := int(math.Round(px))
		p.fill(image.Rect(x, a.Min.Y, x+1, a.Max.Y), faint)
		text := p.x.spell(t)
		w, _ := font.Size(text, scale)
		p.text(x-w/2, a.Max.Y+gap, text)
	}
	for _, t := range p.y.ticks() {
		_, py := p.at(0, t)
		y := int(math.Round(py))
		p.fill(image.Rect(a.Min.X, y, a.Max.X, y+1), faint)
		text := p.y.spell(t)
		w, _ := font.Size(text, scale)
		p.text(a.Min.X-gap-w, y-line/2, text)
	}
	p.fill(image.Rect(a.Min.X-1, a.Min.Y, a.Min.X+1, a.Max.Y+1), ink)
	p.fill(image.Rect(a.Min.X-1, a.Max.Y-1, a.Max.X, a.Max.Y+1), ink)
	w, _ := font.Size(p.X.Label, scale)
	p.text((a.Min.X+a.Max.X-w)/2, a.Max.Y+gap+line+gap/2, p.X.Label)
	w, _ = font.Size(p.Y.Label, scale)
	font.DrawUp(p.img, image.Pt(gap, (a.Min.Y+a.Max.Y-w)/2), p.Y.Label, ink, scale)
	w, _ = font.Size(p.Title, scale)
	p.text((a.Min.X+a.Max.X-w)/2, gap, p.Title)
}

func (p *plot) drawSeries(i int) {
	s, c := &p.Series[i], colours[i%len(colours)]
	last, marked := -1, math.Inf(-1)
	for k, q := range s.Points {
		if !p.x.shows(q.X) || !p.y.shows(q.Y) {
			last = -1
			continue
		}
		x, y := p.at(q.X, q.Y)
		if s.Line && last >= 0 {
			x0, y0 := p.at(s.Points[last].X, s.Points[last].Y)
			p.stroke(x0, y0, x, y, c)
		}
		last = k
		if q.Low < q.High && p.y.shows(q.Low) {
			_, low := p.at(q.X, q.Low)
			_, high := p.at(q.X, q.High)
			p.stroke(x, low, x, high, c)
			p.stroke(x-4, low, x+4, low, c)
			p.stroke(x-4, high, x+4, high, c)
		}
		if s.Marks || p.repeats(i) && x >= marked+apart {
			p.mark(x, y, i)
			marked = x
		}
	}
}

// repeats reports whether series i is a line whose colour an earlier series has.
func (p *plot) repeats(i int) bool { return p.Series[i].Line && i >= len(colours) }

// apart is how many pixels lie between the marks that tell a line from another one.
const apart = 60

// drawLabels writes beside the points, where there is room.
func (p *plot) drawLabels() {
	taken := []image.Rectangle{p.legend}
	for _, s := range p.Series {
		for _, q := range s.Points {
			if x, y, ok := p.place(q); ok {
				taken = append(taken, image.Rect(int(x)-6, int(y)-6, int(x)+6, int(y)+6))
			}
		}
	}
	for _, s := range p.Series {
		for _, q := range s.Points {
			x, y, ok := p.place(q)
			if !ok || q.Label == "" {
				continue
			}
			if box, free := p.room(int(x), int(y), q.Label, taken); free {
				p.text(box.Min.X, box.Min.Y, q.Label)
				taken = append(taken, box)
			}
		}
	}
}

// place returns the pixel of a point that has one.
func (p *plot) place(q Point) (x, y float64, ok bool) {
	if !p.x.shows(q.X) || !p.y.shows(q.Y) {
		return 0, 0, false
	}
	x, y = p.at(q.X, q.Y)
	return x, y, true
}

// room returns where a text beside a point covers least, and whether that is next to
// nothing.
func (p *plot) room(x, y int, text string, taken []image.Rectangle) (best image.Rectangle, free bool) {
	w, h := font.Size(text, scale)
	const near = 8
	least := math.MaxInt
	for _, at := range []image.Point{
		{x + near, y - h}, {x + near, y}, {x - near - w, y - h}, {x - near - w, y}, {x - w/2, y - near - h}, {x - w/2, y + near},
		{x + near, y - 2*h}, {x + near, y + h}, {x - near - w, y - 2*h}, {x - near - w, y + h},
	} {
		box := image.Rectangle{at, at.Add(image.Pt(w, h))}
		in := box.Intersect(p.area)
		covered := w*h - in.Dx()*in.Dy()
		for _, t := range taken {
			in := box.Intersect(t)
			covered += in.Dx() * in.Dy()
		}
		if covered < least {
			best, least = box, covered
		}
	}
	return best, least <= w*h/8
}

// legendSize returns how many series have names, and the room for these.
func (p *plot) legendSize() (names int, size image.Point) {
	widest := 0
	for _, s := range p.Series {
		if s.Name != "" {
			w, _ := font.Size(s.Name, scale)
			names, widest = names+1, max(widest, w)
		}
	}
	return names, image.Pt(widest+5*gap, names*(line+4)+gap)
}

// drawLegend names the series, where layOut has left no room for it in the corner of
// the area that fewest points are in.
func (p *plot) drawLegend() {
	names, size := p.legendSize()
	if names == 0 {
		return
	}
	if p.legend.Empty() {
		p.legend = p.corner(size)
	}
	box := p.legend
	p.fill(box, color.RGBA{255, 255, 255, 255})
	y := box.Min.Y + gap/2
	for i, s := range p.Series {
		if s.Name == "" {
			continue
		}
		middle := float64(y + line/2)
		if s.Line {
			p.stroke(float64(box.Min.X+4), middle, float64(box.Min.X+3*gap), middle, colours[i%len(colours)])
		}
		if s.Marks || p.repeats(i) {
			p.mark(float64(box.Min.X+4+(3*gap-4)/2), middle, i)
		}
		p.text(box.Min.X+4*gap, y, s.Name)
		y += line + 4
	}
}

func (p *plot) corner(size image.Point) image.Rectangle {
	a := p.area.Inset(gap)
	var best image.Rectangle
	fewest := math.MaxInt
	for _, at := range []image.Point{
		{a.Max.X - size.X, a.Max.Y - size.Y}, {a.Max.X - size.X, a.Min.Y}, {a.Min.X, a.Min.Y}, {a.Min.X, a.Max.Y - size.Y},
	} {
		box := image.Rectangle{at, at.Add(size)}
		n := 0
		for _, s := range p.Series {
			for _, q := range s.Points {
				if x, y := p.at(q.X, q.Y); image.Pt(int(x), int(y)).In(box.Inset(-gap)) {
					n++
				}
			}
		}
		if n < fewest {
			best, fewest = box, n
		}
	}
	return best
}

func (p *plot) text(x, y int, s string) { font.Draw(p.img, image.Pt(x, y), s, ink, scale) }
func (p *plot) fill(r image.Rectangle, c color.Color) {
	draw.Draw(p.img, r, image.NewUniform(c), image.Point{}, draw.Over)
}

// spell writes the ticks of an axis with as few digits as tell them apart.
func (s span) spell(v float64) string {
	if s.log || s.step == 0 {
		return fmt.Sprintf("%.4g", v)
	}
	digits := max(0, int(math.Ceil(-math.Log10(s.step)-1e-9)))
	return fmt.Sprintf("%.*f", min(digits, 9), v+0) // + 0 makes -0 positive
}
