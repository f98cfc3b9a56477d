package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// A normalizer rewrites a stretch of text between added tokens.
type normalizer func(string) string

func applyAll(steps []normalizer, s string) string {
	for _, n := range steps {
		s = n(s)
	}
	return s
}

func prepend(prefix string) normalizer {
	return func(s string) string {
		if s == "" {
			return s
		}
		return prefix + s
	}
}

func replaceAll(old, new string) normalizer {
	return func(s string) string { return strings.ReplaceAll(s, old, new) }
}

// A step is one pre-tokenizer: it may rewrite a piece of text (atStart: the
// piece is the start of the whole text), then cut it into words.
type step struct {
	rewrite func(s string, atStart bool) string
	next    scanner
}

// encodePieces sends a piece of text through the steps and encodes the words
// that leave the last one.
func (e *encoder) encodePieces(s string, steps []step, atStart bool) {
	if s == "" {
		return
	}
	if len(steps) == 0 {
		e.encodeWord(s)
		return
	}
	this, rest := steps[0], steps[1:]
	if this.rewrite != nil {
		s = this.rewrite(s, atStart)
	}
	if this.next == nil {
		e.encodePieces(s, rest, atStart)
		return
	}
	for s != "" {
		n := this.next(s)
		e.encodePieces(s[:n], rest, atStart)
		s, atStart = s[n:], false
	}
}

// prefixSpace puts a space in front of a piece that has none.
func prefixSpace(s string, _ bool) string {
	if strings.HasPrefix(s, " ") {
		return s
	}
	return " " + s
}

// scanDigit cuts numerals off one by one.
func scanDigit(s string) int {
	for i, r := range s {
		if isNumeral(r) {
			if i == 0 {
				return utf8.RuneLen(r)
			}
			return i
		}
	}
	return len(s)
}

// scanDigits cuts between numerals and everything else.
func scanDigits(s string) int {
	r, _ := utf8.DecodeRuneInString(s)
	numeral := isNumeral(r)
	for i, r := range s {
		if isNumeral(r) != numeral {
			return i
		}
	}
	return len(s)
}

// When a space mark is put in front of a piece that does not begin with one.
const (
	prependNever = iota
	prependFirst // at the start of the whole text
	prependAlways
)

func metaspace(mark string, scheme int, split bool) step {
	st := step{rewrite: func(s string, atStart bool) string {
		s = strings.ReplaceAll(s, " ", mark)
		if (scheme == prependAlways || scheme == prependFirst && atStart) && !strings.HasPrefix(s, mark) {
			s = mark + s
		}
		return s
	}}
	if split {
		// A word begins at each mark.
		st.next = func(s string) int {
			if i := strings.Index(s[1:], mark); i >= 0 {
				return 1 + i
			}
			return len(s)
		}
	}
	return st
}

// byteAlphabet maps bytes to the characters that stand for them in byte-level
// vocabularies: printable Latin-1 characters to themselves, the others, in
// order, to those from U+0100 on (Radford et al., GPT-2).
var byteAlphabet, alphabetByte = func() (runes [256]rune, bytes map[rune]byte) {
	bytes = map[rune]byte{}
	next := rune(256)
	for b := range runes {
		r := rune(b)
		if !('!' <= r && r <= '~' || 0xA1 <= r && r <= 0xAC || 0xAE <= r && r <= 0xFF) {
			r = next
			next++
		}
		runes[b] = r
		bytes[r] = byte(b)
	}
	return runes, bytes
}()

// fromAlphabet returns the bytes that a byte-level piece stands for; ok is false
// if it has a character outside of the alphabet.
func fromAlphabet(piece string) (raw string, ok bool) {
	buf := make([]byte, 0, len(piece))
	for _, r := range piece {
		b, ok := alphabetByte[r]
		if !ok {
			return "", false
		}
		buf = append(buf, b)
	}
	return string(buf), true
}
