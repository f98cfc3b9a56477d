package records

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEach(t *testing.T) {
	for _, c := range []struct {
		name, file string
		want       []string
		err        string
	}{
		{name: "lines", file: "{\"a\":1}\n\n  {\"a\":2}\r\n", want: []string{`line 1 {"a":1}`, `line 3 {"a":2}`}},
		{name: "no last newline", file: `{"a":1}`, want: []string{`line 1 {"a":1}`}},
		{name: "lines that are no JSON are left to the decoder", file: "x\n{}", want: []string{"line 1 x", "line 2 {}"}},
		{name: "byte order mark", file: "\uFEFF[1]", want: []string{"element 0 1"}},
		{name: "array", file: " \n[ {\"a\":1},\n 2 ]", want: []string{`element 0 {"a":1}`, "element 1 2"}},
		{name: "empty array", file: "[]"},
		{name: "empty"},
		{name: "cut array", file: `[1, {"a":`, want: []string{"element 0 1"}, err: "element 1: unexpected EOF"},
		{name: "array without its end", file: `[1`, want: []string{"element 0 1"}, err: "file: unexpected EOF"},
		{name: "no comma", file: `[1 2]`, want: []string{"element 0 1"}, err: "expected comma"},
	} {
		var got []string
		var failed error
		path := write(t, c.file)
		for r, err := range Each(path) {
			if err != nil {
				failed = err
				continue
			}
			got = append(got, r.Place+" "+string(r.Data))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		switch {
		case c.err == "" && failed != nil, c.err != "" && (failed == nil || !strings.Contains(failed.Error(), c.err)):
			t.Errorf("%s: error %v, want %q", c.name, failed, c.err)
		case failed != nil && !strings.HasPrefix(failed.Error(), path):
			t.Errorf("%s: error %v does not name the file", c.name, failed)
		}
	}
}

func TestErrors(t *testing.T) {
	path := write(t, "{\"a\": \"x\"}\n")
	for r, err := range Lines(path) {
		if err != nil {
			t.Fatal(err)
		}
		var v struct{ A int }
		err := r.Decode(&v)
		if err == nil || !strings.HasPrefix(err.Error(), path+": line 1: ") || !strings.Contains(err.Error(), "a") {
			t.Errorf("error %v", err)
		}
	}
	for _, err := range Each(filepath.Join(t.TempDir(), "gone")) {
		if !os.IsNotExist(err) {
			t.Errorf("error %v for a file that isn't there", err)
		}
	}
	var v []int
	if err := ReadJSON(write(t, "\uFEFF[1]"), &v); err != nil || len(v) != 1 {
		t.Errorf("%v, %v", v, err)
	}
	if err := ReadJSON(write(t, "[1"), &v); err == nil || !strings.Contains(err.Error(), "file: unexpected end") {
		t.Errorf("error %v", err)
	}
}
