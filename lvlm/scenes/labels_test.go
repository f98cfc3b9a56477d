package scenes

import (
	"testing"

	"github.com/go-par/par/lvlm/preprocess"
)

// colourAt returns the colour that a pixel is nearest to, in the sum of squares, none
// where it is greyish.
func colourAt(img *preprocess.RGB, x, y int) Colour {
	p := img.Pix[3*(y*img.W+x):]
	r, g, b := int(p[0]), int(p[1]), int(p[2])
	if max(r, g, b)-min(r, g, b) < 70 {
		return 0
	}
	best, least := Colour(0), 1<<30
	for c := Red; c < coloursEnd; c++ {
		d := 0
		for i, v := range palette[c] {
			e := int(p[i]) - int(v)
			d += e * e
		}
		if d < least {
			best, least = c, d
		}
	}
	return best
}

// inner reports whether a pixel and its neighbours have the same owner.
func inner(o *owners, size, x, y int) bool {
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			u, v := x+dx, y+dy
			if u < 0 || v < 0 || u >= size || v >= size || o.pixels[v*size+u] != o.pixels[y*size+x] {
				return false
			}
		}
	}
	return true
}

// TestPixels: pixels have the colour of the object that is there, and no other has
// one, but for edges and a few that noise changed.
func TestPixels(t *testing.T) {
	const size = 112
	wrong, all, coloured, ground := 0, 0, 0, 0
	for i := range uint64(200) {
		s := New(Key{Style: allStyles[i%3], Index: i})
		img, o := render(t, s, size), s.owners(size)
		for y := range size {
			for x := range size {
				if !inner(o, size, x, y) {
					continue
				}
				owner, c := int(o.pixels[y*size+x]), colourAt(img, x, y)
				if owner == 0 || owner > len(s.Objects) {
					ground++
					if c != 0 {
						coloured++
					}
					continue
				}
				all++
				if c != s.Objects[owner-1].Colour {
					wrong++
				}
			}
		}
	}
	t.Logf("%d of %d pixels have another colour than their object, %d of %d a colour without an object", wrong, all, coloured, ground)
	if wrong*1000 > all || coloured*1000 > ground || all == 0 {
		t.Errorf("%d of %d pixels have another colour than their object, %d of %d a colour without an object", wrong, all, coloured, ground)
	}
}

// TestAnswersInPictures finds answers from the pixels alone: which colours there are,
// and what colour is most of what a question is about.
func TestAnswersInPictures(t *testing.T) {
	const size = 112
	asked := 0
	for i := range uint64(400) {
		s := New(Key{Index: i})
		img := render(t, s, size)
		// Where an edge blends two colours into a third, that is one pixel wide.
		var squares [coloursEnd]int
		for y := range size - 1 {
			for x := range size - 1 {
				if c := colourAt(img, x, y); c == colourAt(img, x+1, y) && c == colourAt(img, x, y+1) && c == colourAt(img, x+1, y+1) {
					squares[c]++
				}
			}
		}
		// The smallest object, a ring of a radius of 800 units, has more than 30.
		there := func(c Colour) bool { return squares[c] >= 15 }
		for k := range 6 {
			q, ok := s.Ask(Existence, k)
			if f := phrasesOf(q.Text); ok && (f[0] == Filter{Colour: f[0].Colour}) {
				asked++
				if q.Answer != yesNo(there(f[0].Colour)) {
					t.Errorf("scene %d: %q: %q, with %d such squares of pixels", i, q.Text, q.Answer, squares[f[0].Colour])
				}
			}
		}
		q, ok := s.Ask(ColourOf, 0)
		if !ok {
			continue
		}
		var votes [coloursEnd]int
		o := s.owners(size)
		for j, owner := range o.pixels {
			if int(owner) == q.Objects[0]+1 {
				votes[colourAt(img, j%size, j/size)]++
			}
		}
		best := Red
		for c := Red; c < coloursEnd; c++ {
			if votes[c] > votes[best] {
				best = c
			}
		}
		asked++
		if best.String() != q.Answer {
			t.Errorf("scene %d: %q: %q, but the pixels are %v", i, q.Text, q.Answer, best)
		}
	}
	if asked < 500 {
		t.Errorf("only %d questions", asked)
	}
}

