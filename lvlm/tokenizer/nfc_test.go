package tokenizer

import (
	"strings"
	"testing"
)

func TestNFC(t *testing.T) {
	for _, x := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"Latin-1", "naïve", "naïve"},
		{"letter and mark", "e\u0301", "é"},
		{"marks out of order", "s\u0307\u0323x", "\u1e69x"},
		{"mark of the same class blocks", "a\u0302\u0301\u0300", "\u1ea5\u0300"},
		{"singleton", "\u212b\u2126", "\u00c5\u03a9"},
		{"composition exclusion", "\u0958", "\u0915\u093c"},
		{"excluded mark", "\u0344", "\u0308\u0301"},
		{"two starters", "\u0bc6\u0bbe", "\u0bca"},
		{"starter between", "\u0bc6x\u0bbe", "\u0bc6x\u0bbe"},
		{"Hangul", "\u1112\u1161\u11ab", "한"},
		{"Hangul LV and T", "가\u11a8\u11a8", "각\u11a8"},
		{"Hangul, no T", "가\u11a7", "가\u11a7"},
		{"marks first", "\u0301a", "\u0301a"},
		{"mark behind ASCII far from the start", "abc e\u0301", "abc é"},
		{"a mark newer than Unicode 9.0 does not move", "a\U00010F46\u0301", "a\U00010F46\u0301"},
	} {
		if got := nfc(x.in); got != x.want {
			t.Errorf("%s: %+q: %+q, want %+q", x.name, x.in, got, x.want)
		}
	}
}

// TestNFCLongRun: a run of marks without end must not take quadratic time, so
// that a million of them sort at once.
func TestNFCLongRun(t *testing.T) {
	const n = 500_000
	got := nfc("a" + strings.Repeat("\u0307\u0323", n))
	want := "\u1ea1" + strings.Repeat("\u0323", n-1) + strings.Repeat("\u0307", n)
	if got != want {
		t.Error("the run of marks is not in canonical order")
	}
}

func FuzzNFC(f *testing.F) {
	for _, s := range []string{"e\u0301", "\u1112\u1161\u11ab", "s\u0307\u0323", "\u0f73\u0f71", "\U0001d15e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "")
		once := nfc(s)
		if nfc(once) != once {
			t.Errorf("%+q: %+q is not stable: %+q", s, once, nfc(once))
		}
		// Decomposing first changes nothing.
		forms := loadNormalForms()
		var runes []rune
		for _, r := range s {
			runes = forms.appendDecomposed(runes, r)
		}
		if got := nfc(string(runes)); got != once {
			t.Errorf("%+q: %+q, decomposed %+q", s, once, got)
		}
	})
}
