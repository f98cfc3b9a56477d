package tokenizer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// families opens the tokenizers of testdata, by folder.
func families(t testing.TB) map[string]*Tokenizer {
	dirs, err := filepath.Glob(filepath.Join("testdata", "*", "cases.json"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no testdata (%v)", err)
	}
	all := map[string]*Tokenizer{}
	for _, path := range dirs {
		dir := filepath.Dir(path)
		tok, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(dir)] = tok
	}
	return all
}

// exercise uses a tokenizer that came out of damaged files.
func exercise(t *testing.T, tok *Tokenizer) {
	for _, text := range []string{"", " Hello  wörld 123 <s>\n", "\x00\xff\u2581<0x41>", strings.Repeat("ab ", 50)} {
		for _, o := range []Options{{}, {AddSpecial: true}, {SpecialAsText: true}} {
			for _, id := range tok.Encode(text, o) {
				if id < 0 || int(id) >= tok.Size() {
					t.Fatalf("id %d of %d", id, tok.Size())
				}
			}
		}
		checkRoundTrip(t, tok, tok.Encode(text, Options{}))
	}
	checkRoundTrip(t, tok, []int32{-1, 0, 1, 2, 3, 259, 1 << 30})
}

// checkRoundTrip checks what holds for the text of any ids.
func checkRoundTrip(t *testing.T, tok *Tokenizer, ids []int32) {
	for _, skip := range []bool{false, true} {
		s := tok.NewStream(skip)
		var text strings.Builder
		for _, id := range ids {
			text.WriteString(s.Next(id))
		}
		text.WriteString(s.Flush())
		whole := tok.Decode(ids, skip)
		// A run of byte tokens that goes bad cannot take back what was given out.
		if !strings.Contains(whole, replacement) && text.String() != whole {
			t.Errorf("stream of %v: %q, want %q", ids, text.String(), whole)
		}
	}
}

func FuzzTokenizerJSON(f *testing.F) {
	seed(f, "tokenizer.json")
	for _, s := range []string{
		`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}`,
		`{"model":{"vocab":{"a":0},"merges":[]},"added_tokens":[{"id":1,"content":" ","lstrip":true,"rstrip":true}]}`,
		`{"model":{"vocab":{"":0},"merges":[["",""]]},"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"}]}}`,
		`{"model":{"vocab":{"a":0},"merges":[]},"decoder":{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"}]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if tok, err := parseTokenizerJSON(data, &config{}); err == nil {
			exercise(t, tok)
		}
	})
}

func FuzzTokenizerModel(f *testing.F) {
	seed(f, "tokenizer.model")
	f.Add([]byte(model(smallModel(), bpeSpec(), proto(nil).varint(4, 0))))
	f.Add([]byte(model(smallModel().piece("<u>", 0, pieceUser).piece("ba", -4, pieceUnused), bpeSpec().varint(40, 0), nil)))
	f.Add([]byte(model(smallModel(), bpeSpec().varint(35, 1), proto(nil).bytes(2, "\x04\x00\x00\x00\x00\x00\x00\x00a\x00"))))
	f.Fuzz(func(t *testing.T, data []byte) {
		if tok, err := parseModel(data, &config{}); err == nil {
			exercise(t, tok)
		}
	})
}

// seed adds the files of that name in testdata.
func seed(f *testing.F, name string) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*", name))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no %s in testdata (%v)", name, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

func FuzzGGUF(f *testing.F) {
	f.Add("a b\nab c\nabc\n<s>", "a b", "llama-bpe", []byte{1, 1, 1, 1, 1, 3})
	f.Add("<unk>\n<s>\n</s>\na\n\u2581a\n<0x41>", "", "", []byte{2, 3, 3, 1, 1, 6})
	f.Fuzz(func(t *testing.T, tokens, merges, pre string, kinds []byte) {
		list := strings.Split(tokens, "\n")
		types := make([]int32, len(list))
		scores := make([]float32, len(list))
		for i := range list {
			types[i] = 1
			if i < len(kinds) {
				types[i] = int32(kinds[i])
			}
			scores[i] = -float32(i % 7)
		}
		if tok, err := NewSPM(list, scores, types, GGUF{}); err == nil {
			exercise(t, tok)
		}
		if tok, err := NewBPE(list, types, strings.Split(merges, "\n"), pre, GGUF{}); err == nil {
			exercise(t, tok)
		}
	})
}

func FuzzEncodeDecode(f *testing.F) {
	all := families(f)
	for _, s := range []string{"", "hello", " Hello  <s>world", "\x00\xff", "e\u0301\u2581<mask>  [CROP]\n 12345", "你好😀'S"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, tok := range all {
			ids := tok.Encode(text, Options{})
			checkRoundTrip(t, tok, ids)
			if again := tok.Encode(text, Options{}); !slices.Equal(ids, again) {
				t.Errorf("%s: %q: %v, then %v", name, text, ids, again)
			}
			// Byte-level vocabularies lose nothing, unless they normalise or strip.
			if name == "smollm" || name == "llama3" {
				if got := tok.Decode(ids, false); got != string([]rune(text)) {
					t.Errorf("%s: %q becomes %q", name, text, got)
				}
			}
			if got := tok.Decode(ids, false); !utf8.ValidString(got) {
				t.Errorf("%s: %q becomes %q", name, text, got)
			}
		}
	})
}
