package tokenizer

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"testing"
)

func open(t testing.TB, dir string) *Tokenizer {
	t.Helper()
	tok, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestVocabulary(t *testing.T) {
	tok := open(t, "testdata/prepend")
	for _, x := range []struct {
		piece   string
		id      int32
		special bool
	}{{"<unk>", 0, true}, {"<s>", 1, true}, {"</s>", 2, true}, {"<0x0A>", 13, false}} {
		if id, ok := tok.ID(x.piece); !ok || id != x.id || tok.Piece(id) != x.piece || tok.IsSpecial(id) != x.special {
			t.Errorf("%q: id %d (%t), piece %q, special %t", x.piece, id, ok, tok.Piece(id), tok.IsSpecial(id))
		}
	}
	image, ok := tok.ID("<image>")
	if !ok || int(image) != tok.Size()-1 || !tok.IsSpecial(image) {
		t.Errorf("<image> has id %d (%t) of %d", image, ok, tok.Size())
	}
	if _, ok := tok.ID("no such piece"); ok {
		t.Error("an id for a piece that there is not")
	}
	for _, id := range []int32{-1, int32(tok.Size()), 1 << 30} {
		if tok.Piece(id) != "" || tok.IsSpecial(id) || tok.Decode([]int32{id}, false) != "" {
			t.Errorf("id %d: there is something", id)
		}
	}
	if bos, ok := tok.BOS(); !ok || bos != 1 {
		t.Errorf("BOS %d (%t): it begins every text", bos, ok)
	}
	if unk, ok := tok.UNK(); !ok || unk != 0 {
		t.Errorf("UNK %d (%t)", unk, ok)
	}
	if _, ok := tok.EOS(); ok {
		t.Error("EOS, which no file names")
	}
}

// TestConfig: the files beside the vocabulary name special tokens and add others.
func TestConfig(t *testing.T) {
	model := model(smallModel(), bpeSpec(), proto(nil).varint(4, 0))
	config := `{"bos_token":{"content":"<s>"},"eos_token":"</s>","pad_token":null,"add_eos_token":true,"legacy":false,
		"added_tokens_decoder":{"7":{"content":"<image>","special":true,"rstrip":true}}}`
	tok := open(t, writeDir(t, map[string]string{
		"tokenizer.model": model, "tokenizer_config.json": config,
		"special_tokens_map.json": `{"pad_token":"<pad>","additional_special_tokens":["<e>"]}`,
		"added_tokens.json":       `{"<pad>":6,"word":8,"<e>":9}`,
	}))
	for _, x := range []struct {
		text string
		o    Options
		want []int32
	}{
		{"ab", Options{AddSpecial: true}, []int32{1, 0, 5, 2}}, // U+2581 is unknown
		{"<image> ab", Options{}, []int32{7, 5}},
		{"ab<pad>ab", Options{}, []int32{0, 5, 6, 5}}, // not legacy: a space in front at the start only
		{"wordab</s>", Options{}, []int32{8, 5, 2}},
		{"<e>", Options{SpecialAsText: true}, []int32{0}},
		{"word", Options{SpecialAsText: true}, []int32{8}},
	} {
		checkIDs(t, tok, x.text, x.o, x.want)
	}
	checkText(t, tok, []int32{1, 5, 6, 8, 9, 2}, true, "abword")
	checkText(t, tok, []int32{1, 5, 6, 8, 9, 2}, false, "<s>ab<pad>word<e></s>")
	if pad, ok := tok.PAD(); !ok || pad != 6 {
		t.Errorf("PAD %d (%t)", pad, ok)
	}

	// Alone, the same model reads special tokens as text.
	alone := open(t, writeDir(t, map[string]string{"tokenizer.model": model}))
	checkIDs(t, alone, "<s>ab", Options{}, []int32{0, 5})
	checkText(t, alone, []int32{1, 5, 2}, false, "ab")
	checkText(t, alone, []int32{0, 5}, false, " \u2047 ab")
	checkText(t, alone, []int32{0, 5}, true, "ab")

	// A tokenizer.json goes before the other files.
	both := open(t, writeDir(t, map[string]string{
		"tokenizer.model": model, "tokenizer.json": tokenizerFile(""), "tokenizer_config.json": `{"eos_token":"<s>"}`,
		"added_tokens.json": `{"a":0,"<pad>":4}`,
	}))
	checkIDs(t, both, "ab<pad>", Options{}, []int32{2, 4})
	if eos, ok := both.EOS(); !ok || eos != 3 {
		t.Errorf("EOS %d (%t)", eos, ok)
	}
}

func TestVocabAndMerges(t *testing.T) {
	files := map[string]string{
		"vocab.json": `{"a":0,"b":1,"ab":2,"Ġ":3,"Ġab":4,"1":5,"11":6,"<|end|>":7,"Ã":8,"©":9,"Ì":10,"ģ":11,"e":12}`,
		"merges.txt": "#version: 0.2\r\na b\r\nĠ ab\r\n1 1\r\n",
		"tokenizer_config.json": `{"tokenizer_class":"GPT2Tokenizer","add_prefix_space":true,"add_bos_token":true,
			"bos_token":"<|end|>","eos_token":"<|end|>"}`,
	}
	tok := open(t, writeDir(t, files))
	checkIDs(t, tok, "ab ab11<|end|>e\u0301", Options{AddSpecial: true}, []int32{7, 4, 4, 6, 7, 3, 12, 10, 11})
	files["tokenizer_config.json"] = `{"tokenizer_class":"Qwen2TokenizerFast"}`
	tok = open(t, writeDir(t, files))
	checkIDs(t, tok, "ab11e\u0301", Options{AddSpecial: true}, []int32{2, 5, 5, 8, 9})
}

func TestOpenNothing(t *testing.T) {
	if _, err := Open(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want one that is fs.ErrNotExist", err)
	}
}

// TestGGUFDefaults: what a GGUF file does not say.
func TestGGUFDefaults(t *testing.T) {
	tokens := []string{"<unk>", "<s>", "</s>", "\u2581", "a", "\u2581a", "[PAD6]", "[PAD7]"}
	scores := []float32{0, 0, 0, -2, -3, -1, 0, 0}
	types := []int32{2, 3, 3, 1, 1, 1, 5, 5}
	spm, err := NewSPM(tokens, scores, types, GGUF{})
	if err != nil {
		t.Fatal(err)
	}
	if spm.Size() != 6 {
		t.Errorf("size %d: padding counts", spm.Size())
	}
	checkIDs(t, spm, "a</s>a", Options{AddSpecial: true}, []int32{1, 5, 2, 5})
	checkIDs(t, spm, " a", Options{}, []int32{3, 5})
	checkIDs(t, spm, "", Options{}, []int32{})
	checkText(t, spm, []int32{1, 5, 2, 5}, true, "a a")
	no := false
	spm, err = NewSPM(tokens, scores, types, GGUF{AddBOS: &no, AddSpacePrefix: &no})
	if err != nil {
		t.Fatal(err)
	}
	checkIDs(t, spm, "a a", Options{AddSpecial: true}, []int32{4, 5})
	checkText(t, spm, []int32{5}, true, " a")
	// Without types, the spelling tells.
	spm, err = NewSPM(append(tokens[:6:6], "<0x41>"), scores[:7], nil, GGUF{})
	if err != nil {
		t.Fatal(err)
	}
	checkText(t, spm, []int32{1, 5, 6}, true, "aA")

	tokens = []string{"a", "b", "ab", "1", "11", "Ġ", "<s>", "word"}
	types = []int32{1, 1, 1, 1, 1, 1, 3, 4}
	for pre, want := range map[string][]int32{
		"llama-bpe": {6, 2, 4, 5, 7, 6}, "gpt-2": {2, 4, 5, 7, 6}, "qwen2": {2, 3, 3, 5, 7, 6}, "smollm": {2, 3, 3, 5, 7, 6},
	} {
		bos := int64(6)
		tok, err := NewBPE(tokens, types, []string{"a b", "1 1"}, pre, GGUF{BOS: &bos})
		if err != nil {
			t.Fatal(err)
		}
		checkIDs(t, tok, "ab11 word<s>", Options{AddSpecial: true}, want)
	}
}

func TestConcurrentUse(t *testing.T) {
	for name, tok := range families(t) {
		const text = "  Hello e\u0301 <image> wörld 12345 \u1112\u1161\u11ab\n"
		want := tok.Encode(text, Options{AddSpecial: true})
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for range 20 {
					if got := tok.Encode(text, Options{AddSpecial: true}); !slices.Equal(got, want) {
						t.Errorf("%s: %v, want %v", name, got, want)
					}
					s := tok.NewStream(true)
					for _, id := range want {
						s.Next(id)
					}
					s.Flush()
				}
			})
		}
		group.Wait()
	}
}

