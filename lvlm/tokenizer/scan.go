package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// A scanner returns the length of the first word of s, which is not empty: the
// match at the start of s of the pattern that it stands for. The patterns match
// every character, need one character of lookahead and are written out by hand,
// as linear scans.
type scanner func(s string) int

// The patterns as tokenizer.json spells them.
const (
	patternGPT2   = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	patternLlama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternQwen2  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

var scanners = map[string]scanner{
	patternGPT2:   scanGPT2,
	patternLlama3: func(s string) int { return scanTiktoken(s, 3) },
	patternQwen2:  func(s string) int { return scanTiktoken(s, 1) },
}

func scanGPT2(s string) int {
	if n := contraction(s); n > 0 && isLower(s[1:n]) {
		return n
	}
	// A space belongs to the run behind it: " ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+".
	lead := 0
	if s[0] == ' ' {
		lead = 1
	}
	if c, n := first(s[lead:]); n > 0 && c != space {
		return lead + run(s[lead:], c)
	}
	return spaces(s)
}

// scanTiktoken splits as the patterns of Llama 3 and Qwen2 do, with numbers of
// up to digits characters.
func scanTiktoken(s string, digits int) int {
	if n := contraction(s); n > 0 {
		return n
	}
	c, n := first(s)
	switch {
	case c == letter:
		return run(s, letter)
	case c == number:
		end := n
		for range digits - 1 {
			c, n := first(s[end:])
			if c != number || n == 0 {
				break
			}
			end += n
		}
		return end
	}
	// [^\r\n\p{L}\p{N}]?\p{L}+
	if s[0] != '\r' && s[0] != '\n' {
		if m := run(s[n:], letter); m > 0 {
			return n + m
		}
	}
	// ?[^\s\p{L}\p{N}]+[\r\n]*
	lead := 0
	if s[0] == ' ' {
		lead = 1
	}
	if m := run(s[lead:], other); m > 0 {
		end := lead + m
		for end < len(s) && (s[end] == '\r' || s[end] == '\n') {
			end++
		}
		return end
	}
	// \s*[\r\n]+
	if i := strings.LastIndexAny(s[:run(s, space)], "\r\n"); i >= 0 {
		return i + 1
	}
	return spaces(s)
}

// first returns the class of the first character of s and its length, 0 at the end.
func first(s string) (class, int) {
	r, n := utf8.DecodeRuneInString(s)
	return classOf(r), n
}

// run returns the length of the longest start of s that is all of class c.
func run(s string, c class) int {
	for i, r := range s {
		if classOf(r) != c {
			return i
		}
	}
	return len(s)
}

// spaces matches \s+(?!\S)|\s+ where s starts with a space: the whole run at
// the end of the text, else all but its last character, which goes with the
// word behind it, unless it is the only one.
func spaces(s string) int {
	n := run(s, space)
	_, last := utf8.DecodeLastRuneInString(s[:n])
	if n == len(s) || n == last {
		return n
	}
	return n - last
}

// contraction matches (?i:'s|'t|'re|'ve|'m|'ll|'d). U+017F folds to s.
func contraction(s string) int {
	if len(s) < 2 || s[0] != '\'' {
		return 0
	}
	switch s[1] | 0x20 {
	case 's', 't', 'm', 'd':
		return 2
	case 'r', 'v':
		if len(s) > 2 && s[2]|0x20 == 'e' {
			return 3
		}
	case 'l':
		if len(s) > 2 && s[2]|0x20 == 'l' {
			return 3
		}
	}
	if strings.HasPrefix(s[1:], "ſ") {
		return 1 + len("ſ")
	}
	return 0
}

func isLower(s string) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return true
}
