package lvlm

import (
	"fmt"
	"slices"

	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor/gguf"
)

// ggufTokenizer makes the tokenizer that a GGUF file describes.
func ggufTokenizer(f *gguf.File) (*tokenizer.Tokenizer, error) {
	v, err := readVocabulary(f)
	if err != nil {
		return nil, err
	}
	t, err := v.Tokenizer()
	return t, inFile(f, err)
}

// readVocabulary reads the keys under tokenizer.ggml.
func readVocabulary(f *gguf.File) (*tokenizer.Vocabulary, error) {
	k := newKeys(f)
	v := new(tokenizer.Vocabulary)
	var err error
	v.Model, err = f.String("tokenizer.ggml.model")
	k.try(err)
	v.Tokens, err = f.Strings("tokenizer.ggml.tokens")
	k.try(err)
	v.GGUF = tokenizer.GGUF{
		BOS: k.id("bos_token_id"), EOS: k.id("eos_token_id"),
		Unknown: k.id("unknown_token_id"), Padding: k.id("padding_token_id"),
		AddBOS: k.flag("add_bos_token"), AddEOS: k.flag("add_eos_token"), AddSpacePrefix: k.flag("add_space_prefix"),
	}
	if f.Has("tokenizer.ggml.token_type") {
		v.Types, err = f.Int32s("tokenizer.ggml.token_type")
		k.try(err)
	}
	switch v.Model {
	case "llama":
		v.Scores, err = f.Float32s("tokenizer.ggml.scores")
		k.try(err)
	case "gpt2":
		v.Merges, err = f.Strings("tokenizer.ggml.merges")
		k.try(err)
		v.Pre, err = f.StringOr("tokenizer.ggml.pre", "")
		k.try(err)
	}
	return v, k.err
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

// endTokens are spellings of tokens that end an answer, whether or not a file says
// so: converters knew one end token a file.
var endTokens = []string{
	"<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<|eom_id|>", "<EOT>", "<end_of_utterance>",
}

// ends returns the ids that end an answer.
func (k *keys) ends(tok *tokenizer.Tokenizer) []int32 {
	var list []int32
	add := func(id int32, ok bool) {
		if ok && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	add(tok.EOS())
	for _, name := range []string{"eot_token_id", "eom_token_id"} {
		if id := k.id(name); id != nil && *id < int64(tok.Size()) {
			add(int32(*id), true)
		}
	}
	for _, text := range endTokens {
		if id, ok := tok.ID(text); ok {
			add(id, tok.IsSpecial(id))
		}
	}
	return list
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