// TestStreamAllocates: a token costs its text and nothing else.
func TestStreamAllocates(t *testing.T) {
	for _, dir := range []string{"testdata/prepend", "testdata/llama3", "testdata/spm_llama"} {
		tok := open(t, dir)
		ids := tok.Encode("What is shown in this image? 你好 😀", Options{})
		s := tok.NewStream(true)
		i := 0
		for range ids {
			s.Next(ids[i])
			i = (i + 1) % len(ids)
		}
		if n := testing.AllocsPerRun(10*len(ids), func() {
			s.Next(ids[i])
			i = (i + 1) % len(ids)
		}); n > 1 {
			t.Errorf("%s: %v allocations a token", dir, n)
		}
	}
}

func Example() {
	tok, err := Open("testdata/llama3")
	if err != nil {
		fmt.Println(err)
		return
	}
	ids := tok.Encode("hello picture", Options{AddSpecial: true})
	for _, id := range ids {
		fmt.Println(id, tok.Piece(id))
	}
	fmt.Println(tok.Decode(ids, true))
	// Output:
	// 382 <s>
	// 380 hello
	// 301 Ġp
	// 370 ict
	// 287 ure
	// 383 <|eot|>
	// hello picture
}

func ExampleStream() {
	tok, err := Open("testdata/llama3")
	if err != nil {
		fmt.Println(err)
		return
	}
	s := tok.NewStream(true)
	for _, id := range tok.Encode("é😀", Options{}) {
		fmt.Printf("%q ", s.Next(id))
	}
	fmt.Printf("%q\n", s.Flush())
	// Output: "" "é" "" "" "" "😀" ""
}
