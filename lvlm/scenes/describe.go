package scenes

import (
	"cmp"
	"slices"
	"strings"
)

// Describe returns a sentence that names everything in the picture: objects by colour,
// then by size, from the large ones down, then by shape, those that are alike together;
// then words, then numbers, in the order of their places.
func (s *Scene) Describe() string {
	var items []string
	for _, g := range s.groups() {
		if g.n == 1 {
			items = append(items, article(g.phrase("")))
		} else {
			items = append(items, spell(g.n)+" "+g.plural(""))
		}
	}
	for _, number := range []bool{false, true} {
		for _, t := range s.textsInOrder() {
			if t.IsNumber() == number {
				items = append(items, "the "+textNoun(number)+" "+t.Words())
			}
		}
	}
	switch n := len(items); n {
	case 0:
		return seeing + " " + seeingNothing + "."
	case 1:
		return seeing + " " + items[0] + "."
	default:
		return seeing + " " + strings.Join(items[:n-1], ", ") + " and " + items[n-1] + "."
	}
}

// group is a number of objects that are alike.
type group struct {
	Filter
	n int
}

// groups lists the objects in the order of descriptions.
func (s *Scene) groups() []group {
	var list []group
	for i := range s.Objects {
		f := (bySize | byColour | byShape).of(&s.Objects[i])
		at := slices.IndexFunc(list, func(g group) bool { return g.Filter == f })
		if at < 0 {
			at = len(list)
			list = append(list, group{Filter: f})
		}
		list[at].n++
	}
	slices.SortFunc(list, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.Colour, b.Colour), cmp.Compare(b.Size, a.Size), cmp.Compare(a.Shape, b.Shape))
	})
	return list
}

func (s *Scene) textsInOrder() []*Text {
	list := make([]*Text, len(s.Texts))
	for i := range list {
		list[i] = &s.Texts[i]
	}
	slices.SortFunc(list, func(t, u *Text) int {
		p, _ := PlaceOf(t.X, t.Y)
		q, _ := PlaceOf(u.X, u.Y)
		return cmp.Or(cmp.Compare(p, q), cmp.Compare(t.Y, u.Y), cmp.Compare(t.X, u.X))
	})
	return list
}

// Naming is how much of a scene a description names.
type Naming struct {
	Objects, Named int // objects in the picture, and those of them that are named
	Texts, Read    int // texts in the picture, and those of them that are read
	Wrong          int // objects and texts that are named but aren't there
}

// Share returns the share of the objects that is named, 1 where there are none.
func (n Naming) Share() float64 {
	if n.Objects == 0 {
		return 1
	}
	return float64(n.Named) / float64(n.Objects)
}

// Score tells what of the scene a description names, in any order. An object is named
// by its shape with its colour; where its size is said too, it must be right. Each
// mention names one object, or as many as it says.
func (s *Scene) Score(description string) Naming {
	mentions, texts := parseMentions(description)
	n := Naming{Objects: len(s.Objects), Texts: len(s.Texts)}
	// What says more goes first, so that what says less takes what is left.
	slices.SortStableFunc(mentions, func(a, b group) int { return cmp.Compare(b.Size, a.Size) })
	named := make([]bool, len(s.Objects))
	for _, m := range mentions {
		found := 0
		for _, i := range s.Matching(m.Filter) {
			if !named[i] && found < m.n && m.Colour != 0 {
				named[i] = true
				found++
			}
		}
		n.Named += found
		n.Wrong += m.n - found
	}
	read := make([]bool, len(s.Texts))
	for _, text := range texts {
		i := 0
		for i < len(read) && (read[i] || s.Texts[i].Words() != text) {
			i++
		}
		if i == len(read) {
			n.Wrong++
			continue
		}
		read[i] = true
		n.Read++
	}
	return n
}

// parseMentions finds the objects and texts that a description names.
func parseMentions(description string) (objects []group, texts []string) {
	words := SplitWords(strings.ToLower(description))
	next := group{n: 1}
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == wordNoun || word == numberNoun {
			text, used := textAt(words[i+1:])
			if used > 0 {
				texts = append(texts, text)
				i += used
			}
			next = group{n: 1}
			continue
		}
		if c := slices.Index(colourNames[:], word); c > 0 {
			next.Colour = Colour(c)
		} else if z := slices.Index(sizeNames[:], word); z > 0 {
			next.Size = Size(z)
		} else if n := slices.Index(ones[:], word); n > 0 {
			next = group{n: n}
		} else if shape := max(slices.Index(shapeNames[:], word), slices.Index(shapePlural[:], word)); shape > 0 {
			next.Shape = Shape(shape)
			objects = append(objects, next)
			next = group{n: 1}
		} else if word == "a" || word == "an" || word == "the" || word == "and" || strings.Contains(punctuation, word) {
			next = group{n: 1}
		}
	}
	return objects, texts
}

// textAt returns the word or the number that words begin with, and how many of them
// it has.
func textAt(words []string) (text string, used int) {
	switch {
	case len(words) == 0 || strings.Contains(punctuation, words[0]):
		return "", 0
	case len(words) > 1 && slices.Index(tens[:], words[0]) > 1:
		if n := slices.Index(ones[:], words[1]); n > 0 && n < 10 {
			return words[0] + " " + words[1], 2
		}
	}
	return words[0], 1
}
