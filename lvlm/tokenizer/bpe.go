package tokenizer

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	none   = int32(-1)
	noRank = ^uint32(0)

	// maxWord bounds the symbols merged at once: positions are 32 bits wide.
	maxWord = 1 << 30
)

// bpe is byte-pair encoding over symbols: of a word it merges, as long as there
// is one, the adjacent pair of lowest rank, the leftmost first (Sennrich et al.,
// Neural Machine Translation of Rare Words with Subword Units).
//
// SentencePiece's vocabularies take the same form. There a pair merges when its
// text is a piece, in the order of the pieces' scores, so that every split of a
// piece in two is a pair and the score gives the rank (see newSPM).
type bpe struct {
	pairs map[uint64]merge

	byteLevel bool       // symbols start as bytes, else as characters
	bytes     [256]int32 // id of a byte: the symbol itself, or the byte that stands in for an unknown character
	fallback  bool       // unknown characters become bytes
	ascii     [utf8.RuneSelf]int32
	chars     map[rune]int32   // ids of characters, from U+0080 on
	whole     map[string]int32 // words that are not taken apart (ignore_merges)

	unk     int32 // none: what is unknown is left out
	fuseUnk bool  // one unk for a run of unknown characters

	// spaceStarts says that U+2581 stands in no piece behind another
	// character, so that no merge crosses the start of a run of it.
	spaceStarts bool

	spm *spmSymbols // nil unless SentencePiece's rules apply
}

type merge struct {
	rank uint32
	into int32
}

