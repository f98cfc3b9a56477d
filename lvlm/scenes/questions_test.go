package scenes

import (
	"slices"
	"strings"
	"testing"
)

// phrasesOf returns what the objects that a question names are like: from each "the",
// "a" or "an" to the noun.
func phrasesOf(text string) []Filter {
	var list []Filter
	var f Filter
	for _, word := range SplitWords(text) {
		switch {
		case word == "the" || word == "a" || word == "an":
			f = Filter{}
		case slices.Contains(things, word):
			list = append(list, f)
		case slices.Contains(colourNames[1:], word):
			f.Colour = Colour(slices.Index(colourNames[:], word))
		case slices.Contains(sizeNames[1:], word):
			f.Size = Size(slices.Index(sizeNames[:], word))
		case slices.Contains(shapeNames[1:], word):
			f.Shape = Shape(slices.Index(shapeNames[:], word))
			list = append(list, f)
		}
	}
	return list
}

// ask collects questions of a kind over many scenes.
func ask(t *testing.T, kind Kind, scenes int, each func(s *Scene, q Question)) {
	t.Helper()
	n := 0
	for i := range uint64(scenes) {
		s := New(Key{Index: i})
		if q, ok := s.Ask(kind, 0); ok {
			if q.Kind != kind {
				t.Fatalf("%+v is of another kind than %v", q, kind)
			}
			each(s, q)
			n++
		}
	}
	if n < scenes/4 {
		t.Errorf("%v: only %d of %d scenes offer a question", kind, n, scenes)
	}
}

// one returns the object that a question names, which must be the only one.
func one(t *testing.T, s *Scene, q Question, f Filter) *Object {
	t.Helper()
	list := s.Matching(f)
	if len(list) != 1 || !slices.Contains(q.Objects, list[0]) {
		t.Fatalf("%q: %d objects match, what matters are %v in %s", q.Text, len(list), q.Objects, s.Describe())
	}
	return &s.Objects[list[0]]
}

// TestAttributes reads each question and looks the answer up in the scene.
func TestAttributes(t *testing.T) {
	for kind, attribute := range map[Kind]func(o *Object) string{
		ColourOf: func(o *Object) string { return o.Colour.String() },
		ShapeOf:  func(o *Object) string { return o.Shape.String() },
		SizeOf:   func(o *Object) string { return o.Size.String() },
	} {
		ask(t, kind, 1000, func(s *Scene, q Question) {
			names := phrasesOf(q.Text)
			if len(names) != 1 {
				t.Fatalf("%q names %d objects", q.Text, len(names))
			}
			if want := attribute(one(t, s, q, names[0])); q.Answer != want || strings.Contains(q.Text, want+" ") {
				t.Errorf("%q: answer %q, want %q", q.Text, q.Answer, want)
			}
		})
	}
}

func TestPositions(t *testing.T) {
	ask(t, Position, 1000, func(s *Scene, q Question) {
		var x, y int
		if len(q.Texts) == 1 {
			x, y = s.Texts[q.Texts[0]].X, s.Texts[q.Texts[0]].Y
		} else {
			o := one(t, s, q, phrasesOf(q.Text)[0])
			x, y = o.X, o.Y
		}
		row := []string{"top ", "", "bottom "}[3*y/Side]
		column := []string{"left", "", "right"}[3*x/Side]
		want := strings.TrimSpace(row + column)
		if want == "" {
			want = "center"
		}
		if q.Answer != want {
			t.Errorf("%q: %q, want %q", q.Text, q.Answer, want)
		}
	})
}

func TestExistence(t *testing.T) {
	ask(t, Existence, 1000, func(s *Scene, q Question) {
		f := phrasesOf(q.Text)
		if len(f) != 1 || (s.Count(f[0]) > 0) != (q.Answer == "yes") {
			t.Errorf("%q: %q of %s", q.Text, q.Answer, s.Describe())
		}
		if strings.Contains(q.Text, " a o") || strings.Contains(q.Text, " an") && !strings.Contains(q.Text, " an o") {
			t.Errorf("%q has a wrong article", q.Text)
		}
	})
}

