package scenes

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is a kind of question.
type Kind uint8

// The kinds.
const (
	Existence   Kind = iota // yes, no
	ColourOf                // a colour
	ShapeOf                 // a shape
	SizeOf                  // a size
	Counting                // a number in words
	Position                // a place
	Relation                // left, right, above, below; or yes, no
	Comparison              // one of two objects; or yes, no
	Reading                 // a word, or a number in words
	Description             // a sentence; Score tells how good another one is
	kindsEnd
)

// Kinds is how many kinds of questions there are.
const Kinds = int(kindsEnd)

var kindNames = []string{"existence", "colour", "shape", "size", "count", "position", "relation", "comparison", "reading", "description"}

func (k Kind) String() string { return name(kindNames, int(k)) }

// Question is a question about a scene, with the one answer that is right.
type Question struct {
	Kind   Kind
	Text   string
	Answer string

	// What has to be seen for the answer: objects and texts of the scene.
	Objects, Texts []int
}

// Ask returns one of the questions of a kind. The number n chooses among them. Not
// every scene offers each: what is asked has one answer, which could as well have been
// another one.
func (s *Scene) Ask(kind Kind, n int) (Question, bool) {
	if kind >= kindsEnd {
		return Question{}, false
	}
	a := asker{s, s.Key.random(1 + uint64(kind)<<32 + uint64(uint32(n)))}
	q, ok := askers[kind](&a)
	q.Kind = kind
	return q, ok
}

var askers = [...]func(*asker) (Question, bool){
	Existence:   (*asker).existence,
	ColourOf:    (*asker).colour,
	ShapeOf:     (*asker).shape,
	SizeOf:      (*asker).size,
	Counting:    (*asker).counting,
	Position:    (*asker).position,
	Relation:    (*asker).relation,
	Comparison:  (*asker).comparison,
	Reading:     (*asker).reading,
	Description: (*asker).description,
}

// rounds bounds how often each kind is tried for more questions.
const rounds = 8

// Questions returns up to n questions that differ in their texts. Kinds take turns, in
// an order that depends on the scene.
func (s *Scene) Questions(n int) []Question {
	r := s.Key.random(1)
	order := make([]Kind, Kinds)
	for i := range order {
		order[i] = Kind(i)
	}
	shuffle(&r, order)
	var list []Question
	for i := 0; i < rounds*Kinds && len(list) < n; i++ {
		q, ok := s.Ask(order[i%Kinds], i/Kinds)
		if ok && !slices.ContainsFunc(list, func(p Question) bool { return p.Text == q.Text }) {
			list = append(list, q)
		}
	}
	return list
}

// asker makes one question.
type asker struct {
	*Scene
	random
}

// word fills a random wording.
func (a *asker) word(templates []string, about ...string) string {
	text := pick(&a.random, templates)
	for _, phrase := range about {
		text = strings.Replace(text, "%s", phrase, 1)
	}
	return text
}

// ask words a question.
func (a *asker) ask(templates []string, answer string, objects []int, about ...string) Question {
	return Question{Text: a.word(templates, about...), Answer: answer, Objects: objects}
}

// attribute is what may tell objects apart.
type attribute uint8

const (
	bySize attribute = 1 << iota
	byColour
	byShape
)

// of returns the filter that names some attributes of an object.
func (b attribute) of(o *Object) Filter {
	var f Filter
	if b&bySize != 0 {
		f.Size = o.Size
	}
	if b&byColour != 0 {
		f.Colour = o.Colour
	}
	if b&byShape != 0 {
		f.Shape = o.Shape
	}
	return f
}

// identify returns a filter that only the i-th object matches, and that doesn't tell
// what is hidden.
func (a *asker) identify(i int, hidden attribute) (Filter, bool) {
	var choices []Filter
	for _, by := range []attribute{byShape, byColour, byColour | byShape, bySize | byShape, bySize | byColour, bySize | byColour | byShape} {
		if by&hidden != 0 {
			continue
		}
		if f := by.of(&a.Objects[i]); a.Count(f) == 1 {
			choices = append(choices, f)
		}
	}
	if len(choices) == 0 {
		return Filter{}, false
	}
	return pick(&a.random, choices), true
}

// the returns a phrase for the one object that matches.
func (a *asker) the(f Filter) string { return "the " + f.phrase(pick(&a.random, things)) }

