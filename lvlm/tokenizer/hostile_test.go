package tokenizer

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeDir writes files into a new directory.
func writeDir(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// wantError checks that an error names everything in want, separated by "|".
func wantError(t *testing.T, name string, err error, want string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want one that names %s", name, want)
		return
	}
	for part := range strings.SplitSeq(want, "|") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want it to name %q", name, err, part)
		}
	}
}

// tokenizerFile returns a tokenizer.json with a model of three pieces and the
// other fields as given.
func tokenizerFile(fields string) string {
	return `{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"<s>":3},"merges":["a b"]}` + fields + `}`
}

func TestBadTokenizerJSON(t *testing.T) {
	many := func(s string) string { return strings.TrimSuffix(strings.Repeat(s+",", 20), ",") }
	for _, x := range []struct{ name, file, want string }{
		{"empty", ``, "tokenizer.json"},
		{"not JSON", `{"model":`, "tokenizer.json"},
		{"array", `[]`, "tokenizer.json"},
		{"deep", strings.Repeat(`{"normalizer":`, 20000), "tokenizer.json"},
		{"no model", `{}`, "field model"},
		{"model type", `{"model":{"type":"Unigram","vocab":[["a",0]]}}`, "field model|"},
		{"WordPiece", `{"model":{"type":"WordPiece","vocab":{"a":0}}}`, `field model|"WordPiece"`},
		{"no vocab", `{"model":{"type":"BPE","merges":[]}}`, "field model|vocab"},
		{"no merges", `{"model":{"type":"BPE","vocab":{"a":0}}}`, "field model|merges"},
		{"vocab of strings", `{"model":{"vocab":{"a":"0"},"merges":[]}}`, `vocab|"a"`},
		{"fraction", `{"model":{"vocab":{"a":0.5},"merges":[]}}`, `vocab|"a"|0.5`},
		{"huge id", `{"model":{"vocab":{"a":99999999999999999999},"merges":[]}}`, `vocab|"a"|99999999999999999999`},
		{"id out of range", `{"model":{"vocab":{"a":2147483647},"merges":[]}}`, `vocab|"a"|2147483647`},
		{"negative id", `{"model":{"vocab":{"a":-1},"merges":[]}}`, `vocab|"a"|-1`},
		{"one id twice", `{"model":{"vocab":{"a":0,"b":0},"merges":[]}}`, `vocab|"a"|"b"`},
		{"one token twice", `{"model":{"vocab":{"a":0,"a":1},"merges":[]}}`, `vocab|"a"`},
		{"merge without space", `{"model":{"vocab":{"a":0},"merges":["ab"]}}`, `merge|"ab"`},
		{"merge of three", `{"model":{"vocab":{"a":0},"merges":[["a","a","a"]]}}`, `merge`},
		{"merge of numbers", `{"model":{"vocab":{"a":0},"merges":[7]}}`, `field model|merges`},
		{"merge of unknowns", `{"model":{"vocab":{"a":0},"merges":["a x"]}}`, `merges[0]|"x"`},
		{"merge into an unknown", `{"model":{"vocab":{"a":0},"merges":["a a"]}}`, `merges[0]|"aa"`},
		{"unk", `{"model":{"vocab":{"a":0},"merges":[],"unk_token":"<unk>"}}`, `unk_token|"<unk>"`},
		{"dropout", `{"model":{"vocab":{"a":0},"merges":[],"dropout":0.1}}`, `dropout|0.1`},
		{"prefix", `{"model":{"vocab":{"a":0},"merges":[],"continuing_subword_prefix":"##"}}`, `continuing_subword_prefix|##`},
		{"suffix", `{"model":{"vocab":{"a":0},"merges":[],"end_of_word_suffix":"</w>"}}`, `end_of_word_suffix|</w>`},

		{"added without id", tokenizerFile(`,"added_tokens":[{"content":"x"}]`), "added_tokens[0]|id"},
		{"added, empty", tokenizerFile(`,"added_tokens":[{"id":9,"content":""}]`), "added_tokens[0]|9"},
		{"added, huge id", tokenizerFile(`,"added_tokens":[{"id":1099511627776,"content":"x"}]`), `added_tokens[0]|1099511627776`},
		{"added, other id", tokenizerFile(`,"added_tokens":[{"id":9,"content":"a"}]`), `added_tokens[0]|"a"|9`},
		{"added, id taken", tokenizerFile(`,"added_tokens":[{"id":0,"content":"x"}]`), `added_tokens[0]|"x"|"a"`},
		{"added, long", tokenizerFile(`,"added_tokens":[{"id":9,"content":"` + strings.Repeat("x", 5000) + `"}]`), `added_tokens[0]|5000`},
		{"added, the same once normalised", tokenizerFile(`,"added_tokens":[{"id":8,"content":"x","normalized":true},{"id":9,"content":"y","normalized":true}],
			"normalizer":{"type":"Replace","pattern":{"String":"x"},"content":"y"}`), `added_tokens|8|9`},

		{"normalizer", tokenizerFile(`,"normalizer":{"type":"BertNormalizer"}`), `field normalizer|"BertNormalizer"`},
		{"normalizer in a sequence", tokenizerFile(`,"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]}`), `field normalizer|"Lowercase"`},
		{"replace by regex", tokenizerFile(`,"normalizer":{"type":"Replace","pattern":{"Regex":"a+"},"content":"b"}`), `field normalizer|"a+"`},
		{"replace nothing", tokenizerFile(`,"normalizer":{"type":"Replace","pattern":{"String":""},"content":"b"}`), `field normalizer|Replace`},
		{"growth", tokenizerFile(`,"normalizer":{"type":"Sequence","normalizers":[` + strings.TrimSuffix(strings.Repeat(`{"type":"Replace","pattern":{"String":"a"},"content":"aaaa"},`, 4), ",") + `]}`), `field normalizer|64`},
		{"growth at once", tokenizerFile(`,"normalizer":{"type":"Replace","pattern":{"String":"a"},"content":"` + strings.Repeat("a", 100) + `"}`), `field normalizer|100`},
		{"long prefix", tokenizerFile(`,"normalizer":{"type":"Prepend","prepend":"` + strings.Repeat("a", 100) + `"}`), `field normalizer|100`},
		{"many parts", tokenizerFile(`,"normalizer":{"type":"Sequence","normalizers":[` + many(`{"type":"NFC"}`) + `]}`), `field normalizer|16`},
		{"nested parts", tokenizerFile(`,"normalizer":` + strings.Repeat(`{"type":"Sequence","normalizers":[`, 100) + strings.Repeat(`]}`, 100)), `field normalizer|deep`},

		{"pre-tokenizer", tokenizerFile(`,"pre_tokenizer":{"type":"Whitespace"}`), `field pre_tokenizer|"Whitespace"`},
		{"regex", tokenizerFile(`,"pre_tokenizer":{"type":"Split","pattern":{"Regex":"\\d+"},"behavior":"Isolated","invert":false}`), `field pre_tokenizer|\d+`},
		{"no regex", tokenizerFile(`,"pre_tokenizer":{"type":"Split","pattern":{"String":" "},"behavior":"Isolated","invert":false}`), `field pre_tokenizer|Split`},
		{"behavior", tokenizerFile(fmt.Sprintf(`,"pre_tokenizer":{"type":"Split","pattern":{"Regex":%q},"behavior":"MergedWithNext","invert":false}`, patternGPT2)), `field pre_tokenizer|MergedWithNext`},
		{"behind ByteLevel", tokenizerFile(`,"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"},{"type":"Digits"}]}`), `field pre_tokenizer|Digits`},
		{"replacement", tokenizerFile(`,"pre_tokenizer":{"type":"Metaspace","replacement":"__"}`), `field pre_tokenizer|__`},
		{"scheme", tokenizerFile(`,"pre_tokenizer":{"type":"Metaspace","replacement":"_","prepend_scheme":"last"}`), `field pre_tokenizer|last`},

		{"post-processor", tokenizerFile(`,"post_processor":{"type":"BertProcessing"}`), `field post_processor|BertProcessing`},
		{"template without text", tokenizerFile(`,"post_processor":{"type":"TemplateProcessing","single":[]}`), `field post_processor|sequence A`},
		{"template with two texts", tokenizerFile(`,"post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}},{"Sequence":{"id":"A"}}]}`), `field post_processor|single[1]`},
		{"template without token", tokenizerFile(`,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}]}`), `field post_processor|"x"`},
		{"template with an id out of range", tokenizerFile(`,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}],"special_tokens":{"x":{"ids":[4]}}}`), `field post_processor|"x"|4`},

		{"decoder", tokenizerFile(`,"decoder":{"type":"WordPiece"}`), `field decoder|WordPiece`},
		{"strip before fuse", tokenizerFile(`,"decoder":{"type":"Sequence","decoders":[{"type":"Strip","content":" ","start":1},{"type":"Fuse"}]}`), `field decoder|Strip`},
		{"strip at the end", tokenizerFile(`,"decoder":{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Strip","content":" ","stop":1}]}`), `field decoder|Strip`},
		{"two ways to bytes", tokenizerFile(`,"decoder":{"type":"Sequence","decoders":[{"type":"ByteLevel"},{"type":"ByteFallback"}]}`), `field decoder|ByteLevel`},
	} {
		tok, err := Open(writeDir(t, map[string]string{"tokenizer.json": x.file}))
		wantError(t, x.name, err, "tokenizer.json|"+x.want)
		if tok != nil {
			t.Errorf("%s: a tokenizer along with the error", x.name)
		}
	}
}

