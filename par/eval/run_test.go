package eval

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func do(t *testing.T, r *Run, a Asker) int {
	t.Helper()
	n, err := r.Do(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// tree returns the files of a folder by name.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// rendered returns the table in all its forms.
func rendered(t *testing.T, out string) string {
	t.Helper()
	table, err := MakeTable(out, Bootstrap{Resamples: 200, Seed: 1}, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, write := range []error{table.WriteMarkdown(&b), table.WriteCSV(&b), table.WriteJSON(&b)} {
		if write != nil {
			t.Fatal(write)
		}
	}
	return b.String()
}

// TestResume cuts the answers file at every byte of its last line, as a run that is
// killed while it writes may leave it, and goes on.
func TestResume(t *testing.T) {
	data, out := popeData(t), t.TempDir()
	a := &fake{}
	if n := do(t, popeRun(t, data, out), a); n != 0 || a.asked != 18 || a.images != 3 {
		t.Fatalf("%d problems, %d answers, %d images", n, a.asked, a.images)
	}
	path := filepath.Join(out, "pope", "fastv_tokens=72", "answers.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := rendered(t, out) // sorts the answers
	sorted, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(whole, sorted) {
		t.Error("answers come by image, yet their file was in the order of the questions")
	}
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for cut := last; cut <= len(whole); cut++ {
		if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		if cut%32 == 0 || cut == last || cut+1 >= len(whole) {
			goOn(t, data, out, path, whole, cut, last)
			if got := rendered(t, out); got != want {
				t.Fatalf("cut at byte %d: another table:\n%s", cut-last, cmp.Diff(want, got))
			}
			continue
		}
		// What every run does first.
		s, err := openStore(path)
		if err != nil {
			t.Fatalf("cut at byte %d: %v", cut-last, err)
		}
		s.close()
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, whole[:last]) || s.dropped != cut-last || len(s.answers) != 8 {
			t.Fatalf("cut at byte %d: %d answers, %d bytes dropped, %v", cut-last, len(s.answers), s.dropped, err)
		}
	}
}

// goOn runs again after an answers file was cut in its last line.
func goOn(t *testing.T, data, out, path string, whole []byte, cut, last int) {
	t.Helper()
	r := popeRun(t, data, out)
	notes := 0
	r.Note = func(string) { notes++ }
	again := &fake{}
	do(t, r, again)
	asked, told := 1, 1
	switch cut {
	case last:
		told = 0
	case len(whole):
		asked, told = 0, 0
	}
	if again.asked != asked || notes != told {
		t.Errorf("cut at byte %d: %d questions asked, %d notes", cut-last, again.asked, notes)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, whole) {
		t.Fatalf("cut at byte %d: other answers: %v", cut-last, err)
	}
}

// TestInterrupt stops a run after every number of answers and starts it again.
func TestInterrupt(t *testing.T) {
	data, reference := popeData(t), t.TempDir()
	do(t, popeRun(t, data, reference), &fake{})
	want := rendered(t, reference)
	for stop := 1; stop < 18; stop++ {
		out := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		a := &fake{}
		a.after = func() {
			if a.asked == stop {
				cancel()
			}
		}
		if _, err := popeRun(t, data, out).Do(ctx, a); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after %d answers: error %v", stop, err)
		}
		again := &fake{}
		do(t, popeRun(t, data, out), again)
		if again.asked != 18-stop {
			t.Errorf("stopped after %d answers: %d asked then", stop, again.asked)
		}
		if got := rendered(t, out); got != want {
			t.Fatalf("stopped after %d answers: another table:\n%s", stop, cmp.Diff(want, got))
		}
		if diff := cmp.Diff(tree(t, reference), tree(t, out)); diff != "" {
			t.Fatalf("stopped after %d answers: other files:\n%s", stop, diff)
		}
	}
}

// TestShards joins the parts of a run, of as many shards as there are questions and
// of more.
func TestShards(t *testing.T) {
	data, reference := popeData(t), t.TempDir()
	do(t, popeRun(t, data, reference), &fake{})
	want := rendered(t, reference)
	for _, count := range []int{1, 2, 3, 4, 9, 12} {
		out := t.TempDir()
		asked := 0
		for i := range count {
			r := popeRun(t, data, out)
			r.Shard = Shard{(i + 1) % count, count} // in another order
			a := &fake{}
			do(t, r, a)
			asked += a.asked
		}
		if asked != 18 {
			t.Errorf("%d shards: %d answers", count, asked)
		}
		if got := rendered(t, out); got != want {
			t.Fatalf("%d shards: another table:\n%s", count, cmp.Diff(want, got))
		}
		got := tree(t, out)
		for name, content := range tree(t, reference) {
			if got[name] != content {
				t.Errorf("%d shards: %s differs", count, name)
			}
		}
		// Once more: merging changes nothing.
		if again := rendered(t, out); again != want {
			t.Errorf("%d shards: merged again, the table is another", count)
		}
	}
}

func TestMergeProblems(t *testing.T) {
	data, out := popeData(t), t.TempDir()
	for i := range 3 {
		r := popeRun(t, data, out)
		r.Shard = Shard{i, 3}
		do(t, r, &fake{})
	}
	dir := filepath.Join(out, "pope", "none")
	file := func(i, n int) string { return filepath.Join(dir, Shard{i, n}.answersFile()) }
	content, err := os.ReadFile(file(1, 3))
	if err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(file(0, 3))
	if err != nil {
		t.Fatal(err)
	}
	put := func(path string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fails := func(what, want string) {
		t.Helper()
		if _, err := MakeTable(out, Bootstrap{}, func(error) {}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v does not say %q", what, err, want)
		}
	}
	os.Remove(file(1, 3))
	fails("a part is missing", "shard 1/3 are missing")
	put(file(1, 3), first)
	fails("a question is answered twice", "is answered in")
	put(file(1, 3), append(append([]byte{}, content...), content...))
	fails("a question is answered twice in a part", "is answered again")
	put(file(1, 3), []byte("nonsense\n"))
	fails("nonsense", "of-00003.jsonl: line 1: invalid character")
	put(file(1, 3), []byte(`{"prompt": "x"}`+"\n"))
	fails("no id", "field question_id is missing")
	put(file(1, 3), content)
	put(file(0, 2), nil)
	fails("two divisions", "answers of 2 and of 3 shards")
	os.Remove(file(0, 2))

	// A question without an answer, and an answer without a question, are counted. The
	// unfinished line is that of a shard that was killed.
	put(file(1, 3), append([]byte(`{"question_id": 77, "prompt": "x", "text": "yes"}`+"\n"), content[:len(content)-5]...))
	var problems []string
	table, err := MakeTable(out, Bootstrap{}, func(err error) { problems = append(problems, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	wantProblems(t, problems, "flow none: no answer", "question 77 is none of the benchmark's")
	if r := table.Rows[0]; r.Missing != 1 || r.Questions != 9 {
		t.Errorf("row %+v", r)
	}
}

// TestProblems goes on where a question or a Flow can't be asked, and stops where it
// is told to.
func TestProblems(t *testing.T) {
	data := popeData(t)
	path := filepath.Join(data, "llava_pope_test.jsonl")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(b), `"image": "b.jpg"`, `"image": "gone.jpg"`, 1) + "{\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	labels := filepath.Join(data, "coco", "coco_pope_random.json")
	if err := os.WriteFile(labels, []byte("{\"label\": \"yes\"}\n{\"label\": \"no\"}\n{\"label\": \"yes\"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	newRun := func(out string, problems *[]string) *Run {
		r := popeRun(t, data, out)
		r.Flows = append(r.Flows, Flow{Name: "bad", Method: "random"})
		r.Problem = func(line string) { *problems = append(*problems, line) }
		return r
	}
	var problems []string
	out := t.TempDir()
	r := newRun(out, &problems)
	var last [2]int
	r.Progress = func(done, total int, _ string) { last = [2]int{done, total} }
	a := &fake{}
	if n := do(t, r, a); n != len(problems) || a.asked != 16 {
		t.Errorf("%d problems, %d told, %d answers", n, len(problems), a.asked)
	}
	if last != [2]int{16, 16} {
		t.Errorf("progress ends with %v", last)
	}
	want := []string{"llava_pope_test.jsonl: line 10: unexpected end", "question 1: flow bad: budget of 999", "question 4: flow bad", "question 7: flow bad"}
	want = append(want, "line 2: question 2: open "+filepath.Join(data, "val2014", "gone.jpg"))
	for _, q := range []string{"3", "6", "9", "5", "8"} {
		want = append(want, "question "+q+": flow bad")
	}
	for _, w := range want {
		if !strings.Contains(strings.Join(problems, "\n"), w) {
			t.Errorf("no problem says %q:\n%s", w, strings.Join(problems, "\n"))
		}
	}
	if len(problems) != len(want) {
		t.Errorf("%d problems, want %d", len(problems), len(want))
	}
	table, err := MakeTable(out, Bootstrap{}, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	if table.Rows[0].Missing != 1 || table.Rows[2].Missing != 9 || len(table.Rows[2].Scores) != 0 {
		t.Errorf("rows %+v", table.Rows)
	}

	problems = nil
	r = newRun(t.TempDir(), &problems)
	r.Strict = true
	a = &fake{}
	if n, err := r.Do(t.Context(), a); err == nil || n != 1 || len(problems) != 1 || a.asked != 0 {
		t.Errorf("strict: %d problems, %d told, %d answers, error %v", n, len(problems), a.asked, err)
	}
	if err := os.WriteFile(path, []byte(strings.TrimSuffix(text, "{\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	problems = nil
	r = newRun(t.TempDir(), &problems)
	r.Strict = true
	if n, err := r.Do(t.Context(), a); err == nil || n != 1 || a.asked != 2 || !strings.Contains(err.Error(), "flow bad") {
		t.Errorf("strict: %d problems, %d answers, error %v", n, a.asked, err)
	}
}

// TestSettings refuses to mix answers that were given under different settings.
func TestSettings(t *testing.T) {
	data, out := popeData(t), t.TempDir()
	router := filepath.Join(data, "router")
	if err := os.WriteFile(router, []byte("one"), 0o644); err != nil {
		t.Fatal(err)
	}
	newRun := func() *Run {
		r := popeRun(t, data, out)
		r.Flows[1].Files = []File{{Path: router}}
		return r
	}
	do(t, newRun(), &fake{})
	for what, change := range map[string]func(r *Run){
		"field fingerprint": func(r *Run) { r.Settings = map[string]string{"fingerprint": "g"} },
		"field model":       func(r *Run) { r.Model = "other" },
		"field max_tokens":  func(r *Run) { r.Sources[0].MaxTokens = 5 },
		"field compare":     func(r *Run) { r.Compare = true },
		"field file_0":      func(r *Run) { os.WriteFile(router, []byte("two"), 0o644) },
	} {
		r := newRun()
		change(r)
		if _, err := r.Do(t.Context(), &fake{}); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("error %v does not say %q", err, what)
		}
		os.WriteFile(router, []byte("one"), 0o644)
	}
	// More flows and more questions are welcome.
	r := newRun()
	r.Flows = append(r.Flows, Flow{Name: "random:tokens=9", Method: "random"})
	a := &fake{}
	do(t, r, a)
	if a.asked != 9 {
		t.Errorf("%d questions asked for one more flow", a.asked)
	}
}

func TestGridMistakes(t *testing.T) {
	data := popeData(t)
	for what, change := range map[string]func(r *Run){
		"no benchmark or no flow":          func(r *Run) { r.Flows = nil },
		"would share the folder":           func(r *Run) { r.Flows = append(r.Flows, Flow{Name: "fastv,tokens=72", Method: "random"}) },
		`two benchmarks are called "pop`:   func(r *Run) { r.Sources = append(r.Sources, r.Sources[0]) },
		"no such file":                     func(r *Run) { r.Sources[0].Dir = filepath.Join(data, "gone") },
		`benchmark "rope" is not known (f`: func(r *Run) { r.Sources[0].Kind = "rope" },
	} {
		r := popeRun(t, data, t.TempDir())
		change(r)
		if _, err := r.Do(t.Context(), &fake{}); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("error %v does not say %q", err, what)
		}
	}
}

func TestFolder(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{
		"none", "fastv:tokens=72", "par:tokens=176,router=a/b", "par:tokens=176,router=a_b", "par:tokens=176,router=a\\b", "..", ".", "", "CON/é", "é", "random:tokens=50%",
		strings.Repeat("x", 300), strings.Repeat("x", 301),
	} {
		got := folder(name)
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q are both in %q", name, other, got)
		}
		seen[got] = name
		if len(got) > 80 || strings.ContainsAny(got, `/\: `) || strings.HasPrefix(got, ".") || got == "" {
			t.Errorf("%q goes to %q", name, got)
		}
	}
}

func FuzzParseAnswers(f *testing.F) {
	f.Add([]byte(`{"question_id": 1, "prompt": "p", "text": "yes", "metadata": {}}` + "\n"))
	f.Add([]byte("{\"question_id\": \"x\", \"round_id\": 2}\n\n{\"question_id\": \"x\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseAnswers("f", data)
		if err != nil {
			return
		}
		seen := map[key]bool{}
		for _, a := range list {
			if seen[a.key()] {
				t.Fatalf("%v twice", a.key())
			}
			seen[a.key()] = true
		}
	})
}
