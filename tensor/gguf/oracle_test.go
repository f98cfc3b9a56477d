package gguf

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func oracle(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PAR_ORACLE")
	if dir == "" {
		t.Skip("PAR_ORACLE is not set")
	}
	return filepath.Join(dir, "gguf")
}

// TestOracleVerdicts holds the reader against files that are wrong in one place.
// Files that are wrong as models, tokenizers or projectors are sound containers.
func TestOracleVerdicts(t *testing.T) {
	dir := filepath.Join(oracle(t), "bad")
	text, err := os.ReadFile(filepath.Join(dir, "bad.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		GGUF []struct{ File, Level, Verdict, Field, Wrong string }
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.GGUF) == 0 {
		t.Fatal("bad.json lists no GGUF files")
	}
	for _, c := range list.GGUF {
		t.Run(c.File, func(t *testing.T) {
			if c.Level != "container" && c.Level != "split" {
				c.Verdict = "accept"
			}
			f, err := Open(filepath.Join(dir, "gguf", c.File))
			t.Logf("%s, %s: %v", c.Wrong, c.Verdict, err)
			switch {
			case c.Verdict == "accept" && err != nil:
				t.Error("refused")
			case c.Verdict == "reject" && err == nil:
				t.Error("accepted")
			case c.Verdict == "reject":
				// The path has the name of what is wrong in it too.
				message := strings.ReplaceAll(err.Error(), filepath.Join(dir, "gguf", c.File), "")
				if !strings.Contains(message, c.Field) {
					t.Errorf("the error does not name %q", c.Field)
				}
			}
			if f != nil {
				visit(t, f)
				f.Close()
			}
		})
	}
}

// TestOracleContainers compares the ways of storing one model.
func TestOracleContainers(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(oracle(t), "models", "containers", "*.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < 2 {
		t.Fatalf("%d files to compare", len(paths))
	}
	var first map[string]Tensor
	for _, path := range paths {
		f, err := Open(path)
		if err != nil && strings.Contains(err.Error(), "open the first shard") {
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		tensors := map[string]Tensor{}
		for _, info := range f.Tensors() {
			tensors[info.Name], _ = f.Lookup(info.Name)
		}
		if first == nil {
			first = tensors
		}
		if diff := cmp.Diff(first, tensors); diff != "" {
			t.Errorf("%s differs from %s:\n%s", path, paths[0], diff)
		}
		defer f.Close()
	}
}

// TestOracleRewrite reads every model and writes it again: the reference packages
// order keys and tensors as they were given, so the bytes are the same.
func TestOracleRewrite(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(oracle(t), "models", "*", "*.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatal("no models")
	}
	for _, path := range paths {
		if strings.Contains(path, "-of-") {
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := FromBytes(path, want)
		if err != nil {
			t.Error(err)
			continue
		}
		visit(t, f)
		got := rewrite(t, f)
		if !equalButVersionAndPadding(got, want) {
			t.Errorf("%s: %d bytes became %d others", path, len(want), len(got))
		}
	}
}

// TestOracleDamaged changes bytes of real headers at random: every file that still
// opens keeps its tensors inside.
func TestOracleDamaged(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(oracle(t), "models", "*", "*.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatal("no models")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, path := range paths {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := parse(whole)
		if err != nil {
			t.Fatal(err)
		}
		opened := 0
		const tries = 30
		for range tries {
			data := slices.Clone(whole)
			for range 1 + r.IntN(3) {
				data[r.IntN(c.dataStart)] = byte(r.Uint32())
			}
			if f, err := FromBytes(path, data); err == nil {
				opened++
				visit(t, f)
			}
		}
		t.Logf("%s: %d of %d open", path, opened, tries)
	}
}
