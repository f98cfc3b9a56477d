package tokenizer

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const replacement = "\uFFFD"

// decoder says how tokens become text.
type decoder struct {
	pieces []string // by id, as the vocabulary spells them
	text   []string // by id: the bytes of a byte-level piece, else text
	byteOf []int16  // by id: the byte that a token stands for, or -1; nil if none does

	surface map[int32]string // texts that do not follow from the pieces

	byteLevel bool // texts join to bytes, not necessarily to characters

	// byteFallback: pieces spelled <0xHH> stand for bytes. wholeRuns: a run of
	// them that is not UTF-8 is bad from end to end (ByteFallback of
	// tokenizer.json); else only its bad bytes are.
	byteFallback, wholeRuns bool

	separator  string // between tokens
	strip      string // taken off the start of the text, up to stripCount times
	stripCount int

	replace   [][2]string // old and new, in each piece, in order
	mark      string      // what stands for a space in pieces
	firstMark firstMark
}

// firstMark says what happens to space marks at the start of a text.
type firstMark uint8

const (
	keepMarks        firstMark = iota
	dropAllMarks               // all those of the first token (Metaspace)
	dropLeadingMark            // the one that the first token begins with (SentencePiece)
	dropLeadingMarks           // the same, as long as there is no text
)

// Decode returns the text of ids. Ids that are not in the vocabulary count for
// nothing; with skipSpecial neither do special tokens.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) string {
	s := Stream{tokenizer: t, skipSpecial: skipSpecial, whole: true}
	s.reset()
	var text []byte
	for _, id := range ids {
		text = s.append(text, id)
	}
	return string(s.endRun(text))
}

// Stream decodes ids as they come. Joined, what it returns is what Decode
// returns of all of them, except that a run of byte tokens that goes bad cannot
// take back the characters before.
type Stream struct {
	tokenizer   *Tokenizer
	skipSpecial bool
	whole       bool // give out a run of byte tokens only when it ends

	run    []byte // bytes that are not yet a character
	badRun bool   // a run of byte tokens went bad
	begun  bool   // past the start of the text, where marks are dropped
	tokens bool   // a token came
	strips int    // what is left of decoder.stripCount
	buf    []byte
}

// NewStream returns a Stream at the start of a text.
func (t *Tokenizer) NewStream(skipSpecial bool) *Stream {
	s := &Stream{tokenizer: t, skipSpecial: skipSpecial}
	s.reset()
	return s
}

func (s *Stream) reset() {
	s.run, s.badRun, s.begun, s.tokens = s.run[:0], false, false, false
	s.strips = s.tokenizer.decoder.stripCount
}

// Next returns the text that id completes, always whole characters, often none.
func (s *Stream) Next(id int32) string {
	s.buf = s.append(s.buf[:0], id)
	return string(s.buf)
}

// Flush ends the text: it returns U+FFFD for an unfinished character. The
// Stream is then ready for another text.
func (s *Stream) Flush() string {
	s.buf = s.endRun(s.buf[:0])
	s.reset()
	return string(s.buf)
}

// append appends what id completes to dst.
func (s *Stream) append(dst []byte, id int32) []byte {
	t, d := s.tokenizer, &s.tokenizer.decoder
	if !t.has(id) || s.skipSpecial && t.special[id] {
		return dst
	}
	if s.tokens {
		dst = append(dst, d.separator...)
	}
	s.tokens = true

	switch {
	case d.byteLevel:
		s.run = append(s.run, d.text[id]...)
		return s.drain(dst)
	case d.byteOf != nil && d.byteOf[id] >= 0:
		s.run = append(s.run, byte(d.byteOf[id]))
		if s.whole && d.wholeRuns {
			return dst
		}
		return s.drain(dst)
	}
	dst = s.endRun(dst)
	text := d.text[id]
	if !s.begun && d.firstMark != keepMarks {
		piece := d.pieces[id]
		switch {
		case d.firstMark == dropAllMarks:
			text = strings.ReplaceAll(piece, d.mark, "")
			s.begun = true
		case strings.HasPrefix(piece, d.mark):
			text = strings.TrimPrefix(text, " ")
			s.begun = d.firstMark == dropLeadingMark
		}
	}
	return s.emit(dst, text)
}

