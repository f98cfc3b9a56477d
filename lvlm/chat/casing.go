package chat

import (
	"strings"
	"unicode"
)

// Letters whose upper or title case is several letters (Unicode's SpecialCasing,
// without the rules for languages), as Python's str methods map them.
var (
	upperSpecial = map[rune]string{
		0x00df: "SS",
		0x0149: "ʼN",
		0x01f0: "\u004a\u030c",
		0x0390: "\u0399\u0308\u0301",
		0x03b0: "\u03a5\u0308\u0301",
		0x0587: "ԵՒ",
		0x1e96: "\u0048\u0331",
		0x1e97: "\u0054\u0308",
		0x1e98: "\u0057\u030a",
		0x1e99: "\u0059\u030a",
		0x1e9a: "Aʾ",
		0x1f50: "\u03a5\u0313",
		0x1f52: "\u03a5\u0313\u0300",
		0x1f54: "\u03a5\u0313\u0301",
		0x1f56: "\u03a5\u0313\u0342",
		0x1f80: "ἈΙ",
		0x1f81: "ἉΙ",
		0x1f82: "ἊΙ",
		0x1f83: "ἋΙ",
		0x1f84: "ἌΙ",
		0x1f85: "ἍΙ",
		0x1f86: "ἎΙ",
		0x1f87: "ἏΙ",
		0x1f88: "ἈΙ",
		0x1f89: "ἉΙ",
		0x1f8a: "ἊΙ",
		0x1f8b: "ἋΙ",
		0x1f8c: "ἌΙ",
		0x1f8d: "ἍΙ",
		0x1f8e: "ἎΙ",
		0x1f8f: "ἏΙ",
		0x1f90: "ἨΙ",
		0x1f91: "ἩΙ",
		0x1f92: "ἪΙ",
		0x1f93: "ἫΙ",
		0x1f94: "ἬΙ",
		0x1f95: "ἭΙ",
		0x1f96: "ἮΙ",
		0x1f97: "ἯΙ",
		0x1f98: "ἨΙ",
		0x1f99: "ἩΙ",
		0x1f9a: "ἪΙ",
		0x1f9b: "ἫΙ",
		0x1f9c: "ἬΙ",
		0x1f9d: "ἭΙ",
		0x1f9e: "ἮΙ",
		0x1f9f: "ἯΙ",
		0x1fa0: "ὨΙ",
		0x1fa1: "ὩΙ",
		0x1fa2: "ὪΙ",
		0x1fa3: "ὫΙ",
		0x1fa4: "ὬΙ",
		0x1fa5: "ὭΙ",
		0x1fa6: "ὮΙ",
		0x1fa7: "ὯΙ",
		0x1fa8: "ὨΙ",
		0x1fa9: "ὩΙ",
		0x1faa: "ὪΙ",
		0x1fab: "ὫΙ",
		0x1fac: "ὬΙ",
		0x1fad: "ὭΙ",
		0x1fae: "ὮΙ",
		0x1faf: "ὯΙ",
		0x1fb2: "ᾺΙ",
		0x1fb3: "ΑΙ",
		0x1fb4: "ΆΙ",
		0x1fb6: "\u0391\u0342",
		0x1fb7: "\u0391\u0342\u0399",
		0x1fbc: "ΑΙ",
		0x1fc2: "ῊΙ",
		0x1fc3: "ΗΙ",
		0x1fc4: "ΉΙ",
		0x1fc6: "\u0397\u0342",
		0x1fc7: "\u0397\u0342\u0399",
		0x1fcc: "ΗΙ",
		0x1fd2: "\u0399\u0308\u0300",
		0x1fd3: "\u0399\u0308\u0301",
		0x1fd6: "\u0399\u0342",
		0x1fd7: "\u0399\u0308\u0342",
		0x1fe2: "\u03a5\u0308\u0300",
		0x1fe3: "\u03a5\u0308\u0301",
		0x1fe4: "\u03a1\u0313",
		0x1fe6: "\u03a5\u0342",
		0x1fe7: "\u03a5\u0308\u0342",
		0x1ff2: "ῺΙ",
		0x1ff3: "ΩΙ",
		0x1ff4: "ΏΙ",
		0x1ff6: "\u03a9\u0342",
		0x1ff7: "\u03a9\u0342\u0399",
		0x1ffc: "ΩΙ",
		0xfb00: "FF",
		0xfb01: "FI",
		0xfb02: "FL",
		0xfb03: "FFI",
		0xfb04: "FFL",
		0xfb05: "ST",
		0xfb06: "ST",
		0xfb13: "ՄՆ",
		0xfb14: "ՄԵ",
		0xfb15: "ՄԻ",
		0xfb16: "ՎՆ",
		0xfb17: "ՄԽ",
	}
	titleSpecial = map[rune]string{
		0x00df: "Ss",
		0x0149: "ʼN",
		0x01f0: "\u004a\u030c",
		0x0390: "\u0399\u0308\u0301",
		0x03b0: "\u03a5\u0308\u0301",
		0x0587: "Եւ",
		0x1e96: "\u0048\u0331",
		0x1e97: "\u0054\u0308",
		0x1e98: "\u0057\u030a",
		0x1e99: "\u0059\u030a",
		0x1e9a: "Aʾ",
		0x1f50: "\u03a5\u0313",
		0x1f52: "\u03a5\u0313\u0300",
		0x1f54: "\u03a5\u0313\u0301",
		0x1f56: "\u03a5\u0313\u0342",
		0x1fb2: "\u1fba\u0345",
		0x1fb4: "\u0386\u0345",
		0x1fb6: "\u0391\u0342",
		0x1fb7: "\u0391\u0342\u0345",
		0x1fc2: "\u1fca\u0345",
		0x1fc4: "\u0389\u0345",
		0x1fc6: "\u0397\u0342",
		0x1fc7: "\u0397\u0342\u0345",
		0x1fd2: "\u0399\u0308\u0300",
		0x1fd3: "\u0399\u0308\u0301",
		0x1fd6: "\u0399\u0342",
		0x1fd7: "\u0399\u0308\u0342",
		0x1fe2: "\u03a5\u0308\u0300",
		0x1fe3: "\u03a5\u0308\u0301",
		0x1fe4: "\u03a1\u0313",
		0x1fe6: "\u03a5\u0342",
		0x1fe7: "\u03a5\u0308\u0342",
		0x1ff2: "\u1ffa\u0345",
		0x1ff4: "\u038f\u0345",
		0x1ff6: "\u03a9\u0342",
		0x1ff7: "\u03a9\u0342\u0345",
		0xfb00: "Ff",
		0xfb01: "Fi",
		0xfb02: "Fl",
		0xfb03: "Ffi",
		0xfb04: "Ffl",
		0xfb05: "St",
		0xfb06: "St",
		0xfb13: "Մն",
		0xfb14: "Մե",
		0xfb15: "Մի",
		0xfb16: "Վն",
		0xfb17: "Մխ",
	}
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