// TestLettersInPictures reads a text from the pixels: ink is where the font has it.
func TestLettersInPictures(t *testing.T) {
	const size = 448 // a pixel of the font has more than five pixels
	for i := range uint64(60) {
		s := New(Key{Style: Printed, Index: i})
		img := render(t, s, size)
		level := func(x, y int) int {
			p := img.Pix[3*(y*size/Side*size+x*size/Side):]
			return int(p[0]) + int(p[1]) + int(p[2])
		}
		for j := range s.Texts {
			u := &s.Texts[j]
			for at := range u.Printed {
				b := u.character(at)
				ink, paper := [2]int{1 << 30, 0}, [2]int{1 << 30, 0} // least and most
				for y := range glyphHeight {
					for x := range 5 {
						l := level(b.x0+(2*x+1)*u.Dot/2, b.y0+(2*y+1)*u.Dot/2)
						to := &paper
						if glyphRows[u.Printed[at]][y]>>x&1 != 0 {
							to = &ink
						}
						to[0], to[1] = min(to[0], l), max(to[1], l)
					}
				}
				if ink[1] >= paper[0] && paper[1] >= ink[0] {
					t.Errorf("scene %d: %q: levels of ink %v, of paper %v", i, u.Printed, ink, paper)
				}
			}
		}
	}
}

// TestPatches holds labels against the pixels that they sum up.
func TestPatches(t *testing.T) {
	for _, c := range []struct{ size, patch int }{{112, 8}, {112, 14}, {100, 14}, {5, 8}, {1, 1}} {
		for i := range uint64(20) {
			s := New(Key{Style: allStyles[i%3], Index: i})
			labels, err := s.Patches(c.size, c.patch)
			if err != nil {
				t.Fatal(err)
			}
			o := s.owners(c.size)
			across := (c.size + c.patch - 1) / c.patch
			if len(labels) != across*across {
				t.Fatalf("%d labels of %d patches", len(labels), across*across)
			}
			for at, p := range labels {
				x0, y0 := at%across*c.patch, at/across*c.patch
				counts := map[int]int{}
				for y := y0; y < min(y0+c.patch, c.size); y++ {
					for x := x0; x < min(x0+c.patch, c.size); x++ {
						counts[int(o.pixels[y*c.size+x])]++
					}
				}
				checkObject(t, s, p, counts)
				checkCharacter(t, s, p, counts, o)
			}
		}
	}
}

func checkObject(t *testing.T, s *Scene, p Patch, counts map[int]int) {
	t.Helper()
	most := 0
	for i := range s.Objects {
		most = max(most, counts[1+i])
	}
	if p.Pixels != most || (p.Object < 0) != (most == 0) {
		t.Fatalf("%+v: an object has %d pixels", p, most)
	}
	if p.Object < 0 {
		if p != (Patch{Object: -1, Text: p.Text, Character: p.Character, At: p.At, CharacterPixels: p.CharacterPixels, CharDX: p.CharDX, CharDY: p.CharDY}) {
			t.Errorf("%+v labels no object", p)
		}
		return
	}
	o := &s.Objects[p.Object]
	if counts[1+p.Object] != most || p.Shape != o.Shape || p.Colour != o.Colour || p.Size != o.Size {
		t.Errorf("%+v labels %+v", p, o)
	}
}

func checkCharacter(t *testing.T, s *Scene, p Patch, counts map[int]int, o *owners) {
	t.Helper()
	most := 0
	for i := range o.characters {
		most = max(most, counts[1+len(s.Objects)+i])
	}
	if p.CharacterPixels != most || (p.Text < 0) != (most == 0) || (p.Character == 0) != (most == 0) {
		t.Fatalf("%+v: a character has %d pixels", p, most)
	}
	if p.Text >= 0 && s.Texts[p.Text].Printed[p.At] != p.Character {
		t.Errorf("%+v labels %q", p, s.Texts[p.Text].Printed)
	}
}

// TestPatchOffsets: the middle of a patch and its offset give the middle of the object.
func TestPatchOffsets(t *testing.T) {
	const size, patch = 112, 8
	s := New(Key{Style: Crowded})
	labels, err := s.Patches(size, patch)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for at, p := range labels {
		x, y := (at%14*patch+patch/2)*Side/size, (at/14*patch+patch/2)*Side/size
		if p.Object >= 0 {
			n++
			if o := &s.Objects[p.Object]; x+p.DX != o.X || y+p.DY != o.Y {
				t.Errorf("patch %d: offset %d, %d to %d, %d", at, p.DX, p.DY, o.X, o.Y)
			}
		}
		if p.Text >= 0 {
			n++
			if b := s.Texts[p.Text].character(p.At); x+p.CharDX != (b.x0+b.x1)/2 || y+p.CharDY != (b.y0+b.y1)/2 {
				t.Errorf("patch %d: offset of a character %d, %d", at, p.CharDX, p.CharDY)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d labels", n)
	}
}
