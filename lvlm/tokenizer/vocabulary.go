package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/go-par/par/internal/folder"
)

// Vocabulary is a tokenizer as a GGUF file stores it under tokenizer.ggml.
type Vocabulary struct {
	Model  string // "llama", SentencePiece, or "gpt2", byte-level pairs
	Pre    string // how text is split into words; of "gpt2"
	Tokens []string
	Scores []float32 // of "llama"
	Types  []int32   // nil where they follow from the tokens' spelling
	Merges []string  // of "gpt2", two tokens with a space between them
	GGUF
}

// Tokenizer returns the tokenizer that v describes. Errors name the key of the
// file.
func (v *Vocabulary) Tokenizer() (*Tokenizer, error) {
	switch v.Model {
	case "llama":
		return NewSPM(v.Tokens, v.Scores, v.Types, v.GGUF)
	case "gpt2":
		return NewBPE(v.Tokens, v.Types, v.Merges, v.Pre, v.GGUF)
	}
	return nil, fmt.Errorf("field tokenizer.ggml.model: %q is not supported (llama, gpt2)", v.Model)
}

// Scores that llama.cpp's converter gives to what SentencePiece has no score for.
const (
	scoreAdded   = -1000
	scorePadding = -10000
)

// OpenVocabulary reads the tokenizer files of a Hugging Face directory, as Open
// does, in the terms of a GGUF file for a model with size rows of embeddings:
// rows without a token become unused ones, tokens without a row are left out.
//
// A way to prepare text that GGUF files have no name for is an error. What they
// can't say of single tokens is lost: that one takes the white space around it, or
// that no space is put in front of the text behind it.
func OpenVocabulary(dir string, size int) (*Vocabulary, error) {
	fsys := folder.Dir(dir)
	if size < 0 || size > maxVocab {
		return nil, fmt.Errorf("%s: a vocabulary of %d, more than %d", dir, size, maxVocab)
	}
	b := &vocabularyBuilder{
		Vocabulary: &Vocabulary{Tokens: make([]string, size), Types: make([]int32, size)},
	}
	for i := range size {
		b.Tokens[i], b.Types[i] = fmt.Sprintf("[PAD%d]", i), pieceUnused
	}
	var err error
	if b.conf, err = readConfig(fsys); err != nil {
		return nil, err
	}
	// The ids obey tokenizer.json, but SentencePiece's own file has the scores.
	for _, kind := range []struct {
		name string
		read func(fsys fs.FS, data []byte) (bool, error)
	}{
		{"tokenizer.json", b.byteLevel},
		{"tokenizer.model", b.sentencePiece},
		{"tokenizer.json", b.pairs},
		{"vocab.json", b.vocabAndMerges},
	} {
		path := folder.Path(fsys, kind.name)
		data, err := readFile(fsys, kind.name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		done := false
		if err == nil {
			if done, err = kind.read(fsys, data); err != nil {
				err = fmt.Errorf("%s: %w", path, err)
			}
		}
		if err != nil {
			return nil, err
		}
		if done {
			return b.Vocabulary, b.finish(dir)
		}
	}
	return nil, fmt.Errorf("%s: there is no tokenizer.json, tokenizer.model or vocab.json: %w", dir, fs.ErrNotExist)
}

// vocabularyBuilder collects a Vocabulary from files.
type vocabularyBuilder struct {
	*Vocabulary
	conf  *config
	added []addedJSON // of tokenizer.json
}

// put gives a row its token.
func (b *vocabularyBuilder) put(id int64, text string, kind int32, score float32) {
	if id < 0 || id >= int64(len(b.Tokens)) {
		return
	}
	if kind == pieceUser { // looked for in the text as it is
		text = strings.ReplaceAll(text, spaceMark, " ")
	}
	b.Tokens[id], b.Types[id] = text, kind
	if b.Scores != nil {
		b.Scores[id] = score
	}
}

// add puts a token that is found in a text before the model sees it.
func (b *vocabularyBuilder) add(t addedToken, id int64) {
	if t.special {
		b.put(id, t.content, pieceControl, scoreAdded)
	} else {
		b.put(id, t.content, pieceUser, scoreAdded)
	}
}

// startScores makes b a SentencePiece vocabulary.
func (b *vocabularyBuilder) startScores() {
	b.Model, b.Pre = "llama", "default"
	b.Scores = make([]float32, len(b.Tokens))
	for i := range b.Scores {
		b.Scores[i] = scorePadding
	}
}

// sentencePiece reads a tokenizer.model.
func (b *vocabularyBuilder) sentencePiece(_ fs.FS, data []byte) (bool, error) {
	p, err := parseModelProto(data)
	switch {
	case err != nil:
		return false, err
	case p.modelType != modelBPE:
		return false, fmt.Errorf("field trainer_spec.model_type: %s is not supported, only BPE is", modelTypeName(p.modelType))
	case len(p.charsMap) > 0 || p.removeExtraSpace || !p.escapeSpace:
		return false, fmt.Errorf("field normalizer_spec: GGUF files can't hold its rules")
	}
	b.startScores()
	for i, piece := range p.pieces {
		b.put(int64(i), piece.text, piece.kind, piece.score)
	}
	b.AddSpacePrefix = &p.dummyPrefix
	b.BOS, b.EOS, b.Padding = b.control(p, p.bos), b.control(p, p.eos), b.control(p, p.pad)
	unk := p.unk
	b.Unknown = &unk
	yes, no := true, false
	b.AddBOS, b.AddEOS = &yes, &no
	return true, nil
}

// control returns id where it is that of a control piece.
func (b *vocabularyBuilder) control(p *modelProto, id int64) *int64 {
	if p.control(id) == none {
		return nil
	}
	return &id
}

// byteLevel reads a tokenizer.json of byte-level pairs.
func (b *vocabularyBuilder) byteLevel(_ fs.FS, data []byte) (bool, error) {
	var f tokenizerJSON
	if err := json.Unmarshal(data, &f); err != nil {
		return false, err
	}
	b.added = f.AddedTokens
	if _, byteLevel, err := preTokenizers(f.PreTokenizer); err != nil || !byteLevel {
		return false, err
	}
	m, err := parseModelJSON(f.Model)
	if err != nil {
		return false, err
	}
	if b.Pre, err = preName(&f, m); err != nil {
		return false, err
	}
	b.Model = "gpt2"
	for _, e := range m.Vocab {
		b.put(e.id, e.piece, pieceNormal, 0)
	}
	b.merges(m.Merges)
	return true, b.template(&f)
}

// merges stores the merges; a space inside of a token is spelled as the
// byte-level alphabet spells it.
func (b *vocabularyBuilder) merges(list []mergeJSON) {
	space := string(byteAlphabet[' '])
	for _, m := range list {
		b.Merges = append(b.Merges, strings.ReplaceAll(m[0], " ", space)+" "+strings.ReplaceAll(m[1], " ", space))
	}
}

// pairs reads a tokenizer.json of LLaMA's kind, for lack of a tokenizer.model. A
// piece's score is the negated rank of the first merge that makes it.
func (b *vocabularyBuilder) pairs(_ fs.FS, data []byte) (bool, error) {
	var f tokenizerJSON
	if err := json.Unmarshal(data, &f); err != nil {
		return false, err
	}
	m, err := parseModelJSON(f.Model)
	if err != nil {
		return false, err
	}
	prefix, err := spacePrefix(&f)
	if err != nil {
		return false, err
	}
	b.startScores()
	b.AddSpacePrefix = &prefix
	rank := map[string]float32{}
	for i, pair := range m.Merges {
		both := pair[0] + pair[1]
		if _, ok := rank[both]; !ok {
			rank[both] = -float32(i + 1)
		}
	}
	for _, e := range m.Vocab {
		kind := int32(pieceNormal)
		if m.ByteFallback && byteToken(e.piece) >= 0 {
			kind = pieceByte
		}
		if e.piece == or(m.UnkToken, "") {
			kind = pieceUnknown
			id := e.id
			b.Unknown = &id
		}
		b.put(e.id, e.piece, kind, rank[e.piece])
	}
	return true, b.template(&f)
}

// vocabAndMerges reads GPT-2's pair of files.
func (b *vocabularyBuilder) vocabAndMerges(fsys fs.FS, vocab []byte) (bool, error) {
	var entries vocabJSON
	if err := json.Unmarshal(vocab, &entries); err != nil {
		return false, err
	}
	switch class := strings.TrimSuffix(b.conf.class, "Fast"); class {
	case "", "GPT2Tokenizer", "CodeGenTokenizer":
		b.Pre = "gpt-2"
	case "Qwen2Tokenizer":
		b.Pre = "qwen2"
	default:
		return false, fmt.Errorf("tokenizer_class %q does not say how to split text for vocab.json and merges.txt", b.conf.class)
	}
	b.Model = "gpt2"
	for _, e := range entries {
		b.put(e.id, e.piece, pieceNormal, 0)
	}
	path := folder.Path(fsys, "merges.txt")
	data, err := readFile(fsys, "merges.txt")
	if err != nil {
		return false, err
	}
	list, err := parseMerges(string(data))
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	b.merges(list)
	return true, nil
}

// template takes over what a tokenizer.json puts in front of and behind a text.
func (b *vocabularyBuilder) template(f *tokenizerJSON) error {
	t := &Tokenizer{}
	if err := t.postProcess(f.PostProcessor, &vocabulary{pieces: b.Tokens}); err != nil {
		return fmt.Errorf("field post_processor: %w", err)
	}
	if len(t.prefix) > 1 || len(t.suffix) > 1 {
		return fmt.Errorf("field post_processor: %d tokens in front and %d behind, GGUF files can tell one each", len(t.prefix), len(t.suffix))
	}
	bos, eos := len(t.prefix) == 1, len(t.suffix) == 1
	b.AddBOS, b.AddEOS = &bos, &eos
	if bos {
		id := int64(t.prefix[0])
		b.BOS = &id
	}
	if eos {
		id := int64(t.suffix[0])
		b.EOS = &id
	}
	return nil
}

// finish adds what the files beside the vocabulary say and checks that the result
// makes a tokenizer.
func (b *vocabularyBuilder) finish(dir string) error {
	for i := range b.added {
		if a := &b.added[i]; a.ID != nil {
			b.add(a.token(), *a.ID)
		}
	}
	for id, t := range b.conf.added {
		b.add(t, id)
	}
	for _, s := range []struct {
		name tokenName
		id   **int64
	}{{b.conf.bos, &b.BOS}, {b.conf.eos, &b.EOS}, {b.conf.unk, &b.Unknown}, {b.conf.pad, &b.Padding}} {
		i := slices.Index(b.Tokens, string(s.name))
		if s.name == "" || i < 0 {
			continue
		}
		id := int64(i)
		*s.id = &id
		if b.Types[i] == pieceNormal {
			b.Types[i] = pieceControl
		}
	}
	// A byte-level tokenizer.json is followed to the letter; the flags steer the rest.
	for from, to := range map[*bool]**bool{b.conf.bosToo: &b.AddBOS, b.conf.eosToo: &b.AddEOS} {
		if from != nil && (*to == nil || b.Model == "llama") {
			*to = from
		}
	}
	if b.AddSpacePrefix != nil && *b.AddSpacePrefix == (b.Model == "llama") {
		b.AddSpacePrefix = nil // what a file without the key means
	}
	if _, err := b.Tokenizer(); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}

// parseModelJSON reads the model of a tokenizer.json.
func parseModelJSON(data []byte) (*bpeJSON, error) {
	m := new(bpeJSON)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("field model: %w", err)
	}
	if m.Type != "BPE" && m.Type != "" {
		return nil, fmt.Errorf("field model: type %q is not supported, only BPE is", m.Type)
	}
	return m, nil
}

