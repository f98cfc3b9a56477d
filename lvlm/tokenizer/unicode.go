package tokenizer

import "unicode/utf8"

//go:generate go -C _gen run .

// runeRanges is a sorted list of inclusive ranges.
type runeRanges [][2]rune

func (t runeRanges) contains(r rune) bool {
	lo, hi := 0, len(t)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		switch {
		case r < t[mid][0]:
			hi = mid
		case r > t[mid][1]:
			lo = mid + 1
		default:
			return true
		}
	}
	return false
}

// class is what the pre-tokenizer patterns distinguish.
type class uint8

const (
	other  class = iota // [^\s\p{L}\p{N}]
	letter              // \p{L}
	number              // \p{N}
	space               // \s
)

var asciiClass = func() (t [utf8.RuneSelf]class) {
	for r := range t {
		t[r] = lookupClass(rune(r))
	}
	return t
}()

func classOf(r rune) class {
	if r < utf8.RuneSelf {
		return asciiClass[r]
	}
	return lookupClass(r)
}

func lookupClass(r rune) class {
	switch {
	case isSpace(r):
		return space
	case letters.contains(r):
		return letter
	case numbers.contains(r):
		return number
	}
	return other
}

// isSpace reports whether r has the property White_Space.
func isSpace(r rune) bool {
	switch {
	case r < 0x80:
		return r == ' ' || '\t' <= r && r <= '\r'
	case r < 0x1680:
		return r == 0x85 || r == 0xA0
	}
	return r == 0x1680 || 0x2000 <= r && r <= 0x200A || r == 0x2028 || r == 0x2029 ||
		r == 0x202F || r == 0x205F || r == 0x3000
}

func isNumeral(r rune) bool { return numerals.contains(r) }
func isWord(r rune) bool    { return wordRunes.contains(r) }
