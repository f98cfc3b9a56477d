package main

import (
	"strings"
	"testing"
)

// TestDemo has the embedded model asked both ways.
func TestDemo(t *testing.T) {
	embeds(t)
	status, stdout, stderr := cli(t, "", "demo", "-max-tokens", "3")
	if status != 0 || stderr != "" {
		t.Fatalf("exit %d: %s", status, stderr)
	}
	table := strings.Split(strings.TrimSpace(stdout), "\n")
	if !strings.HasPrefix(table[0], "The picture, as it was drawn: I see ") || len(table) != 2+1+demoQuestions+2 {
		t.Errorf("printed\n%s", stdout)
	}
	if got := strings.Count(stdout, "x\n"); got != demoQuestions {
		t.Errorf("%d ratios in\n%s", got, stdout)
	}

	status, stdout, stderr = cli(t, "", "demo", "-json", "-max-tokens", "3", "-method", "uniform", "-tokens", "5", "-layers", "4", "-image", tinyPicture, "-m", tinyModel, "What is this?", "And that?")
	if status != 0 {
		t.Fatalf("exit %d: %s", status, stderr)
	}
	got := decode(t, stdout)
	questions := got["questions"].([]any)
	if got["method"] != "uniform" || len(questions) != 2 {
		t.Fatalf("printed %s", stdout)
	}
	for i, want := range []string{"What is this?", "And that?"} {
		q := questions[i].(map[string]any)
		full, pruned := q["full"].(map[string]any), q["pruned"].(map[string]any)
		if q["question"] != want || full["image_tokens"] != 16. || full["layers_run"] != 5. || pruned["image_tokens"] != 5. || pruned["layers_run"] != 4. {
			t.Errorf("question %d: %v", i, q)
		}
		if q["speedup"].(float64) <= 0 || full["prefill_ms"].(float64) <= 0 || pruned["prefill_ms"].(float64) <= 0 {
			t.Errorf("question %d: times %v", i, q)
		}
	}
}

func TestDemoUsage(t *testing.T) {
	for args, want := range map[string]string{
		"-max-tokens 0": "-max-tokens 0", "-method none": "-method none", "-method sorcery": "sorcery",
	} {
		if status, _, stderr := cli(t, "", append([]string{"demo"}, strings.Fields(args)...)...); status != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d: %s", args, status, stderr)
		}
	}
}