// emit appends text, less what is stripped off the start.
func (s *Stream) emit(dst []byte, text string) []byte {
	d := &s.tokenizer.decoder
	for s.strips > 0 && text != "" {
		rest, ok := strings.CutPrefix(text, d.strip)
		if !ok {
			s.strips = 0
			break
		}
		text = rest
		s.strips--
	}
	s.begun = s.begun || text != ""
	return append(dst, text...)
}

// drain moves the characters that are complete, and U+FFFD for what can become
// none, from the run to dst.
func (s *Stream) drain(dst []byte) []byte {
	d := &s.tokenizer.decoder
	if !s.badRun && utf8.Valid(s.run) {
		dst = s.emit(dst, string(s.run))
		s.run = s.run[:0]
		return dst
	}
	done := 0
	for b := s.run; len(b) > 0; b = s.run[done:] {
		if s.badRun {
			dst = s.emit(dst, replacement)
			done++
			continue
		}
		if !utf8.FullRune(b) {
			break
		}
		r, n := utf8.DecodeRune(b)
		switch {
		case r != utf8.RuneError || n > 1:
			dst = s.emit(dst, string(b[:n]))
		case d.byteLevel:
			// One U+FFFD for the longest start of a character (The Unicode
			// Standard, section 3.9, U+FFFD substitution of maximal subparts).
			for n < len(b) && !utf8.FullRune(b[:n+1]) {
				n++
			}
			dst = s.emit(dst, replacement)
		case d.wholeRuns:
			s.badRun = true
			n = 0
		default:
			dst = s.emit(dst, replacement)
		}
		done += n
	}
	s.run = append(s.run[:0], s.run[done:]...)
	return dst
}

// endRun writes out what is left of the run.
func (s *Stream) endRun(dst []byte) []byte {
	d := &s.tokenizer.decoder
	switch {
	case len(s.run) == 0:
	case d.byteLevel:
		dst = s.emit(dst, replacement)
	case d.wholeRuns && s.whole && utf8.Valid(s.run):
		dst = s.emit(dst, string(s.run))
	default:
		for range s.run {
			dst = s.emit(dst, replacement)
		}
	}
	s.run, s.badRun = s.run[:0], false
	return dst
}

// load fills the tables by id.
func (d *decoder) load(v *vocabulary, normalize []normalizer) {
	d.pieces = slices.Clone(v.pieces)
	for _, a := range v.added {
		delete(d.surface, a.id)
		if a.normalized {
			d.pieces[a.id] = applyAll(normalize, a.content)
		}
	}
	d.text = slices.Clone(d.pieces)
	if d.byteFallback {
		d.byteOf = make([]int16, len(d.text))
	}
	for id, s := range d.text {
		for _, r := range d.replace {
			s = strings.ReplaceAll(s, r[0], r[1])
		}
		if d.byteLevel {
			if raw, ok := fromAlphabet(s); ok {
				s = raw
			}
		}
		if d.byteFallback {
			d.byteOf[id] = byteToken(s)
		}
		d.text[id] = s
	}
	for id, s := range d.surface {
		d.text[id] = s
	}
}

// byteToken returns the byte that a piece spelled <0xHH> stands for, or -1.
func byteToken(piece string) int16 {
	if len(piece) != len("<0xHH>") || piece[:3] != "<0x" || piece[5] != '>' {
		return -1
	}
	hi, lo := hexDigit(piece[3]), hexDigit(piece[4])
	if hi < 0 || lo < 0 {
		return -1
	}
	return hi<<4 | lo
}

func hexDigit(c byte) int16 {
	switch {
	case '0' <= c && c <= '9':
		return int16(c - '0')
	case 'a' <= c && c <= 'f':
		return int16(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int16(c-'A') + 10
	}
	return -1
}
