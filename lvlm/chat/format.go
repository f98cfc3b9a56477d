package chat

import (
	"fmt"
	"strings"
)

// ImageMark stands for an image in the text of a prompt.
const ImageMark = "<image>"

// Message is one turn of a conversation.
type Message struct {
	Role    string // "system", "user" or "assistant"; a template may know others
	Content string // may have ImageMarks in the places of its images
	Images  int    // those that Content has no mark for come before it
}

// The prompt of LLaVA-1.5's evaluations (conversation mode vicuna_v1 of Liu et al.,
// "Improved Baselines with Visual Instruction Tuning", 2023).
const vicunaSystem = "A chat between a curious user and an artificial intelligence assistant. " +
	"The assistant gives helpful, detailed, and polite answers to the user's questions."

// Format returns the prompt for the next message of a conversation, with an
// ImageMark in the place of each image. The name is that of a format:
//
//	vicuna_v1  the prompt of LLaVA-1.5's evaluations; a first message of the role
//	           system replaces the usual system text
//	hf         the template tmpl, with the conversation's messages, tmpl.Tokens
//	           and add_generation_prompt; the form of LLaVA's Hugging Face
//	           checkpoints if tmpl is nil
//	none       the content of the only message as it is
//
// A template may print a start token, as vicuna_v1 and none don't.
func Format(name string, tmpl *Template, messages []Message) (string, error) {
	if len(messages) == 0 {
		return "", fmt.Errorf("no messages")
	}
	if name == "none" {
		if n := len(messages); n > 1 {
			return "", fmt.Errorf("format none takes one message, not %d", n)
		}
		return messages[0].Content, nil
	}
	texts := make([]string, len(messages))
	for i, m := range messages {
		marks := strings.Count(m.Content, ImageMark)
		if marks > m.Images {
			return "", fmt.Errorf("message %d: %d %s in the text for %d images", i, marks, ImageMark, m.Images)
		}
		texts[i] = strings.Repeat(ImageMark+"\n", m.Images-marks) + m.Content
	}
	switch {
	case name == "vicuna_v1":
		return vicuna(messages, texts)
	case name == "hf" && tmpl == nil:
		return llavaHF(messages, texts), nil
	case name == "hf":
		return tmpl.format(messages, texts)
	}
	return "", fmt.Errorf("format %q is none of vicuna_v1, hf, none", name)
}

// answers reports whether the conversation waits for the assistant.
func answers(messages []Message) bool { return messages[len(messages)-1].Role != "assistant" }

func vicuna(messages []Message, texts []string) (string, error) {
	var b strings.Builder
	first := 0
	if messages[0].Role == "system" {
		b.WriteString(texts[0])
		first = 1
	} else {
		b.WriteString(vicunaSystem)
	}
	b.WriteByte(' ')
	for i := first; i < len(messages); i++ {
		want := [...]string{"user", "assistant"}[(i-first)%2]
		if role := messages[i].Role; role != want {
			return "", fmt.Errorf("message %d: role %q, want %q", i, role, want)
		}
		if want == "user" {
			b.WriteString("USER: " + texts[i] + " ")
		} else {
			b.WriteString("ASSISTANT: " + texts[i] + "</s>")
		}
	}
	if answers(messages) {
		b.WriteString("ASSISTANT:")
	}
	return b.String(), nil
}

func llavaHF(messages []Message, texts []string) string {
	var b strings.Builder
	for i, m := range messages {
		if m.Role != "system" {
			b.WriteString(strings.ToUpper(m.Role) + ": ")
		}
		b.WriteString(texts[i] + " ")
	}
	if answers(messages) {
		b.WriteString("ASSISTANT:")
	}
	return b.String()
}

// format renders a conversation. Templates differ in what they take for a message's
// content: a string, a list of parts, or both. What this one takes shows when it is
// tried.
func (t *Template) format(messages []Message, texts []string) (string, error) {
	images := 0
	for _, m := range messages {
		images += m.Images
	}
	parts := false
	switch takesParts := t.shows(partsOf); {
	case images > 0:
		parts = takesParts // only then does it place the images itself
	case takesParts:
		parts = !t.shows(textOf)
	}
	content := textOf
	if parts {
		content = partsOf
	}
	prompt, err := t.conversation(messages, texts, content)
	if err != nil {
		return "", err
	}
	if marks := strings.Count(prompt, ImageMark); marks != images {
		return "", fmt.Errorf("chat template: it shows %d %s for %d images", marks, ImageMark, images)
	}
	return prompt, nil
}

// textOf and partsOf are the two forms of a message's content.
func textOf(text string) Value { return String(text) }

func partsOf(text string) Value {
	list := List{}
	add := func(kind, key, text string) {
		d := NewDict()
		d.Set("type", String(kind))
		if key != "" {
			d.Set(key, String(text))
		}
		list = append(list, d)
	}
	for i, stretch := range strings.Split(text, ImageMark) {
		if i > 0 {
			add("image", "", "")
			// How to set an image off from the text is up to the template.
			stretch = strings.TrimPrefix(stretch, "\n")
		}
		if stretch != "" {
			add("text", "text", stretch)
		}
	}
	return list
}

// conversation renders messages whose content has the given form.
func (t *Template) conversation(messages []Message, texts []string, content func(string) Value) (string, error) {
	list := make(List, len(messages))
	for i, m := range messages {
		d := NewDict()
		d.Set("role", String(m.Role))
		d.Set("content", content(texts[i]))
		list[i] = d
	}
	data := Values{
		"messages":              list,
		"add_generation_prompt": Bool(answers(messages)),
		"tools":                 None{},
		"documents":             None{},
	}
	for name, text := range t.Tokens {
		data[name] = String(text)
	}
	return t.Render(data)
}

// shows reports whether the template prints an image and a text that come in the
// given form.
func (t *Template) shows(content func(string) Value) bool {
	const text = "probe"
	prompt, err := t.conversation([]Message{{Role: "user", Images: 1}}, []string{ImageMark + "\n" + text}, content)
	return err == nil && strings.Contains(prompt, ImageMark) && strings.Contains(prompt, text)
}
