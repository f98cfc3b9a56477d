package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
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

// component is a normalizer, pre-tokenizer, post-processor or decoder: a type
// and the options of all the types that are known.
type component struct {
	Type string `json:"type"`

	// Sequence
	Normalizers   []component `json:"normalizers"`
	PreTokenizers []component `json:"pretokenizers"`
	Processors    []component `json:"processors"`
	Decoders      []component `json:"decoders"`

	// Prepend, Replace, Split, Strip
	Prepend  string       `json:"prepend"`
	Pattern  *patternJSON `json:"pattern"`
	Content  string       `json:"content"`
	Behavior string       `json:"behavior"`
	Invert   bool         `json:"invert"`
	Start    int          `json:"start"`
	Stop     int          `json:"stop"`

	// ByteLevel, Digits, Metaspace
	AddPrefixSpace   *bool   `json:"add_prefix_space"`
	UseRegex         *bool   `json:"use_regex"`
	IndividualDigits bool    `json:"individual_digits"`
	Replacement      string  `json:"replacement"`
	PrependScheme    *string `json:"prepend_scheme"`
	Split            *bool   `json:"split"`

	// TemplateProcessing
	Single        []templatePiece          `json:"single"`
	SpecialTokens map[string]templateToken `json:"special_tokens"`
}

type patternJSON struct {
	String *string `json:"String"`
	Regex  *string `json:"Regex"`
}

type templatePiece struct {
	SpecialToken *struct {
		ID string `json:"id"`
	} `json:"SpecialToken"`
	Sequence *struct {
		ID string `json:"id"`
	} `json:"Sequence"`
}

type templateToken struct {
	IDs []int64 `json:"ids"`
}

// or returns *p, or missing if there is none.
func or[T any](p *T, missing T) T {
	if p == nil {
		return missing
	}
	return *p
}

// maxDepth bounds how deep Sequences nest.
const maxDepth = 8

// flatten returns the components of nested Sequences in order.
func flatten(c *component, parts func(*component) []component, depth int) ([]*component, error) {
	switch {
	case c == nil:
		return nil, nil
	case c.Type != "Sequence":
		return []*component{c}, nil
	case depth == maxDepth:
		return nil, errors.New("Sequence nested too deep")
	}
	var all []*component
	for i := range parts(c) {
		sub, err := flatten(&parts(c)[i], parts, depth+1)
		if err != nil {
			return nil, err
		}
		all = append(all, sub...)
	}
	return all, nil
}

func unsupported(c *component) error { return fmt.Errorf("type %q is not supported", c.Type) }

// parseTokenizerJSON makes a Tokenizer of a tokenizer.json.
func parseTokenizerJSON(data []byte, conf *config) (*Tokenizer, error) {
	var f tokenizerJSON
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	t := &Tokenizer{}
	inField := func(name string, err error) error {
		if err == nil {
			return nil
		}
		return fmt.Errorf("field %s: %w", name, err)
	}
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
	t.bos, t.eos, t.pad = none, none, none
	if len(t.prefix) > 0 {
		t.bos = t.prefix[0]
	}
	if n := len(t.suffix); n > 0 {
		t.eos = t.suffix[n-1]
	}
	conf.assignSpecial(t, v)
	return t, inField("added_tokens", t.finish(v))
}

func normalizers(c *component) ([]normalizer, error) {
	parts, err := flatten(c, func(c *component) []component { return c.Normalizers }, 0)
	if err != nil {
		return nil, err
	}
	var steps []normalizer
	for _, c := range parts {
		switch c.Type {
		case "NFC":
			steps = append(steps, nfc)
		case "Prepend":
			steps = append(steps, prepend(c.Prepend))
		case "Replace":
			old, err := c.literal()
			if err != nil {
				return nil, err
			}
			steps = append(steps, replaceAll(old, c.Content))
		default:
			return nil, unsupported(c)
		}
	}
	return steps, nil
}

// literal returns the text that Replace looks for.
func (c *component) literal() (string, error) {
	switch {
	case c.Pattern != nil && c.Pattern.Regex != nil:
		return "", fmt.Errorf("type %q: pattern %q is a regular expression, which is not supported here", c.Type, *c.Pattern.Regex)
	case c.Pattern == nil || c.Pattern.String == nil || *c.Pattern.String == "":
		return "", fmt.Errorf("type %q: no pattern", c.Type)
	}
	return *c.Pattern.String, nil
}

// preTokenizers returns the steps and whether the last of them maps the text to
// the byte-level alphabet.
func preTokenizers(c *component) (steps []step, byteLevel bool, err error) {
	parts, err := flatten(c, func(c *component) []component { return c.PreTokenizers }, 0)
	if err != nil {
		return nil, false, err
	}
	for _, c := range parts {
		if byteLevel {
			return nil, false, fmt.Errorf("type %q behind ByteLevel is not supported", c.Type)
		}
		var st step
		switch c.Type {
		case "ByteLevel":
			byteLevel = true
			if or(c.AddPrefixSpace, true) {
				st.rewrite = prefixSpace
			}
			if or(c.UseRegex, true) {
				st.next = scanGPT2
			}
		case "Split":
			st.next, err = c.scanner()
		case "Digits":
			st.next = scanDigits
			if c.IndividualDigits {
				st.next = scanDigit
			}
		case "Metaspace":
			var scheme int
			if scheme, err = c.prependScheme(); err == nil {
				st = metaspace(c.Replacement, scheme, or(c.Split, true))
			}
		default:
			err = unsupported(c)
		}
		if err != nil {
			return nil, false, err
		}
		steps = append(steps, st)
	}
	return steps, byteLevel, nil
}

