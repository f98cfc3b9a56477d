package tokenizer

import (
	"errors"
	"fmt"
	"math"
)

// GGUF is what a GGUF file says about its tokenizer besides the vocabulary. A
// nil field is not in the file; the defaults are llama.cpp's.
type GGUF struct {
	BOS, EOS, Unknown, Padding *int64 // tokenizer.ggml.bos_token_id and so on
	AddBOS, AddEOS             *bool  // tokenizer.ggml.add_bos_token, add_eos_token
	AddSpacePrefix             *bool  // tokenizer.ggml.add_space_prefix
}

// NewSPM returns the tokenizer of a GGUF file whose tokenizer.ggml.model is
// "llama", from the arrays tokens, scores and token_type. Nil types are told
// from the spelling of the tokens. Errors name the key of the file.
func NewSPM(tokens []string, scores []float32, types []int32, g GGUF) (*Tokenizer, error) {
	t, v, err := newGGUF(tokens, types, g, ggufDefaults{bos: 1, eos: 2, unk: 0})
	if err != nil {
		return nil, err
	}
	if len(scores) != len(tokens) {
		return nil, fmt.Errorf("field tokenizer.ggml.scores: %d scores for %d tokens", len(scores), len(tokens))
	}
	for i, s := range scores {
		if math.IsNaN(float64(s)) {
			return nil, fmt.Errorf("field tokenizer.ggml.scores: score %d is not a number", i)
		}
	}
	pieces := make([]spmPiece, len(v.pieces))
	hasBytes := false
	for i, text := range v.pieces {
		pieces[i] = spmPiece{text, scores[i], pieceNormal}
		switch {
		case types != nil && types[i] != 0:
			pieces[i].kind = types[i]
		case types != nil:
		case int32(i) == t.unk:
			pieces[i].kind = pieceUnknown
		case int32(i) == t.bos || int32(i) == t.eos:
			pieces[i].kind = pieceControl
		case byteToken(text) >= 0:
			pieces[i].kind = pieceByte
		}
		hasBytes = hasBytes || pieces[i].kind == pieceByte
		if err := v.addByKind(text, int64(i), pieces[i].kind); err != nil {
			return nil, fmt.Errorf("field tokenizer.ggml.tokens: %w", err)
		}
		if pieces[i].kind == pieceUser {
			pieces[i].kind = pieceControl // found before the model sees the text
		}
	}
	if t.model, err = newSPM(pieces, hasBytes, t.unk); err != nil {
		return nil, fmt.Errorf("field tokenizer.ggml.tokens: %w", err)
	}
	n := &spmNormalizer{user: &t.model.spm.user, escapeSpace: true, dummyPrefix: or(g.AddSpacePrefix, true)}
	t.steps = []step{{rewrite: n.rewrite}}
	t.decoder = decoder{byteFallback: hasBytes, replace: [][2]string{{spaceMark, " "}}, mark: spaceMark}
	if n.dummyPrefix {
		t.decoder.firstMark = dropLeadingMark
	}
	t.addBOSandEOS(or(g.AddBOS, true), or(g.AddEOS, false))
	if err := t.finish(v); err != nil {
		return nil, err
	}
	return t, nil
}

