package preprocess

// Demo draws a picture of 448 x 336 pixels that needs no file: a house and a tree
// on a meadow under the sun. It is the same on every machine, for all of its
// arithmetic is on integers.
func Demo() *RGB {
	p := painter{NewRGB(448, 336)}
	p.sky(ink{92, 158, 224}, ink{226, 240, 250})

	p.fill(ink{255, 236, 170}, disc(360, 66, 42))
	p.fill(ink{255, 214, 72}, disc(360, 66, 32))
	for _, cloud := range [][2]int{{86, 62}, {232, 40}} {
		x, y := cloud[0], cloud[1]
		p.fill(ink{250, 252, 255}, ellipse(x, y, 34, 14), ellipse(x-24, y+5, 22, 10), ellipse(x+26, y+6, 24, 10))
	}

	p.fill(ink{126, 166, 150}, ellipse(90, 292, 210, 110))
	p.fill(ink{110, 170, 110}, ellipse(380, 310, 260, 110))
	p.fill(ink{88, 160, 72}, ellipse(200, 420, 420, 180))

	p.fill(ink{214, 190, 150}, polygon(178, 268, 202, 268, 236, 336, 150, 336))
	p.fill(ink{150, 66, 52}, polygon(214, 126, 232, 126, 232, 172, 214, 172))
	p.fill(ink{240, 224, 196}, polygon(132, 180, 248, 180, 248, 270, 132, 270))
	p.fill(ink{186, 74, 58}, polygon(118, 184, 190, 122, 262, 184))
	p.fill(ink{110, 72, 44}, polygon(176, 218, 204, 218, 204, 270, 176, 270))
	p.fill(ink{236, 200, 80}, disc(199, 246, 2))
	for _, x := range []int{142, 214} {
		p.fill(ink{255, 255, 255}, polygon(x, 198, x+26, 198, x+26, 224, x, 224))
		p.fill(ink{120, 186, 226}, polygon(x+3, 201, x+12, 201, x+12, 221, x+3, 221),
			polygon(x+14, 201, x+23, 201, x+23, 221, x+14, 221))
	}

	p.fill(ink{112, 78, 48}, polygon(334, 216, 346, 216, 350, 288, 330, 288))
	p.fill(ink{46, 116, 56}, disc(340, 176, 40), disc(314, 200, 28), disc(368, 200, 28))
	p.fill(ink{66, 142, 70}, disc(332, 168, 26), disc(358, 186, 18))

	p.flowers()
	return p.img
}

// flowers scatters blossoms on the meadow, from a fixed seed.
func (p *painter) flowers() {
	inks := []ink{{250, 250, 250}, {250, 220, 60}, {226, 84, 120}}
	state := uint32(20)
	next := func(n int) int {
		state = state*1664525 + 1013904223
		return int(state>>16) % n
	}
	for i := range 60 {
		x, y := next(448), 296+next(38)
		if x > 140 && x < 246 {
			continue // the path
		}
		p.fill(inks[i%len(inks)], disc(x, y, 2))
	}
}

type ink [3]byte

// Each pixel is sampled in the middles of grid x grid cells. Coordinates of
// points are in half cells, of which a pixel has unit either way.
const (
	grid = 4
	unit = 2 * grid
)

// shape is a set of points, with the box of pixels that holds it.
type shape struct {
	x0, y0, x1, y1 int
	has            func(x, y int) bool
}

func ellipse(x, y, rx, ry int) shape {
	cx, cy, a, b := x*unit, y*unit, rx*unit, ry*unit
	return shape{x - rx, y - ry, x + rx + 1, y + ry + 1, func(x, y int) bool {
		dx, dy := int64(x-cx)*int64(b), int64(y-cy)*int64(a)
		return dx*dx+dy*dy <= int64(a)*int64(a)*int64(b)*int64(b)
	}}
}

func disc(x, y, r int) shape { return ellipse(x, y, r, r) }

// polygon is a convex polygon, its corners clockwise: x, y, x, y, ...
func polygon(xy ...int) shape {
	s := shape{xy[0], xy[1], xy[0], xy[1], nil}
	for i := 0; i < len(xy); i += 2 {
		s.x0, s.x1 = min(s.x0, xy[i]), max(s.x1, xy[i])
		s.y0, s.y1 = min(s.y0, xy[i+1]), max(s.y1, xy[i+1])
	}
	s.has = func(x, y int) bool {
		for i := 0; i < len(xy); i += 2 {
			j := (i + 2) % len(xy)
			ex, ey := xy[j]-xy[i], xy[j+1]-xy[i+1]
			if ex*(y-xy[i+1]*unit)-ey*(x-xy[i]*unit) < 0 {
				return false
			}
		}
		return true
	}
	return s
}

type painter struct{ img *RGB }

// sky fills the picture with a gradient from the top down.
func (p *painter) sky(top, bottom ink) {
	for y := range p.img.H {
		row := p.img.row(y)
		for i := range row {
			row[i] = mix(top[i%3], bottom[i%3], y, p.img.H)
		}
	}
}

// fill paints a union of shapes, each pixel as far as they cover it.
func (p *painter) fill(colour ink, shapes ...shape) {
	box := shapes[0]
	for _, s := range shapes[1:] {
		box.x0, box.y0 = min(box.x0, s.x0), min(box.y0, s.y0)
		box.x1, box.y1 = max(box.x1, s.x1), max(box.y1, s.y1)
	}
	for y := max(0, box.y0); y < min(box.y1, p.img.H); y++ {
		row := p.img.row(y)
		for x := max(0, box.x0); x < min(box.x1, p.img.W); x++ {
			n := coverage(shapes, x, y)
			for ch, c := range colour {
				row[3*x+ch] = mix(row[3*x+ch], c, n, grid*grid)
			}
		}
	}
}

// coverage counts the samples of a pixel that lie in any of the shapes.
func coverage(shapes []shape, x, y int) int {
	n := 0
	for i := range grid * grid {
		sx, sy := x*unit+2*(i%grid)+1, y*unit+2*(i/grid)+1
		for _, s := range shapes {
			if s.has(sx, sy) {
				n++
				break
			}
		}
	}
	return n
}

// mix returns the colour part/whole of the way from a to b.
func mix(a, b byte, part, whole int) byte {
	return byte((int(a)*(whole-part) + int(b)*part + whole/2) / whole)
}
