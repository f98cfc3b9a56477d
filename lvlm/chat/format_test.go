package chat

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Templates that differ in what they take for a content.
const (
	partsTemplate  = `{% for m in messages %}{{ m.role.upper() }}: {% for p in m.content|selectattr('type', 'equalto', 'image') %}<image>` + "\n" + `{% endfor %}{% for p in m.content|selectattr('type', 'equalto', 'text') %}{{ p.text }} {% endfor %}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}`
	textTemplate   = `{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content.strip() }}{% endfor %}`
	eitherTemplate = `{% for m in messages %}<{{ m.role }}>{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}{{ '<image>' if p.type == 'image' else p.text }}{% endfor %}{% endif %}{% endfor %}`
	blindTemplate  = `{% for m in messages %}{{ m.role }}{% endfor %}`
)

func TestFormat(t *testing.T) {
	user := func(text string, images int) Message { return Message{"user", text, images} }
	assistant := func(text string) Message { return Message{Role: "assistant", Content: text} }
	system := func(text string) Message { return Message{Role: "system", Content: text} }
	const vicunaStart = "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions. "
	for _, c := range []struct {
		name, template string
		messages       []Message
		want           string
	}{
		{"vicuna_v1", "", []Message{user("What?", 1)}, vicunaStart + "USER: <image>\nWhat? ASSISTANT:"},
		{"vicuna_v1", "", []Message{user("What?", 0)}, vicunaStart + "USER: What? ASSISTANT:"},
		{"vicuna_v1", "", []Message{user("What?", 2)}, vicunaStart + "USER: <image>\n<image>\nWhat? ASSISTANT:"},
		{"vicuna_v1", "", []Message{user("In <image>, what?", 1)}, vicunaStart + "USER: In <image>, what? ASSISTANT:"},
		{"vicuna_v1", "", []Message{user("In <image>, what?", 2)}, vicunaStart + "USER: <image>\nIn <image>, what? ASSISTANT:"},
		{"vicuna_v1", "", []Message{user("u", 1), assistant("a"), user("v", 0)}, vicunaStart + "USER: <image>\nu ASSISTANT: a</s>USER: v ASSISTANT:"},
		{"vicuna_v1", "", []Message{user("u", 1), assistant("a")}, vicunaStart + "USER: <image>\nu ASSISTANT: a</s>"},
		{"vicuna_v1", "", []Message{system("Be brief."), user("u", 0)}, "Be brief. USER: u ASSISTANT:"},
		{"hf", "", []Message{user("What?", 1)}, "USER: <image>\nWhat? ASSISTANT:"},
		{"hf", "", []Message{system("S"), user("u", 1), assistant("a"), user("v", 0)}, "S USER: <image>\nu ASSISTANT: a USER: v ASSISTANT:"},
		{"none", "", []Message{user("as <image> it is", 1)}, "as <image> it is"},
		{"hf", partsTemplate, []Message{user("What?", 1)}, "USER: <image>\nWhat? ASSISTANT:"},
		{"hf", partsTemplate, []Message{user("What?", 2), assistant("a"), user("v", 0)}, "USER: <image>\n<image>\nWhat? ASSISTANT: a USER: v ASSISTANT:"},
		{"hf", partsTemplate, []Message{user("What?", 0)}, "USER: What? ASSISTANT:"},
		{"hf", textTemplate, []Message{user(" What?", 0)}, "<s>[user] What?"},
		{"hf", textTemplate, []Message{user("What?", 1)}, "<s>[user] <image>\nWhat?"},
		{"hf", eitherTemplate, []Message{user("What?", 0)}, "<user>What?"},
		{"hf", eitherTemplate, []Message{user("a <image> b", 1)}, "<user>a <image> b"},
		{"hf", eitherTemplate, []Message{user("What?", 1), assistant("x")}, "<user><image>What?<assistant>x"},
	} {
		var tmpl *Template
		if c.template != "" {
			var err error
			if tmpl, err = Parse(c.template); err != nil {
				t.Fatal(err)
			}
			tmpl.Tokens = map[string]string{"bos_token": "<s>"}
		}
		got, err := Format(c.name, tmpl, c.messages)
		if err != nil || got != c.want {
			t.Errorf("%s %v: %q, %v; want %q", c.name, c.messages, got, err, c.want)
		}
	}
}

