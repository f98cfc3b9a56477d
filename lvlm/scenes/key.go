package scenes

import (
	"fmt"
	"slices"
)

// Split is a part of the world.
type Split uint8

// The splits. What is in a scene decides which of them it belongs to, so that no
// scene of one is in another, whatever the seeds.
const (
	Train Split = iota
	Val
	Test
)

var splitNames = []string{"train", "val", "test"}

func (s Split) String() string { return name(splitNames, int(s)) }

// ParseSplit returns the split of a name.
func ParseSplit(s string) (Split, error) {
	i := slices.Index(splitNames, s)
	if i < 0 {
		return 0, fmt.Errorf("split %q is not known (train, val, test)", s)
	}
	return Split(i), nil
}

// Style is what a scene is made for.
type Style uint8

// The styles.
const (
	Ordinary Style = iota // 2 to 7 objects, up to two texts
	Crowded               // as many objects as fit, up to 16, and up to 5 texts
	Printed               // up to 5 texts and no object
)

var styleNames = []string{"ordinary", "crowded", "printed"}

func (s Style) String() string { return name(styleNames, int(s)) }

// ParseStyle returns the style of a name.
func ParseStyle(s string) (Style, error) {
	i := slices.Index(styleNames, s)
	if i < 0 {
		return 0, fmt.Errorf("style %q is not known (ordinary, crowded, printed)", s)
	}
	return Style(i), nil
}

// Key names a scene. Everything about it follows from its key.
type Key struct {
	Split Split
	Style Style
	Seed  uint64
	Index uint64
}

// random returns the numbers that belong to a key and a purpose.
func (k Key) random(purpose uint64) random {
	x := mix(k.Seed)
	x = mix(x ^ k.Index)
	x = mix(x ^ uint64(k.Split)<<8 ^ uint64(k.Style))
	return random{mix(x ^ purpose)}
}

// Of eight contents, six are for training, and one each for validation and testing.
const contentParts = 8

// split returns the split that a scene's content belongs to: which objects and texts
// are in which places.
func (s *Scene) split() Split {
	var sum uint64 // does not depend on the order
	for i := range s.Objects {
		o := &s.Objects[i]
		p, _ := PlaceOf(o.X, o.Y)
		sum += mix(uint64(o.Shape)<<24 | uint64(o.Colour)<<16 | uint64(o.Size)<<8 | uint64(p))
	}
	for i := range s.Texts {
		t := &s.Texts[i]
		p, _ := PlaceOf(t.X, t.Y)
		code := uint64(p)
		for _, c := range []byte(t.Printed) {
			code = code<<8 | uint64(c)
		}
		sum += mix(^code)
	}
	switch mix(sum) % contentParts {
	case 0:
		return Val
	case 1:
		return Test
	}
	return Train
}
