package scenes

import "fmt"

// Patch says what a patch of a picture shows.
type Patch struct {
	// Object is the object that more of the patch's pixels show than any other, -1 if
	// they show none. Pixels count for what is in their middle.
	Object int
	Pixels int // how many of its pixels show the object
	Shape  Shape
	Colour Colour
	Size   Size
	DX, DY int // from the middle of the patch to that of the object, in units

	// Text is the text with the character that has more of the patch's pixels in its
	// cell than any other, -1 if there is none.
	Text            int
	Character       byte // 0 if there is none
	At              int  // place of the character in the text, from 0
	CharacterPixels int
	CharDX, CharDY  int // from the middle of the patch to that of the cell, in units
}

// Patches labels the patches of a picture of size x size pixels, row by row. They are
// of patch x patch pixels; those at the right and the bottom may be cut off.
func (s *Scene) Patches(size, patch int) ([]Patch, error) {
	if err := CheckSize(size); err != nil {
		return nil, err
	}
	if patch < 1 {
		return nil, fmt.Errorf("patches of %d pixels can't be labelled", patch)
	}
	o := s.owners(size)
	across := (size + patch - 1) / patch
	list := make([]Patch, 0, across*across)
	counts := make([]int, 1+len(s.Objects)+len(o.characters))
	for y := 0; y < size; y += patch {
		for x := 0; x < size; x += patch {
			clear(counts)
			for row := y; row < min(y+patch, size); row++ {
				for _, owner := range o.pixels[row*size+x : row*size+min(x+patch, size)] {
					counts[owner]++
				}
			}
			list = append(list, s.label(o, counts, patchMiddle(x, patch, size), patchMiddle(y, patch, size)))
		}
	}
	return list, nil
}

// patchMiddle returns where the middle of a patch is that begins at pixel x.
func patchMiddle(x, patch, size int) int {
	return (x + min(x+patch, size)) * Side / (2 * size)
}

// label turns counts of pixels by owner into labels. x and y are the patch's middle.
func (s *Scene) label(o *owners, counts []int, x, y int) Patch {
	p := Patch{Object: -1, Text: -1}
	for i, n := range counts[1 : 1+len(s.Objects)] {
		if n > p.Pixels {
			b := &s.Objects[i]
			p.Object, p.Pixels = i, n
			p.Shape, p.Colour, p.Size = b.Shape, b.Colour, b.Size
			p.DX, p.DY = b.X-x, b.Y-y
		}
	}
	for i, n := range counts[1+len(s.Objects):] {
		if n > p.CharacterPixels {
			c := o.characters[i]
			t := &s.Texts[c.text]
			b := t.character(c.at)
			p.Text, p.At, p.CharacterPixels = c.text, c.at, n
			p.Character = t.Printed[c.at]
			p.CharDX, p.CharDY = (b.x0+b.x1)/2-x, (b.y0+b.y1)/2-y
		}
	}
	return p
}

// owners says what is in the middle of each pixel: 0 for the background, then the
// objects, then the cells of the characters.
type owners struct {
	pixels     []uint8
	characters []character
}

type character struct{ text, at int }

func (s *Scene) owners(size int) *owners {
	o := &owners{pixels: make([]uint8, size*size)}
	var list []span
	for i := range s.Objects {
		list = o.fill(&s.Objects[i], uint8(1+i), size, list)
	}
	for i := range s.Texts {
		for at := range s.Texts[i].Printed {
			o.characters = append(o.characters, character{i, at})
			b := s.Texts[i].character(at)
			list = o.fill(&b, uint8(len(s.Objects)+len(o.characters)), size, list)
		}
	}
	return o
}

// fill gives the pixels whose middles are in a figure to an owner.
func (o *owners) fill(f figure, owner uint8, size int, list []span) []span {
	y0, y1 := f.rows()
	for y := max(y0*size/Side, 0); y < min(y1*size/Side+1, size); y++ {
		list = f.spans(list[:0], middle(y, size))
		for _, s := range list {
			for x := firstMiddle(s.x0, size); x < firstMiddle(s.x1, size); x++ {
				o.pixels[y*size+x] = owner
			}
		}
	}
	return list
}

// firstMiddle returns the first pixel whose middle is not left of x, at most size.
func firstMiddle(x, size int) int {
	i := min(max(x*size/Side, 0), size)
	if i < size && middle(i, size) < x {
		i++
	}
	return i
}
