package scenes

// Of the objects and texts of a scene.
const (
	leastObjects = 2 // of an ordinary scene
	mostObjects  = 7
	mostCrowded  = 16
	mostPrinted  = 5
)

// radii are the bounds of the radii of each size, in units. Sizes can't be mistaken
// for one another: a gap of at least 2/7 is between them.
var radii = [...][2]int{Small: {800, 900}, Medium: {1300, 1420}, Large: {1960, 2100}}

// How often to look for a place before something else is tried.
const (
	placings = 12  // of a thing in its ninth of the picture
	layouts  = 400 // of all things
)

// New returns the scene of a key.
func New(k Key) *Scene {
	r := k.random(0)
	s := &Scene{Key: k, Objects: []Object{}, Texts: []Text{}}
	for !s.draw(&r) || s.split() != k.Split {
	}
	s.ground = drawGround(&r)
	for i := range s.Texts {
		// A plate with one digit would be almost a square.
		s.Texts[i].plate = r.below(3) == 0 && len(s.Texts[i].Printed) > 1
	}
	for i := range s.Objects {
		for c := range s.Objects[i].tint {
			s.Objects[i].tint[c] = int16(r.between(-10, 10))
		}
	}
	return s
}

// draw makes another scene and reports whether everything found its place.
func (s *Scene) draw(r *random) bool {
	s.Objects, s.Texts, s.counted = s.Objects[:0], s.Texts[:0], s.counted[:0]
	switch s.Key.Style {
	case Crowded:
		s.drawTexts(r, r.between(2, mostPrinted))
		s.drawAny(r, mostCrowded)
		s.placeSome(r)
	case Printed:
		s.drawTexts(r, r.between(2, mostPrinted))
		s.placeSome(r)
	default:
		s.drawUpToTwoTexts(r)
		s.drawCounted(r)
		return s.placeAll(r)
	}
	return len(s.Texts)+len(s.Objects) > 0
}

// drawCounted makes the objects of an ordinary scene. The number of objects is
// uniformly distributed, and so is, from 0 on, that of the objects with one of the
// shapes, and that of the objects with one of the colours.
func (s *Scene) drawCounted(r *random) {
	n := r.below(mostObjects - leastObjects + 1)
	shape, colour := Shape(1+r.below(Shapes)), Colour(1+r.below(Colours))
	shaped, coloured := countOf(r, n), countOf(r, n)
	s.counted = append(s.counted, Filter{Shape: shape}, Filter{Colour: colour})
	for i := range n + leastObjects {
		o := Object{Shape: shape, Colour: colour, Size: Size(1 + r.below(Sizes))}
		if i >= shaped {
			o.Shape = 1 + (shape+Shape(r.below(Shapes-1)))%Shape(Shapes)
		}
		s.Objects = append(s.Objects, o)
	}
	shuffle(r, s.Objects)
	for i := coloured; i < len(s.Objects); i++ {
		s.Objects[i].Colour = 1 + (colour+Colour(r.below(Colours-1)))%Colour(Colours)
	}
	shuffle(r, s.Objects)
}

// countOf returns a number of at most n + leastObjects that is uniformly distributed
// if n is: its image in a random permutation of the numbers of objects that maps none
// to too many. Each number can choose among those allowed to it that smaller ones have
// left.
func countOf(r *random, n int) int {
	var taken [mostObjects - leastObjects + 1]bool
	image := 0
	for i := range n + 1 {
		free := min(i+leastObjects+1, len(taken)) - i
		image = nthFree(taken[:], r.below(free))
		taken[image] = true
	}
	return image
}

// nthFree returns the place of the n-th false value, from 0.
func nthFree(taken []bool, n int) int {
	for i, t := range taken {
		if !t {
			if n == 0 {
				return i
			}
			n--
		}
	}
	panic("scenes: fewer values are free")
}

// drawAny makes n objects.
func (s *Scene) drawAny(r *random, n int) {
	for range n {
		s.Objects = append(s.Objects, Object{
			Shape: Shape(1 + r.below(Shapes)), Colour: Colour(1 + r.below(Colours)), Size: Size(1 + r.below(Sizes)),
		})
	}
}

