package folder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"unsafe"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("four"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, fsys := range []fs.FS{Dir(dir), fstest.MapFS{"a": {Data: []byte("four")}}, With(fstest.MapFS{}, "a", "four")} {
		if b, err := Read(fsys, "a", 4); err != nil || string(b) != "four" {
			t.Errorf("%T: read %q, %v", fsys, b, err)
		}
		if _, err := Read(fsys, "a", 3); err == nil || !strings.Contains(err.Error(), Path(fsys, "a")) {
			t.Errorf("%T: too large: %v", fsys, err)
		}
		if _, err := Read(fsys, "b", 4); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), Path(fsys, "b")) {
			t.Errorf("%T: missing: %v", fsys, err)
		}
		if _, err := fsys.Open("../a"); err == nil {
			t.Errorf("%T: outside: %v", fsys, err)
		}
		if !Has(fsys, "a") || Has(fsys, "b") {
			t.Errorf("%T: has a %t, b %t", fsys, Has(fsys, "a"), Has(fsys, "b"))
		}
	}
	if b, err := ReadFile(filepath.Join(dir, "a"), 4); err != nil || string(b) != "four" {
		t.Errorf("read %q, %v", b, err)
	}
}

// TestWith has the content read where it lies.
func TestWith(t *testing.T) {
	content := strings.Repeat("x", 100)
	fsys := With(fstest.MapFS{"b": {Data: []byte("other")}}, "a", content)
	b, err := Read(fsys, "a", 100)
	if err != nil || unsafe.SliceData(b) != unsafe.StringData(content) || len(b) != len(content) {
		t.Errorf("%d bytes, copied: %t, %v", len(b), unsafe.SliceData(b) != unsafe.StringData(content), err)
	}
	for name, want := range map[string]string{"a": content, "b": "other"} {
		if b, err := fs.ReadFile(fsys, name); err != nil || string(b) != want {
			t.Errorf("%s: read %q, %v", name, b, err)
		}
	}
	if st, err := fs.Stat(fsys, "a"); err != nil || st.Size() != 100 || st.Name() != "a" || !st.Mode().IsRegular() {
		t.Errorf("stat %v, %v", st, err)
	}
}
