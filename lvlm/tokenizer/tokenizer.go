package tokenizer

import (
	"fmt"
	"unicode/utf8"
)

// maxVocab bounds token ids, so that a table over them stays small whatever a
// file says.
const maxVocab = 1 << 21

// Tokenizer encodes and decodes text. Make one with [Open], [NewSPM] or [NewBPE].
type Tokenizer struct {
	pieces  []string // by id; "" where the id is not used
	lookup  map[string]int32
	special []bool // by id

	raw        addedSet // looked for in the text as it is
	normalize  []normalizer
	normalized addedSet // looked for in the normalised text
	steps      []step
	model      *bpe
	prefix     []int32 // added in front with Options.AddSpecial
	suffix     []int32
	decoder    decoder

	bos, eos, unk, pad int32
}

// Options say how Encode treats special tokens.
type Options struct {
	AddSpecial    bool // add the tokens that begin and end a text, such as BOS, where the file asks for them
	SpecialAsText bool // read special tokens that are spelled out in the text as ordinary text
}

// Encode returns the ids of text.
func (t *Tokenizer) Encode(text string, opts Options) []int32 {
	e := encoder{Tokenizer: t, ids: []int32{}}
	if opts.AddSpecial {
		e.ids = append(e.ids, t.prefix...)
	}
	e.encode(text, opts)
	if opts.AddSpecial {
		e.ids = append(e.ids, t.suffix...)
	}
	return e.ids
}

// EncodeChunks encodes the stretches of a prompt between images, each by itself
// as if it were a text of its own. With AddSpecial the tokens that begin a text
// stand once, in front of the first chunk, those that end one behind the last.
func (t *Tokenizer) EncodeChunks(chunks []string, opts Options) [][]int32 {
	ids := make([][]int32, len(chunks))
	for i, c := range chunks {
		e := encoder{Tokenizer: t, ids: []int32{}}
		if opts.AddSpecial && i == 0 {
			e.ids = append(e.ids, t.prefix...)
		}
		e.encode(c, opts)
		if opts.AddSpecial && i == len(chunks)-1 {
			e.ids = append(e.ids, t.suffix...)
		}
		ids[i] = e.ids
	}
	return ids
}

func (e *encoder) encode(text string, opts Options) {
	if !utf8.ValidString(text) {
		text = string([]rune(text)) // one U+FFFD per bad byte
	}
	token := func(id int32) { e.ids = append(e.ids, id) }
	e.raw.split(text, opts.SpecialAsText, func(start, end int) {
		atStart := start == 0
		s := applyAll(e.normalize, text[start:end])
		e.normalized.split(s, opts.SpecialAsText, func(start, end int) {
			e.encodePieces(s[start:end], e.steps, atStart && start == 0)
		}, token)
	}, token)
}

// Size returns the number of ids that the tokenizer has tokens for: one more
// than the highest. A model's vocabulary may be padded beyond it.
func (t *Tokenizer) Size() int { return len(t.pieces) }

// ID returns the id of the token that the vocabulary spells piece.
func (t *Tokenizer) ID(piece string) (int32, bool) {
	id, ok := t.lookup[piece]
	return id, ok
}

// Piece returns the token as the vocabulary spells it, "" if there is none.
func (t *Tokenizer) Piece(id int32) string {
	if !t.has(id) {
		return ""
	}
	return t.pieces[id]
}

// IsSpecial reports whether id is a special token, which Decode can leave out.
func (t *Tokenizer) IsSpecial(id int32) bool { return t.has(id) && t.special[id] }

func (t *Tokenizer) has(id int32) bool { return id >= 0 && int(id) < len(t.pieces) }

// BOS returns the id of the token that begins a text, if there is one.
func (t *Tokenizer) BOS() (int32, bool) { return t.bos, t.bos != none }

// EOS returns the id of the token that ends a text, if there is one.
func (t *Tokenizer) EOS() (int32, bool) { return t.eos, t.eos != none }

// UNK returns the id of the token for what the vocabulary cannot express, if there is one.
func (t *Tokenizer) UNK() (int32, bool) { return t.unk, t.unk != none }

// PAD returns the id of the padding token, if there is one.
func (t *Tokenizer) PAD() (int32, bool) { return t.pad, t.pad != none }

// vocabulary collects tokens on the way to a Tokenizer.
type vocabulary struct {
	pieces  []string
	lookup  map[string]int32
	added   []addedToken
	hidden  []int32       // special, but not looked for in a text
	isAdded map[int32]int // index in added
}

// set gives a piece its id.
func (v *vocabulary) set(piece string, id int64) error {
	if id < 0 || id >= maxVocab {
		return fmt.Errorf("token %q: id %d is outside of 0 to %d", piece, id, maxVocab-1)
	}
	if old, ok := v.lookup[piece]; ok && int64(old) != id {
		return fmt.Errorf("token %q has two ids, %d and %d", piece, old, id)
	}
	for int64(len(v.pieces)) <= id {
		v.pieces = append(v.pieces, "")
	}
	if old := v.pieces[id]; old != "" && old != piece {
		return fmt.Errorf("id %d is two tokens, %q and %q", id, old, piece)
	}
	if v.lookup == nil {
		v.lookup = map[string]int32{}
	}
	v.pieces[id], v.lookup[piece] = piece, int32(id)
	return nil
}

// add notes an added token, in place of one with the same id.
func (v *vocabulary) add(t addedToken, id int64) error {
	switch {
	case t.content == "":
		return fmt.Errorf("id %d: the token is empty", id)
	case len(t.content) > maxAddedToken:
		return fmt.Errorf("id %d: the token has %d bytes, more than %d", id, len(t.content), maxAddedToken)
	}
	if err := v.set(t.content, id); err != nil {
		return err
	}
	t.id = int32(id)
	if v.isAdded == nil {
		v.isAdded = map[int32]int{}
	}
	if i, ok := v.isAdded[t.id]; ok {
		v.added[i] = t
		return nil
	}
	v.isAdded[t.id] = len(v.added)
	v.added = append(v.added, t)
	return nil
}

// id returns the id of a token, none if piece is "" or not in the vocabulary.
func (v *vocabulary) id(piece string) int32 {
	if id, ok := v.lookup[piece]; ok && piece != "" {
		return id
	}
	return none
}

// finish fills the tables that follow from the vocabulary and the parts of t
// that are set.
func (t *Tokenizer) finish(v *vocabulary) error {
	t.pieces, t.lookup = v.pieces, v.lookup
	t.special = make([]bool, len(v.pieces))
	for _, id := range v.hidden {
		t.special[id] = true
	}
	for _, a := range v.added {
		t.special[a.id] = a.special
	}
	var err error
	if t.raw, err = newAddedSet(v.added, false, nil); err != nil {
		return err
	}
	if t.normalized, err = newAddedSet(v.added, true, t.normalize); err != nil {
		return err
	}
	t.decoder.load(v, t.normalize)
	return nil
}

// addBOSandEOS makes Encode add the tokens that exist.
func (t *Tokenizer) addBOSandEOS(bos, eos bool) {
	if bos && t.bos != none {
		t.prefix = []int32{t.bos}
	}
	if eos && t.eos != none {
		t.suffix = []int32{t.eos}
	}
}
