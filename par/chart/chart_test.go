package chart

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		name   string
		axis   Axis
		values []float64
		want   []float64
		last   string
	}{
		{"scores", Axis{}, []float64{61.2, 85.9}, []float64{60, 65, 70, 75, 80, 85, 90}, "90"},
		{"small", Axis{}, []float64{0.012, 0.031}, []float64{0.01, 0.015, 0.02, 0.025, 0.03, 0.035}, "0.035"},
		{"around zero", Axis{}, []float64{-1.5, 2}, []float64{-2, -1, 0, 1, 2}, "2"},
		{"one value", Axis{}, []float64{100}, []float64{94, 96, 98, 100, 102, 104, 106}, "106"},
		{"nothing", Axis{}, nil, []float64{0, 0.2, 0.4, 0.6, 0.8, 1}, "1.0"},
		{"told", Axis{Min: 0, Max: 100}, []float64{40}, []float64{0, 20, 40, 60, 80, 100}, "100"},
		{"logarithmic", Axis{Log: true}, []float64{3, 60}, []float64{5, 10, 20, 50}, "50"},
		{"decades", Axis{Log: true}, []float64{1e-4, 20}, []float64{1e-4, 1e-3, 1e-2, 0.1, 1, 10}, "10"},
		{"no place", Axis{Log: true}, []float64{0, -1, math.NaN(), math.Inf(1)}, []float64{1, 2, 5, 10}, "10"},
	} {
		s := newSpan(c.axis)
		for _, v := range c.values {
			s.include(v)
		}
		s.finish()
		got := s.ticks()
		if diff := cmp.Diff(c.want, got, cmpopts.EquateApprox(1e-9, 0)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		} else if text := s.spell(got[len(got)-1]); text != c.last {
			t.Errorf("%s: the last tick is %q, want %q", c.name, text, c.last)
		}
	}
}

func example() *Chart {
	return &Chart{
		Title: "score against prefill time", X: Axis{Label: "prefill, ms"}, Y: Axis{Label: "accuracy, %"},
		Series: []Series{
			{Name: "full", Marks: true, Points: []Point{{X: 100, Y: 80}}},
			{Name: "par", Line: true, Marks: true, Points: []Point{{X: 40, Y: 70, Low: 68, High: 72, Label: "T=128"}, {X: 60, Y: 76}, {X: math.NaN(), Y: 1}}},
		},
	}
}