// NewBPE returns the tokenizer of a GGUF file whose tokenizer.ggml.model is
// "gpt2", from the arrays tokens, token_type and merges; pre is
// tokenizer.ggml.pre, which says how text is split into words. A pre that is not
// known is an error, as guessing it would give wrong ids without a word.
func NewBPE(tokens []string, types []int32, merges []string, pre string, g GGUF) (*Tokenizer, error) {
	o := bpeOptions{byteLevel: true}
	var normalize []normalizer
	var steps []step
	bos := false
	switch pre {
	case "llama-bpe", "llama3", "llama-v3":
		steps = []step{{next: scanners[patternLlama3]}}
		o.ignoreMerges, bos = true, true
	case "qwen2", "deepseek-r1-qwen":
		steps = []step{{next: scanners[patternQwen2]}}
		normalize = []normalizer{nfc}
	case "smollm":
		steps = []step{{next: scanDigit}, {next: scanGPT2}}
	case "gpt-2":
		steps = []step{{next: scanGPT2}}
	default:
		return nil, fmt.Errorf("field tokenizer.ggml.pre: %q is not known", pre)
	}
	if or(g.AddSpacePrefix, false) {
		steps = append([]step{{rewrite: prefixSpace}}, steps...)
	}
	t, v, err := newGGUF(tokens, types, g, ggufDefaults{bos: -1, eos: -1, unk: -1})
	if err != nil {
		return nil, err
	}
	for i, text := range v.pieces {
		kind := int32(pieceNormal)
		if types != nil {
			kind = types[i]
		}
		if kind == pieceByte || kind == pieceUnused {
			kind = pieceNormal
		}
		if err := v.addByKind(text, int64(i), kind); err != nil {
			return nil, fmt.Errorf("field tokenizer.ggml.tokens: %w", err)
		}
	}
	if len(merges) == 0 {
		return nil, errors.New("field tokenizer.ggml.merges: there are none")
	}
	pairs := make([]mergeJSON, len(merges))
	for i, line := range merges {
		if pairs[i], err = parseMerge(line); err != nil {
			return nil, fmt.Errorf("field tokenizer.ggml.merges: number %d: %w", i, err)
		}
	}
	if t.model, err = newBPE(v, pairs, o); err != nil {
		return nil, fmt.Errorf("field tokenizer.ggml.merges: %w", err)
	}
	t.normalize, t.steps = normalize, steps
	t.decoder.byteLevel = true
	t.addBOSandEOS(or(g.AddBOS, bos), or(g.AddEOS, false))
	if err := t.finish(v); err != nil {
		return nil, err
	}
	return t, nil
}

// ggufDefaults are ids of a file that does not name them, or -1.
type ggufDefaults struct{ bos, eos, unk int64 }

// newGGUF checks what the two kinds have in common and assigns the special ids.
func newGGUF(tokens []string, types []int32, g GGUF, def ggufDefaults) (*Tokenizer, *vocabulary, error) {
	if len(tokens) == 0 {
		return nil, nil, errors.New("field tokenizer.ggml.tokens: there are none")
	}
	if types != nil && len(types) != len(tokens) {
		return nil, nil, fmt.Errorf("field tokenizer.ggml.token_type: %d types for %d tokens", len(types), len(tokens))
	}
	for i, kind := range types {
		if kind < 0 || kind > pieceByte {
			return nil, nil, fmt.Errorf("field tokenizer.ggml.token_type: token %d has type %d", i, kind)
		}
	}
	// Unused tokens at the end only pad the vocabulary to a round size.
	size := len(tokens)
	for types != nil && size > 1 && types[size-1] == pieceUnused {
		size--
	}
	v := &vocabulary{}
	for i, text := range tokens[:size] {
		if err := v.set(text, int64(i)); err != nil {
			return nil, nil, fmt.Errorf("field tokenizer.ggml.tokens: %w", err)
		}
	}
	t := &Tokenizer{}
	for _, s := range []struct {
		key    string
		id     *int64
		def    int64
		strict bool // an id that is not there is an error
		into   *int32
	}{
		{"bos_token_id", g.BOS, def.bos, true, &t.bos},
		{"eos_token_id", g.EOS, def.eos, true, &t.eos},
		{"unknown_token_id", g.Unknown, def.unk, false, &t.unk},
		{"padding_token_id", g.Padding, -1, false, &t.pad},
	} {
		id := or(s.id, s.def)
		ok := id >= 0 && id < int64(size)
		if !ok && s.id != nil && s.strict {
			return nil, nil, fmt.Errorf("field tokenizer.ggml.%s: id %d with %d tokens", s.key, id, size)
		}
		*s.into = none
		if ok {
			*s.into = int32(id)
		}
	}
	return t, v, nil
}

// addByKind makes the tokens that are looked for in a text added tokens.
func (v *vocabulary) addByKind(text string, id int64, kind int32) error {
	switch {
	case text == "":
		return nil
	case kind == pieceControl || kind == pieceUnknown:
		return v.add(addedToken{content: text, special: true}, id)
	case kind == pieceUser:
		return v.add(addedToken{content: text}, id)
	}
	return nil
}
