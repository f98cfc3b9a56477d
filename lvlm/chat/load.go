package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/go-par/par/internal/folder"
)

// maxFile bounds the files that Load reads.
const maxFile = 64 << 20

// Load reads the template of a Hugging Face directory and the special tokens that it
// may use: from chat_template.jinja, chat_template.json or tokenizer_config.json,
// the first that has one. It returns nil where there is none. A template that can't
// be parsed is returned all the same, see Deferred.
func Load(dir string) (*Template, error) { return LoadFS(folder.Dir(dir)) }

// LoadFS is Load for a checkpoint in a file system.
func LoadFS(fsys fs.FS) (*Template, error) {
	var config, special tokenizerConfig
	if err := readJSONFile(fsys, "tokenizer_config.json", &config); err != nil {
		return nil, err
	}
	if err := readJSONFile(fsys, "special_tokens_map.json", &special); err != nil {
		return nil, err
	}
	src, found, err := findTemplate(fsys, &config)
	if err != nil || !found {
		return nil, err
	}
	t := Deferred(src)
	t.Tokens = map[string]string{}
	special.tokens(t.Tokens)
	config.tokens(t.Tokens)
	return t, nil
}

// Source returns the text of the template that Load parses, "" where there is none.
func Source(dir string) (string, error) {
	fsys := folder.Dir(dir)
	var config tokenizerConfig
	if err := readJSONFile(fsys, "tokenizer_config.json", &config); err != nil {
		return "", err
	}
	src, _, err := findTemplate(fsys, &config)
	return src, err
}

// Deferred is Parse for the template of a checkpoint, which is of use without it:
// whoever renders the template is told what is wrong with it.
func Deferred(src string) *Template {
	t, err := Parse(src)
	if err != nil {
		return &Template{err: err}
	}
	return t
}

// Err returns what is wrong with a template that couldn't be parsed, nil for others.
func (t *Template) Err() error { return t.err }

// findTemplate returns the source of a directory's template.
func findTemplate(fsys fs.FS, config *tokenizerConfig) (src string, found bool, err error) {
	text, err := readFile(fsys, "chat_template.jinja")
	if err != nil || text != nil {
		return string(text), text != nil, err
	}
	var own struct {
		Template chatTemplate `json:"chat_template"`
	}
	if err := readJSONFile(fsys, "chat_template.json", &own); err != nil {
		return "", false, err
	}
	if own.Template.found {
		return own.Template.src, true, nil
	}
	return config.Template.src, config.Template.found, nil
}

// tokenizerConfig is what tokenizer_config.json and special_tokens_map.json say about
// templates and tokens.
type tokenizerConfig struct {
	Template chatTemplate `json:"chat_template"`
	BOS      tokenText    `json:"bos_token"`
	EOS      tokenText    `json:"eos_token"`
	UNK      tokenText    `json:"unk_token"`
	PAD      tokenText    `json:"pad_token"`
	SEP      tokenText    `json:"sep_token"`
	CLS      tokenText    `json:"cls_token"`
}

// tokens adds the tokens that are there.
func (c *tokenizerConfig) tokens(to map[string]string) {
	for name, text := range map[string]tokenText{
		"bos_token": c.BOS, "eos_token": c.EOS, "unk_token": c.UNK,
		"pad_token": c.PAD, "sep_token": c.SEP, "cls_token": c.CLS,
	} {
		if text != "" {
			to[name] = string(text)
		}
	}
}

// chatTemplate is a template in a JSON file: a string, or a list of named ones of
// which we want the default.
type chatTemplate struct {
	src   string
	found bool
}

func (c *chatTemplate) UnmarshalJSON(text []byte) error {
	var named []struct{ Name, Template string }
	switch text[0] {
	case 'n': // null
		return nil
	case '"':
		c.found = true
		return json.Unmarshal(text, &c.src)
	}
	if err := json.Unmarshal(text, &named); err != nil {
		return errors.New("field chat_template: neither a string nor a list of named templates")
	}
	for _, n := range named {
		if n.Name == "default" {
			c.src, c.found = n.Template, true
		}
	}
	return nil
}

// tokenText is a token in a JSON file: a string, or an object with its content.
type tokenText string

func (t *tokenText) UnmarshalJSON(text []byte) error {
	if text[0] != '{' {
		return json.Unmarshal(text, (*string)(t))
	}
	var added struct{ Content string }
	err := json.Unmarshal(text, &added)
	*t = tokenText(added.Content)
	return err
}

// readJSONFile fills v from a file, and leaves it alone where there is none.
func readJSONFile(fsys fs.FS, name string, v any) error {
	text, err := readFile(fsys, name)
	if err != nil || text == nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		// The decoder repeats the package's name in its messages.
		return fmt.Errorf("%s: %s", folder.Path(fsys, name), strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// readFile returns the content of a file, nil where there is none.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	text, err := folder.Read(fsys, name, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}
