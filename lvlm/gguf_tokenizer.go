package lvlm

import (
	"fmt"

	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor/gguf"
)

// ggufTokenizer makes the tokenizer that a GGUF file describes under
// tokenizer.ggml.
func ggufTokenizer(f *gguf.File) (*tokenizer.Tokenizer, error) {
	k := newKeys(f)
	model, err := f.String("tokenizer.ggml.model")
	k.try(err)
	tokens, err := f.Strings("tokenizer.ggml.tokens")
	k.try(err)
	g := tokenizer.GGUF{
		BOS: k.id("bos_token_id"), EOS: k.id("eos_token_id"),
		Unknown: k.id("unknown_token_id"), Padding: k.id("padding_token_id"),
		AddBOS: k.flag("add_bos_token"), AddEOS: k.flag("add_eos_token"), AddSpacePrefix: k.flag("add_space_prefix"),
	}
	var types []int32
	if f.Has("tokenizer.ggml.token_type") {
		types, err = f.Int32s("tokenizer.ggml.token_type")
		k.try(err)
	}
	if k.err != nil {
		return nil, k.err
	}
	switch model {
	case "llama":
		scores, err := f.Float32s("tokenizer.ggml.scores")
		if err != nil {
			return nil, err
		}
		t, err := tokenizer.NewSPM(tokens, scores, types, g)
		return t, inFile(f, err)
	case "gpt2":
		merges, err := f.Strings("tokenizer.ggml.merges")
		if err != nil {
			return nil, err
		}
		pre, err := f.StringOr("tokenizer.ggml.pre", "")
		if err != nil {
			return nil, err
		}
		t, err := tokenizer.NewBPE(tokens, types, merges, pre, g)
		return t, inFile(f, err)
	}
	return nil, fmt.Errorf("%s: field tokenizer.ggml.model: %q is not supported (llama, gpt2)", f.Path(), model)
}

// inFile names the file that err is about.
func inFile(f *gguf.File, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", f.Path(), err)
}

// id reads the id of a special token, nil where the file has none.
func (k *keys) id(name string) *int64 {
	key := "tokenizer.ggml." + name
	if !k.file.Has(key) {
		return nil
	}
	n, err := k.file.Count(key)
	k.try(err)
	id := int64(n)
	return &id
}

// flag reads a bool, nil where the file has none.
func (k *keys) flag(name string) *bool {
	key := "tokenizer.ggml." + name
	if !k.file.Has(key) {
		return nil
	}
	b, err := k.file.Bool(key)
	k.try(err)
	return &b
}
