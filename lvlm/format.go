package lvlm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-par/par/lvlm/chat"
)

// Format turns a conversation into a prompt, with ImageMark in the place of each
// image. The template is "vicuna_v1", the prompt of LLaVA-1.5's evaluations; "hf",
// the checkpoint's own; "none", the one message as it is; or "auto": the
// checkpoint's own where it has one, else vicuna_v1 for a vision-language model
// and none for a plain language model.
func (m *Model) Format(template string, messages []chat.Message) (string, error) {
	if template == "auto" {
		switch {
		case m.Template != nil || m.templateErr != nil:
			template = "hf"
		case m.Vision != nil:
			template = "vicuna_v1"
		default:
			template = "none"
		}
	}
	if template == "hf" && m.templateErr != nil {
		return "", m.templateErr
	}
	prompt, err := chat.Format(template, m.Template, messages)
	if err != nil {
		return "", fmt.Errorf("template %s: %w", template, err)
	}
	return prompt, nil
}

// setTemplate parses the checkpoint's chat template, "" where it has none. A
// template that can't be used is no fault until it is asked for.
func (m *Model) setTemplate(where, src string) {
	if src == "" {
		return
	}
	t, err := chat.Parse(src)
	if err != nil {
		m.templateErr = fmt.Errorf("%s: %w", where, err)
		return
	}
	t.Tokens = map[string]string{}
	if m.Tokenizer != nil {
		for name, id := range map[string]func() (int32, bool){
			"bos_token": m.Tokenizer.BOS, "eos_token": m.Tokenizer.EOS, "unk_token": m.Tokenizer.UNK, "pad_token": m.Tokenizer.PAD,
		} {
			if id, ok := id(); ok {
				t.Tokens[name] = m.Tokenizer.Piece(id)
			}
		}
	}
	m.Template = t
}

// readTemplate returns the chat template of a Hugging Face directory and the file
// that it is in: chat_template.jinja, chat_template.json, or a field of
// tokenizer_config.json, in the order in which transformers prefers them.
func readTemplate(dir string) (src, file string, err error) {
	file = filepath.Join(dir, "chat_template.jinja")
	if st, err := os.Stat(file); err == nil {
		if st.Size() > maxJSON {
			return "", file, fmt.Errorf("%s: %d bytes, more than the %d allowed", file, st.Size(), maxJSON)
		}
		b, err := os.ReadFile(file)
		return string(b), file, err
	}
	for _, name := range []string{"chat_template.json", "tokenizer_config.json"} {
		file = filepath.Join(dir, name)
		var j struct {
			Template namedTemplates `json:"chat_template"`
		}
		if err := readJSON(file, &j); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", file, err
		}
		if t := j.Template["default"]; t != "" {
			return t, file, nil
		}
	}
	return "", "", nil
}

// namedTemplates is one template, called default, or a list of templates with
// names.
type namedTemplates map[string]string

func (n *namedTemplates) UnmarshalJSON(b []byte) error {
	*n = namedTemplates{}
	var list []struct{ Name, Template string }
	if err := json.Unmarshal(b, &list); err == nil {
		for _, t := range list {
			(*n)[t.Name] = t.Template
		}
		return nil
	}
	var one string
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	(*n)["default"] = one
	return nil
}
