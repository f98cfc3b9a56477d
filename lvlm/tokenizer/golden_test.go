package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// caseFile is a cases.json of the oracle's tokenizers.
type caseFile struct {
	Files      string `json:"files"`
	AddSpecial bool   `json:"add_special_tokens"`
	Cases      []struct {
		Text        string  `json:"text"`
		IDs         []int32 `json:"ids"`
		NoSpecial   []int32 `json:"ids_no_special"`
		AsText      []int32 `json:"ids_as_text"`
		SP          []int32 `json:"ids_sp"`
		Decoded     string  `json:"decoded"`
		DecodedSkip *string `json:"decoded_skip_special"`
		DecodedSP   *string `json:"decoded_sp"`
		Note        string  `json:"note"`
	} `json:"cases"`
	Decode []struct {
		IDs         []int32 `json:"ids"`
		Decoded     string  `json:"decoded"`
		DecodedSkip *string `json:"decoded_skip_special"`
		DecodedSP   *string `json:"decoded_sp"`
		Note        string  `json:"note"`
	} `json:"decode"`
	Stream []struct {
		IDs    []int32  `json:"ids"`
		Pieces []string `json:"pieces"`
		Note   string   `json:"note"`
	} `json:"stream"`
	Chunked []struct {
		Chunks   []string  `json:"chunks"`
		ChunkIDs [][]int32 `json:"chunk_ids"`
		IDs      []int32   `json:"ids"`
	} `json:"chunked"`
}

// eachCaseFile calls f for the case files under root, with the directory of the tokenizer.
func eachCaseFile(t *testing.T, root string, f func(t *testing.T, dir string, cases caseFile)) {
	paths, err := filepath.Glob(filepath.Join(root, "*", "cases.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tokenizers under %s (%v)", root, err)
	}
	for _, path := range paths {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var c caseFile
			if err := json.Unmarshal(data, &c); err != nil {
				t.Fatal(err)
			}
			if c.Files != "" {
				dir = filepath.Join(dir, c.Files)
			}
			f(t, dir, c)
		})
	}
}

// TestGolden holds the tokenizers in testdata to the reference libraries.
func TestGolden(t *testing.T) {
	eachCaseFile(t, "testdata", func(t *testing.T, dir string, c caseFile) {
		tok, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "tokenizer.json")); err != nil {
			checkSentencePiece(t, tok, c)
		} else {
			checkTokenizerJSON(t, tok, c)
		}
	})
}

// checkTokenizerJSON holds a tokenizer to what tokenizers makes of its tokenizer.json.
func checkTokenizerJSON(t *testing.T, tok *Tokenizer, c caseFile) {
	for _, x := range c.Cases {
		checkIDs(t, tok, x.Text, Options{AddSpecial: c.AddSpecial}, x.IDs)
		checkIDs(t, tok, x.Text, Options{}, x.NoSpecial)
		asText := x.AsText
		if asText == nil {
			asText = x.NoSpecial
		}
		checkIDs(t, tok, x.Text, Options{SpecialAsText: true}, asText)
		checkText(t, tok, x.NoSpecial, false, x.Decoded)
		checkText(t, tok, x.NoSpecial, true, or(x.DecodedSkip, x.Decoded))
	}
	for _, x := range c.Decode {
		checkText(t, tok, x.IDs, false, x.Decoded)
		checkText(t, tok, x.IDs, true, or(x.DecodedSkip, x.Decoded))
	}
	for _, x := range c.Stream {
		checkStream(t, tok, x.IDs, x.Pieces)
	}
	for _, x := range c.Chunked {
		var joined []int32
		once := tok.EncodeChunks(x.Chunks, Options{AddSpecial: true})
		for i, chunk := range x.Chunks {
			checkIDs(t, tok, chunk, Options{AddSpecial: true}, x.ChunkIDs[i])
			if i > 0 {
				joined = append(joined, -200)
			}
			joined = append(joined, once[i]...)
		}
		if !slices.Equal(joined, x.IDs) {
			t.Errorf("chunks %q: %v, want %v", x.Chunks, joined, x.IDs)
		}
	}
}

// checkSentencePiece holds a tokenizer to what sentencepiece makes of its tokenizer.model.
func checkSentencePiece(t *testing.T, tok *Tokenizer, c caseFile) {
	for _, x := range c.Cases {
		ids := x.SP
		if ids == nil {
			ids = x.NoSpecial
		}
		checkIDs(t, tok, x.Text, Options{}, ids)
		bos, ok := tok.BOS()
		if !ok {
			t.Fatal("no BOS")
		}
		checkIDs(t, tok, x.Text, Options{AddSpecial: true}, append([]int32{bos}, ids...))
		checkText(t, tok, ids, false, or(x.DecodedSP, x.Decoded))
	}
	for _, x := range c.Decode {
		// SentencePiece knows only its own ids.
		if !slices.ContainsFunc(x.IDs, func(id int32) bool { return int(id) >= tok.Size() }) {
			checkText(t, tok, x.IDs, false, or(x.DecodedSP, x.Decoded))
		}
	}
	for _, x := range c.Stream {
		checkStream(t, tok, x.IDs, x.Pieces)
	}
	for _, x := range c.Chunked {
		for i, chunk := range x.Chunks {
			checkIDs(t, tok, chunk, Options{AddSpecial: true}, x.ChunkIDs[i])
		}
	}
}

func checkIDs(t *testing.T, tok *Tokenizer, text string, o Options, want []int32) {
	t.Helper()
	if got := tok.Encode(text, o); !slices.Equal(got, want) {
		i := 0
		for i < min(len(got), len(want)) && got[i] == want[i] {
			i++
		}
		t.Errorf("Encode(%.60q, %+v): differs at %d of %d:\n got %v\nwant %v", text, o, i, len(want), around(got, i), around(want, i))
	}
}

func around(ids []int32, i int) []int32 { return ids[max(i-3, 0):min(i+8, len(ids))] }

func checkText(t *testing.T, tok *Tokenizer, ids []int32, skip bool, want string) {
	t.Helper()
	if got := tok.Decode(ids, skip); got != want {
		t.Errorf("Decode(%v, %t):\n got %.200q\nwant %.200q", ids[:min(len(ids), 20)], skip, got, want)
	}
}

func checkStream(t *testing.T, tok *Tokenizer, ids []int32, want []string) {
	t.Helper()
	s := tok.NewStream(false)
	var got []string
	for _, id := range ids {
		got = append(got, s.Next(id))
	}
	if rest := s.Flush(); len(want) > len(ids) {
		got = append(got, rest)
	} else if rest != "" {
		t.Errorf("stream %v: flushes %q", ids, rest)
	}
	if !slices.Equal(got, want) {
		t.Errorf("stream %v:\n got %q\nwant %q", ids, got, want)
	}
}