func TestBadDirectories(t *testing.T) {
	good := tokenizerFile("")
	vocab := `{"a":0,"b":1,"ab":2}`
	for _, x := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"nothing", nil, "tokenizer.json|tokenizer.model|vocab.json"},
		{"config", map[string]string{"tokenizer.json": good, "tokenizer_config.json": "{"}, "tokenizer_config.json"},
		{"config of another type", map[string]string{"tokenizer.json": good, "tokenizer_config.json": `{"bos_token":7}`}, "tokenizer_config.json|bos_token"},
		{"added ids", map[string]string{"tokenizer.json": good, "tokenizer_config.json": `{"added_tokens_decoder":{"x":{"content":"y"}}}`}, `added_tokens_decoder|"x"`},
		{"added id taken", map[string]string{"tokenizer.json": good, "added_tokens.json": `{"x":0}`}, `added tokens|"x"`},
		{"added id out of range", map[string]string{"tokenizer.json": good, "added_tokens.json": `{"x":-1}`}, `added tokens|"x"`},
		{"special tokens", map[string]string{"tokenizer.json": good, "special_tokens_map.json": `[]`}, "special_tokens_map.json"},
		{"no merges.txt", map[string]string{"vocab.json": vocab}, "merges.txt"},
		{"bad merges.txt", map[string]string{"vocab.json": vocab, "merges.txt": "#version: 0.2\na b\nab\n"}, "merges.txt|line 3"},
		{"blank line", map[string]string{"vocab.json": vocab, "merges.txt": "#version: 0.2\n\na b\n"}, "merges.txt|line 2"},
		{"unknown merge", map[string]string{"vocab.json": vocab, "merges.txt": "#version: 0.2\na x\n"}, `merges[0]|"x"`},
		{"class", map[string]string{"vocab.json": vocab, "merges.txt": "a b\n", "tokenizer_config.json": `{"tokenizer_class":"BertTokenizer"}`}, "tokenizer_class|BertTokenizer"},
		{"not an object", map[string]string{"vocab.json": `[]`, "merges.txt": ""}, "vocab.json"},
	} {
		_, err := Open(writeDir(t, x.files))
		wantError(t, x.name, err, x.want)
	}
}

