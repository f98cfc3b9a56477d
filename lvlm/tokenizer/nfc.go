package tokenizer

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// combiningRange gives code points lo to hi their canonical combining class.
type combiningRange struct {
	lo, hi rune
	class  uint8
}

// decomposition maps r to a, b; b is 0 where r decomposes to one character.
type decomposition struct{ r, a, b rune }

// Hangul syllables are composed by arithmetic (The Unicode Standard, section 3.12).
const (
	hangulS, hangulL, hangulV, hangulT = 0xAC00, 0x1100, 0x1161, 0x11A7
	countL, countV, countT             = 19, 21, 28
	countS                             = countL * countV * countT
)

// firstComposing is the first code point that NFC can change or that can
// change what stands before it.
const firstComposing = 0x300

// normalForms is the tables in the form that the algorithm looks things up in.
type normalForms struct {
	decompose map[rune][2]rune
	compose   map[[2]rune]rune
}

var loadNormalForms = sync.OnceValue(func() normalForms {
	t := normalForms{map[rune][2]rune{}, map[[2]rune]rune{}}
	for _, d := range compositions {
		t.decompose[d.r] = [2]rune{d.a, d.b}
		t.compose[[2]rune{d.a, d.b}] = d.r
	}
	for _, d := range oneWayDecompositions {
		t.decompose[d.r] = [2]rune{d.a, d.b}
	}
	return t
})

func combiningClass(r rune) uint8 {
	if r < firstComposing {
		return 0
	}
	i, ok := slices.BinarySearchFunc(combiningClasses, r, func(c combiningRange, r rune) int {
		switch {
		case c.hi < r:
			return -1
		case c.lo > r:
			return 1
		}
		return 0
	})
	if !ok {
		return 0
	}
	return combiningClasses[i].class
}

// nfc returns the normalisation form C of s (UAX #15).
func nfc(s string) string {
	start := strings.IndexFunc(s, func(r rune) bool { return r >= firstComposing })
	if start < 0 {
		return s
	}
	// The character before the first that composes may be its base.
	_, n := utf8.DecodeLastRuneInString(s[:start])
	start -= n

	t := loadNormalForms()
	runes := make([]rune, 0, len(s)-start)
	for _, r := range s[start:] {
		runes = t.appendDecomposed(runes, r)
	}
	sortMarks(runes)
	return s[:start] + string(t.composeRunes(runes))
}

func (t normalForms) appendDecomposed(dst []rune, r rune) []rune {
	if i := r - hangulS; 0 <= i && i < countS {
		dst = append(dst, hangulL+i/(countV*countT), hangulV+i/countT%countV)
		if i%countT != 0 {
			dst = append(dst, hangulT+i%countT)
		}
		return dst
	}
	d, ok := t.decompose[r]
	if !ok {
		return append(dst, r)
	}
	dst = t.appendDecomposed(dst, d[0])
	if d[1] != 0 {
		dst = append(dst, d[1]) // the second of a pair never decomposes further
	}
	return dst
}

// sortMarks puts each run of marks into canonical order.
func sortMarks(runes []rune) {
	for i := 0; i < len(runes); i++ {
		if combiningClass(runes[i]) == 0 {
			continue
		}
		first := i
		for i < len(runes) && combiningClass(runes[i]) != 0 {
			i++
		}
		slices.SortStableFunc(runes[first:i], func(a, b rune) int {
			return int(combiningClass(a)) - int(combiningClass(b))
		})
	}
}

// composeRunes composes ordered runes in place.
func (t normalForms) composeRunes(runes []rune) []rune {
	out := runes[:0]
	base := -1          // index in out of the last starter
	var lastClass uint8 // class of the last rune kept behind the base
	for _, r := range runes {
		class := combiningClass(r)
		// A rune composes with the base unless one of its class or of class 0
		// stands in between.
		if base >= 0 && (base == len(out)-1 || lastClass != 0 && lastClass < class) {
			if c, ok := t.composite(out[base], r); ok {
				out[base] = c
				continue
			}
		}
		if class == 0 {
			base = len(out)
		}
		lastClass = class
		out = append(out, r)
	}
	return out
}

func (t normalForms) composite(a, b rune) (rune, bool) {
	if l, v := a-hangulL, b-hangulV; 0 <= l && l < countL && 0 <= v && v < countV {
		return hangulS + (l*countV+v)*countT, true
	}
	if s, v := a-hangulS, b-hangulT; 0 <= s && s < countS && s%countT == 0 && 0 < v && v < countT {
		return a + v, true
	}
	c, ok := t.compose[[2]rune{a, b}]
	return c, ok
}
