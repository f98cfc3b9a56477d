package chat

import (
	"strings"
	"unicode"
)

func upper(s string) string {
	var b strings.Builder
	for _, r := range s {
		writeCase(&b, r, upperSpecial, unicode.ToUpper)
	}
	return b.String()
}

func writeCase(b *strings.Builder, r rune, special map[rune]string, simple func(rune) rune) {
	if s, ok := special[r]; ok {
		b.WriteString(s)
	} else {
		b.WriteRune(simple(r))
	}
}

func lower(s string) string {
	var b strings.Builder
	chars := []rune(s)
	for i := range chars {
		writeLower(&b, chars, i)
	}
	return b.String()
}

// writeLower writes the lower case of chars[i]: of a sigma it depends on whether it
// ends a word.
func writeLower(b *strings.Builder, chars []rune, i int) {
	switch r := chars[i]; {
	case r == 'İ':
		b.WriteString("i\u0307")
	case r == 'Σ' && cased(chars[:i], -1) && !cased(chars[i+1:], 1):
		b.WriteRune('ς')
	default:
		b.WriteRune(unicode.ToLower(r))
	}
}

// cased reports whether the nearest of chars that counts, from the end for a step
// of -1, is a letter with case.
func cased(chars []rune, step int) bool {
	for n := range chars {
		r := chars[n]
		if step < 0 {
			r = chars[len(chars)-1-n]
		}
		if isCased(r) {
			return true
		}
		if !caseIgnorable(r) {
			return false
		}
	}
	return false
}

func isCased(r rune) bool {
	return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Lowercase, unicode.Other_Uppercase)
}

func caseIgnorable(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) || strings.ContainsRune("'.:··՟״‘’․‧﹕＇．：", r)
}

// capitalize is Python's str.capitalize.
func capitalize(s string) string {
	var b strings.Builder
	chars := []rune(s)
	for i, r := range chars {
		if i == 0 {
			writeCase(&b, r, titleSpecial, unicode.ToTitle)
		} else {
			writeLower(&b, chars, i)
		}
	}
	return b.String()
}

// title is Python's str.title: every stretch of letters begins with a capital.
func title(s string) string {
	var b strings.Builder
	chars := []rune(s)
	within := false
	for i, r := range chars {
		if within {
			writeLower(&b, chars, i)
		} else {
			writeCase(&b, r, titleSpecial, unicode.ToTitle)
		}
		within = isCased(r)
	}
	return b.String()
}