// TestTooBig: a file is not read into memory beyond the limit.
func TestTooBig(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "tokenizer.json")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(maxFile + 1); err != nil {
		t.Skip("no sparse files here:", err)
	}
	f.Close()
	_, err = Open(dir)
	wantError(t, "64 MiB and a byte", err, "tokenizer.json|67108864")
}

// proto builds an encoded protocol buffer.
type proto []byte

func (p proto) varint(number int, v uint64) proto {
	return binary.AppendUvarint(binary.AppendUvarint(p, uint64(number)<<3|wireVarint), v)
}

func (p proto) float(number int, v float32) proto {
	return binary.LittleEndian.AppendUint32(binary.AppendUvarint(p, uint64(number)<<3|wire32), math.Float32bits(v))
}

func (p proto) bytes(number int, v string) proto {
	p = binary.AppendUvarint(binary.AppendUvarint(p, uint64(number)<<3|wireBytes), uint64(len(v)))
	return append(p, v...)
}

func (p proto) piece(text string, score float32, kind uint64) proto {
	return p.bytes(1, string(proto(nil).bytes(1, text).float(2, score).varint(3, kind)))
}

// smallModel is the pieces of a tokenizer.model.
func smallModel() proto {
	return proto(nil).piece("<unk>", 0, pieceUnknown).piece("<s>", 0, pieceControl).piece("</s>", 0, pieceControl).
		piece("a", -1, pieceNormal).piece("b", -2, pieceNormal).piece("ab", -3, pieceNormal)
}

