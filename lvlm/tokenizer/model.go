package tokenizer

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

type bpeOptions struct {
	byteLevel    bool   // pieces are spelled in the byte-level alphabet
	fallback     bool   // <0xHH> pieces stand in for unknown characters
	ignoreMerges bool   // a word that is a piece stays whole
	fuseUnk      bool   // one unk for a run of unknown characters
	unk          string // "": unknown characters are left out
}

// newBPE makes the model of a vocabulary with merges in the order of their rank.
func newBPE(v *vocabulary, merges []mergeJSON, o bpeOptions) (*bpe, error) {
	m := &bpe{byteLevel: o.byteLevel, fallback: o.fallback, fuseUnk: o.fuseUnk, unk: v.id(o.unk)}
	if o.unk != "" && m.unk == none {
		return nil, fmt.Errorf("unk_token: %q is not in the vocabulary", o.unk)
	}
	if o.ignoreMerges {
		m.whole = make(map[string]int32, len(v.lookup))
	}
	m.clearSymbols()
	for piece, id := range v.lookup {
		if o.byteLevel {
			raw, ok := fromAlphabet(piece)
			if !ok {
				continue // no text is spelled so
			}
			if len(raw) == 1 {
				m.bytes[raw[0]] = id
			}
			piece = raw
		} else {
			m.addSymbol(piece, id)
		}
		if m.whole != nil && piece != "" {
			m.whole[piece] = id
		}
	}
	m.pairs = make(map[uint64]merge, len(merges))
	merged := make([]string, 0, len(merges))
	for rank, pair := range merges {
		both := pair[0] + pair[1]
		a, b, into := v.id(pair[0]), v.id(pair[1]), v.id(both)
		if a == none || b == none || into == none {
			missing := pair[0]
			switch {
			case a != none && b == none:
				missing = pair[1]
			case a != none:
				missing = both
			}
			return nil, fmt.Errorf("merges[%d]: %q and %q: %q is not in the vocabulary", rank, pair[0], pair[1], missing)
		}
		m.pairs[pairKey(a, b)] = merge{uint32(rank), into} // of two equal ones the last counts
		merged = append(merged, both)
	}
	m.setSpaceStarts(merged)
	return m, nil
}

func (m *bpe) clearSymbols() {
	for i := range m.bytes {
		m.bytes[i] = none
	}
	for i := range m.ascii {
		m.ascii[i] = none
	}
	m.chars = map[rune]int32{}
}

// addSymbol notes the piece where it is one character, or stands for a byte.
func (m *bpe) addSymbol(piece string, id int32) {
	r, n := utf8.DecodeRuneInString(piece)
	switch {
	case n == 0 || r == utf8.RuneError && n == 1:
	case n < len(piece):
		if b := byteToken(piece); b >= 0 && m.fallback && piece == byteSpelling(byte(b)) {
			m.bytes[b] = id
		}
	case r < utf8.RuneSelf:
		m.ascii[r] = id
	default:
		m.chars[r] = id
	}
}

func byteSpelling(b byte) string { return fmt.Sprintf("<0x%02X>", b) }

// Types of pieces, with SentencePiece's numbers, which GGUF files use too.
const (
	pieceNormal  = 1
	pieceUnknown = 2
	pieceControl = 3
	pieceUser    = 4
	pieceUnused  = 5
	pieceByte    = 6
)

// maxPiece bounds the length of a piece that is merged, and with it the time to
// look at every cut. SentencePiece's own default is 16 characters.
const maxPiece = 512

// spmPiece is an entry of a SentencePiece vocabulary; its id is its index.
type spmPiece struct {
	text  string
	score float32
	kind  int32
}

// spmSymbols is what sets SentencePiece's encoding apart.
type spmSymbols struct {
	user   matcher        // user-defined symbols, which never merge
	unused map[int32]bool // pieces that are merged on the way, but taken apart again in the result

	// Characters that stand in pieces but are none take part in merges under
	// the ids from size on. What is left of them is unknown.
	size  int32
	extra []rune
}

