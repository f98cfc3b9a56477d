package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTrain trains a router on pictures of one checkpoint, goes on from what is
// there, and prunes with the result.
func TestTrain(t *testing.T) {
	dir := t.TempDir()
	picture, err := filepath.Abs("../../testdata/llava-tiny/picture0.png")
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for i := range 5 {
		fmt.Fprintf(&lines, "{\"image\": %q, \"question\": \"Which colour is square %d?\"}\n", picture, i)
	}
	data := filepath.Join(dir, "samples.jsonl")
	if err := os.WriteFile(data, []byte(lines.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	args := []string{"train", "-m", tinyModel, "-data", data, "-out", out, "-tokens", "5", "-layers", "4", "-flows", "4",
		"-max-answer", "6", "-epochs", "2", "-batch", "2", "-threshold", "0", "-held-out", "1", "-quiet"}
	status, stdout, stderr := cli(t, "", args...)
	if status != 0 || !strings.Contains(stdout, "held out, mean KL") {
		t.Fatalf("exit %d, printed %q: %s", status, stdout, stderr)
	}
	for _, name := range []string{"pairs.jsonl", "log.jsonl", "log.csv", "checkpoint.safetensors", "curves.png"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	router := filepath.Join(out, "router.safetensors")
	before, err := os.ReadFile(router)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := cli(t, "", args...); status != 0 {
		t.Fatalf("a finished training: exit %d: %s", status, stderr)
	}
	if after, err := os.ReadFile(router); err != nil || string(after) != string(before) {
		t.Errorf("going on from a finished training changed the router: %v", err)
	}
	status, _, stderr = cli(t, "", "run", "-m", tinyModel, "-image", picture, "-method", "par", "-router", router, "-tokens", "5", "-layers", "4", "-max-tokens", "2", "what?")
	if status != 0 || !strings.Contains(stderr, "image tokens 5/16, layers 4/5") {
		t.Errorf("pruning with the router: exit %d: %s", status, stderr)
	}
	for _, c := range []struct{ flag, value, says string }{
		{"-data", "no-such.jsonl", "no-such.jsonl"}, {"-mask", "some", "some"}, {"-flows", "1", "1"}, {"-tokens", "x", "x"}, {"-lr", "0", "0"},
		{"-type", "q8_0", "q8_0"}, {"-type", "none", "none"}, {"-mlp", "1000", "MLP: width 1000"}, {"-lanes", "-1", "-lanes"},
	} {
		if status, _, stderr := cli(t, "", append(args, c.flag, c.value)...); status == 0 || !strings.Contains(stderr, c.says) {
			t.Errorf("%s %s: exit %d, says %q", c.flag, c.value, status, stderr)
		}
	}
}