// bpeSpec is a trainer_spec for BPE; it can be added to.
func bpeSpec() proto { return proto(nil).varint(3, modelBPE) }

func model(pieces, trainer, normalizer proto) string {
	return string(pieces.bytes(2, string(trainer)).bytes(3, string(normalizer)))
}

func TestBadModel(t *testing.T) {
	plain := proto(nil).varint(4, 0)
	if _, err := parseModel([]byte(model(smallModel(), bpeSpec(), plain)), &config{}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ name, file, want string }{
		{"empty", "", "pieces"},
		{"text", "hello world", "wire type 4"},
		{"cut in a piece", model(smallModel(), bpeSpec(), plain)[:40], "bytes announced"},
		{"field 0", "\x00\x00", "field tag"},
		{"group", "\x0b", "wire type 3"},
		{"piece is a number", string(proto(nil).varint(1, 7)), "pieces[0]|wire type"},
		{"length 2^63", string(proto(nil)) + "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "bytes announced"},
		{"endless number", "\x08" + strings.Repeat("\xff", 20), "bad number"},
		{"unigram", model(smallModel(), nil, plain), "trainer_spec.model_type|UNIGRAM"},
		{"word", model(smallModel(), proto(nil).varint(3, 3), plain), "trainer_spec.model_type|WORD"},
		{"model type", model(smallModel(), proto(nil).varint(3, 9), plain), "trainer_spec.model_type|9"},
		{"suffix", model(smallModel(), bpeSpec().varint(24, 1), plain), "treat_whitespace_as_suffix"},
		{"trainer is a number", string(smallModel().varint(2, 1)), "trainer_spec|wire type"},
		{"empty piece", model(smallModel().piece("", 0, pieceNormal), bpeSpec(), plain), "pieces[6]|empty"},
		{"piece twice", model(smallModel().piece("a", 0, pieceNormal), bpeSpec(), plain), `pieces[6]|"a"`},
		{"piece type", model(smallModel().piece("x", 0, 9), bpeSpec(), plain), `piece 6|"x"|9`},
		{"byte piece", model(smallModel().piece("<0xZZ>", 0, pieceByte), bpeSpec(), plain), `piece 6|<0xZZ>`},
		{"score", model(smallModel().piece("x", float32(math.NaN()), pieceNormal), bpeSpec(), plain), `piece 6|"x"|score`},
		{"long piece", model(smallModel().piece(strings.Repeat("x", 600), 0, pieceNormal), bpeSpec(), plain), `piece 6|600`},
		{"two unknown pieces", model(smallModel().piece("x", 0, pieceUnknown), bpeSpec(), plain), "pieces[6]|unknown"},
		{"no unknown piece", model(proto(nil).piece("a", 0, pieceNormal), bpeSpec(), plain), "unknown piece"},
		{"rules cut short", model(smallModel(), bpeSpec(), proto(nil).bytes(2, "abc")), "precompiled_charsmap"},
		{"rules too long", model(smallModel(), bpeSpec(), proto(nil).bytes(2, "\xff\xff\xff\xff....")), "precompiled_charsmap|4294967295"},
		{"denormalizer", model(smallModel(), bpeSpec(), plain) + string(proto(nil).bytes(5, string(proto(nil).bytes(2, "x")))), "denormalizer_spec"},
	} {
		_, err := Open(writeDir(t, map[string]string{"tokenizer.model": x.file}))
		wantError(t, x.name, err, "tokenizer.model|"+x.want)
	}
}

// TestBadRules: rules that point outside of their trie or strings change nothing.
func TestBadRules(t *testing.T) {
	for name, units := range map[string][]uint32{
		"offset beyond the trie":  {0x3fffff << 10},
		"value beyond the string": {1 << 10, 1<<31 | 5, 'a' | 1<<8 | 2<<10, 1<<31 | 99},
		"loops":                   {0, 0, 0, 0},
	} {
		blob := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
		for _, u := range units {
			blob = binary.LittleEndian.AppendUint32(blob, u)
		}
		m, err := parseCharsMap(append(blob, "x\x00"...))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"", "a", "aaa", "\x00\x00\x00", "\xff"} {
			if out, n := m.longest(s); n > len(s) {
				t.Errorf("%s: %q: %q of %d bytes", name, s, out, n)
			}
		}
	}
}

