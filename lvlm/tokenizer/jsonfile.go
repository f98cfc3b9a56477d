package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// tokenizerJSON is a tokenizer.json.
type tokenizerJSON struct {
	AddedTokens   []addedJSON     `json:"added_tokens"`
	Normalizer    *component      `json:"normalizer"`
	PreTokenizer  *component      `json:"pre_tokenizer"`
	PostProcessor *component      `json:"post_processor"`
	Decoder       *component      `json:"decoder"`
	Model         json.RawMessage `json:"model"`
}

type addedJSON struct {
	ID         *int64 `json:"id"`
	Content    string `json:"content"`
	Special    bool   `json:"special"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized *bool  `json:"normalized"`
}

func (a *addedJSON) token() addedToken {
	t := addedToken{
		content: a.Content, special: a.Special,
		singleWord: a.SingleWord, lstrip: a.LStrip, rstrip: a.RStrip,
		normalized: !a.Special,
	}
	if a.Normalized != nil {
		t.normalized = *a.Normalized
	}
	return t
}

// parseTokenizerJSON makes a Tokenizer of a tokenizer.json.
func parseTokenizerJSON(data []byte, conf *config) (*Tokenizer, error) {
	var f tokenizerJSON
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	t := &Tokenizer{bos: none, eos: none, pad: none}
	inField := func(name string, err error) error { return fmt.Errorf("field %s: %w", name, err) }
	var err error
	if t.normalize, err = normalizers(f.Normalizer); err != nil {
		return nil, inField("normalizer", err)
	}
	var byteLevel bool
	if t.steps, byteLevel, err = preTokenizers(f.PreTokenizer); err != nil {
		return nil, inField("pre_tokenizer", err)
	}
	v := &vocabulary{}
	if t.model, err = parseBPE(f.Model, byteLevel, v); err != nil {
		return nil, inField("model", err)
	}
	t.unk = t.model.unk
	for i := range f.AddedTokens {
		a := &f.AddedTokens[i]
		if a.ID == nil {
			err = errors.New("no id")
		} else {
			err = v.add(a.token(), *a.ID)
		}
		if err != nil {
			return nil, inField(fmt.Sprintf("added_tokens[%d]", i), err)
		}
	}
	if err := conf.addMissing(v); err != nil {
		return nil, err
	}
	if err := t.postProcess(f.PostProcessor, v); err != nil {
		return nil, inField("post_processor", err)
	}
	if err := t.decoder.configure(f.Decoder); err != nil {
		return nil, inField("decoder", err)
	}
	if len(t.prefix) > 0 {
		t.bos = t.prefix[0]
	}
	if n := len(t.suffix); n > 0 {
		t.eos = t.suffix[n-1]
	}
	conf.assignSpecial(t, v)
	if err := t.finish(v); err != nil {
		return nil, inField("added_tokens", err)
	}
	return t, nil
}

// bpeJSON is the model of a tokenizer.json.
type bpeJSON struct {
	Type          string      `json:"type"`
	Dropout       *float64    `json:"dropout"`
	UnkToken      *string     `json:"unk_token"`
	SubwordPrefix *string     `json:"continuing_subword_prefix"`
	WordSuffix    *string     `json:"end_of_word_suffix"`
	FuseUnk       bool        `json:"fuse_unk"`
	ByteFallback  bool        `json:"byte_fallback"`
	IgnoreMerges  bool        `json:"ignore_merges"`
	Vocab         vocabJSON   `json:"vocab"`
	Merges        []mergeJSON `json:"merges"`
}

// mergeJSON is a merge, "a b" or ["a", "b"].
type mergeJSON [2]string

func (m *mergeJSON) UnmarshalJSON(data []byte) error {
	if data[0] == '[' {
		var pair []string
		if err := json.Unmarshal(data, &pair); err != nil {
			return err
		}
		if len(pair) != 2 {
			return fmt.Errorf("merge %s is not a pair", data)
		}
		*m = mergeJSON(pair)
		return nil
	}
	var line string
	if err := json.Unmarshal(data, &line); err != nil {
		return err
	}
	pair, err := parseMerge(line)
	*m = pair
	return err
}

// parseMerge splits a merge at its one space.
func parseMerge(line string) (mergeJSON, error) {
	a, b, ok := strings.Cut(line, " ")
	if !ok || a == "" || b == "" || strings.Contains(b, " ") {
		return mergeJSON{}, fmt.Errorf("merge %q is not two tokens with a space between them", line)
	}
	return mergeJSON{a, b}, nil
}

func parseBPE(data []byte, byteLevel bool, v *vocabulary) (*bpe, error) {
	var f bpeJSON
	if len(data) == 0 {
		return nil, errors.New("missing")
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	switch {
	case f.Type != "BPE" && f.Type != "":
		return nil, fmt.Errorf("type %q is not supported, only BPE is", f.Type)
	case or(f.Dropout, 0) != 0:
		return nil, fmt.Errorf("dropout %g is not supported", *f.Dropout)
	case or(f.SubwordPrefix, "") != "":
		return nil, fmt.Errorf("continuing_subword_prefix %q is not supported", *f.SubwordPrefix)
	case or(f.WordSuffix, "") != "":
		return nil, fmt.Errorf("end_of_word_suffix %q is not supported", *f.WordSuffix)
	case f.Vocab == nil:
		return nil, errors.New("no vocab")
	case f.Merges == nil:
		return nil, errors.New("no merges")
	}
	for _, entry := range f.Vocab {
		if err := v.set(entry.piece, entry.id); err != nil {
			return nil, fmt.Errorf("vocab: %w", err)
		}
	}
	return newBPE(v, f.Merges, bpeOptions{
		byteLevel: byteLevel, fallback: f.ByteFallback, ignoreMerges: f.IgnoreMerges,
		fuseUnk: f.FuseUnk, unk: or(f.UnkToken, ""),
	})
}

// vocabJSON is an object of token to id, in the order of the file. The
// decoder of encoding/json would let the last of two equal keys win.
type vocabJSON []vocabEntry

type vocabEntry struct {
	piece string
	id    int64
}

func (v *vocabJSON) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("vocab is not an object")
	}
	*v = vocabJSON{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		piece := t.(string) // keys are strings
		if t, err = d.Token(); err != nil {
			return err
		}
		number, ok := t.(json.Number)
		if !ok {
			return fmt.Errorf("vocab: the id of %q is not a number", piece)
		}
		id, err := number.Int64()
		if err != nil {
			return fmt.Errorf("vocab: the id of %q is %s", piece, number)
		}
		*v = append(*v, vocabEntry{piece, id})
	}
	return nil
}
