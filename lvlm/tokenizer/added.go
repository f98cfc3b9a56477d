package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// addedToken is a token that is found in the text before the model sees it.
type addedToken struct {
	id         int32
	content    string
	special    bool
	singleWord bool // matches only where no word character touches it
	lstrip     bool // takes the white space in front of it
	rstrip     bool // and behind it
	normalized bool // is looked for in the normalised text
}

// maxAddedToken bounds the length of an added token, and with it the time to
// look for one at every byte of a text.
const maxAddedToken = 1024

// matcher finds the longest of a set of strings at the start of a text.
type matcher struct {
	keys  []string // sorted
	ids   []int32
	start [256]bool // first bytes of keys
}

// newMatcher fails where two keys are equal.
func newMatcher(set map[string]int32) matcher {
	var m matcher
	for k := range set {
		m.keys = append(m.keys, k)
		m.start[k[0]] = true
	}
	slices.Sort(m.keys)
	for _, k := range m.keys {
		m.ids = append(m.ids, set[k])
	}
	return m
}

// longest returns the id of the longest key that s starts with, and its length,
// 0 if there is none.
func (m *matcher) longest(s string) (id int32, length int) {
	if s == "" || !m.start[s[0]] {
		return none, 0
	}
	// keys[lo:hi] start with s[:n].
	lo, hi := 0, len(m.keys)
	for n := 0; lo < hi; n++ {
		if len(m.keys[lo]) == n {
			id, length = m.ids[lo], n
			lo++
		}
		if n == len(s) {
			break
		}
		c := s[n]
		lo += searchByte(m.keys[lo:hi], n, int(c))
		hi = lo + searchByte(m.keys[lo:hi], n, int(c)+1)
	}
	return id, length
}

// searchByte returns the index of the first of the sorted keys, equal in their
// first n bytes and longer, whose byte n is at least c.
func searchByte(keys []string, n, c int) int {
	i, _ := slices.BinarySearchFunc(keys, c, func(k string, c int) int { return int(k[n]) - c })
	return i
}

// addedSet is the added tokens that are looked for in one kind of text.
type addedSet struct {
	matcher
	tokens map[int32]*addedToken
}

// newAddedSet makes the set of the tokens whose normalized flag is as given.
func newAddedSet(tokens []addedToken, normalized bool, normalize []normalizer) (addedSet, error) {
	set := map[string]int32{}
	s := addedSet{tokens: map[int32]*addedToken{}}
	for i := range tokens {
		t := &tokens[i]
		if t.normalized != normalized {
			continue
		}
		key := t.content
		if normalized {
			key = applyAll(normalize, key)
		}
		if key == "" {
			return s, fmt.Errorf("%q is empty once normalised", t.content)
		}
		if other, ok := set[key]; ok {
			return s, fmt.Errorf("%q (id %d) reads as id %d does", t.content, t.id, other)
		}
		set[key] = t.id
		s.tokens[t.id] = t
	}
	s.matcher = newMatcher(set)
	return s, nil
}

// split calls text for the stretches of s between added tokens and token for
// the added tokens, in order. Where specials are to be read as text, what they
// cover is not searched for other tokens.
func (a *addedSet) split(s string, specialAsText bool, text func(start, end int), token func(id int32)) {
	done := 0
	if len(a.keys) > 0 {
		for pos := 0; pos < len(s); {
			id, n := a.longest(s[pos:])
			if n == 0 {
				pos++
				continue
			}
			start, end := pos, pos+n
			pos = end
			t := a.tokens[id]
			if t.special && specialAsText || t.singleWord && touchesWord(s, start, end) {
				continue
			}
			if t.lstrip {
				start = done + len(strings.TrimRightFunc(s[min(done, start):start], isSpace))
			}
			if t.rstrip {
				// What the token before took is white space up to done.
				end = max(end, done)
				end = len(s) - len(strings.TrimLeftFunc(s[end:], isSpace))
			}
			if done < start {
				text(done, start)
			}
			token(id)
			done = end
		}
	}
	if done < len(s) {
		text(done, len(s))
	}
}

func touchesWord(s string, start, end int) bool {
	before, n := utf8.DecodeLastRuneInString(s[:start])
	after, m := utf8.DecodeRuneInString(s[end:])
	return n > 0 && isWord(before) || m > 0 && isWord(after)
}