// TestDraw looks for the points of a chart where its axes say that they are.
func TestDraw(t *testing.T) {
	c := example()
	img := c.Draw()
	p := &plot{Chart: c, img: img}
	p.x, p.y = p.axes()
	p.layOut()
	for i, s := range c.Series {
		for _, q := range s.Points {
			if math.IsNaN(q.X) {
				continue
			}
			x, y := p.at(q.X, q.Y)
			if got := img.RGBAAt(int(math.Round(x)), int(math.Round(y))); got != colours[i] {
				t.Errorf("series %d has %v at %v, %v", i, got, q.X, q.Y)
			}
		}
	}
	// The interval reaches beyond the mark, the line leads from point to point.
	for _, q := range []Point{{X: 40, Y: 71.9}, {X: 40, Y: 68.1}, {X: 50, Y: 73}} {
		x, y := p.at(q.X, q.Y)
		if got := img.RGBAAt(int(math.Round(x)), int(math.Round(y))); got == (color.RGBA{255, 255, 255, 255}) {
			t.Errorf("nothing is drawn at %v, %v", q.X, q.Y)
		}
	}
	var b bytes.Buffer
	if err := c.WritePNG(&b); err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("CHART_PNG"); path != "" {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	back, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if back.Bounds() != image.Rect(0, 0, 960, 600) {
		t.Errorf("bounds %v", back.Bounds())
	}
}

// TestLabels finds room for labels of points that lie close together.
func TestLabels(t *testing.T) {
	c := &Chart{X: Axis{Max: 3}, Y: Axis{Max: 2}, Series: []Series{{Name: "a", Marks: true}}}
	for i := range 4 {
		c.Series[0].Points = append(c.Series[0].Points, Point{X: 1 + float64(i)/1000, Y: 1, Label: "label"})
	}
	c.Series[0].Points = append(c.Series[0].Points, Point{X: 3, Y: 2, Label: "in the corner"})
	p := &plot{Chart: c, img: image.NewRGBA(image.Rect(0, 0, 960, 600))}
	p.x, p.y = p.axes()
	p.layOut()
	var taken []image.Rectangle
	for _, q := range c.Series[0].Points {
		x, y, ok := p.place(q)
		if !ok {
			t.Fatal("a point has no place")
		}
		box, free := p.room(int(x), int(y), q.Label, taken)
		if !free {
			t.Errorf("no room for %q", q.Label)
		}
		for _, other := range taken {
			if box.Overlaps(other) {
				t.Errorf("label at %v covers that at %v", box, other)
			}
		}
		if !box.In(p.area) {
			t.Errorf("label at %v is not in %v", box, p.area)
		}
		taken = append(taken, box)
	}
	if box, free := p.room(300, 300, "label", []image.Rectangle{p.area}); free {
		t.Errorf("room at %v where all is taken", box)
	}
}

// TestManySeries puts names beside the points where they are many.
func TestManySeries(t *testing.T) {
	c := &Chart{}
	for i := range besideFrom {
		p := &plot{Chart: c, img: image.NewRGBA(image.Rect(0, 0, 960, 600))}
		c.Series = append(c.Series, Series{Name: "method", Marks: true, Points: []Point{{X: float64(i), Y: 1}}})
		p.x, p.y = p.axes()
		p.layOut()
		p.drawLegend()
		if beside := !p.legend.Overlaps(p.area); beside != (len(c.Series) >= besideFrom) || !p.legend.In(p.img.Rect) {
			t.Errorf("%d names at %v, points in %v", len(c.Series), p.legend, p.area)
		}
	}
}

// TestMarks draws more series than there are colours.
func TestMarks(t *testing.T) {
	c := &Chart{Width: 400, Height: 300}
	for i := range len(colours) * len(marks) {
		c.Series = append(c.Series, Series{Marks: true, Points: []Point{{X: float64(i), Y: float64(i % 5)}}})
	}
	img := c.Draw()
	p := &plot{Chart: c, img: img}
	p.x, p.y = p.axes()
	p.layOut()
	shapes := map[string]bool{}
	for i, s := range c.Series {
		x, y := p.at(s.Points[0].X, s.Points[0].Y)
		shape := ""
		for dy := -6; dy <= 6; dy++ {
			for dx := -6; dx <= 6; dx++ {
				got := img.RGBAAt(int(math.Round(x))+dx, int(math.Round(y))+dy)
				shape += map[bool]string{true: "#", false: " "}[got == colours[i%len(colours)]]
			}
		}
		shapes[shape] = true
	}
	if len(shapes) < len(marks) {
		t.Errorf("%d shapes for %d kinds of marks", len(shapes), len(marks))
	}
}

// TestLinesOfOneColour tells a line from the one whose colour it has.
func TestLinesOfOneColour(t *testing.T) {
	c := &Chart{Width: 400, Height: 300}
	for i := range len(colours) + 1 {
		c.Series = append(c.Series, Series{Line: true, Points: []Point{{X: 0, Y: float64(i)}, {X: 1, Y: float64(i)}}})
	}
	img := c.Draw()
	p := &plot{Chart: c, img: img}
	p.x, p.y = p.axes()
	p.layOut()
	for i, s := range c.Series {
		x, y := p.at(s.Points[0].X, s.Points[0].Y)
		got := img.RGBAAt(int(math.Round(x))+2, int(math.Round(y))+3) == colours[i%len(colours)]
		if got != (i == len(colours)) {
			t.Errorf("line %d bears a mark: %t", i, got)
		}
	}
}

// Values that are hard to draw do no harm.
func TestDrawAnything(t *testing.T) {
	for _, points := range [][]Point{
		nil, {{X: 1e308, Y: -1e308}, {X: -1e308, Y: 1e308}}, {{X: 5e-324, Y: 5e-324}}, {{X: math.Inf(1), Y: 0}},
		{{X: 1, Y: 1, Low: -1e300, High: 1e300}},
	} {
		for _, log := range []bool{false, true} {
			c := &Chart{X: Axis{Log: log}, Y: Axis{Log: log}, Width: 60, Height: 30, Series: []Series{{Name: "a long name of a series", Line: true, Marks: true, Points: points}}}
			if img := c.Draw(); img.Rect.Dx() != 60 {
				t.Errorf("%v: %v", points, img.Rect)
			}
		}
	}
}
