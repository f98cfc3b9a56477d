// Package folder reads the files of a checkpoint, which is a directory on disk or
// any other fs.FS, such as an embedded one. Errors name files by their whole paths.
package folder

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir is a directory on disk.
type Dir string

// Open opens a file of the directory.
func (d Dir) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return os.Open(d.Path(name))
}

// Path returns the path on disk of a file of the directory.
func (d Dir) Path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

// Sub returns a directory inside of the directory.
func (d Dir) Sub(name string) (fs.FS, error) { return Dir(d.Path(name)), nil }

// Path returns what a file is called in errors: its path on disk, where it is there.
func Path(fsys fs.FS, name string) string {
	if d, ok := fsys.(Dir); ok {
		return d.Path(name)
	}
	return name
}

// Read returns the content of a file of at most limit bytes. Where the file system has
// it in memory already, it may not be written to.
func Read(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	path := Path(fsys, name)
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() > limit {
		return nil, fmt.Errorf("%s: %d bytes, more than the %d allowed", path, st.Size(), limit)
	}
	if m, ok := f.(*memoryFile); ok {
		return m.data, nil
	}
	// A pipe or a device says nothing of what it holds.
	b := bytes.NewBuffer(make([]byte, 0, st.Size()+bytes.MinRead))
	if _, err := b.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, err
	}
	if int64(b.Len()) > limit {
		return nil, fmt.Errorf("%s: more than the %d bytes allowed", path, limit)
	}
	return b.Bytes(), nil
}

// ReadFile is Read for a file on disk.
func ReadFile(path string, limit int64) ([]byte, error) {
	return Read(Dir(filepath.Dir(path)), filepath.Base(path), limit)
}

// Has reports whether there is something of that name.
func Has(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}
