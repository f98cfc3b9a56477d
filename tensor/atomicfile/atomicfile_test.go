package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func put(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

// listing returns the contents of the files of dir by name.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(data)
	}
	return files
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, s := range []string{"first", "", "second"} {
		if err := Write(path, put(s)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"f": s}, listing(t, dir)); diff != "" {
			t.Errorf("after writing %q (-want +got):\n%s", s, diff)
		}
	}
}

func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := Write(path, put("old")); err != nil {
		t.Fatal(err)
	}
	want := errors.New("no more")
	err := Write(path, func(w io.Writer) error {
		io.WriteString(w, "new")
		return want
	})
	if !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
	if err := Write(filepath.Join(dir, "missing", "f"), put("x")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in a missing directory: %v", err)
	}
	if err := Write(dir, put("x")); err == nil {
		t.Error("a directory was replaced")
	}
	if diff := cmp.Diff(map[string]string{"f": "old"}, listing(t, dir)); diff != "" {
		t.Errorf("after failures (-want +got):\n%s", diff)
	}
}

func TestWriteKeepsPermissionsAndLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no permission bits, and links need a privilege")
	}
	dir := t.TempDir()
	path, link := filepath.Join(dir, "f"), filepath.Join(dir, "link")
	if err := os.WriteFile(path, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("f", link); err != nil {
		t.Fatal(err)
	}
	if err := Write(link, put("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o640 {
		t.Errorf("mode %v", info.Mode())
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became %v, %v", info, err)
	}
	if diff := cmp.Diff(map[string]string{"f": "new", "link": "new"}, listing(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWriteDevice(t *testing.T) {
	info, err := os.Stat(os.DevNull)
	if err != nil || info.Mode()&os.ModeDevice == 0 {
		t.Skipf("%s is no device here", os.DevNull)
	}
	if err := Write(os.DevNull, put("gone")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode()&os.ModeDevice == 0 {
		t.Fatalf("%s was replaced by %v, %v", os.DevNull, info, err)
	}
}