func (c *component) scanner() (scanner, error) {
	if c.Pattern == nil || c.Pattern.Regex == nil {
		return nil, errors.New(`type "Split": no regular expression`)
	}
	scan, ok := scanners[*c.Pattern.Regex]
	if !ok {
		return nil, fmt.Errorf(`type "Split": the regular expression %q is not supported`, *c.Pattern.Regex)
	}
	// The patterns match every character, so that removing what does not match
	// is the same as setting the matches apart.
	if !(c.Behavior == "Isolated" && !c.Invert || c.Behavior == "Removed" && c.Invert) {
		return nil, fmt.Errorf(`type "Split": behavior %q with invert %t is not supported`, c.Behavior, c.Invert)
	}
	return scan, nil
}

func (c *component) prependScheme() (int, error) {
	if utf8.RuneCountInString(c.Replacement) != 1 {
		return 0, fmt.Errorf(`type "Metaspace": replacement %q is not one character`, c.Replacement)
	}
	switch scheme := or(c.PrependScheme, "always"); scheme {
	case "always":
		if c.PrependScheme == nil && !or(c.AddPrefixSpace, true) {
			return prependNever, nil
		}
		return prependAlways, nil
	case "first":
		return prependFirst, nil
	case "never":
		return prependNever, nil
	default:
		return 0, fmt.Errorf(`type "Metaspace": prepend_scheme %q is not supported`, scheme)
	}
}

// postProcess sets what stands in front of and behind the ids of a text.
func (t *Tokenizer) postProcess(c *component, v *vocabulary) error {
	parts, err := flatten(c, func(c *component) []component { return c.Processors }, 0)
	if err != nil {
		return err
	}
	seen := false
	for _, c := range parts {
		switch c.Type {
		case "ByteLevel": // concerns offsets only
		case "TemplateProcessing":
			if seen {
				return fmt.Errorf("type %q: more than one is not supported", c.Type)
			}
			seen = true
			if t.prefix, t.suffix, err = c.template(len(v.pieces)); err != nil {
				return fmt.Errorf("type %q: %w", c.Type, err)
			}
		default:
			return unsupported(c)
		}
	}
	return nil
}

// template returns the ids in front of and behind the text.
func (c *component) template(size int) (prefix, suffix []int32, err error) {
	seen := false
	for i, p := range c.Single {
		switch {
		case p.Sequence != nil && p.Sequence.ID == "A" && !seen:
			seen = true
		case p.SpecialToken != nil:
			token, ok := c.SpecialTokens[p.SpecialToken.ID]
			if !ok {
				return nil, nil, fmt.Errorf("single[%d]: special token %q is not among special_tokens", i, p.SpecialToken.ID)
			}
			for _, id := range token.IDs {
				if id < 0 || id >= int64(size) {
					return nil, nil, fmt.Errorf("special_tokens: %q has id %d, the vocabulary ends at %d", p.SpecialToken.ID, id, size-1)
				}
				if seen {
					suffix = append(suffix, int32(id))
				} else {
					prefix = append(prefix, int32(id))
				}
			}
		default:
			return nil, nil, fmt.Errorf("single[%d]: want a special token or, once, sequence A", i)
		}
	}
	if !seen {
		return nil, nil, errors.New("single: no sequence A")
	}
	return prefix, suffix, nil
}

// configure reads the decoder of a tokenizer.json: one of ByteLevel, Metaspace,
// and the parts of LLaMA's (Replace, ByteFallback, Fuse, Strip).
func (d *decoder) configure(c *component) error {
	if c == nil {
		d.separator = " "
		return nil
	}
	parts, err := flatten(c, func(c *component) []component { return c.Decoders }, 0)
	if err != nil {
		return err
	}
	fused := false
	for i, c := range parts {
		switch {
		case c.Type == "ByteLevel" && len(parts) == 1:
			d.byteLevel = true
		case c.Type == "Metaspace" && i == 0 && !fused:
			scheme, err := c.prependScheme()
			if err != nil {
				return err
			}
			d.mark = c.Replacement
			d.replace = append(d.replace, [2]string{d.mark, " "})
			if scheme != prependNever {
				d.firstMark = dropAllMarks
			}
		case c.Type == "Replace" && !fused && !d.wholeRuns:
			old, err := c.literal()
			if err != nil {
				return err
			}
			d.replace = append(d.replace, [2]string{old, c.Content})
		case c.Type == "ByteFallback" && !fused && !d.wholeRuns:
			d.byteFallback, d.wholeRuns = true, true
		case c.Type == "Fuse":
			fused = true
		case c.Type == "Strip" && fused && d.stripCount == 0:
			if utf8.RuneCountInString(c.Content) != 1 || c.Start < 0 || c.Stop != 0 {
				return fmt.Errorf(`type "Strip": content %q, start %d, stop %d is not supported`, c.Content, c.Start, c.Stop)
			}
			d.strip, d.stripCount = c.Content, c.Start
		case slices.Contains([]string{"ByteLevel", "Metaspace", "Replace", "ByteFallback", "Strip"}, c.Type):
			return fmt.Errorf("type %q is not supported in this place (number %d of %d)", c.Type, i+1, len(parts))
		default:
			return unsupported(c)
		}
	}
	return nil
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
