package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/lvlm/builtin"
	"github.com/go-par/par/tensor/safetensors"
)

const tinyModel = "../../testdata/llava-tiny/model"

// cli runs the command line and returns its exit status and what it printed.
func cli(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err strings.Builder
	status = dispatch(t.Context(), streams{strings.NewReader(stdin), &out, &err}, args)
	return status, out.String(), err.String()
}

// TestRunJSON holds the object that -json prints, and the file that -dump writes,
// against the reference run in testdata.
func TestRunJSON(t *testing.T) {
	var expect struct {
		Runs []struct {
			Prompt    string
			PromptIDs []int32 `json:"prompt_ids"`
			TokenIDs  []int32 `json:"token_ids"`
			Text      string
			Flow      struct {
				FromLayer     int   `json:"from_layer"`
				Kept          []int `json:"kept"`
				SkippedLayers []int `json:"skipped_layers"`
			}
		}
	}
	b, err := os.ReadFile("../../testdata/llava-tiny/expect.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &expect); err != nil {
		t.Fatal(err)
	}
	run := expect.Runs[1]
	dump := filepath.Join(t.TempDir(), "dump.safetensors")
	status, stdout, stderr := cli(t, "", "run", "-m", tinyModel, "-image", "../../testdata/llava-tiny/picture0.png",
		"-template", "none", "-max-tokens", "8", "-method", "fixed", "-keep", "0,3,5-6,10,15", "-skip", "3", "-json", "-dump", dump, "-p", run.Prompt)
	if status != 0 {
		t.Fatalf("exit %d: %s", status, stderr)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	timings := got["timings_ms"].(map[string]any)
	for _, key := range []string{"load", "preprocess", "vision", "router", "prefill", "decode"} {
		if _, ok := timings[key]; !ok {
			t.Errorf("timings_ms has no %s", key)
		}
	}
	delete(got, "timings_ms")
	want := roundTrip(t, map[string]any{
		"text": run.Text, "finish_reason": "length", "prompt_ids": run.PromptIDs, "token_ids": run.TokenIDs,
		"usage": map[string]int{
			"prompt_tokens": len(run.PromptIDs), "completion_tokens": len(run.TokenIDs),
			"image_tokens": 16, "image_tokens_kept": 6, "layers": 5, "layers_run": 4,
		},
		"flow": map[string]any{
			"method": "fixed", "from_layer": 2, "kept": run.Flow.Kept, "skipped_layers": run.Flow.SkippedLayers,
			"image_tokens_by_layer": []int{16, 16, 6, 0, 6},
		},
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-json (-want +got):\n%s", diff)
	}
	f, err := safetensors.Open(dump)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, name := range []string{"pixel_values", "vision.features", "projector", "embeds", "hidden.1", "hidden.5", "rows.5", "positions", "logits"} {
		if _, ok := f.Lookup(name); !ok {
			t.Errorf("-dump wrote no %s", name)
		}
	}
	if !strings.Contains(stderr, "image tokens 6/16, layers 4/5") {
		t.Errorf("summary is %q", stderr)
	}
}

// roundTrip returns v as JSON decodes it.
func roundTrip(t *testing.T, v any) map[string]any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// embeds skips what needs the embedded model.
func embeds(t *testing.T) {
	t.Helper()
	if _, err := builtin.Files(); err != nil {
		t.Skip(err)
	}
}

// TestRunWithoutModel has the embedded model prune by default and say so.
func TestRunWithoutModel(t *testing.T) {
	embeds(t)
	status, stdout, stderr := cli(t, "", "run", "-max-tokens", "3", "-ignore-eos")
	if status != 0 || strings.TrimSpace(stdout) == "" {
		t.Fatalf("exit %d, printed %q: %s", status, stdout, stderr)
	}
	for _, want := range []string{" image tokens and skipped ", " times as fast", "tokens/s"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("standard error does not say %q:\n%s", want, stderr)
		}
	}
	number := func(v any, path ...string) float64 {
		for _, key := range path {
			v = v.(map[string]any)[key]
		}
		return v.(float64)
	}
	for _, c := range []struct {
		args   string
		method string
		kept   float64 // -1: fewer than all
	}{
		{"", "", -1},
		{"-tokens 3", "", 3},
		{"-method uniform -tokens 5", "uniform", 5},
	} {
		args := append([]string{"run", "-quiet", "-json", "-max-tokens", "1"}, strings.Fields(c.args)...)
		status, stdout, stderr := cli(t, "", args...)
		if status != 0 || stderr != "" {
			t.Fatalf("%s: exit %d: %s", c.args, status, stderr)
		}
		got := decode(t, stdout)
		settings, _, err := builtin.Pruning()
		if err != nil {
			t.Fatal(err)
		}
		want := c.method
		if want == "" {
			want = settings["method"]
		}
		kept, all := number(got, "usage", "image_tokens_kept"), number(got, "usage", "image_tokens")
		if method := got["flow"].(map[string]any)["method"]; method != want || kept >= all || c.kept >= 0 && kept != c.kept {
			t.Errorf("%q: %v kept %v of %v image tokens", c.args, method, kept, all)
		}
		if number(got, "saving", "runs") < 1 || number(got, "saving", "prefill_ms") <= 0 || number(got, "saving", "speedup") <= 0 {
			t.Errorf("%q: saving %v", c.args, got["saving"])
		}
	}
	status, stdout, stderr = cli(t, "", "run", "-max-tokens", "3", "-ignore-eos", "-method", "none")
	if status != 0 || strings.Contains(stderr, "times as fast") {
		t.Errorf("unpruned: exit %d, printed %q, standard error %q", status, stdout, stderr)
	}
	if status, stdout, stderr := cli(t, "", "run", "-max-tokens", "3", "-ignore-eos", "-quiet"); status != 0 || stderr != "" || stdout == "" {
		t.Errorf("-quiet: exit %d, printed %q, standard error %q", status, stdout, stderr)
	}
}

// TestRunWithoutAnyModel says what to do in a program that embeds none.
func TestRunWithoutAnyModel(t *testing.T) {
	if _, err := builtin.Files(); err == nil {
		t.Skip("a model is embedded")
	}
	if status, _, stderr := cli(t, "", "run"); status != exitFailed || !strings.Contains(stderr, "-model") || !strings.Contains(stderr, "nomodel") {
		t.Errorf("exit %d: %s", status, stderr)
	}
}

func TestExitStatus(t *testing.T) {
	junk := filepath.Join(t.TempDir(), "junk.png")
	if err := os.WriteFile(junk, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"", 2, "usage"},
		{"help", 0, ""},
		{"dance", 2, `"dance"`},
		{"run -h", 0, ""},
		{"run -nonsense", 2, "nonsense"},
		{"run -m " + tinyModel, 2, "no prompt"},
		{"run -m " + tinyModel + " -p a b", 2, "two prompts"},
		{"run -template latin -p a", 2, "latin"},
		{"run -image-mode stretch -p a", 2, "stretch"},
		{"run -max-tokens -1 -p a", 2, "-1"},
		{"run -top-p 2 -p a", 2, "2"},
		{"run -method sorcery -p a", 2, "sorcery"},
		{"run -method none -tokens 5 -p a", 2, "budget"},
		{"run -method random -tokens 0.0 -p a", 2, "0.0"},
		{"run -method fixed -keep 5,3 -p a", 2, "3"},
		{"run -method fixed -keep 1-99999999 -p a", 2, "99999999"},
		{"run -m no/such/dir -p a", 1, "no/such/dir"},
		{"run -m " + tinyModel + " -image no-such.png -p a", 1, "no-such.png"},
		{"run -m " + tinyModel + " -image " + junk + " -p a", 1, "junk.png"},
		{"run -m " + tinyModel + " -template none -p <image>", 1, "1 <image> for 0 images"},
		{"run -m " + tinyModel + " -image ../../testdata/llava-tiny/picture0.png -p a -method random -tokens 17", 1, "17"},
		{"run -m " + tinyModel + " -p a -method random -layers 2", 1, "2 layers"},
		{"inspect", 2, "one path"},
		{"inspect no-such-file", 1, "no-such-file"},
		{"tokenize", 2, "-model"},
		{"version now", 2, "now"},
	} {
		status, _, stderr := cli(t, "", strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(stderr, c.says) {
			t.Errorf("par %s: exit %d (want %d), says %q (want %q)", c.args, status, c.status, stderr, c.says)
		}
	}
}

func TestFlagsAfterPrompt(t *testing.T) {
	status, stdout, stderr := cli(t, "", "run", "hello", "-m", tinyModel, "-json", "there", "-max-tokens", "1", "-template", "none")
	if status != 0 {
		t.Fatalf("exit %d: %s", status, stderr)
	}
	_, same, _ := cli(t, "", "run", "-m", tinyModel, "-json", "-max-tokens", "1", "-template", "none", "--", "hello", "there")
	ids := func(s string) any { return decode(t, s)["prompt_ids"] }
	if diff := cmp.Diff(ids(same), ids(stdout)); diff != "" {
		t.Errorf("prompt ids (-flags first +flags after):\n%s", diff)
	}
}

func decode(t *testing.T, s string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(s), &out); err != nil {
		t.Fatalf("%v in %q", err, s)
	}
	return out
}

