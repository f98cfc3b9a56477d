package chat

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-par/par/tensor/gguf"
)

// oracle returns the matches of a pattern in the folder of oracle data.
func oracle(t *testing.T, pattern string) []string {
	dir := os.Getenv("PAR_ORACLE")
	if dir == "" {
		t.Skip("PAR_ORACLE is not set")
	}
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Skipf("no %s in %s", pattern, dir)
	}
	return found
}

func readInto(t *testing.T, path string, v any) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// ggufTemplate reads the template of a GGUF file.
func ggufTemplate(t *testing.T, path string) *Template {
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	src, err := f.String("tokenizer.chat_template")
	if err != nil {
		t.Fatal(err)
	}
	tmpl := Deferred(src)
	tmpl.Tokens = map[string]string{}
	tokens, err := f.Strings("tokenizer.ggml.tokens")
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{"bos_token": "tokenizer.ggml.bos_token_id", "eos_token": "tokenizer.ggml.eos_token_id"} {
		if id, err := f.CountOr(key, -1); err == nil && id >= 0 && id < len(tokens) {
			tmpl.Tokens[name] = tokens[id]
		}
	}
	return tmpl
}

// TestOracleChat renders the conversations of the model oracles with the templates of
// the GGUF files and of the Hugging Face directories.
func TestOracleChat(t *testing.T) {
	for _, path := range oracle(t, "gguf/models/*/expect.json") {
		dir := filepath.Dir(path)
		var expect struct {
			Model, HF string
			Chat      *struct {
				Messages   json.RawMessage
				Generation bool `json:"add_generation_prompt"`
				Rendered   string
			}
		}
		readInto(t, path, &expect)
		if expect.Chat == nil {
			continue
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			messages, err := FromJSON(expect.Chat.Messages)
			if err != nil {
				t.Fatal(err)
			}
			templates := map[string]*Template{"gguf": ggufTemplate(t, filepath.Join(dir, expect.Model))}
			if expect.HF != "" {
				if templates["hf"], err = Load(filepath.Join(dir, expect.HF)); err != nil {
					t.Fatal(err)
				}
			}
			for from, tmpl := range templates {
				data := Values{"messages": messages, "add_generation_prompt": Bool(expect.Chat.Generation)}
				for name, text := range tmpl.Tokens {
					data[name] = String(text)
				}
				got, err := tmpl.Render(data)
				if err != nil {
					t.Fatalf("%s: %v", from, err)
				}
				if got != expect.Chat.Rendered {
					t.Errorf("%s: %q, want %q", from, got, expect.Chat.Rendered)
				}
			}
		})
	}
}

// TestOracleBadTemplates renders templates that ask for too much or the forbidden.
func TestOracleBadTemplates(t *testing.T) {
	for _, path := range oracle(t, "gguf/bad/bad.json") {
		var bad struct {
			GGUF []struct{ File, Level, Wrong string }
		}
		readInto(t, path, &bad)
		for _, c := range bad.GGUF {
			if c.Level != "template" {
				continue
			}
			t.Run(c.File, func(t *testing.T) {
				tmpl := ggufTemplate(t, filepath.Join(filepath.Dir(path), "gguf", c.File))
				out, err := tmpl.conversation([]Message{{Role: "user", Content: "a"}, {Role: "assistant", Content: "b"}}, []string{"a", "b"}, textOf)
				if len(out) > maxOutput {
					t.Errorf("%d bytes of output", len(out))
				}
				var located *Error
				if err != nil && !errors.As(err, &located) {
					t.Errorf("error without a line: %v", err)
				}
				t.Logf("%s: %d bytes, error %v", c.Wrong, len(out), err)
			})
		}
	}
}
