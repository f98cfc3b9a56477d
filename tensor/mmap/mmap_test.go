package mmap

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func write(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpen(t *testing.T) {
	for _, size := range []int{0, 1, 4095, 4096, 4097, 1 << 20} {
		data := bytes.Repeat([]byte("abcdefg"), size/7+1)[:size]
		path := write(t, data)
		for name, opts := range map[string][]Option{"default": nil, "in memory": {InMemory()}} {
			f, err := Open(path, opts...)
			if err != nil {
				t.Fatalf("%d bytes, %s: %v", size, name, err)
			}
			if !bytes.Equal(f.Bytes(), data) {
				t.Errorf("%d bytes, %s: other contents", size, name)
			}
			if want := canMap && opts == nil && size > 0; f.Mapped() != want {
				t.Errorf("%d bytes, %s: mapped is %t", size, name, f.Mapped())
			}
			for range 2 {
				if err := f.Close(); err != nil {
					t.Errorf("%d bytes, %s: close: %v", size, name, err)
				}
			}
			if f.Bytes() != nil {
				t.Errorf("%d bytes, %s: contents after Close", size, name)
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	for path, want := range map[string]string{dir: "not a regular file", missing: missing} {
		_, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := Open(missing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file is not os.ErrNotExist: %v", err)
	}
}

var sink byte

func TestGuardTruncated(t *testing.T) {
	if !canMap || runtime.GOOS == "windows" {
		t.Skip("no mapping outlives its file here")
	}
	page := os.Getpagesize()
	path := write(t, make([]byte, 4*page))
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(path, int64(page)); err != nil {
		t.Fatal(err)
	}
	read := func(i int) error {
		return Guard(func() error { sink = f.Bytes()[i]; return nil })
	}
	if err := read(page - 1); err != nil {
		t.Errorf("what is left of the file: %v", err)
	}
	if err := read(2 * page); !errors.Is(err, ErrFault) {
		t.Errorf("a lost page: %v", err)
	}
}

func TestGuardPasses(t *testing.T) {
	want := errors.New("own")
	if err := Guard(func() error { return want }); err != want {
		t.Errorf("got %v", err)
	}
	defer func() {
		if r := recover(); r != "other" {
			t.Errorf("a panic of another kind became %v", r)
		}
	}()
	Guard(func() error { panic("other") })
	t.Error("a panic of another kind was swallowed")
}