func TestBadGGUF(t *testing.T) {
	tokens := []string{"<unk>", "<s>", "</s>", "a", "b", "ab"}
	scores := make([]float32, len(tokens))
	types := []int32{2, 3, 3, 1, 1, 1}
	id := func(v int64) *int64 { return &v }
	nan := slices.Clone(scores)
	nan[3] = float32(math.NaN())
	for _, x := range []struct {
		name   string
		tokens []string
		scores []float32
		types  []int32
		g      GGUF
		want   string
	}{
		{"no tokens", nil, nil, nil, GGUF{}, "tokenizer.ggml.tokens"},
		{"token twice", []string{"a", "b", "a"}, scores[:3], nil, GGUF{}, `tokenizer.ggml.tokens|"a"`},
		{"scores", tokens, scores[:5], types, GGUF{}, "tokenizer.ggml.scores|5|6"},
		{"no scores", tokens, nil, types, GGUF{}, "tokenizer.ggml.scores|0|6"},
		{"not a number", tokens, nan, types, GGUF{}, "tokenizer.ggml.scores|3"},
		{"types", tokens, scores, types[:5], GGUF{}, "tokenizer.ggml.token_type|5|6"},
		{"type", tokens, scores, []int32{2, 3, 3, 1, 1, 9}, GGUF{}, "tokenizer.ggml.token_type|5|9"},
		{"negative type", tokens, scores, []int32{2, 3, 3, 1, 1, -1}, GGUF{}, "tokenizer.ggml.token_type|5|-1"},
		{"byte", tokens, scores, []int32{2, 3, 3, 1, 1, 6}, GGUF{}, `tokenizer.ggml.tokens|"ab"`},
		{"bos", tokens, scores, types, GGUF{BOS: id(6)}, "tokenizer.ggml.bos_token_id|6"},
		{"negative bos", tokens, scores, types, GGUF{BOS: id(-1)}, "tokenizer.ggml.bos_token_id|-1"},
		{"eos", tokens, scores, types, GGUF{EOS: id(math.MaxUint32)}, "tokenizer.ggml.eos_token_id|4294967295"},
		{"long control token", append(tokens[:5:5], strings.Repeat("x", 2000)), scores, []int32{2, 3, 3, 1, 1, 3}, GGUF{}, "tokenizer.ggml.tokens|2000"},
	} {
		_, err := NewSPM(x.tokens, x.scores, x.types, x.g)
		wantError(t, x.name, err, x.want)
	}
	for _, x := range []struct {
		name   string
		merges []string
		pre    string
		g      GGUF
		want   string
	}{
		{"pre", []string{"a b"}, "foo", GGUF{}, `tokenizer.ggml.pre|"foo"`},
		{"no pre", []string{"a b"}, "", GGUF{}, `tokenizer.ggml.pre`},
		{"no merges", nil, "gpt-2", GGUF{}, "tokenizer.ggml.merges"},
		{"no space", []string{"ab"}, "gpt-2", GGUF{}, `tokenizer.ggml.merges|"ab"`},
		{"empty", []string{""}, "gpt-2", GGUF{}, `tokenizer.ggml.merges|number 0`},
		{"three", []string{"a b c"}, "gpt-2", GGUF{}, `tokenizer.ggml.merges|"a b c"`},
		{"unknown", []string{"a x"}, "gpt-2", GGUF{}, `tokenizer.ggml.merges|"x"`},
		{"bos", []string{"a b"}, "gpt-2", GGUF{BOS: id(6)}, "tokenizer.ggml.bos_token_id|6"},
	} {
		_, err := NewBPE(tokens, types, x.merges, x.pre, x.g)
		wantError(t, x.name, err, x.want)
	}
	// Ids that nothing depends on are left out where they make no sense.
	tok, err := NewSPM(tokens, scores, types, GGUF{Unknown: id(6), Padding: id(-1)})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := tok.PAD(); ok {
		t.Error("a padding token out of nowhere")
	}
	if _, ok := tok.UNK(); ok {
		t.Error("an unknown token out of nowhere")
	}
}
