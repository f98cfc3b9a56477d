package scenes

import (
	"slices"
	"strings"
	"testing"
)

func TestDescribe(t *testing.T) {
	s := &Scene{
		Objects: []Object{
			{Shape: Cross, Colour: Cyan, Size: Large},
			{Shape: Star, Colour: Red, Size: Small},
			{Shape: Circle, Colour: Orange, Size: Medium},
			{Shape: Star, Colour: Red, Size: Small},
			{Shape: Star, Colour: Red, Size: Large},
		},
		Texts: []Text{{Printed: "42", Dot: 1}, {Printed: "SUN", X: Side / 2, Dot: 1}},
	}
	const want = "I see a large red star, two small red stars, a medium orange circle, a large cyan cross, the word sun and the number forty two."
	if got := s.Describe(); got != want {
		t.Errorf("got %s", got)
	}
	for _, c := range []struct {
		description string
		want        Naming
	}{
		{want, Naming{Named: 5, Read: 2}},
		{strings.ToUpper(want), Naming{Named: 5, Read: 2}},
		{"", Naming{}},
		{"I see nothing.", Naming{}},
		{"I see a large red star.", Naming{Named: 1}},
		{"I see a red star and a red star, a red star", Naming{Named: 3}},
		{"I see a red star and a large red star", Naming{Named: 2}},
		{"I see three red stars.", Naming{Named: 3}},
		{"I see four red stars.", Naming{Named: 3, Wrong: 1}},
		{"I see a medium red star.", Naming{Wrong: 1}},
		{"I see a star.", Naming{Wrong: 1}},
		{"I see a large blue cross and a cyan cross.", Naming{Named: 1, Wrong: 1}},
		{"cyan cross cyan cross", Naming{Named: 1, Wrong: 1}},
		{"The word sun, the word sun and the number forty.", Naming{Read: 1, Wrong: 2}},
		{"the number forty two and the word", Naming{Read: 1}},
		{"the number forty and two red stars", Naming{Named: 2, Wrong: 1}},
	} {
		c.want.Objects, c.want.Texts = 5, 2
		if got := s.Score(c.description); got != c.want {
			t.Errorf("%q: got %+v, want %+v", c.description, got, c.want)
		}
	}
	if got := (Naming{Objects: 4, Named: 3}).Share(); got != 0.75 {
		t.Errorf("share %v", got)
	}
	empty := &Scene{}
	if got := empty.Describe(); got != "I see nothing." || empty.Score(got).Share() != 1 {
		t.Errorf("nothing is described as %q", got)
	}
}

func TestVocabulary(t *testing.T) {
	list := Vocabulary()
	if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) {
		t.Error("not sorted, or with words twice")
	}
	used := map[string]bool{}
	for i := range uint64(20000) {
		s := New(Key{Style: allStyles[i%3], Index: i})
		for _, q := range s.Questions(20) {
			for _, word := range SplitWords(q.Text + " " + q.Answer) {
				if _, ok := slices.BinarySearch(list, word); !ok {
					t.Fatalf("%q of %q is not listed", word, q.Text)
				}
				used[word] = true
			}
		}
		if i%1000 == 0 && len(used) == len(list) {
			return
		}
	}
	for _, word := range list {
		if !used[word] {
			t.Errorf("%q is used nowhere", word)
		}
	}
}

func TestSpell(t *testing.T) {
	for n, want := range map[int]string{0: "zero", 9: "nine", 10: "ten", 19: "nineteen", 20: "twenty", 21: "twenty one", 99: "ninety nine"} {
		if got := spell(n); got != want {
			t.Errorf("%d is %q", n, got)
		}
	}
	seen := map[string]bool{}
	for n := range Numbers {
		seen[spell(n)] = true
	}
	if len(seen) != Numbers {
		t.Errorf("%d numbers have %d spellings", Numbers, len(seen))
	}
}

func TestPrintedWords(t *testing.T) {
	letters := map[rune]bool{}
	for i, word := range printedWords {
		if len(word) < 3 || len(word) > 4 || word != strings.ToUpper(word) || slices.Contains(printedWords[:i], word) {
			t.Errorf("%q can't be printed", word)
		}
		for _, c := range word {
			letters[c] = true
		}
	}
	if len(letters) != 26 {
		t.Errorf("%d letters are printed", len(letters))
	}
	// Nothing is lost with the row for descenders.
	for c := range letters {
		if glyphRows[c] == [glyphHeight]uint8{} {
			t.Errorf("%q has no ink", c)
		}
	}
}