// TestRelations looks at the middles again: an object is left of another one if it is
// more to the left than it is higher or lower.
func TestRelations(t *testing.T) {
	ask(t, Relation, 1500, func(s *Scene, q Question) {
		names := phrasesOf(q.Text)
		if len(names) != 2 {
			t.Fatalf("%q names %d objects", q.Text, len(names))
		}
		a, b := one(t, s, q, names[0]), one(t, s, q, names[1])
		way := "left"
		switch dx, dy := a.X-b.X, a.Y-b.Y; {
		case abs(dx) > abs(dy) && dx > 0:
			way = "right"
		case abs(dx) < abs(dy) && dy < 0:
			way = "above"
		case abs(dx) < abs(dy):
			way = "below"
		}
		said := map[string]string{"left": "left", "right": "right", "above": "above", "higher": "above", "below": "below", "lower": "below"}
		want := way
		for _, word := range SplitWords(q.Text) {
			if asked := said[word]; asked != "" {
				want = yesNo(asked == way)
			}
		}
		if q.Answer != want {
			t.Errorf("%q: %q, want %q", q.Text, q.Answer, want)
		}
	})
}

func TestComparisons(t *testing.T) {
	ask(t, Comparison, 1500, func(s *Scene, q Question) {
		words := SplitWords(q.Text)
		if slices.Contains(words, "more") || slices.Contains(words, "fewer") {
			than := slices.Index(words, "than")
			first, second := parsePlural(words[:than]), parsePlural(words[than:])
			n, m := s.Count(first), s.Count(second)
			if slices.Contains(words, "fewer") {
				n, m = m, n
			}
			if n == m || q.Answer != yesNo(n > m) {
				t.Errorf("%q: %q of %s", q.Text, q.Answer, s.Describe())
			}
			return
		}
		names := phrasesOf(q.Text)
		if len(names) != 2 {
			t.Fatalf("%q names %d objects", q.Text, len(names))
		}
		a, b := one(t, s, q, names[0]), one(t, s, q, names[1])
		if slices.Contains(words, "same") {
			if q.Answer != yesNo(a.Size == b.Size) {
				t.Errorf("%q: %q of %s", q.Text, q.Answer, s.Describe())
			}
			return
		}
		answer := one(t, s, q, phrasesOf(q.Answer)[0])
		if a.Size == b.Size || (answer.Size == max(a.Size, b.Size)) != !slices.Contains(words, "smaller") {
			t.Errorf("%q: %q of %s", q.Text, q.Answer, s.Describe())
		}
	})
}

// parsePlural finds a shape or a colour of several objects among words.
func parsePlural(words []string) Filter {
	var f Filter
	for _, word := range words {
		if i := slices.Index(shapePlural[:], word); i > 0 {
			f.Shape = Shape(i)
		}
		if i := slices.Index(colourNames[:], word); i > 0 {
			f.Colour = Colour(i)
		}
	}
	return f
}

func TestCounting(t *testing.T) {
	ask(t, Counting, 1000, func(s *Scene, q Question) {
		if n := s.Count(parsePlural(SplitWords(q.Text))); q.Answer != spell(n) || len(q.Objects) != n {
			t.Errorf("%q: %q of %s", q.Text, q.Answer, s.Describe())
		}
	})
}

func TestReading(t *testing.T) {
	for i := range uint64(600) {
		s := New(Key{Style: allStyles[i%3], Index: i})
		q, ok := s.Ask(Reading, 0)
		if !ok {
			continue
		}
		at, isAt := strings.CutPrefix(q.Text[:len(q.Text)-1], "What is written at the ")
		if !isAt {
			at, isAt = strings.CutPrefix(q.Text[:len(q.Text)-1], "Read the text at the ")
		}
		var fit []string
		for j := range s.Texts {
			u := &s.Texts[j]
			place, _ := PlaceOf(u.X, u.Y)
			switch {
			case isAt && place.String() != at,
				strings.Contains(q.Text, "word") && u.IsNumber(),
				strings.Contains(q.Text, "number") && !u.IsNumber():
				continue
			}
			fit = append(fit, u.Words())
		}
		if len(fit) != 1 || fit[0] != q.Answer {
			t.Errorf("%q: %q, of %q", q.Text, q.Answer, fit)
		}
	}
}