// newSPM makes the model of a SentencePiece vocabulary. Where fallback is set
// and there is a piece for every byte, unknown characters become bytes, else the
// unknown piece unk, or nothing if it is none.
func newSPM(pieces []spmPiece, fallback bool, unk int32) (*bpe, error) {
	m := &bpe{unk: unk, fuseUnk: true, spm: &spmSymbols{size: int32(len(pieces)), unused: map[int32]bool{}}}
	m.clearSymbols()

	symbols := map[string]int32{} // what can be half of a merge
	user := map[string]int32{}
	var scores []float32
	for i, p := range pieces {
		id := int32(i)
		if math.IsNaN(float64(p.score)) {
			return nil, fmt.Errorf("piece %d, %q: the score is not a number", i, p.text)
		}
		switch p.kind {
		case pieceUser:
			if p.text != "" {
				user[p.text] = id
			}
		case pieceByte:
			b := byteToken(p.text)
			if b < 0 {
				return nil, fmt.Errorf("piece %d, %q, is of type byte but not spelled <0xHH>", i, p.text)
			}
			m.bytes[b] = id
		case pieceUnused:
			m.spm.unused[id] = true
			fallthrough
		case pieceNormal:
			symbols[p.text] = id
			m.addSymbol(p.text, id)
			scores = append(scores, p.score)
		case pieceControl, pieceUnknown:
		default:
			return nil, fmt.Errorf("piece %d, %q: type %d is not known", i, p.text, p.kind)
		}
	}
	m.fallback = fallback && !slices.Contains(m.bytes[:], none)
	m.spm.user = newMatcher(user)

	// Equal scores have equal ranks: the leftmost pair merges first.
	slices.SortFunc(scores, func(a, b float32) int {
		switch {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	scores = slices.Compact(scores)
	rank := make(map[float32]uint32, len(scores))
	for i, s := range scores {
		rank[s] = uint32(i)
	}

	m.pairs = map[uint64]merge{}
	long := slices.Clone(m.spm.user.keys)
	for i, p := range pieces {
		if p.kind != pieceNormal && p.kind != pieceUnused || !utf8.ValidString(p.text) {
			continue
		}
		if len(p.text) > maxPiece {
			return nil, fmt.Errorf("piece %d has %d bytes, more than %d", i, len(p.text), maxPiece)
		}
		if utf8.RuneCountInString(p.text) < 2 {
			continue
		}
		long = append(long, p.text)
		for cut := range p.text {
			if cut == 0 {
				continue
			}
			a, ok := m.half(p.text[:cut], symbols)
			if !ok {
				continue
			}
			if b, ok := m.half(p.text[cut:], symbols); ok {
				m.pairs[pairKey(a, b)] = merge{rank[p.score], int32(i)}
			}
		}
	}
	m.setSpaceStarts(long)
	return m, nil
}

// half returns the id of a piece or a character that can take part in a merge.
func (m *bpe) half(s string, symbols map[string]int32) (int32, bool) {
	if id, ok := symbols[s]; ok {
		return id, true
	}
	r, n := utf8.DecodeRuneInString(s)
	if n < len(s) {
		return none, false
	}
	return m.charID(r), true
}

// charID returns the id of a character, a new one from size on if it has none.
func (m *bpe) charID(r rune) int32 {
	if r < utf8.RuneSelf {
		if m.ascii[r] == none {
			m.ascii[r] = m.newExtra(r)
		}
		return m.ascii[r]
	}
	id, ok := m.chars[r]
	if !ok {
		id = m.newExtra(r)
		m.chars[r] = id
	}
	return id
}

func (m *bpe) newExtra(r rune) int32 {
	m.spm.extra = append(m.spm.extra, r)
	return m.spm.size + int32(len(m.spm.extra)-1)
}

// appendPiece appends the ids of a symbol that is left at the end.
func (e *encoder) appendPiece(id int32) {
	m := e.model
	switch {
	case id == none:
		e.appendUnknown("")
	case id >= m.spm.size:
		e.appendUnknown(string(m.spm.extra[id-m.spm.size]))
	case m.spm.unused[id]:
		parts, ok := e.parts[id]
		if !ok {
			e.appendUnknown(e.pieces[id])
			return
		}
		e.appendPiece(parts[0])
		e.appendPiece(parts[1])
	default:
		e.ids = append(e.ids, id)
	}
}

// appendUnknown appends the bytes of text, or the unknown piece, of which a run
// is one.
func (e *encoder) appendUnknown(text string) {
	m := e.model
	switch {
	case m.fallback && text != "":
		for _, b := range []byte(text) {
			e.ids = append(e.ids, m.bytes[b])
		}
	case m.unk != none && (len(e.ids) == e.first || e.ids[len(e.ids)-1] != m.unk):
		e.ids = append(e.ids, m.unk)
	}
}
