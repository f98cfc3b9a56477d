package lvlm_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-par/par/lvlm"
)

// TestOracleInspect holds the verdicts on malformed files, and on sound ones among
// them, against the reference packages'.
func TestOracleInspect(t *testing.T) {
	dir := filepath.Join(oracle(t), "gguf", "bad")
	type file struct{ File, Level, Verdict, Field string }
	var bad struct{ GGUF, SafeTensors []file }
	readJSON(t, filepath.Join(dir, "bad.json"), &bad)
	if len(bad.GGUF) == 0 || len(bad.SafeTensors) == 0 {
		t.Fatal("bad.json lists no files")
	}
	for kind, files := range map[string][]file{"gguf": bad.GGUF, "safetensors": bad.SafeTensors} {
		for _, f := range files {
			t.Run(kind+"/"+f.File, func(t *testing.T) {
				path := filepath.Join(dir, kind, f.File)
				var o lvlm.Options
				if f.Level == "mmproj" {
					path, o.Projector = filepath.Join(dir, kind, "control.gguf"), path
				}
				start := time.Now()
				_, err := lvlm.Inspect(path, o)
				// The files have some hundred KiB; what takes seconds follows their claims.
				if spent := time.Since(start); spent > 10*time.Second {
					t.Errorf("took %v", spent)
				}
				switch {
				case f.Verdict == "accept" && err != nil:
					t.Errorf("refused: %v", err)
				case f.Verdict == "reject" && err == nil:
					t.Errorf("accepted, though %s is wrong", f.Field)
				case f.Verdict == "reject" && !strings.Contains(err.Error(), f.Field):
					t.Errorf("error %q does not name %s", err, f.Field)
				case f.Verdict == "reject" && !strings.Contains(err.Error(), culprit(dir, kind, f.File)):
					t.Errorf("error %q does not name the file", err)
				}
			})
		}
	}
}

// culprit is what an error about the file must name: where it has a folder of its
// own, another shard in there may be the faulty one.
func culprit(dir, kind, file string) string {
	if sub := filepath.Dir(file); sub != "." {
		file = sub
	}
	return filepath.Join(dir, kind, file)
}
