package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const clipDir = "../../par/testdata/clip"

// TestCLIPFiles reads one tokenizer in both of its forms. What it encodes to is
// compared with transformers beside the text tower.
func TestCLIPFiles(t *testing.T) {
	pairs, err := OpenCLIP(clipDir)
	if err != nil {
		t.Fatal(err)
	}
	vocab, err := os.ReadFile(filepath.Join(clipDir, "vocab.json"))
	if err != nil {
		t.Fatal(err)
	}
	merges, err := os.ReadFile(filepath.Join(clipDir, "merges.txt"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(suffix string) string {
		dir := t.TempDir()
		file, err := json.Marshal(map[string]any{"model": map[string]any{
			"type": "BPE", "end_of_word_suffix": suffix, "vocab": json.RawMessage(vocab),
			"merges": strings.Split(strings.TrimSpace(string(merges)), "\n")[1:],
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), file, 0o666); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	whole, err := OpenCLIP(write(clipWordEnd))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "Which colour?", "it's 3 \u00e4\u00e9", "\u0130stanbul"} {
		if diff := cmp.Diff(pairs.Encode(text), whole.Encode(text)); diff != "" {
			t.Errorf("%q: vocab.json (-) and tokenizer.json (+):\n%s", text, diff)
		}
	}
	if _, err := OpenCLIP(write("")); err == nil || !strings.Contains(err.Error(), "end_of_word_suffix") {
		t.Errorf("a tokenizer that marks no word's end: %v", err)
	}
}

func TestCLIPErrors(t *testing.T) {
	for _, c := range []struct{ vocab, merges, want string }{
		{`{"a": 0}`, "", clipStart},
		{`{"a": -1, "<|startoftext|>": 1, "<|endoftext|>": 2}`, "", "-1"},
		{`{"a": 0`, "", "vocab.json"},
		{`{"<|startoftext|>": 1, "<|endoftext|>": 2}`, "#version: 0.2\na b\na\n", "merges.txt: line 3"},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"vocab.json": c.vocab, "merges.txt": c.merges} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := OpenCLIP(dir); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v, want %q", c.vocab, err, c.want)
		}
	}
	if _, err := OpenCLIP(t.TempDir()); err == nil {
		t.Error("an empty directory has a tokenizer")
	}
}
