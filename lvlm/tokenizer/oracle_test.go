package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// oracleDir returns a folder of the oracle.
func oracleDir(t *testing.T, elem ...string) string {
	root := os.Getenv("PAR_ORACLE")
	if root == "" {
		t.Skip("PAR_ORACLE is not set")
	}
	return filepath.Join(append([]string{root}, elem...)...)
}

func TestOracleTokenizers(t *testing.T) {
	eachCaseFile(t, oracleDir(t, "tokenizers"), func(t *testing.T, dir string, c caseFile) {
		tok, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		checkTokenizerJSON(t, tok, c)
	})
}

// TestOracleSentencePiece reads tokenizer.model alone.
func TestOracleSentencePiece(t *testing.T) {
	models := 0
	eachCaseFile(t, oracleDir(t, "tokenizers"), func(t *testing.T, dir string, c caseFile) {
		tok, err := openAlone(t, dir, "tokenizer.model")
		if os.IsNotExist(err) {
			t.Skip("no tokenizer.model")
		}
		if err != nil {
			t.Fatal(err)
		}
		models++
		checkSentencePiece(t, tok, c)
	})
	if models == 0 && !t.Skipped() {
		t.Error("no tokenizer.model in the oracle")
	}
}

// TestOracleVocabAndMerges reads vocab.json and merges.txt where the class of
// the tokenizer says the same about splitting as tokenizer.json does.
func TestOracleVocabAndMerges(t *testing.T) {
	eachCaseFile(t, oracleDir(t, "tokenizers"), func(t *testing.T, dir string, c caseFile) {
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

// TestOracleSize compares with the number of tokens that a model may choose from.
func TestOracleSize(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(oracleDir(t), "llava-*", "expect.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no models (%v)", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var expect struct {
			Size  int   `json:"tokenizer_size"`
			Image int32 `json:"image_token_id"`
		}
		if err := json.Unmarshal(data, &expect); err != nil {
			t.Fatal(err)
		}
		tok := open(t, filepath.Join(filepath.Dir(path), "model"))
		if tok.Size() != expect.Size {
			t.Errorf("%s: %d tokens, want %d", path, tok.Size(), expect.Size)
		}
		if id, ok := tok.ID("<image>"); ok && id != expect.Image {
			t.Errorf("%s: <image> has id %d, want %d", path, id, expect.Image)
		}
	}
}
