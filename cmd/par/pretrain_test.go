package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-par/par/lvlm"
)

func TestPretrain(t *testing.T) {
	dir := t.TempDir()
	args := []string{"pretrain", "-out", dir, "-width", "48", "-layers", "2", "-check-every", "2",
		"-tower", "4", "-tower-batch", "2", "-projector", "2", "-projector-batch", "2", "-answers", "4", "-answers-batch", "2"}
	code, out, errs := cli(t, "", args...)
	if code != 0 || !strings.Contains(out, filepath.Join(dir, "model")) || !strings.Contains(errs, "right") {
		t.Fatalf("status %d, output %q, errors %q", code, out, errs)
	}
	if code, _, errs := cli(t, "", args...); code != 0 {
		t.Errorf("a finished run: status %d, errors %q", code, errs)
	}
	m, err := lvlm.Open(filepath.Join(dir, "model"), lvlm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	log, err := os.ReadFile(filepath.Join(dir, pretrainLog))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(log, []byte("\n")); n != 5 {
		t.Errorf("%d lines in the log, want one for each of 5 steps", n)
	}
	for _, name := range []string{"loss-tower.png", "right-tower.png", "loss-projector.png", "loss-answers.png"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if code, _, errs := cli(t, "", append(args, "-seed", "2")...); code != exitFailed || !strings.Contains(errs, "other settings") {
		t.Errorf("another seed: status %d, errors %q", code, errs)
	}
	for _, bad := range [][]string{{}, {"-out", dir, "x"}, {"-out", dir, "-compute", "f64"}} {
		if code, _, _ := cli(t, "", append([]string{"pretrain"}, bad...)...); code != exitUsage {
			t.Errorf("%q: status %d", bad, code)
		}
	}
}