// drawUpToTwoTexts makes a word, or a number, or both, or none.
func (s *Scene) drawUpToTwoTexts(r *random) {
	which := r.below(4)
	if which&1 != 0 {
		s.drawText(r, false)
	}
	if which&2 != 0 {
		s.drawText(r, true)
	}
}

func (s *Scene) drawTexts(r *random, n int) {
	for range n {
		s.drawText(r, r.coin())
	}
}

func (s *Scene) drawText(r *random, number bool) {
	t := Text{Dot: r.between(195, 280)}
	if number {
		t.Printed = digits(r.below(Numbers))
	} else {
		t.Printed = pick(r, printedWords)
	}
	s.Texts = append(s.Texts, t)
}

// placeAll finds places for all texts and objects.
func (s *Scene) placeAll(r *random) bool {
	for range layouts {
		if s.placedAll(r) {
			return true
		}
	}
	return false
}

func (s *Scene) placedAll(r *random) bool {
	for i := range s.Texts {
		if !s.placeText(r, i) {
			return false
		}
	}
	for i := range s.Objects {
		if !s.placeObject(r, i) {
			return false
		}
	}
	return true
}

// placeSome leaves out what finds no place.
func (s *Scene) placeSome(r *random) {
	n := 0
	for i := range s.Texts {
		s.Texts[n] = s.Texts[i]
		if s.placeText(r, n) {
			n++
		}
	}
	s.Texts = s.Texts[:n]
	n = 0
	for i := range s.Objects {
		s.Objects[n] = s.Objects[i]
		if s.placeObject(r, n) {
			n++
		}
	}
	s.Objects = s.Objects[:n]
}

// placeText puts a text where those before it are not.
func (s *Scene) placeText(r *random, i int) bool {
	t := &s.Texts[i]
	w, h := t.extent()
	column, row := r.below(3), r.below(3)
	for range placings {
		var okX, okY bool
		t.X, okX = inThird(r, column, w/2)
		t.Y, okY = inThird(r, row, h/2)
		if !okX || !okY {
			return false
		}
		if !s.textCollides(i) {
			return true
		}
	}
	return false
}

func (s *Scene) textCollides(i int) bool {
	t := &s.Texts[i]
	w, h := t.extent()
	for j := range s.Texts[:i] {
		u := &s.Texts[j]
		w2, h2 := u.extent()
		if 2*abs(t.X-u.X) < w+w2 && 2*abs(t.Y-u.Y) < h+h2 {
			return true
		}
	}
	return false
}

// placeObject puts an object where texts are not, and objects before it mostly not.
func (s *Scene) placeObject(r *random, i int) bool {
	o := &s.Objects[i]
	o.Radius = r.between(radii[o.Size][0], radii[o.Size][1])
	column, row := r.below(3), r.below(3)
	for range placings {
		var okX, okY bool
		o.X, okX = inThird(r, column, o.reach())
		o.Y, okY = inThird(r, row, o.reach())
		if !okX || !okY {
			return false
		}
		if !s.objectCollides(i) {
			return true
		}
	}
	return false
}

func (s *Scene) objectCollides(i int) bool {
	o := &s.Objects[i]
	for j := range s.Texts {
		t := &s.Texts[j]
		w, h := t.extent()
		if abs(o.X-t.X) < w/2+o.reach() && abs(o.Y-t.Y) < h/2+o.reach() {
			return true
		}
	}
	for j := range s.Objects[:i] {
		p := &s.Objects[j]
		// The discs of the radii overlap by a sixth of the smaller one's diameter at
		// most. Those of one colour are apart.
		d := o.Radius + p.Radius - min(o.Radius, p.Radius)/3
		if o.Colour == p.Colour {
			d = o.reach() + p.reach()
		}
		dx, dy := o.X-p.X, o.Y-p.Y
		if dx*dx+dy*dy < d*d {
			return true
		}
	}
	return false
}

// inThird returns a coordinate that is clearly in a third, and at least half from the
// edges of the picture.
func inThird(r *random, i, half int) (x int, ok bool) {
	lo, hi := interior(i)
	lo, hi = max(lo, half), min(hi, Side-1-half)
	if lo > hi {
		return 0, false
	}
	return r.between(lo, hi), true
}

func abs(x int) int { return max(x, -x) }