// identified picks an object that can be named without what is hidden.
func (a *asker) identified(hidden attribute) (i int, phrase string, ok bool) {
	order := a.order()
	for _, i := range order {
		if f, ok := a.identify(i, hidden); ok {
			return i, a.the(f), true
		}
	}
	return 0, "", false
}

// order lists the objects in any order.
func (a *asker) order() []int {
	list := make([]int, len(a.Objects))
	for i := range list {
		list[i] = i
	}
	shuffle(&a.random, list)
	return list
}

func (a *asker) colour() (Question, bool) {
	i, phrase, ok := a.identified(byColour)
	if !ok {
		return Question{}, false
	}
	return a.ask(whatColour, a.Objects[i].Colour.String(), []int{i}, phrase), true
}

func (a *asker) shape() (Question, bool) {
	i, phrase, ok := a.identified(byShape)
	if !ok {
		return Question{}, false
	}
	return a.ask(whatShape, a.Objects[i].Shape.String(), []int{i}, phrase), true
}

func (a *asker) size() (Question, bool) {
	i, phrase, ok := a.identified(bySize)
	if !ok {
		return Question{}, false
	}
	return a.ask(whatSize, a.Objects[i].Size.String(), []int{i}, phrase), true
}

// counting asks for what is uniformly distributed: all objects, or those with the
// attribute that the scene was made for.
func (a *asker) counting() (Question, bool) {
	if len(a.counted) == 0 {
		return Question{}, false
	}
	f, thing := Filter{}, "objects"
	if i := a.below(len(a.counted) + 1); i < len(a.counted) {
		f, thing = a.counted[i], pick(&a.random, thingsPlural)
	}
	matching := a.Matching(f)
	return a.ask(howMany, spell(len(matching)), matching, f.plural(thing)), true
}

func (a *asker) description() (Question, bool) {
	q := a.ask(describe, a.Describe(), a.order())
	slices.Sort(q.Objects)
	for i := range a.Texts {
		q.Texts = append(q.Texts, i)
	}
	return q, true
}

// textNoun returns "word" or "number".
func textNoun(number bool) string {
	if number {
		return numberNoun
	}
	return wordNoun
}

// onlyText returns the one text that is a number, or a word.
func (a *asker) onlyText(number bool) (index int, ok bool) {
	n := 0
	for i := range a.Texts {
		if a.Texts[i].IsNumber() == number {
			index, n = i, n+1
		}
	}
	return index, n == 1
}

// reading asks for a text by what it is, or by where it is.
func (a *asker) reading() (Question, bool) {
	if len(a.Texts) == 0 {
		return Question{}, false
	}
	i := a.below(len(a.Texts))
	t := &a.Texts[i]
	place, _ := PlaceOf(t.X, t.Y)
	var texts []string
	if len(a.Texts) == 1 {
		texts = append(texts, a.word(whatText))
	}
	if _, only := a.onlyText(t.IsNumber()); only {
		texts = append(texts, a.word(map[bool][]string{false: whatWord, true: whatNumber}[t.IsNumber()]))
	}
	if !slices.ContainsFunc(a.Texts, func(u Text) bool {
		p, _ := PlaceOf(u.X, u.Y)
		return p == place && u != *t
	}) {
		texts = append(texts, a.word(whatTextAt, place.String()))
	}
	if len(texts) == 0 {
		return Question{}, false
	}
	return Question{Text: pick(&a.random, texts), Answer: t.Words(), Texts: []int{i}}, true
}

// position asks where an object or a text is.
func (a *asker) position() (Question, bool) {
	if len(a.Texts) > 0 && a.below(4) == 0 {
		if i, only := a.onlyText(a.Texts[a.below(len(a.Texts))].IsNumber()); only {
			t := &a.Texts[i]
			if place, clear := PlaceOf(t.X, t.Y); clear {
				return Question{Text: a.word(where, "the "+textNoun(t.IsNumber())), Answer: place.String(), Texts: []int{i}}, true
			}
		}
	}
	i, phrase, ok := a.identified(0)
	if !ok {
		return Question{}, false
	}
	place, clear := PlaceOf(a.Objects[i].X, a.Objects[i].Y)
	return a.ask(where, place.String(), []int{i}, phrase), clear
}

// MarshalText implements encoding.TextMarshaler.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// ParseKind returns the kind of a name.
func ParseKind(s string) (Kind, error) {
	i := slices.Index(kindNames, s)
	if i < 0 {
		return 0, fmt.Errorf("kind of question %q is not known (%s)", s, strings.Join(kindNames, ", "))
	}
	return Kind(i), nil
}
