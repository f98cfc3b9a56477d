package tokenizer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Vocabularies whose rules GGUF files can hold give the same ids there.
func TestOpenVocabulary(t *testing.T) {
	for name, want := range map[string]struct{ model, pre string }{
		"llama3":          {"gpt2", "llama-bpe"},
		"qwen2":           {"gpt2", "qwen2"},
		"smollm":          {"gpt2", "smollm"},
		"prepend":         {"llama", "default"},
		"metaspace_never": {"llama", "default"},
		"unknown_fused":   {"llama", "default"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("testdata", name)
			tok := open(t, dir)
			v, err := OpenVocabulary(dir, tok.Size()+3)
			if err != nil {
				t.Fatal(err)
			}
			if v.Model != want.model || v.Pre != want.pre {
				t.Errorf("model %q, pre %q; want %q, %q", v.Model, v.Pre, want.model, want.pre)
			}
			if n := len(v.Tokens); n != tok.Size()+3 || v.Types[n-1] != pieceUnused {
				t.Errorf("%d tokens, the last of type %d; want %d with unused ones at the end", n, v.Types[n-1], tok.Size()+3)
			}
			again := vocabularyTokenizer(t, v)
			eachText(t, dir, func(text string) {
				for _, o := range []Options{{}, {AddSpecial: true}} {
					checkIDs(t, again, text, o, tok.Encode(text, o))
				}
			})
		})
	}
}

// A vocabulary smaller than the tokenizer keeps the tokens that have a row.
func TestOpenVocabularyCut(t *testing.T) {
	tok := open(t, "testdata/prepend")
	v, err := OpenVocabulary("testdata/prepend", tok.Size()-2)
	if err != nil {
		t.Fatal(err)
	}
	if got := vocabularyTokenizer(t, v).Size(); got > tok.Size()-2 {
		t.Errorf("%d tokens", got)
	}
}

func TestOpenVocabularyRefuses(t *testing.T) {
	for name, want := range map[string]string{
		"gpt2_prefix": "ByteLevel with a space in front", // no pre has it
		"spm_rules":   "normalizer_spec",
		"":            "there is no tokenizer.json",
	} {
		_, err := OpenVocabulary(filepath.Join("testdata", name), 300)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if _, err := OpenVocabulary("testdata/prepend", maxVocab+1); err == nil {
		t.Error("a vocabulary without bounds was accepted")
	}
}

// The files that are written say what the vocabulary says.
func TestVocabularyFiles(t *testing.T) {
	eachCaseFile(t, "testdata", func(t *testing.T, dir string, _ caseFile) { checkFiles(t, dir) })
}

func TestOracleVocabularyFiles(t *testing.T) {
	eachCaseFile(t, oracleDir(t, "tokenizers"), func(t *testing.T, dir string, _ caseFile) { checkFiles(t, dir) })
}

func checkFiles(t *testing.T, dir string) {
	v, err := OpenVocabulary(dir, open(t, dir).Size())
	if err != nil {
		t.Skip(err) // TestOpenVocabularyRefuses has those
	}
	const template = "{{ bos_token }}<&>"
	files, err := v.Files(template)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(files["tokenizer_config.json"]), `"chat_template": "`+template+`"`) {
		t.Error("tokenizer_config.json has not the chat template")
	}
	written := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(written, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, got := vocabularyTokenizer(t, v), open(t, written)
	for name, id := range map[string][2]int32{
		"bos": {got.bos, want.bos}, "eos": {got.eos, want.eos}, "unk": {got.unk, want.unk}, "pad": {got.pad, want.pad},
	} {
		if id[0] != id[1] {
			t.Errorf("%s is %d, want %d", name, id[0], id[1])
		}
	}
	if slices.ContainsFunc(v.Tokens, func(s string) bool { return s != " " && strings.Contains(s, " ") }) {
		return // such pieces are SentencePiece's to find
	}
	for i, p := range want.pieces {
		if q := got.Piece(int32(i)); p != q {
			t.Errorf("token %d is %q, want %q", i, q, p)
		}
	}
	eachText(t, dir, func(text string) {
		for _, o := range []Options{{}, {AddSpecial: true}} {
			checkIDs(t, got, text, o, want.Encode(text, o))
		}
	})
}

func vocabularyTokenizer(t *testing.T, v *Vocabulary) *Tokenizer {
	t.Helper()
	tok, err := v.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// eachText calls f for the texts of a directory's cases.
func eachText(t *testing.T, dir string, f func(text string)) {
	eachCaseFile(t, filepath.Dir(dir), func(t *testing.T, d string, c caseFile) {
		if d != dir {
			return
		}
		for _, x := range c.Cases {
			f(x.Text)
		}
	})
}
