package eval

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// write makes a folder with files and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func lines(l ...string) string { return strings.Join(l, "\n") + "\n" }

// load reads a benchmark and returns what was wrong, without the folder.
func load(t *testing.T, spec, dir string) (Benchmark, []string) {
	t.Helper()
	s, err := ParseSource(spec, "nowhere")
	if err != nil {
		t.Fatal(err)
	}
	s.Dir = dir
	var problems []string
	b, err := Load(s, func(err error) {
		problems = append(problems, strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, problems
}

// missing stands for a question without an answer.
const missing = "\x00"

// graded returns the scores of answers in the order of the questions.
func graded(t *testing.T, b Benchmark, texts ...string) map[string]float64 {
	t.Helper()
	if len(texts) != len(b.Questions()) {
		t.Fatalf("%d answers for %d questions", len(texts), len(b.Questions()))
	}
	out := map[string]float64{}
	for _, s := range judge(b, replies(b, texts)).scores {
		out[s.Name] = s.Value
	}
	return out
}

// replies turns texts into answers.
func replies(b Benchmark, texts []string) []*Answer {
	answers := make([]*Answer, len(texts))
	for i, text := range texts {
		if text != missing {
			answers[i] = newAnswer(&b.Questions()[i], &Reply{Text: text}, "m", "none")
		}
	}
	return answers
}

func wantScores(t *testing.T, what string, got, want map[string]float64) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func wantProblems(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d problems, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("problem %q does not say %q", got[i], want[i])
		}
	}
}
