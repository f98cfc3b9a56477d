package eval

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseSource(t *testing.T) {
	for _, c := range []struct {
		spec string
		want Source
		err  string
	}{
		{spec: "pope", want: Source{Kind: "pope", Name: "pope", Dir: filepath.Join("data", "pope")}},
		{spec: "textvqa:ocr=no,as=plain,limit=5", want: Source{Kind: "textvqa", Name: "plain", Dir: filepath.Join("data", "textvqa"), NoOCR: true, Limit: 5}},
		{spec: "mmbench:rounds=all,questions=a,b.tsv,max-tokens=8", want: Source{Kind: "mmbench", Name: "mmbench", Dir: filepath.Join("data", "mmbench"), AllRounds: true, Questions: "a,b.tsv", MaxTokens: 8}},
		{spec: "fidelity:dir=x=y,images=i,labels=l", want: Source{Kind: "fidelity", Name: "fidelity", Dir: "x=y", Images: "i", Labels: "l"}},
		{spec: "scienceqa:split=val", want: Source{Kind: "scienceqa", Name: "scienceqa", Dir: filepath.Join("data", "scienceqa"), Split: "val"}},
		{spec: "", err: "names nothing"},
		{spec: ":a=b", err: "names nothing"},
		{spec: "pop", err: `benchmark "pop" is not known (fidelity, pope`},
		{spec: "pope:", err: "is not key=value"},
		{spec: "pope:ocr", err: "is not key=value"},
		{spec: "pope:=x", err: "is not key=value"},
		{spec: "pope:ocr=no", err: "ocr= is for textvqa"},
		{spec: "textvqa:ocr=yes", err: "only ocr=no is known"},
		{spec: "pope:limit=0", err: "limit=0: not a positive number"},
		{spec: "pope:limit=-1", err: "not a positive number"},
		{spec: "pope:as=", err: "as= gives no name"},
		{spec: "pope:colour=red", err: `setting "colour" is not known`},
	} {
		got, err := ParseSource(c.spec, "data")
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: error %v does not say %q", c.spec, err, c.err)
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", c.spec, err, diff)
		}
	}
}

// TestLoad looks for files that can't be read at all.
func TestLoad(t *testing.T) {
	names, about := Kinds()
	for i, name := range names {
		if about[i] == "" {
			t.Errorf("%s: nothing about it", name)
		}
		for what, dir := range map[string]string{
			"no file": t.TempDir(),
			"no text": write(t, map[string]string{"q": "\x00\xff", "l": "\x00\xff"}),
		} {
			s := Source{Kind: name, Dir: dir}
			if what == "no text" {
				s.Questions, s.Labels = filepath.Join(dir, "q"), filepath.Join(dir, "l")
			}
			if _, err := Load(s, func(error) {}); err == nil {
				t.Errorf("%s with %s: no error", name, what)
			}
		}
	}
}

func TestFidelityQuestions(t *testing.T) {
	dir := write(t, map[string]string{"q.jsonl": lines(
		`{"image": "a.png", "question": "What?"}`, `{"question": "no image"}`, `nonsense`,
		`{"id": "x", "image": "b.png", "conversations": [{"from": "human", "value": "<image>\nWho?"}]}`)})
	b, problems := load(t, "fidelity:questions="+filepath.Join(dir, "q.jsonl"), dir)
	wantProblems(t, problems, "q.jsonl: line 2: question line 2: no image", "q.jsonl: line 3: invalid character")
	q := b.Questions()
	if len(q) != 2 || string(q[0].ID) != `"line 1"` || q[1].Text != "Who?" || q[1].Image.Path != filepath.Join(dir, "b.png") {
		t.Errorf("questions %+v", q)
	}
	// Answers of other programs have no measure of likeness.
	if got := graded(t, b, "a", "b"); len(got) != 0 {
		t.Errorf("scores %v", got)
	}
	answers := replies(b, []string{"a", "b"})
	answers[0].Metadata.Fidelity = &Fidelity{KL: 0.5, Agree: 0.25, Tokens: 4}
	answers[1].Metadata.Fidelity = &Fidelity{KL: 0.1, Agree: 1, Exact: true, Tokens: 2}
	scores := judge(b, answers).scores
	want := []Score{{"agreement of the likeliest token", 62.5, "%", 2}, {"answers that are the same", 50, "%", 2}, {"KL divergence", 0.3, "nats", 2}}
	if diff := cmp.Diff(want, scores); diff != "" {
		t.Errorf("scores (-want +got):\n%s", diff)
	}
}

func TestReadGrid(t *testing.T) {
	dir := write(t, map[string]string{"grid": "# a comment\n\nnone\n  fastv:tokens=72 \n"})
	got, err := ReadGrid(filepath.Join(dir, "grid"))
	path := filepath.Join(dir, "grid")
	if diff := cmp.Diff([]GridLine{{"none", path + ": line 3"}, {"fastv:tokens=72", path + ": line 4"}}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