func pairKey(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// symbol is a node of the list of a word's symbols. rank and into are those of
// its merge with the next one.
type symbol struct {
	id, prev, next int32
	rank           uint32
	into           int32
}

// encoder is the scratch space of one Encode.
type encoder struct {
	*Tokenizer
	ids     []int32
	symbols []symbol
	queue   []uint64           // heap of rank<<32 | index of the left symbol
	parts   map[int32][2]int32 // what an unused piece is merged from
	first   int                // index in ids of the first id of the word
}

const spaceMark = "\u2581"

// encodeWord appends the ids of a word.
func (e *encoder) encodeWord(word string) {
	m := e.model
	e.first = len(e.ids)
	if id, ok := m.whole[word]; ok {
		e.ids = append(e.ids, id)
		return
	}
	for word != "" {
		n := len(word)
		if m.spaceStarts {
			n = wordEnd(word)
		}
		if n > maxWord {
			for n = maxWord; !utf8.RuneStart(word[n]); {
				n--
			}
		}
		e.symbols = e.symbols[:0]
		if m.byteLevel {
			e.addBytes(word[:n])
		} else {
			e.addChars(word[:n])
		}
		e.merge()
		e.appendSymbols()
		word = word[n:]
	}
}

// wordEnd returns where the second run of U+2581 starts.
func wordEnd(s string) int {
	i := 0
	for strings.HasPrefix(s[i:], spaceMark) {
		i += len(spaceMark)
	}
	if j := strings.Index(s[i:], spaceMark); j >= 0 {
		return i + j
	}
	return len(s)
}

func (e *encoder) add(id int32) {
	e.symbols = append(e.symbols, symbol{id: id})
}

func (e *encoder) addBytes(word string) {
	m := e.model
	pending := false
	for i := range len(word) {
		id := m.bytes[word[i]]
		if id == none {
			pending = e.addUnknown(pending)
			continue
		}
		if pending {
			e.add(m.unk)
			pending = false
		}
		e.add(id)
	}
	if pending {
		e.add(m.unk)
	}
}

func (e *encoder) addChars(word string) {
	m := e.model
	pending := false
	for i, n := 0, 0; i < len(word); i += n {
		var id int32
		id, n = m.symbolAt(word[i:])
		if id == none && m.fallback && m.hasBytes(word[i:i+n]) {
			// The reference implementation lets a pending unknown wait here.
			for _, b := range []byte(word[i : i+n]) {
				e.add(m.bytes[b])
			}
			continue
		}
		if id == none {
			pending = e.addUnknown(pending)
			continue
		}
		if pending {
			e.add(m.unk)
			pending = false
		}
		e.add(id)
	}
	if pending {
		e.add(m.unk)
	}
}

// symbolAt returns the first symbol of s, none if it is unknown, and its length.
func (m *bpe) symbolAt(s string) (int32, int) {
	if m.spm != nil {
		if id, n := m.spm.user.longest(s); n > 0 {
			return id, n
		}
	}
	if s[0] < utf8.RuneSelf {
		return m.ascii[s[0]], 1
	}
	r, n := utf8.DecodeRuneInString(s)
	if id, ok := m.chars[r]; ok {
		return id, n
	}
	return none, n
}

func (m *bpe) hasBytes(s string) bool {
	for _, b := range []byte(s) {
		if m.bytes[b] == none {
			return false
		}
	}
	return true
}

// addUnknown notes an unknown symbol. It returns whether one is still to be
// written, which a run of them shares if they are to be fused.
func (e *encoder) addUnknown(pending bool) bool {
	m := e.model
	if m.spm != nil {
		e.add(none) // appendPiece fuses
		return false
	}
	if m.unk == none {
		return false
	}
	if pending && !m.fuseUnk {
		e.add(m.unk)
	}
	return true
}

// merge merges e.symbols until no pair is left. Removed symbols stay in the
// slice, outside the list.
func (e *encoder) merge() {
	s := e.symbols
	e.queue = e.queue[:0]
	for i := range s {
		s[i].prev, s[i].next = int32(i-1), int32(i+1)
	}
	if len(s) == 0 {
		return
	}
	s[len(s)-1].next = none
	for i := range s {
		if e.rate(int32(i)) {
			e.queue = append(e.queue, queueKey(s[i].rank, int32(i)))
		}
	}
	heapify(e.queue)
	for len(e.queue) > 0 {
		key := e.pop()
		i := int32(uint32(key))
		left := &s[i]
		if left.rank != uint32(key>>32) {
			continue // queued before one of the two was merged
		}
		right := &s[left.next]
		left.id, left.next = left.into, right.next
		right.rank = noRank
		if left.next != none {
			s[left.next].prev = i
		}
		if e.rate(i) {
			e.push(queueKey(left.rank, i))
		}
		if left.prev != none && e.rate(left.prev) {
			e.push(queueKey(s[left.prev].rank, left.prev))
		}
	}
}

func queueKey(rank uint32, i int32) uint64 { return uint64(rank)<<32 | uint64(uint32(i)) }

// rate looks up the merge of symbol i with the next one and reports whether there is one.
func (e *encoder) rate(i int32) bool {
	s := &e.symbols[i]
	s.rank = noRank
	if s.next == none {
		return false
	}
	m, ok := e.model.pairs[pairKey(s.id, e.symbols[s.next].id)]
	if ok {
		s.rank, s.into = m.rank, m.into
		if spm := e.model.spm; spm != nil && spm.unused[m.into] {
			if e.parts == nil {
				e.parts = map[int32][2]int32{}
			}
			e.parts[m.into] = [2]int32{s.id, e.symbols[s.next].id}
		}
	}
	return ok
}

func heapify(q []uint64) {
	for i := len(q)/2 - 1; i >= 0; i-- {
		siftDown(q, i)
	}
}

func (e *encoder) push(key uint64) {
	e.queue = append(e.queue, key)
	q := e.queue
	for i := len(q) - 1; i > 0; {
		parent := (i - 1) / 2
		if q[parent] <= q[i] {
			break
		}
		q[parent], q[i] = q[i], q[parent]
		i = parent
	}
}

func (e *encoder) pop() uint64 {
	q := e.queue
	top, last := q[0], len(q)-1
	q[0] = q[last]
	e.queue = q[:last]
	siftDown(e.queue, 0)
	return top
}

func siftDown(q []uint64, i int) {
	for {
		child := 2*i + 1
		if child >= len(q) {
			return
		}
		if child+1 < len(q) && q[child+1] < q[child] {
			child++
		}
		if q[i] <= q[child] {
			return
		}
		q[i], q[child] = q[child], q[i]
		i = child
	}
}

// appendSymbols appends the ids of the symbols left in the list.
func (e *encoder) appendSymbols() {
	if len(e.symbols) == 0 {
		return
	}
	for i := int32(0); i != none; i = e.symbols[i].next {
		id := e.symbols[i].id
		if e.model.spm != nil {
			e.appendPiece(id)
		} else {
			e.ids = append(e.ids, id)
		}
	}
}

// setSpaceStarts sets spaceStarts, given the pieces of several characters. The mark
// itself must be known, so that it ends a run of unknown characters, and these
// must leave something behind that keeps two runs of marks apart. What unused
// pieces were merged from is remembered for the whole text.
func (m *bpe) setSpaceStarts(pieces []string) {
	mark, _ := m.symbolAt(spaceMark)
	keepsApart := m.spm != nil || m.unk != none || m.fallback && !slices.Contains(m.bytes[:], none)
	unused := m.spm != nil && len(m.spm.unused) > 0
	m.spaceStarts = !m.byteLevel && mark != none && keepsApart && !unused &&
		!slices.ContainsFunc(pieces, func(p string) bool { return wordEnd(p) < len(p) })
}
