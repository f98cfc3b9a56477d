package scenes

import "math"

// Outlines are drawn in shapeUnits to the radius, around the middle. None reaches
// further than reach along an axis. Ring and circle are not polygons.
const (
	shapeUnit = 1024
	reach     = 1240

	circleRadius = 1000
	ringOuter    = 1060
	ringInner    = 560
)

// outlines are the corners of polygons, in order.
var outlines = [...][]point{
	Square:   {{-860, -860}, {860, -860}, {860, 860}, {-860, 860}},
	Triangle: {{0, -1120}, {1140, 860}, {-1140, 860}},
	Star: {{0, -1230}, {325, -447}, {1170, -380}, {526, 171}, {723, 995},
		{0, 553}, {-723, 995}, {-526, 171}, {-1170, -380}, {-325, -447}},
	Cross: {{-390, -1080}, {390, -1080}, {390, -390}, {1080, -390}, {1080, 390}, {390, 390},
		{390, 1080}, {-390, 1080}, {-390, 390}, {-1080, 390}, {-1080, -390}, {-390, -390}},
}

type point struct{ x, y int }

// span is a part of a line across the picture, from x0 to below x1.
type span struct{ x0, x1 int }

// figure is a set of points. Coordinates are in units.
type figure interface {
	// rows returns the bounds of the y that have spans.
	rows() (y0, y1 int)

	// spans appends the spans of the points with that y. They don't overlap.
	spans(list []span, y int) []span
}

func (o *Object) rows() (y0, y1 int) { return o.Y - o.reach(), o.Y + o.reach() }

func (o *Object) spans(list []span, y int) []span {
	switch o.Shape {
	case Circle:
		return disc{o.X, o.Y, o.Radius * circleRadius / shapeUnit}.spans(list, y)
	case Ring:
		n := len(list)
		list = disc{o.X, o.Y, o.Radius * ringOuter / shapeUnit}.spans(list, y)
		hole := disc{o.X, o.Y, o.Radius * ringInner / shapeUnit}.spans(list, y)
		if len(hole) == n+2 {
			outer, inner := hole[n], hole[n+1]
			hole[n], hole[n+1] = span{outer.x0, inner.x0}, span{inner.x1, outer.x1}
		}
		return hole
	}
	return o.polygon(list, y)
}

// polygon appends what lies between the first and the second crossing of the outline,
// the third and the fourth, and so on.
func (o *Object) polygon(list []span, y int) []span {
	corners := outlines[o.Shape]
	var crossings [8]int
	n := 0
	a := o.corner(corners[len(corners)-1])
	for _, c := range corners {
		b := o.corner(c)
		if a.y <= y != (b.y <= y) {
			x := a.x + (y-a.y)*(b.x-a.x)/(b.y-a.y)
			i := n
			for ; i > 0 && crossings[i-1] > x; i-- {
				crossings[i] = crossings[i-1]
			}
			crossings[i] = x
			n++
		}
		a = b
	}
	for i := 0; i+1 < n; i += 2 {
		list = append(list, span{crossings[i], crossings[i+1]})
	}
	return list
}

func (o *Object) corner(p point) point {
	return point{o.X + p.x*o.Radius/shapeUnit, o.Y + p.y*o.Radius/shapeUnit}
}

// disc is a filled circle.
type disc struct{ x, y, radius int }

func (d disc) rows() (y0, y1 int) { return d.y - d.radius, d.y + d.radius }

func (d disc) spans(list []span, y int) []span {
	if y -= d.y; abs(y) >= d.radius {
		return list
	}
	half := sqrt(d.radius*d.radius - y*y)
	return append(list, span{d.x - half, d.x + half})
}

// sqrt returns the root of a number below 2³¹, rounded down. IEEE 754 roots are
// rounded correctly on every machine, and one of an exact number that is not a square
// can't round up to an integer.
func sqrt(x int) int { return int(math.Sqrt(float64(x))) }

// box is a rectangle.
type box struct{ x0, y0, x1, y1 int }

func (b box) rows() (y0, y1 int) { return b.y0, b.y1 }

func (b box) spans(list []span, y int) []span {
	if y < b.y0 || y >= b.y1 {
		return list
	}
	return append(list, span{b.x0, b.x1})
}

// stroke is a line from a down to b, as wide across as thick.
type stroke struct {
	a, b  point // a.y < b.y
	thick int
}

func (s *stroke) rows() (y0, y1 int) { return s.a.y, s.b.y }

func (s *stroke) spans(list []span, y int) []span {
	if y < s.a.y || y >= s.b.y {
		return list
	}
	x := s.a.x + (y-s.a.y)*(s.b.x-s.a.x)/(s.b.y-s.a.y)
	// A slanted line is as thick as a steep one if it is wider along a row, by the
	// ratio of its length to its height.
	dx, dy := s.b.x-s.a.x, s.b.y-s.a.y
	half := s.thick * (sqrt((dx*dx+dy*dy)>>4) << 2) / dy / 2
	return append(list, span{x - half, x + half})
}