func TestTokenize(t *testing.T) {
	const text = `"The large square is red."` + "\n" + `"Where is it?\n"` + "\n"
	status, ids, stderr := cli(t, text, "tokenize", "-m", tinyModel, "-jsonl", "-no-special")
	if status != 0 || strings.Count(ids, "\n") != 2 {
		t.Fatalf("exit %d, printed %q: %s", status, ids, stderr)
	}
	if _, back, _ := cli(t, ids, "tokenize", "-m", tinyModel, "-jsonl", "-decode"); back != text {
		t.Errorf("%q came back as %q", text, back)
	}
	if _, with, _ := cli(t, text, "tokenize", "-m", tinyModel, "-jsonl"); !strings.HasPrefix(with, "[1,") {
		t.Errorf("no start token in %q", with)
	}
	if _, out, _ := cli(t, "The", "tokenize", "-m", tinyModel); !strings.HasPrefix(out, "1\t\"<s>\"\n") {
		t.Errorf("tokenize printed %q", out)
	}
	if status, _, stderr := cli(t, "no json\n", "tokenize", "-m", tinyModel, "-jsonl"); status != 1 || !strings.Contains(stderr, "line 1") {
		t.Errorf("exit %d for a line that is no JSON: %s", status, stderr)
	}
}

func TestInspect(t *testing.T) {
	status, stdout, stderr := cli(t, "", "inspect", "-json", tinyModel)
	if status != 0 {
		t.Fatalf("exit %d: %s", status, stderr)
	}
	got := decode(t, stdout)
	if got["architecture"] != "LlavaForConditionalGeneration" || len(got["tensors"].([]any)) == 0 {
		t.Errorf("inspect printed %v", got)
	}
	if _, table, _ := cli(t, "", "inspect", tinyModel); !strings.Contains(table, "56 x 56 pixels, patches of 14, 16 tokens") {
		t.Errorf("inspect printed\n%s", table)
	}
}

func TestVersion(t *testing.T) {
	if status, out, _ := cli(t, "", "version"); status != 0 || !strings.Contains(out, "CPU tier") {
		t.Errorf("version printed %q", out)
	}
}
