package folder

import (
	"bytes"
	"io/fs"
	"time"
	"unsafe"
)

// With adds a file to a file system. Its content is used where it lies: Read does not
// copy it.
func With(fsys fs.FS, name, content string) fs.FS { return with{fsys, name, content} }

type with struct {
	fs.FS
	name, content string
}

func (w with) Open(name string) (fs.File, error) {
	if name != w.name {
		return w.FS.Open(name)
	}
	data := unsafe.Slice(unsafe.StringData(w.content), len(w.content))
	return &memoryFile{bytes.NewReader(data), data, w.name}, nil
}

// memoryFile is an open file whose content is in memory, and its own description.
type memoryFile struct {
	*bytes.Reader
	data []byte
	name string
}

func (f *memoryFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *memoryFile) Close() error               { return nil }

func (f *memoryFile) Name() string       { return f.name }
func (f *memoryFile) Mode() fs.FileMode  { return 0o444 }
func (f *memoryFile) ModTime() time.Time { return time.Time{} }
func (f *memoryFile) IsDir() bool        { return false }
func (f *memoryFile) Sys() any           { return nil }
