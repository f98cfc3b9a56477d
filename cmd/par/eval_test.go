package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// evalData is a folder with a picture and a file of questions about it, of which bad
// ones are asked for too.
func evalData(t *testing.T, bad ...string) string {
	t.Helper()
	dir := t.TempDir()
	b, err := os.ReadFile("../../testdata/llava-tiny/picture0.png")
	if err != nil {
		t.Fatal(err)
	}
	questions := []string{
		`{"image": "a.png", "question": "Which colour is the large square?"}`,
		`{"image": "a.png", "question": "What is it?"}`,
		`{"image": "a.png", "question": "Is there a red one?"}`,
		`{"image": "a.png", "question": "How many are there?"}`,
		`{"image": "a.png", "question": "Where?"}`,
	}
	for name, content := range map[string]string{"a.png": string(b), "q.jsonl": strings.Join(append(questions, bad...), "\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func evalArgs(data, out string, more ...string) []string {
	return append([]string{
		"eval", "-m", tinyModel, "-out", out, "-bench", "fidelity:questions=" + filepath.Join(data, "q.jsonl"), "-max-tokens", "6",
		"-flow", "none", "-flow", "fastv:tokens=4", "-flow", "random:tokens=50%,layers=4,seed=2", "-flow", "fixed:keep=0,3-5,skip=3", "-flow", "pyramiddrop:tokens=50%",
	}, more...)
}

// scoresOf reads what a table says apart from times.
func scoresOf(t *testing.T, out string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(out, "table.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		for i := range row {
			if h := rows[0][i]; strings.HasSuffix(h, "_ms") || h == "prefill_time_percent" {
				row[i] = "time"
			}
		}
	}
	return rows
}

// TestEval asks a small model and joins two parts to the same table.
func TestEval(t *testing.T) {
	data, whole := evalData(t), t.TempDir()
	status, stdout, stderr := cli(t, "", evalArgs(data, whole)...)
	if status != 0 {
		t.Fatalf("exit %d: %s", status, stderr)
	}
	for _, w := range []string{"| none | 100.00 | 100.0 |", "| fixed:keep=0,3-5,skip=3 |", "TFLOPs actual", "KL divergence, nats"} {
		if !strings.Contains(stdout, w) {
			t.Errorf("the table lacks %q:\n%s", w, stdout)
		}
	}
	if !strings.Contains(stderr, "eval 25/25 answers") {
		t.Errorf("no progress in %q", stderr)
	}
	for _, name := range []string{"table.md", "table.csv", "table.json", "chart-fidelity.png", "run.json"} {
		if st, err := os.Stat(filepath.Join(whole, name)); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	want := scoresOf(t, whole)

	parts := t.TempDir()
	for _, shard := range []string{"1/2", "0/2"} {
		if status, stdout, stderr := cli(t, "", evalArgs(data, parts, "-shard", shard)...); status != 0 || stdout != "" || !strings.Contains(stderr, "shard "+shard+" is done") {
			t.Fatalf("shard %s: exit %d, printed %q: %s", shard, status, stdout, stderr)
		}
	}
	if status, _, stderr := cli(t, "", "eval", "-merge", "-out", parts); status != 0 || stderr != "" {
		t.Fatalf("merge: exit %d: %s", status, stderr)
	}
	if diff := cmp.Diff(want, scoresOf(t, parts)); diff != "" {
		t.Errorf("two parts make another table (-whole +parts):\n%s", diff)
	}

	// Nothing is asked twice.
	status, _, stderr = cli(t, "", evalArgs(data, whole)...)
	if status != 0 || strings.Count(stderr, "eval ") != strings.Count(stderr, "eval 25/25 answers") {
		t.Errorf("again: exit %d: %s", status, stderr)
	}
}

// TestEvalEnvironment takes the part from a scheduler.
func TestEvalEnvironment(t *testing.T) {
	data, out := evalData(t), t.TempDir()
	t.Setenv("SLURM_ARRAY_TASK_ID", "3")
	t.Setenv("SLURM_ARRAY_TASK_COUNT", "4")
	t.Setenv("SLURM_ARRAY_TASK_MIN", "0")
	if status, _, stderr := cli(t, "", evalArgs(data, out, "-quiet")...); status != 0 || stderr != "" {
		t.Fatalf("exit %d: %s", status, stderr)
	}
	if _, err := os.Stat(filepath.Join(out, "fidelity", "none", "answers-00003-of-00004.jsonl")); err != nil {
		t.Error(err)
	}
}

// TestEvalProblems goes on with what is right, says what is wrong and where, and
// fails in the end, or at once where it is told to.
func TestEvalProblems(t *testing.T) {
	data := evalData(t, `{"image": "gone.png", "question": "Q"}`, "nonsense", `{"question": "no image"}`)
	grid := filepath.Join(data, "grid")
	router := filepath.Join(data, "router.safetensors")
	if err := os.WriteFile(router, []byte("no router"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(grid, []byte("# flows\nfastv:tokens=99\npar:tokens=4,router="+router+"\nrandom:tokens=4,layers=1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	status, stdout, stderr := cli(t, "", evalArgs(data, out, "-flows", grid)...)
	if status != 1 {
		t.Errorf("exit %d", status)
	}
	for _, w := range []string{
		"grid: line 2: fastv:tokens=99: budget of 99 image tokens is not in 1..16", "grid: line 3: par:tokens=4,router=" + router + ": " + router,
		"q.jsonl: line 7: invalid character", "q.jsonl: line 8: question line 8: no image", "q.jsonl: line 6: question line 6: open ",
		"q.jsonl: line 1: question line 1: flow random:tokens=4,layers=1: budget of 1 layers is not in 3..5", "10 problems",
	} {
		if !strings.Contains(stderr, w) {
			t.Errorf("standard error lacks %q:\n%s", w, stderr)
		}
	}
	if !strings.Contains(stdout, "| fastv:tokens=4 |") {
		t.Errorf("no table:\n%s", stdout)
	}

	status, stdout, stderr = cli(t, "", evalArgs(data, t.TempDir(), "-flows", grid, "-strict")...)
	if status != 1 || stdout != "" || strings.Count(stderr, "\n") != 2 {
		t.Errorf("strict: exit %d, printed %q: %s", status, stdout, stderr)
	}
}

func TestEvalUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "-out is missing"},
		{[]string{"-out", "o"}, "-bench is missing"},
		{[]string{"-out", "o", "-bench", "pope", "-methods", "all"}, "-methods needs a -budget"},
		{[]string{"-out", "o", "-bench", "pope", "-budget", "flops=0.5"}, "go with -methods"},
		{[]string{"-out", "o", "-bench", "pope", "-methods", "fast", "-budget", "flops=0.5"}, `method "fast" is not known`},
		{[]string{"-out", "o", "-bench", "pope", "-methods", "fixed", "-budget", "flops=0.5"}, "takes no budget"},
		{[]string{"-out", "o", "-bench", "pope", "-methods", "shortgpt", "-budget", "flops=0.5"}, "its file is missing"},
		{[]string{"-out", "o", "-bench", "pope", "-methods", "all", "-budget", "seed=1"}, "seed is none"},
		{[]string{"-out", "o", "-bench", "pope", "-methods", "fastv", "-budget", "half"}, `-budget half`},
		{[]string{"-out", "o", "-bench", "pope", "-methods", "all", "-budget", "flops=2"}, "share of FLOPs 2"},
		{[]string{"-out", "o", "-bench", "pope", "-methods", "shortgpt", "-budget", "flops=1", "-order", "f"}, "-order f"},
		{[]string{"-out", "o", "-m", "x"}, "-bench is missing"},
		{[]string{"-out", "o", "-m", "x", "-bench", "rope"}, `benchmark "rope" is not known`},
		{[]string{"-out", "o", "-m", "x", "-bench", "pope", "-flow", "fast:tokens=3"}, `method "fast" is not known`},
		{[]string{"-out", "o", "-m", "x", "-bench", "pope", "-flow", "fastv:tokns=3"}, "tokns=3: no such flag"},
		{[]string{"-out", "o", "-m", "x", "-bench", "pope", "-flow", "fastv:tokens=x"}, "neither a count nor a ratio"},
		{[]string{"-out", "o", "-m", "x", "-bench", "pope", "-flow", "fastv:tokens=3,layers=2"}, "chooses no layers"},
		{[]string{"-out", "o", "-m", "x", "-bench", "pope", "-flow", "par:tokens=3"}, "needs -router"},
		{[]string{"-out", "o", "-m", "x", "-bench", "pope", "-shard", "2/2"}, "shard 2/2"},
		{[]string{"-out", "o", "-m", "x", "-bench", "pope", "-shards", "2"}, "which one this is"},
		{[]string{"-out", "o", "-m", "x", "-bench", "pope", "-template", "none"}, `-template "none"`},
		{[]string{"-out", "o", "-m", "x", "-bench", "pope", "-image-mode", "fit"}, `-image-mode "fit"`},
		{[]string{"-out", "o", "-m", "x", "-bench", "pope", "-limit", "-1"}, "can't be negative"},
		{[]string{"-out", "o", "x"}, `unexpected argument "x"`},
	} {
		status, _, stderr := cli(t, "", append([]string{"eval"}, c.args...)...)
		if status != 2 || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: exit %d: %q does not say %q", c.args, status, stderr, c.want)
		}
	}
	status, _, stderr := cli(t, "", "eval", "-h")
	if status != 0 || !strings.Contains(stderr, "mmbench-cn") || !strings.Contains(stderr, "rounds=all") {
		t.Errorf("-h: exit %d: %s", status, stderr)
	}
	if status, _, stderr := cli(t, "", "eval", "-merge", "-out", t.TempDir()); status != 1 || !strings.Contains(stderr, "run.json") {
		t.Errorf("merging nothing: exit %d: %s", status, stderr)
	}
}