// preName returns the name under which GGUF files know how a byte-level
// tokenizer.json prepares text.
func preName(f *tokenizerJSON, m *bpeJSON) (string, error) {
	parts, err := flatten(f.PreTokenizer, func(c *component) []component { return c.PreTokenizers }, 0)
	if err != nil {
		return "", err
	}
	norms, err := flatten(f.Normalizer, func(c *component) []component { return c.Normalizers }, 0)
	if err != nil {
		return "", err
	}
	var kinds []string
	for _, c := range append(norms, parts...) {
		switch {
		case c.Type == "Split" && c.Pattern != nil && c.Pattern.Regex != nil:
			kinds = append(kinds, *c.Pattern.Regex)
		case c.Type == "ByteLevel" && or(c.AddPrefixSpace, true):
			kinds = append(kinds, "ByteLevel with a space in front")
		case c.Type == "ByteLevel" && or(c.UseRegex, true):
			kinds = append(kinds, "ByteLevel")
		case c.Type == "ByteLevel":
		case c.Type == "Digits" && c.IndividualDigits:
			kinds = append(kinds, "digits")
		default:
			kinds = append(kinds, c.Type)
		}
	}
	for name, want := range map[string]struct {
		kinds  []string
		ignore bool
	}{
		"llama-bpe": {[]string{patternLlama3}, true},
		"qwen2":     {[]string{"NFC", patternQwen2}, false},
		"smollm":    {[]string{"digits", "ByteLevel"}, false},
		"gpt-2":     {[]string{"ByteLevel"}, false},
	} {
		if slices.Equal(kinds, want.kinds) && m.IgnoreMerges == want.ignore {
			return name, nil
		}
	}
	return "", fmt.Errorf("fields normalizer and pre_tokenizer: GGUF files have no name for %q with ignore_merges %t", kinds, m.IgnoreMerges)
}

// spacePrefix reports whether a tokenizer.json of LLaMA's kind puts a space in
// front of a text.
func spacePrefix(f *tokenizerJSON) (bool, error) {
	steps, _, err := preTokenizers(f.PreTokenizer)
	if err != nil {
		return false, fmt.Errorf("field pre_tokenizer: %w", err)
	}
	norms, err := normalizers(f.Normalizer)
	if err != nil {
		return false, fmt.Errorf("field normalizer: %w", err)
	}
	text := applyAll(norms, "x")
	for _, s := range steps {
		if s.rewrite != nil {
			text = s.rewrite(text, true)
		}
	}
	switch text {
	case "x":
		return false, nil
	case spaceMark + "x":
		return true, nil
	}
	return false, fmt.Errorf("fields normalizer and pre_tokenizer: GGUF files can't hold rules that make %q of %q", text, "x")
}
