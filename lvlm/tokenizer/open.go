package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-par/par/internal/folder"
)

// maxFile bounds the size of a tokenizer file.
const maxFile = 64 << 20

// Open reads the tokenizer of a model directory in the layout of Hugging Face:
// tokenizer.json, else tokenizer.model, else vocab.json and merges.txt, and beside
// each of them tokenizer_config.json, special_tokens_map.json and
// added_tokens.json where they exist. An error names the file and the field.
func Open(dir string) (*Tokenizer, error) { return OpenFS(folder.Dir(dir)) }

// OpenFS is Open for a checkpoint in a file system.
func OpenFS(fsys fs.FS) (*Tokenizer, error) {
	conf, err := readConfig(fsys)
	if err != nil {
		return nil, err
	}
	for _, kind := range []struct {
		name  string
		parse func(data []byte, conf *config) (*Tokenizer, error)
	}{
		{"tokenizer.json", parseTokenizerJSON},
		{"tokenizer.model", parseModel},
		{"vocab.json", func(data []byte, conf *config) (*Tokenizer, error) {
			return parseVocabAndMerges(fsys, data, conf)
		}},
	} {
		path := folder.Path(fsys, kind.name)
		data, err := readFile(fsys, kind.name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		t, err := kind.parse(data, conf)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return t, nil
	}
	return nil, fmt.Errorf("%s: there is no tokenizer.json, tokenizer.model or vocab.json: %w", folder.Path(fsys, "."), fs.ErrNotExist)
}

func readFile(fsys fs.FS, name string) ([]byte, error) { return folder.Read(fsys, name, maxFile) }

// config is what the files beside a vocabulary say.
type config struct {
	added map[int64]addedToken // by id

	bos, eos, unk, pad tokenName
	others             []tokenName // more special tokens

	class          string
	bosToo, eosToo *bool // add_bos_token, add_eos_token
	prefixSpace    *bool
	legacy         *bool
}

// specialJSON is special_tokens_map.json, and part of tokenizer_config.json.
type specialJSON struct {
	BOS    tokenName   `json:"bos_token"`
	EOS    tokenName   `json:"eos_token"`
	UNK    tokenName   `json:"unk_token"`
	PAD    tokenName   `json:"pad_token"`
	Others []tokenName `json:"additional_special_tokens"`
}

// configJSON is tokenizer_config.json.
type configJSON struct {
	specialJSON
	Added       map[string]addedJSON `json:"added_tokens_decoder"`
	Class       string               `json:"tokenizer_class"`
	AddBOS      *bool                `json:"add_bos_token"`
	AddEOS      *bool                `json:"add_eos_token"`
	PrefixSpace *bool                `json:"add_prefix_space"`
	Legacy      *bool                `json:"legacy"`
}

// tokenName is a token, given as a string or as an object with its content.
type tokenName string

func (n *tokenName) UnmarshalJSON(data []byte) error {
	if data[0] == '{' {
		var a addedJSON
		err := json.Unmarshal(data, &a)
		*n = tokenName(a.Content)
		return err
	}
	return json.Unmarshal(data, (*string)(n)) // null leaves it empty
}

// readConfig reads the files that exist.
func readConfig(fsys fs.FS) (*config, error) {
	var c configJSON
	var special specialJSON
	var added map[string]int64
	for _, f := range []struct {
		name string
		into any
	}{
		{"tokenizer_config.json", &c},
		{"special_tokens_map.json", &special},
		{"added_tokens.json", &added},
	} {
		path := folder.Path(fsys, f.name)
		data, err := readFile(fsys, f.name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			if err = json.Unmarshal(data, f.into); err != nil {
				err = fmt.Errorf("%s: %w", path, err)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	conf := &config{
		added: map[int64]addedToken{},
		class: c.Class, bosToo: c.AddBOS, eosToo: c.AddEOS, prefixSpace: c.PrefixSpace, legacy: c.Legacy,
		bos: c.BOS, eos: c.EOS, unk: c.UNK, pad: c.PAD,
		others: append(c.Others, special.Others...),
	}
	for name, other := range map[*tokenName]tokenName{
		&conf.bos: special.BOS, &conf.eos: special.EOS, &conf.unk: special.UNK, &conf.pad: special.PAD,
	} {
		if *name == "" {
			*name = other
		}
	}
	for content, id := range added {
		conf.added[id] = addedToken{content: content, special: conf.isSpecial(content), normalized: !conf.isSpecial(content)}
	}
	for key, a := range c.Added {
		id, err := strconv.ParseInt(key, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: field added_tokens_decoder: id %q is not a number", folder.Path(fsys, "tokenizer_config.json"), key)
		}
		conf.added[id] = a.token()
	}
	return conf, nil
}

// names returns the special tokens that have names.
func (c *config) names() []tokenName {
	return append([]tokenName{c.bos, c.eos, c.unk, c.pad}, c.others...)
}

func (c *config) isSpecial(content string) bool {
	return slices.Contains(c.names(), tokenName(content))
}

// addTokens adds the tokens that have ids, and as special tokens those of the
// vocabulary that have names.
func (c *config) addTokens(v *vocabulary) error {
	for _, id := range slices.Sorted(maps.Keys(c.added)) {
		if err := v.add(c.added[id], id); err != nil {
			return fmt.Errorf("added tokens: %w", err)
		}
	}
	for _, name := range c.names() {
		id := v.id(string(name))
		if id == none {
			continue
		}
		if _, ok := v.isAdded[id]; ok {
			continue
		}
		if err := v.add(addedToken{content: string(name), special: true}, int64(id)); err != nil {
			return err
		}
	}
	return nil
}

// addMissing adds the tokens that a tokenizer.json, which comes first, does not have.
func (c *config) addMissing(v *vocabulary) error {
	for _, id := range slices.Sorted(maps.Keys(c.added)) {
		t := c.added[id]
		if _, ok := v.lookup[t.content]; ok {
			continue
		}
		if err := v.add(t, id); err != nil {
			return fmt.Errorf("added tokens: %w", err)
		}
	}
	return nil
}

// assignSpecial lets the names override the ids that the tokenizer file gives.
func (c *config) assignSpecial(t *Tokenizer, v *vocabulary) {
	for _, s := range []struct {
		name tokenName
		id   *int32
	}{{c.bos, &t.bos}, {c.eos, &t.eos}, {c.unk, &t.unk}, {c.pad, &t.pad}} {
		if id := v.id(string(s.name)); id != none {
			*s.id = id
		}
	}
}

// firstOnly reports whether only the start of a text, not each stretch between
// special tokens, gets SentencePiece's leading space (legacy: false).
func (c *config) firstOnly() bool { return !or(c.legacy, true) }

// parseVocabAndMerges makes a Tokenizer of GPT-2's pair of files. How to split
// the text is not in them: it follows from the class of the tokenizer.
func parseVocabAndMerges(fsys fs.FS, vocab []byte, conf *config) (*Tokenizer, error) {
	var entries vocabJSON
	if err := json.Unmarshal(vocab, &entries); err != nil {
		return nil, err
	}
	v := &vocabulary{}
	for _, e := range entries {
		if err := v.set(e.piece, e.id); err != nil {
			return nil, err
		}
	}
	path := folder.Path(fsys, "merges.txt")
	data, err := readFile(fsys, "merges.txt")
	if err != nil {
		return nil, err
	}
	merges, err := parseMerges(string(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	t := &Tokenizer{bos: none, eos: none, unk: none, pad: none}
	words := step{}
	switch class := strings.TrimSuffix(conf.class, "Fast"); class {
	case "", "GPT2Tokenizer", "CodeGenTokenizer":
		words.next = scanGPT2
	case "Qwen2Tokenizer":
		words.next = scanners[patternQwen2]
		t.normalize = []normalizer{nfc}
	default:
		return nil, fmt.Errorf("tokenizer_class %q does not say how to split text for vocab.json and merges.txt", conf.class)
	}
	if or(conf.prefixSpace, false) {
		words.rewrite = prefixSpace
	}
	t.steps = []step{words}
	if t.model, err = newBPE(v, merges, bpeOptions{byteLevel: true}); err != nil {
		return nil, err
	}
	t.decoder.byteLevel = true
	if err := conf.addTokens(v); err != nil {
		return nil, err
	}
	conf.assignSpecial(t, v)
	t.addBOSandEOS(or(conf.bosToo, false), or(conf.eosToo, false))
	if err := t.finish(v); err != nil {
		return nil, err
	}
	return t, nil
}

// parseMerges reads merges.txt: a line of version, then a merge a line.
func parseMerges(text string) ([]mergeJSON, error) {
	var merges []mergeJSON
	for i, line := range strings.Split(strings.TrimRight(text, "\r\n"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.HasPrefix(line, "#version") {
			continue
		}
		m, err := parseMerge(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		merges = append(merges, m)
	}
	return merges, nil
}
