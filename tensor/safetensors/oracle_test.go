package safetensors

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func oracle(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PAR_ORACLE")
	if dir == "" {
		t.Skip("PAR_ORACLE is not set")
	}
	return dir
}

// TestOracleFilesOpen opens every well-formed file and checkpoint directory of
// the oracle.
func TestOracleFilesOpen(t *testing.T) {
	root := oracle(t)
	opened := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "bad":
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".safetensors") && d.Name() != IndexName:
			return nil
		}
		f, err := Open(path)
		if err != nil {
			t.Error(err)
			return nil
		}
		opened++
		for _, info := range f.Tensors() {
			tensor, ok := f.Lookup(info.Name)
			if !ok || len(tensor.Data) != info.Bytes {
				t.Errorf("%s: %s: found %t, %d bytes of %d", path, info.Name, ok, len(tensor.Data), info.Bytes)
			}
		}
		return f.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	if opened == 0 {
		t.Errorf("%s holds no safetensors file", root)
	}
}

// TestOracleVerdicts holds the reader against files that are wrong in one place.
func TestOracleVerdicts(t *testing.T) {
	dir := filepath.Join(oracle(t), "gguf", "bad")
	text, err := os.ReadFile(filepath.Join(dir, "bad.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Safetensors []struct{ File, Verdict, Field, Wrong string }
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Safetensors) == 0 {
		t.Fatal("bad.json lists no safetensors files")
	}
	for _, c := range list.Safetensors {
		t.Run(c.File, func(t *testing.T) {
			f, err := Open(filepath.Join(dir, "safetensors", c.File))
			t.Logf("%s, %s: %v", c.Wrong, c.Verdict, err)
			switch {
			case c.Verdict == "accept" && err != nil:
				t.Error("refused")
			case c.Verdict == "reject" && err == nil:
				t.Error("accepted")
			case c.Verdict == "reject":
				// The path has the name of what is wrong in it too.
				message := strings.ReplaceAll(err.Error(), dir, "")
				message = strings.ReplaceAll(message, c.File, "")
				if !strings.Contains(message, c.Field) {
					t.Errorf("the error does not name %q", c.Field)
				}
			}
			if f != nil {
				f.Close()
			}
		})
	}
}
