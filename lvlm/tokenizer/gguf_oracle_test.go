package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-par/par/tensor/gguf"
)

// fromGGUF makes the tokenizer of a GGUF file.
func fromGGUF(f *gguf.File) (*Tokenizer, error) {
	const prefix = "tokenizer.ggml."
	model, err := f.String(prefix + "model")
	if err != nil {
		return nil, err
	}
	tokens, err := f.Strings(prefix + "tokens")
	if err != nil {
		return nil, err
	}
	var types []int32
	if f.Has(prefix + "token_type") {
		if types, err = f.Int32s(prefix + "token_type"); err != nil {
			return nil, err
		}
	}
	var errs []error
	id := func(name string) *int64 {
		if !f.Has(prefix + name) {
			return nil
		}
		n, err := f.Count(prefix + name)
		errs = append(errs, err)
		id := int64(n)
		return &id
	}
	flag := func(name string) *bool {
		if !f.Has(prefix + name) {
			return nil
		}
		b, err := f.Bool(prefix + name)
		errs = append(errs, err)
		return &b
	}
	g := GGUF{
		BOS: id("bos_token_id"), EOS: id("eos_token_id"), Unknown: id("unknown_token_id"), Padding: id("padding_token_id"),
		AddBOS: flag("add_bos_token"), AddEOS: flag("add_eos_token"), AddSpacePrefix: flag("add_space_prefix"),
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	switch model {
	case "llama":
		scores, err := f.Float32s(prefix + "scores")
		if err != nil {
			return nil, err
		}
		return NewSPM(tokens, scores, types, g)
	case "gpt2":
		merges, err := f.Strings(prefix + "merges")
		if err != nil {
			return nil, err
		}
		pre, err := f.StringOr(prefix+"pre", "")
		if err != nil {
			return nil, err
		}
		return NewBPE(tokens, types, merges, pre, g)
	}
	return nil, fmt.Errorf("field tokenizer.ggml.model: %q", model)
}

func TestOracleGGUF(t *testing.T) {
	root := oracleDir(t, "gguf", "models")
	paths, err := filepath.Glob(filepath.Join(root, "*", "expect.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no models under %s (%v)", root, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var expect struct {
				Model    string `json:"model"`
				HF       string `json:"hf"`
				Tokenize []struct {
					Text string  `json:"text"`
					IDs  []int32 `json:"ids"`
				} `json:"tokenize"`
			}
			if err := json.Unmarshal(data, &expect); err != nil {
				t.Fatal(err)
			}
			if len(expect.Tokenize) == 0 {
				t.Skip("no texts")
			}
			f, err := gguf.Open(filepath.Join(filepath.Dir(path), expect.Model))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			tok, err := fromGGUF(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range expect.Tokenize {
				checkIDs(t, tok, x.Text, Options{}, x.IDs)
			}
			if expect.HF == "" {
				return
			}
			hf, err := Open(filepath.Join(filepath.Dir(path), expect.HF))
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range expect.Tokenize {
				checkIDs(t, hf, x.Text, Options{}, x.IDs)
				for _, skip := range []bool{false, true} {
					checkText(t, tok, x.IDs, skip, hf.Decode(x.IDs, skip))
				}
			}
			if tok.Size() != hf.Size() {
				t.Errorf("%d tokens, %d in the Hugging Face directory", tok.Size(), hf.Size())
			}
			for _, get := range []func(*Tokenizer) (int32, bool){(*Tokenizer).BOS, (*Tokenizer).EOS} {
				a, okA := get(tok)
				b, okB := get(hf)
				if okA && okB && a != b {
					t.Errorf("special id %d, %d in the Hugging Face directory", a, b)
				}
			}
		})
	}
}

// TestOracleBadGGUF gives the files that are wrong as tokenizers their verdicts.
func TestOracleBadGGUF(t *testing.T) {
	dir := oracleDir(t, "gguf", "bad")
	data, err := os.ReadFile(filepath.Join(dir, "bad.json"))
	if err != nil {
		t.Fatal(err)
	}
	var bad struct {
		GGUF []struct{ File, Level, Verdict, Field, Wrong string } `json:"gguf"`
	}
	if err := json.Unmarshal(data, &bad); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, x := range bad.GGUF {
		if x.Level != "tokenizer" || strings.Contains(x.Wrong, "embedding rows") { // that takes the model
			continue
		}
		seen++
		f, err := gguf.Open(filepath.Join(dir, "gguf", x.File))
		if err != nil {
			t.Errorf("%s: %v", x.File, err)
			continue
		}
		tok, err := fromGGUF(f)
		f.Close()
		switch {
		case x.Verdict == "accept" && err != nil:
			t.Errorf("%s (%s): %v", x.File, x.Wrong, err)
		case x.Verdict == "reject" && err == nil:
			t.Errorf("%s (%s): accepted", x.File, x.Wrong)
		case err != nil && !strings.Contains(err.Error(), x.Field):
			t.Errorf("%s: the error does not name %s: %v", x.File, x.Field, err)
		}
		if tok != nil {
			tok.Decode(tok.Encode("Hello <unk> world \x00\xff aaaa", Options{AddSpecial: true}), false)
		}
	}
	if seen == 0 {
		t.Error("no tokenizer files")
	}
}
