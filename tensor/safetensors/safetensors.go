// Package safetensors reads and writes tensors in the safetensors format
// (https://github.com/huggingface/safetensors): a length, a JSON header, and the
// values of all tensors without gaps.
//
// Files are hostile until checked: the rules of the reference implementation are
// enforced when a file is opened, and duplicate keys and leading spaces, which
// the format forbids and the reference lets pass, are refused too. Errors name
// file, field and value. After that, tensors are views into the file.
package safetensors

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-par/par/internal/folder"
	"github.com/go-par/par/tensor/mmap"
)

// Info describes a tensor.
type Info struct {
	Name  string
	DType DType
	Shape []int // slowest dimension first, empty for a scalar
	Bytes int
}

// Tensor is a tensor of an open file.
type Tensor struct {
	Info
	// Data has the values, little-endian, in row-major order, and is not to be
	// written. The format aligns nothing: it may start at any address.
	Data []byte
}

// File is an open checkpoint: one file, or the shards that an index lists.
type File struct {
	tensors  []Tensor
	byName   map[string]int
	metadata map[string]string
	files    []*mmap.File
}

// Names of a checkpoint's file, and of its index where it has several.
const (
	SingleName  = "model.safetensors"
	IndexName   = SingleName + indexSuffix
	indexSuffix = ".index.json"
)

// Open opens a safetensors file, an index file (*.index.json), or a directory with
// a model.safetensors or, failing that, a model.safetensors.index.json. Files are
// mapped unless opts say otherwise; package mmap tells what that implies.
func Open(path string, opts ...mmap.Option) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return OpenFS(folder.Dir(path), opts...)
	}
	return open(folder.Dir(filepath.Dir(path)), filepath.Base(path), opts)
}

// OpenFS is Open for a checkpoint in a file system. Only files on disk are mapped.
func OpenFS(fsys fs.FS, opts ...mmap.Option) (*File, error) {
	for _, name := range []string{SingleName, IndexName} {
		if folder.Has(fsys, name) {
			return open(fsys, name, opts)
		}
	}
	return nil, fmt.Errorf("%s: neither %s nor %s: %w", folder.Path(fsys, "."), SingleName, IndexName, fs.ErrNotExist)
}

// OpenFile opens one file, or an index and its shards, in a file system.
func OpenFile(fsys fs.FS, name string, opts ...mmap.Option) (*File, error) {
	return open(fsys, name, opts)
}

func open(fsys fs.FS, name string, opts []mmap.Option) (*File, error) {
	if strings.HasSuffix(name, indexSuffix) {
		return openIndex(fsys, name, opts)
	}
	f := newFile()
	if err := f.add(fsys, name, opts, nil); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// FromBytes reads a file that is in memory already; name stands for it in errors.
func FromBytes(name string, data []byte) (*File, error) {
	f := newFile()
	if err := f.addBytes(data, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

func newFile() *File {
	return &File{byName: map[string]int{}, metadata: map[string]string{}}
}

// add opens a file and takes over its tensors, those that want names where it is
// not nil.
func (f *File) add(fsys fs.FS, name string, opts []mmap.Option, want map[string]bool) error {
	m, err := mmap.OpenFS(fsys, name, opts...)
	if err != nil {
		return err
	}
	f.files = append(f.files, m)
	err = mmap.Guard(func() error { return f.addBytes(m.Bytes(), want) })
	if err != nil {
		return fmt.Errorf("%s: %w", folder.Path(fsys, name), err)
	}
	return nil
}

func (f *File) addBytes(file []byte, want map[string]bool) error {
	h, data, err := parseHeader(file)
	if err != nil {
		return err
	}
	for _, e := range h.tensors {
		if want != nil && !want[e.Name] {
			continue
		}
		f.byName[e.Name] = len(f.tensors)
		f.tensors = append(f.tensors, Tensor{e.Info, data[e.begin:e.end:e.end]})
	}
	for k, v := range h.metadata {
		if _, ok := f.metadata[k]; !ok {
			f.metadata[k] = v
		}
	}
	return nil
}

// Tensors describes all tensors, in the order in which their data is stored.
func (f *File) Tensors() []Info {
	list := make([]Info, len(f.tensors))
	for i := range f.tensors {
		list[i] = f.tensors[i].Info
	}
	return list
}

// Lookup returns the tensor of that name.
func (f *File) Lookup(name string) (Tensor, bool) {
	i, ok := f.byName[name]
	if !ok {
		return Tensor{}, false
	}
	return f.tensors[i], true
}

// Metadata returns the pairs of __metadata__; where shards differ, the first
// shard's.
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }

// Close unmaps the files. Data of tensors must not be used afterwards.
func (f *File) Close() error {
	var err error
	for _, m := range f.files {
		err = errors.Join(err, m.Close())
	}
	f.files, f.tensors = nil, nil
	clear(f.byName)
	return err
}
