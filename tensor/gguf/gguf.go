// Package gguf reads and writes GGUF files, versions 2 and 3, little-endian: keys
// with typed values, and tensors in the storage types of package quant.
//
// Files are hostile until checked: all rules that GGML enforces, and the bounds of
// tensors, hold for every file that opens. Errors name file, field and value, and
// what the header says costs no memory before it is known to be in the file.
//
// Layout of a file (docs/gguf.md in the GGML repository):
//
//	"GGUF", version u32, tensor count u64, key count u64
//	keys:    key string, type u32, value
//	tensors: name string, dimension count u32, ne u64[], type u32, offset u64
//	padding to general.alignment
//	data of the tensors, each padded to general.alignment
package gguf

import (
	"errors"
	"fmt"

	"github.com/go-par/par/tensor/mmap"
	"github.com/go-par/par/tensor/quant"
)

// Info describes a tensor.
type Info struct {
	Name string
	Type quant.Type
	// Shape has the slowest dimension first, [out, in] for a weight: the reverse of
	// the order in the file, which GGML calls ne. It is empty for a scalar.
	Shape []int
	Bytes int
}

// Tensor is a tensor of an open file.
type Tensor struct {
	Info
	Data []byte // rows of blocks, not to be written
}

// File is an open file, or all shards of one that was split.
type File struct {
	path  string
	parts []*container // the first one has the keys
	files []*mmap.File
}

// Open opens a file, and with the first shard of a split file
// (NAME-00001-of-00003.gguf) all others. Files are mapped unless opts say
// otherwise; package mmap tells what that implies.
func Open(path string, opts ...mmap.Option) (*File, error) {
	f := &File{path: path}
	err := f.add(path, opts)
	if err == nil {
		err = f.addShards(opts)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// FromBytes reads a file that is in memory already; name stands for it in errors.
func FromBytes(name string, data []byte) (*File, error) {
	c, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &File{path: name, parts: []*container{c}}, nil
}

func (f *File) add(path string, opts []mmap.Option) error {
	m, err := mmap.Open(path, opts...)
	if err != nil {
		return err
	}
	f.files = append(f.files, m)
	c, err := parse(m.Bytes())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f.parts = append(f.parts, c)
	return nil
}

// Path returns the name that the file was opened by.
func (f *File) Path() string { return f.path }

// Tensors describes all tensors, in the order in which their data is stored.
func (f *File) Tensors() []Info {
	n := 0
	for _, c := range f.parts {
		n += len(c.tensors)
	}
	list := make([]Info, 0, n)
	for _, c := range f.parts {
		for _, pos := range c.tensors {
			if t, ok := c.tensor(pos); ok {
				list = append(list, t.Info)
			}
		}
	}
	return list
}

// Lookup returns the tensor of that name.
func (f *File) Lookup(name string) (Tensor, bool) {
	for _, c := range f.parts {
		if t, ok := c.lookupTensor(name); ok {
			return t, true
		}
	}
	return Tensor{}, false
}

// Close unmaps the files. Neither data of tensors nor values of keys must be used
// afterwards.
func (f *File) Close() error {
	var err error
	for _, m := range f.files {
		err = errors.Join(err, m.Close())
	}
	f.files, f.parts = nil, []*container{{}}
	return err
}