func TestFormatErrors(t *testing.T) {
	for _, c := range []struct {
		name, template string
		messages       []Message
		want           string
	}{
		{"vicuna_v1", "", nil, "no messages"},
		{"llama", "", []Message{{Role: "user"}}, `"llama"`},
		{"none", "", []Message{{Role: "user"}, {Role: "user"}}, "2"},
		{"vicuna_v1", "", []Message{{Role: "user"}, {Role: "user"}}, `message 1: role "user"`},
		{"vicuna_v1", "", []Message{{Role: "assistant"}}, `message 0: role "assistant"`},
		{"vicuna_v1", "", []Message{{Role: "user", Content: "<image>"}}, "message 0: 1 <image> in the text for 0 images"},
		{"hf", textTemplate, []Message{{Role: "user", Content: "<image><image>", Images: 1}}, "message 0: 2 <image>"},
		{"hf", blindTemplate, []Message{{Role: "user", Images: 1}}, "0 <image> for 1 images"},
		{"hf", "{{ x", []Message{{Role: "user"}}, "line 1"},
		{"hf", "{{ raise_exception('no') }}", []Message{{Role: "user"}}, "raised by the template: no"},
	} {
		var tmpl *Template
		if c.template != "" {
			tmpl = Deferred(c.template)
		}
		if got, err := Format(c.name, tmpl, c.messages); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: %q, error %v, want %s", c.name, c.template, got, err, c.want)
		}
	}
}

func TestLoad(t *testing.T) {
	for _, c := range []struct {
		files map[string]string
		want  string // rendered; "" for no template
		fails string // of Load, names
	}{
		{nil, "", ""},
		{map[string]string{"tokenizer_config.json": `{"bos_token": "<s>"}`}, "", ""},
		{map[string]string{"tokenizer_config.json": `{"chat_template": null}`}, "", ""},
		{map[string]string{"tokenizer_config.json": `{"chat_template": "a{{ bos_token }}{{ eos_token }}{{ pad_token }}", "bos_token": "<s>", "eos_token": {"content": "</s>"}, "pad_token": null}`}, "a<s></s>", ""},
		{map[string]string{"tokenizer_config.json": `{"chat_template": [{"name": "tool", "template": "b"}, {"name": "default", "template": "c"}]}`}, "c", ""},
		{map[string]string{"tokenizer_config.json": `{"chat_template": "a", "bos_token": "x"}`, "chat_template.json": `{"chat_template": "d{{ bos_token }}"}`}, "dx", ""},
		{map[string]string{"chat_template.json": `{"chat_template": "d"}`, "chat_template.jinja": "e{{ eos_token }}", "special_tokens_map.json": `{"eos_token": "E"}`}, "eE", ""},
		{map[string]string{"tokenizer_config.json": `{"chat_template": 5}`}, "", "tokenizer_config.json: field chat_template"},
		{map[string]string{"tokenizer_config.json": `{"bos_token": 5}`}, "", "tokenizer_config.json"},
		{map[string]string{"chat_template.json": `{`}, "", "chat_template.json"},
	} {
		dir := t.TempDir()
		for name, text := range c.files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		tmpl, err := Load(dir)
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%v: error %v, want %s", c.files, err, c.fails)
			}
			continue
		}
		if err != nil || (tmpl != nil) != (c.want != "") {
			t.Errorf("%v: template %v, error %v", c.files, tmpl, err)
			continue
		}
		if tmpl == nil {
			continue
		}
		if got, err := tmpl.conversation([]Message{{Role: "user"}}, []string{""}, textOf); err != nil || got != c.want {
			t.Errorf("%v: %q, %v; want %q", c.files, got, err, c.want)
		}
	}
}

// TestDeferred checks that a template that can't be parsed says so when used.
func TestDeferred(t *testing.T) {
	tmpl := Deferred("{% if %}")
	if tmpl.Err() == nil {
		t.Error("no error")
	}
	if _, err := tmpl.Render(nil); err != tmpl.Err() {
		t.Errorf("rendering: error %v, want %v", err, tmpl.Err())
	}
	if tmpl := Deferred("x"); tmpl.Err() != nil {
		t.Error(tmpl.Err())
	}
}
