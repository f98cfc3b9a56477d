package scenes

import (
	"fmt"
	"slices"
	"strings"
)

// Side is the length of a picture's sides in units. Scenes are described in units, so
// that one description holds for pictures of every size.
const Side = 1 << 14

// Shape is the shape of an object. The zero value stands for none, or for any.
type Shape uint8

// The shapes.
const (
	Circle Shape = 1 + iota
	Square
	Triangle
	Star
	Cross
	Ring
	shapesEnd
)

// Colour is the colour of an object. The zero value stands for none, or for any.
type Colour uint8

// The colours.
const (
	Red Colour = 1 + iota
	Orange
	Yellow
	Green
	Blue
	Purple
	Pink
	Cyan
	coloursEnd
)

// Size is the size of an object. The zero value stands for none, or for any.
type Size uint8

// The sizes.
const (
	Small Size = 1 + iota
	Medium
	Large
	sizesEnd
)

// Place is a ninth of the picture. The zero value stands for none.
type Place uint8

// The places, row by row.
const (
	TopLeft Place = 1 + iota
	Top
	TopRight
	Left
	Center
	Right
	BottomLeft
	Bottom
	BottomRight
	placesEnd
)

// Numbers of shapes, colours and sizes, which are counted from 1.
const (
	Shapes  = int(shapesEnd) - 1
	Colours = int(coloursEnd) - 1
	Sizes   = int(sizesEnd) - 1
)

var (
	shapeNames  = [...]string{"", "circle", "square", "triangle", "star", "cross", "ring"}
	shapePlural = [...]string{"", "circles", "squares", "triangles", "stars", "crosses", "rings"}
	colourNames = [...]string{"", "red", "orange", "yellow", "green", "blue", "purple", "pink", "cyan"}
	sizeNames   = [...]string{"", "small", "medium", "large"}
	placeNames  = [...]string{"", "top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right"}
)

func (s Shape) String() string  { return name(shapeNames[:], int(s)) }
func (c Colour) String() string { return name(colourNames[:], int(c)) }
func (s Size) String() string   { return name(sizeNames[:], int(s)) }
func (p Place) String() string  { return name(placeNames[:], int(p)) }

// MarshalText implements encoding.TextMarshaler.
func (s Shape) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalText implements encoding.TextMarshaler.
func (c Colour) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText implements encoding.TextMarshaler.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Shape) UnmarshalText(text []byte) error { return parseName(s, "shape", shapeNames[:], text) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Colour) UnmarshalText(text []byte) error {
	return parseName(c, "colour", colourNames[:], text)
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Size) UnmarshalText(text []byte) error { return parseName(s, "size", sizeNames[:], text) }

func name(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("unknown %d", i)
}

// parseName finds a name, of which the first stands for none.
func parseName[T ~uint8](to *T, what string, names []string, text []byte) error {
	i := slices.Index(names, string(text))
	if i < 1 {
		return fmt.Errorf("%s %q is not known (%s)", what, text, strings.Join(names[1:], ", "))
	}
	*to = T(i)
	return nil
}

// Object is a shape in the picture. Lengths are in units, from the upper left corner.
type Object struct {
	Shape  Shape  `json:"shape"`
	Colour Colour `json:"colour"`
	Size   Size   `json:"size"`
	X      int    `json:"x"` // of the middle
	Y      int    `json:"y"`
	Radius int    `json:"radius"` // of the circle of about the same area

	tint ink // added to the colour
}

// reach bounds how far from an object's middle it extends, along either axis.
func (o *Object) reach() int { return o.Radius * reach / shapeUnit }

// Text is a word or a number printed in the picture. Lengths are in units.
type Text struct {
	Printed string `json:"printed"` // capital letters or digits
	X       int    `json:"x"`       // of the middle
	Y       int    `json:"y"`
	Dot     int    `json:"dot"` // side of a pixel of the font

	plate bool // printed on a plate
}

// IsNumber tells a number from a word.
func (t *Text) IsNumber() bool { return t.Printed[0] <= '9' }

// Words returns how the text is read: "sun", "forty two".
func (t *Text) Words() string {
	if !t.IsNumber() {
		return strings.ToLower(t.Printed)
	}
	n := 0
	for _, digit := range t.Printed {
		n = 10*n + int(digit-'0')
	}
	return spell(n)
}

// Scene describes a picture.
type Scene struct {
	Key     Key      `json:"-"`
	Objects []Object `json:"objects"` // from the back to the front
	Texts   []Text   `json:"texts"`   // apart from the objects

	ground  ground
	counted []Filter // whose numbers in pictures are uniformly distributed
}

// Filter says which objects are meant. Zero values mean any.
type Filter struct {
	Size   Size
	Colour Colour
	Shape  Shape
}

// Matches reports whether an object is meant.
func (f Filter) Matches(o *Object) bool {
	return (f.Size == 0 || f.Size == o.Size) && (f.Colour == 0 || f.Colour == o.Colour) && (f.Shape == 0 || f.Shape == o.Shape)
}

// Matching returns the objects that are meant.
func (s *Scene) Matching(f Filter) []int {
	var list []int
	for i := range s.Objects {
		if f.Matches(&s.Objects[i]) {
			list = append(list, i)
		}
	}
	return list
}

// Count returns how many objects are meant.
func (s *Scene) Count(f Filter) int {
	n := 0
	for i := range s.Objects {
		if f.Matches(&s.Objects[i]) {
			n++
		}
	}
	return n
}

// margin is how far a point is from the bounds between places at least, if the place
// it is in is to be told without doubt.
const margin = Side / 28

// PlaceOf returns the place that a point is in, and whether it is clearly there.
func PlaceOf(x, y int) (p Place, clear bool) {
	column, clearX := third(x)
	row, clearY := third(y)
	return TopLeft + Place(3*row+column), clearX && clearY
}

func third(x int) (i int, clear bool) {
	const bound = Side / 3
	i = min(max(x/bound, 0), 2)
	clear = (i == 0 || x >= i*bound+margin) && (i == 2 || x < (i+1)*bound-margin)
	return i, clear
}

// interior returns the coordinates in a third from which the bounds are clear.
func interior(i int) (lo, hi int) {
	const bound = Side / 3
	lo, hi = i*bound+margin, (i+1)*bound-margin-1
	if i == 0 {
		lo = 0
	}
	if i == 2 {
		hi = Side - 1
	}
	return lo, hi
}
