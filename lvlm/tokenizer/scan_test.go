package tokenizer

import (
	"slices"
	"strings"
	"testing"
)

func words(s string, next scanner) []string {
	var w []string
	for s != "" {
		n := next(s)
		w = append(w, s[:n])
		s = s[n:]
	}
	return w
}

func TestScanners(t *testing.T) {
	for _, x := range []struct {
		name, pattern, text string
		want                []string
	}{
		{"words", patternGPT2, "ab  cd", []string{"ab", " ", " cd"}},
		{"contractions", patternGPT2, "I'm we'LL 'tis", []string{"I", "'m", " we", "'", "LL", " '", "tis"}},
		{"numbers", patternGPT2, "x1234²", []string{"x", "1234²"}},
		{"marks", patternGPT2, "a...\n\n b", []string{"a", "...", "\n\n", " b"}},
		{"wide spaces", patternGPT2, "a\u3000\u0085b", []string{"a", "\u3000", "\u0085", "b"}},
		{"end", patternGPT2, "a \n ", []string{"a", " \n "}},

		{"words", patternLlama3, "ab  cd", []string{"ab", " ", " cd"}},
		{"contractions", patternLlama3, "I'm we'LL it'ſ", []string{"I", "'m", " we", "'LL", " it", "'ſ"}},
		{"no contraction", patternLlama3, "'xy 'rx", []string{"'xy", " '", "rx"}},
		{"numbers", patternLlama3, "x12345", []string{"x", "123", "45"}},
		{"one digit", patternQwen2, "x12345", []string{"x", "1", "2", "3", "4", "5"}},
		{"mark and word", patternLlama3, "(ab) \tcd", []string{"(ab", ")", " ", "\tcd"}},
		{"marks and line ends", patternLlama3, "a.\r\n\nb", []string{"a", ".\r\n\n", "b"}},
		{"line ends", patternLlama3, "a \n \n  b", []string{"a", " \n \n", " ", " b"}},
		{"line end and word", patternLlama3, "\nab", []string{"\n", "ab"}},
		{"letters of Unicode 16", patternLlama3, "a\U000105C0b", []string{"a\U000105C0b"}},
		{"letters of Unicode 17 are none", patternLlama3, "a\U00010940b", []string{"a", "\U00010940b"}},
	} {
		if got := words(x.text, scanners[x.pattern]); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q: %q, want %q", x.name, x.text, got, x.want)
		}
	}
}

func TestDigits(t *testing.T) {
	const text = "a12b½\U00011DE5"
	if got, want := words(text, scanDigit), []string{"a", "1", "2", "b", "½", "\U00011DE5"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := words(text, scanDigits), []string{"a", "12", "b", "½\U00011DE5"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// FuzzScan checks that scanners move on, stay on characters, and cut no run of
// letters in two.
func FuzzScan(f *testing.F) {
	for _, s := range []string{"", "a b", "'S\r\n 12", "\u0085\u3000x", "\xff'", "'ſ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "")
		for pattern, next := range scanners {
			if got := strings.Join(words(s, next), ""); got != s {
				t.Errorf("%q with %s: %q", s, pattern, got)
			}
			for _, w := range words(s, next) {
				if strings.ToValidUTF8(w, "") != w {
					t.Errorf("%q with %s: %q is cut", s, pattern, w)
				}
			}
		}
	})
}
