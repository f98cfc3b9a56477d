package lvlm

import (
	"fmt"

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
		case m.Template != nil:
			template = "hf"
		case m.Vision != nil:
			template = "vicuna_v1"
		default:
			template = "none"
		}
	}
	prompt, err := chat.Format(template, m.Template, messages)
	if err != nil {
		return "", fmt.Errorf("template %s: %w", template, err)
	}
	return prompt, nil
}

// setTemplate takes a chat template that was not read with its special tokens.
func (m *Model) setTemplate(src string) {
	m.Template = chat.Deferred(src)
	m.Template.Tokens = map[string]string{}
	for name, id := range map[string]func() (int32, bool){
		"bos_token": m.Tokenizer.BOS, "eos_token": m.Tokenizer.EOS, "unk_token": m.Tokenizer.UNK, "pad_token": m.Tokenizer.PAD,
	} {
		if id, ok := id(); ok {
			m.Template.Tokens[name] = m.Tokenizer.Piece(id)
		}
	}
}
