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

// oracleCases calls f for each case file, with the directory of its tokenizer.
func oracleCases(t *testing.T, f func(t *testing.T, dir string, cases caseFile)) {
	root := os.Getenv("PAR_ORACLE")
	if root == "" {
		t.Skip("PAR_ORACLE is not set")
	}
	paths, err := filepath.Glob(filepath.Join(root, "tokenizers", "*", "cases.json"))
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

func TestOracleTokenizers(t *testing.T) {
	oracleCases(t, func(t *testing.T, dir string, c caseFile) {
		tok, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
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
	})
}

// TestOracleSentencePiece reads tokenizer.model alone.
func TestOracleSentencePiece(t *testing.T) {
	models := 0
	oracleCases(t, func(t *testing.T, dir string, c caseFile) {
		tok, err := openAlone(t, dir, "tokenizer.model")
		if os.IsNotExist(err) {
			t.Skip("no tokenizer.model")
		}
		if err != nil {
			t.Fatal(err)
		}
		models++
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
	})
	if models == 0 && !t.Skipped() {
		t.Error("no tokenizer.model in the oracle")
	}
}

// TestOracleVocabAndMerges reads vocab.json and merges.txt where the class of
// the tokenizer says the same about splitting as tokenizer.json does.
func TestOracleVocabAndMerges(t *testing.T) {
	oracleCases(t, func(t *testing.T, dir string, c caseFile) {
		full, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(full.steps) != 1 {
			t.Skip("splits in several steps")
		}
		tok, err := openAlone(t, dir, "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json")
		if os.IsNotExist(err) {
			t.Skip("no vocab.json with merges.txt")
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range c.Cases {
			checkIDs(t, tok, x.Text, Options{}, x.NoSpecial)
			checkText(t, tok, x.NoSpecial, false, x.Decoded)
		}
	})
}

// openAlone opens a directory that has nothing but the given files of dir.
func openAlone(t *testing.T, dir string, names ...string) (*Tokenizer, error) {
	alone := t.TempDir()
	for i, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if os.IsNotExist(err) && i > 1 {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(alone, name), data, 0o644); err != nil {
			return nil, err
		}
	}
	return Open(alone)
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
