package samples

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEach goes on behind samples that are malformed.
func TestEach(t *testing.T) {
	file := strings.Join([]string{
		`{"image": "a.png", "question": "q?"}`,
		`{"id": 12345678, "image": "b/c.png", "conversations": [{"from": "human", "value": "<image>\nwhat?"}, {"from": "gpt", "value": "x"}]}`,
		`nonsense`,
		`{"question_id": "v1", "image": "/abs/d.png", "text": "<image> is it?"}`,
		`{"question": "text only"}`,
		`{"image": "../e.png", "question": "q"}`,
		`{"image": "f.png"}`,
		`{"image": "g.png", "question": "last"}`,
	}, "\n")
	path := filepath.Join(t.TempDir(), "s.jsonl")
	if err := os.WriteFile(path, []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	var got []Sample
	var errs []string
	for s, err := range Each(path, "im") {
		if err != nil {
			errs = append(errs, strings.TrimPrefix(err.Error(), path+": "))
			continue
		}
		got = append(got, s.Sample)
	}
	want := []Sample{
		{"line 1", filepath.Join("im", "a.png"), "q?"}, {"12345678", filepath.Join("im", "b", "c.png"), "what?"},
		{"v1", "/abs/d.png", "is it?"}, {"line 5", "", "text only"}, {"line 8", filepath.Join("im", "g.png"), "last"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	wantErrs := []string{
		"line 3: invalid character 'o' in literal null (expecting 'u')",
		`line 6: field image: "../e.png" leaves the folder of images`,
		"line 7: no question",
	}
	if diff := cmp.Diff(wantErrs, errs); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}
