package tokenizer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// parseModel makes a Tokenizer of a tokenizer.model.
func parseModel(data []byte, conf *config) (*Tokenizer, error) {
	p, err := parseModelProto(data)
	if err != nil {
		return nil, err
	}
	switch {
	case len(p.pieces) == 0:
		return nil, errors.New("field pieces: there are none")
	case p.modelType != modelBPE:
		return nil, fmt.Errorf("field trainer_spec.model_type: %s is not supported, only BPE is", modelTypeName(p.modelType))
	case p.spaceAsSuffix:
		return nil, errors.New("field trainer_spec.treat_whitespace_as_suffix: not supported")
	case p.denormalizes:
		return nil, errors.New("field denormalizer_spec.precompiled_charsmap: not supported")
	}
	var chars *charsMap
	if len(p.charsMap) > 0 {
		if chars, err = parseCharsMap(p.charsMap); err != nil {
			return nil, fmt.Errorf("field normalizer_spec.precompiled_charsmap: %w", err)
		}
	}

	v := &vocabulary{}
	unk := none
	for i, piece := range p.pieces {
		if piece.text == "" {
			return nil, fmt.Errorf("field pieces[%d]: empty", i)
		}
		if err := v.set(piece.text, int64(i)); err != nil {
			return nil, fmt.Errorf("field pieces[%d]: %w", i, err)
		}
		if piece.kind == pieceUnknown {
			if unk != none {
				return nil, fmt.Errorf("field pieces[%d]: a second unknown piece, after %d", i, unk)
			}
			unk = int32(i)
		}
	}
	if unk == none {
		return nil, errors.New("field pieces: there is no unknown piece")
	}
	t := &Tokenizer{unk: unk}
	if t.model, err = newSPM(p.pieces, p.byteFallback, unk); err != nil {
		return nil, fmt.Errorf("field pieces: %w", err)
	}
	t.bos, t.eos, t.pad = p.control(p.bos), p.control(p.eos), p.control(p.pad)
	n := &spmNormalizer{
		chars: chars, user: &t.model.spm.user,
		dummyPrefix: p.dummyPrefix, removeExtraSpace: p.removeExtraSpace, escapeSpace: p.escapeSpace,
		firstOnly: conf.firstOnly(),
	}
	t.steps = []step{{rewrite: n.rewrite}}

	t.decoder = decoder{
		byteFallback: p.byteFallback,
		replace:      [][2]string{{spaceMark, " "}},
		mark:         spaceMark,
		surface:      map[int32]string{unk: p.unkSurface},
	}
	for i, piece := range p.pieces {
		if piece.kind == pieceControl || piece.kind == pieceUnknown {
			v.hidden = append(v.hidden, int32(i))
		}
		if piece.kind == pieceControl {
			t.decoder.surface[int32(i)] = ""
		}
	}
	switch {
	case p.removeExtraSpace:
		t.decoder.firstMark = dropLeadingMarks
	case p.dummyPrefix:
		t.decoder.firstMark = dropLeadingMark
	}
	if err := conf.addTokens(v); err != nil {
		return nil, err
	}
	conf.assignSpecial(t, v)
	t.addBOSandEOS(or(conf.bosToo, true), or(conf.eosToo, false))
	if err := t.finish(v); err != nil {
		return nil, err
	}
	return t, nil
}

func modelTypeName(t int64) string {
	if names := []string{1: "UNIGRAM", 2: "BPE", 3: "WORD", 4: "CHAR"}; t > 0 && t < int64(len(names)) {
		return names[t]
	}
	return fmt.Sprint(t)
}

// control returns id if it is that of a control piece, none otherwise.
func (p *modelProto) control(id int64) int32 {
	if id >= 0 && id < int64(len(p.pieces)) && p.pieces[id].kind == pieceControl {
		return int32(id)
	}
	return none
}

// spmNormalizer rewrites text as SentencePiece does before encoding it.
type spmNormalizer struct {
	chars            *charsMap // nil: characters stay as they are
	user             *matcher  // user-defined symbols, which are left alone
	dummyPrefix      bool      // put a space in front
	removeExtraSpace bool      // drop spaces at both ends, and all but one elsewhere
	escapeSpace      bool      // write U+2581 for a space
	firstOnly        bool      // put the space in front at the start of the whole text only
}

func (n *spmNormalizer) rewrite(s string, atStart bool) string {
	mark := " "
	if n.escapeSpace {
		mark = spaceMark
	}
	prefix := ""
	if n.dummyPrefix && (atStart || !n.firstOnly) {
		prefix = mark
	}
	if n.chars == nil && !n.removeExtraSpace {
		return prefix + strings.ReplaceAll(s, " ", mark)
	}

	var b strings.Builder
	atSpace := n.removeExtraSpace // a space here would be one too many
	for s != "" {
		out, size := n.next(s)
		s = s[size:]
		if atSpace {
			out = strings.TrimLeft(out, " ")
		}
		if out == "" {
			continue
		}
		if b.Len() == 0 {
			b.WriteString(prefix)
		}
		b.WriteString(strings.ReplaceAll(out, " ", mark))
		atSpace = n.removeExtraSpace && strings.HasSuffix(out, " ")
	}
	rest := b.String()
	if n.removeExtraSpace {
		for rest != "" && strings.HasSuffix(rest, mark) {
			rest = strings.TrimSuffix(rest, mark)
		}
	}
	return rest
}

// next returns what the start of s becomes and how much of s it was.
func (n *spmNormalizer) next(s string) (string, int) {
	if _, size := n.user.longest(s); size > 0 {
		return s[:size], size
	}
	if n.chars != nil {
		if out, size := n.chars.longest(s); size > 0 {
			return out, size
		}
	}
	for i := range s {
		if i > 0 {
			return s[:i], i
		}
	}
	return s, len(s)
}

// charsMap is the compiled rules of a normalisation: a double-array trie
// (Darts-clone) from text to offsets into a list of zero-terminated strings.
type charsMap struct {
	units   []uint32
	strings string
}

func parseCharsMap(data []byte) (*charsMap, error) {
	if len(data) < 4 {
		return nil, errors.New("cut short")
	}
	size := binary.LittleEndian.Uint32(data)
	data = data[4:]
	if size == 0 || size%4 != 0 || uint64(size) > uint64(len(data)) {
		return nil, fmt.Errorf("trie of %d bytes in %d", size, len(data))
	}
	m := &charsMap{units: make([]uint32, size/4), strings: string(data[size:])}
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	return m, nil
}

// longest returns what the longest start of s with a rule becomes, and its
// length, 0 if there is none.
func (m *charsMap) longest(s string) (out string, length int) {
	// A unit holds the label that leads to it, whether a value hangs below it,
	// and the offset, by exclusive or, to its children.
	const labelMask = 1<<31 | 0xFF
	children := func(at, unit uint32) uint32 { return at ^ unit>>10<<(unit>>6&8) }

	at := children(0, m.units[0])
	for i := range len(s) {
		at ^= uint32(s[i])
		if at >= uint32(len(m.units)) {
			break
		}
		unit := m.units[at]
		if unit&labelMask != uint32(s[i]) {
			break
		}
		at = children(at, unit)
		if unit>>8&1 == 0 || at >= uint32(len(m.units)) {
			continue
		}
		if value := m.units[at] &^ (1 << 31); value < uint32(len(m.strings)) {
			out, _, _ = strings.Cut(m.strings[value:], "\x00")
			length = i + 1
		}
	}
	return out, length
}
