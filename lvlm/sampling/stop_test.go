package sampling

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestStopMatcher(t *testing.T) {
	for _, c := range []struct {
		stops  []string
		pieces []string
		emits  []string // of each piece, then of Flush
		stop   bool
	}{
		{nil, []string{"a", "b"}, []string{"a", "b", ""}, false},
		{[]string{"STOP"}, []string{"xS", "TO", "Py", "z"}, []string{"x", "", "", "", ""}, true},
		{[]string{"STOP"}, []string{"xS", "TO", "y"}, []string{"x", "", "STOy", ""}, false},
		{[]string{"STOP"}, []string{"xSTO"}, []string{"x", "STO"}, false},
		{[]string{"STOP"}, []string{"SSTOP"}, []string{"S", ""}, true},
		{[]string{"aab"}, []string{"aa", "a", "b"}, []string{"", "a", "", ""}, true},
		{[]string{"\n\n", "User:"}, []string{"hi\n", "Us", "er", ":"}, []string{"hi", "\n", "", "", ""}, true},
		{[]string{"abc", "b"}, []string{"abc"}, []string{"a", ""}, true},  // b is complete first
		{[]string{"c", "abc"}, []string{"xabc"}, []string{"x", ""}, true}, // the longer one
		{[]string{"", "\xff"}, []string{"a\xffb"}, []string{"a\xffb", ""}, false},
		{[]string{"é"}, []string{"a\xc3", "\xa9b"}, []string{"a", "", ""}, true},
		{[]string{"x"}, []string{"a\xe4\xb8", "\x96"}, []string{"a", "世", ""}, false},
		{[]string{"x"}, []string{"a\xe4\xb8"}, []string{"a", "\xe4\xb8"}, false},
		{[]string{"</s>"}, []string{"<", "/", "s", ">", "</s>"}, []string{"", "", "", "", "", ""}, true},
	} {
		m := NewStopMatcher(c.stops)
		var got []string
		stopped := false
		for _, p := range c.pieces {
			var emit string
			emit, stopped = m.Push(p)
			got = append(got, emit)
		}
		got = append(got, m.Flush())
		if strings.Join(got, "|") != strings.Join(c.emits, "|") || stopped != c.stop {
			t.Errorf("%q in %q: %q, %v; want %q, %v", c.stops, c.pieces, got, stopped, c.emits, c.stop)
		}
	}
}

// FuzzStopMatcher checks that the cuts between pieces make no difference, that what
// comes out is what precedes the first stop string, and that characters stay whole.
func FuzzStopMatcher(f *testing.F) {
	f.Add("hello STOP world", "STOP", "TO", uint64(0x5a5a))
	f.Add("aaab", "aab", "ab", uint64(7))
	f.Add("é世😀é", "世😀", "é", uint64(0xffff))
	f.Add("abcabd", "abd", "bc", uint64(0x2))
	f.Fuzz(func(t *testing.T, text, stop1, stop2 string, cuts uint64) {
		stops := []string{stop1, stop2}
		want, wantStop := cutAtStop(text, stops)

		m := NewStopMatcher(stops)
		var out strings.Builder
		stopped := false
		start := 0
		for i := 1; i <= len(text); i++ {
			if i < len(text) && cuts>>(i%64)&1 == 0 {
				continue
			}
			emit, now := m.Push(text[start:i])
			start = i
			if stopped && (emit != "" || !now) {
				t.Fatalf("%q, %v after the stop", emit, now)
			}
			stopped = now
			if utf8.ValidString(text) && !utf8.ValidString(emit) {
				t.Fatalf("part of a character: %q", emit)
			}
			out.WriteString(emit)
			if !strings.HasPrefix(want, out.String()) {
				t.Fatalf("%q went out, want %q", out.String(), want)
			}
		}
		out.WriteString(m.Flush())
		if out.String() != want || stopped != wantStop {
			t.Errorf("%q with %q: %q, %v; want %q, %v", text, stops, out.String(), stopped, want, wantStop)
		}
	})
}

// cutAtStop is the matcher for text that is all there: it looks at ever longer
// beginnings.
func cutAtStop(text string, stops []string) (string, bool) {
	for end := range len(text) + 1 {
		start := -1
		for _, s := range stops {
			if s != "" && utf8.ValidString(s) && strings.HasSuffix(text[:end], s) && (start < 0 || end-len(s) < start) {
				start = end - len(s)
			}
		}
		if start >= 0 {
			return text[:start], true
		}
	}
	return text, false
}
