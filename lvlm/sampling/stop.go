package sampling

import (
	"strings"
	"unicode/utf8"
)

// StopMatcher watches streaming text for stop strings. What it lets through ends
// before the first of them, with whole characters, and does not depend on how the
// text was cut into pieces: of several stop strings the one that is complete first
// counts, and of those complete at once the longest.
type StopMatcher struct {
	stops   []string
	held    string // may be the beginning of a stop string, or of a character
	stopped bool
}

// NewStopMatcher returns a matcher for stop strings. Empty ones, and those that are
// no UTF-8 and so can't occur, are left out.
func NewStopMatcher(stops []string) *StopMatcher {
	m := new(StopMatcher)
	for _, s := range stops {
		if s != "" && utf8.ValidString(s) {
			m.stops = append(m.stops, s)
		}
	}
	return m
}

// Push adds text and returns what is certain now to come before any stop string, and
// whether one has occurred, after which everything is dropped.
func (m *StopMatcher) Push(text string) (emit string, stopped bool) {
	if m.stopped {
		return "", true
	}
	text = m.held + text
	if start := m.find(text); start >= 0 {
		m.held, m.stopped = "", true
		return text[:start], true
	}
	n := len(text) - max(m.pending(text), incomplete(text))
	m.held = text[n:]
	return text[:n], false
}

// Flush returns the text held back, at the end of all text.
func (m *StopMatcher) Flush() string {
	held := m.held
	m.held = ""
	return held
}

// find returns where the stop string that is complete first begins, or -1.
func (m *StopMatcher) find(text string) int {
	start, end := -1, len(text)+1
	for _, s := range m.stops {
		i := strings.Index(text, s)
		if i < 0 {
			continue
		}
		if e := i + len(s); e < end || e == end && i < start {
			start, end = i, e
		}
	}
	return start
}

// pending returns the length of the longest end of text that begins a stop string.
func (m *StopMatcher) pending(text string) int {
	longest := 0
	for _, s := range m.stops {
		for n := min(len(s)-1, len(text)); n > longest; n-- {
			if strings.HasSuffix(text, s[:n]) {
				longest = n
			}
		}
	}
	return longest
}

// incomplete returns the length of the unfinished character at the end of text.
func incomplete(text string) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		tail := text[len(text)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRuneInString(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