// TestBalance: no answer is likelier than another one, by kind and, where a kind has
// several forms of questions, by form.
func TestBalance(t *testing.T) {
	forms := map[string]map[string]int{}
	values := map[string]int{
		"existence": 2, "colour": Colours, "shape": Shapes, "size": Sizes, "position": 9, "relation": 4, "relation, yes or no": 2,
		"count of all": mostObjects - leastObjects + 1, "count of some": mostObjects - leastObjects + 1,
		"comparison, which": 2, "comparison, yes or no": 2, "reading words": len(printedWords), "reading numbers": Numbers,
	}
	for i := range uint64(8000) {
		s := New(Key{Index: i, Seed: 3})
		for kind := range Description {
			q, ok := s.Ask(kind, 0)
			if !ok {
				continue
			}
			form, answer := formOf(s, q)
			if forms[form] == nil {
				forms[form] = map[string]int{}
			}
			forms[form][answer]++
		}
	}
	for form, n := range values {
		uniform(t, form, forms[form], n)
	}
	for form := range forms {
		if values[form] == 0 {
			t.Errorf("a form of questions that isn't tested: %s", form)
		}
	}
}

// formOf tells forms of a kind apart, and which of the possible answers was given.
func formOf(s *Scene, q Question) (form, answer string) {
	form, answer = q.Kind.String(), q.Answer
	yesOrNo := answer == "yes" || answer == "no"
	switch {
	case q.Kind == Counting && parsePlural(SplitWords(q.Text)) == Filter{}:
		form += " of all"
	case q.Kind == Counting:
		form += " of some"
	case q.Kind == Relation && yesOrNo, q.Kind == Comparison && yesOrNo:
		form += ", yes or no"
	case q.Kind == Comparison:
		form += ", which"
		first := phrasesOf(q.Text)[0]
		answer = yesNo(phrasesOf(answer)[0] == first)
	case q.Kind == Reading && s.Texts[q.Texts[0]].IsNumber():
		form += " numbers"
	case q.Kind == Reading:
		form += " words"
	}
	return form, answer
}

// TestQuestions: they differ, kinds take turns, and more are begun by fewer.
func TestQuestions(t *testing.T) {
	for i := range uint64(100) {
		s := New(Key{Index: i})
		list := s.Questions(30)
		texts := map[string]bool{}
		for _, q := range list {
			if texts[q.Text] {
				t.Errorf("%q is asked twice", q.Text)
			}
			texts[q.Text] = true
		}
		if len(list) < 12 {
			t.Errorf("scene %d offers %d questions", i, len(list))
		}
		for j, q := range s.Questions(5) {
			if q.Text != list[j].Text {
				t.Errorf("question %d is %q or %q", j, q.Text, list[j].Text)
			}
		}
	}
	if _, ok := New(Key{}).Ask(kindsEnd, 0); ok {
		t.Error("a kind that doesn't exist is asked for")
	}
}

func TestPolls(t *testing.T) {
	adversarial := 0
	for i := range uint64(500) {
		s := New(Key{Index: i})
		for p := range pollsEnd {
			there, absent, ok := s.Poll(p)
			if !ok {
				continue
			}
			f := phrasesOf(absent.Text)[0]
			if there.Answer != "yes" || absent.Answer != "no" || s.Count(f) != 0 || s.Count(phrasesOf(there.Text)[0]) == 0 {
				t.Errorf("%v: %+v, %+v of %s", p, there, absent, s.Describe())
			}
			if p == PollAdversarial {
				adversarial++
				if s.Count(Filter{Shape: f.Shape}) == 0 || s.Count(Filter{Colour: f.Colour}) == 0 {
					t.Errorf("%q has a colour or a shape that is not in %s", absent.Text, s.Describe())
				}
			}
			if p == PollPopular && s.Count(Filter{Shape: f.Shape}) == 0 {
				t.Errorf("%q has a shape that is not in %s", absent.Text, s.Describe())
			}
		}
	}
	if adversarial < 250 {
		t.Errorf("%d of 500 scenes have an adversarial question", adversarial)
	}
	if _, _, ok := New(Key{Style: Printed}).Poll(PollRandom); ok {
		t.Error("objects are polled for where there are none")
	}
}
