// Package mmap gives the bytes of whole files: mapped read-only where the system
// can, read into memory elsewhere and on request.
//
// A mapping costs no memory of its own and no time to open, and it trusts the
// file: where another process truncates a file that is mapped, touching the lost
// pages raises SIGBUS, which ends a Go program. Three ways out:
//
//   - replace model files by renaming (as package atomicfile does) instead of
//     rewriting them: a mapping keeps the old file;
//   - open with InMemory where the file is not under control;
//   - touch the bytes inside Guard, which turns the fault into an error.
//
// Windows refuses to truncate a mapped file.
package mmap

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"runtime/debug"

	"github.com/go-par/par/internal/folder"
)

// File is a read-only file as a slice of bytes.
type File struct {
	path   string
	data   []byte
	mapped bool
}

// Option changes how Open gets at the bytes.
type Option func(*options)

type options struct{ inMemory bool }

// InMemory makes Open read the file instead of mapping it.
func InMemory() Option { return func(o *options) { o.inMemory = true } }

// Open returns the bytes of the regular file at path.
func Open(path string, opts ...Option) (*File, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	// A look before opening: opening a named pipe would wait for its other end.
	if err := checkRegular(os.Stat(path)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err := checkRegular(info, err); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	size := info.Size()
	if size > math.MaxInt {
		return nil, fmt.Errorf("%s: file of %d bytes does not fit in the address space", path, size)
	}
	m := &File{path: path}
	switch {
	case size == 0: // no system maps nothing
	case o.inMemory || !canMap:
		m.data = make([]byte, size)
		_, err = io.ReadFull(f, m.data)
	default:
		m.data, err = mapFile(f, int(size))
		m.mapped = err == nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// OpenFS is Open for a file of a file system: one on disk is mapped, others are read.
func OpenFS(fsys fs.FS, name string, opts ...Option) (*File, error) {
	if d, ok := fsys.(folder.Dir); ok {
		return Open(d.Path(name), opts...)
	}
	data, err := folder.Read(fsys, name, math.MaxInt-1)
	if err != nil {
		return nil, err
	}
	return &File{path: name, data: data}, nil
}

// checkRegular refuses what has no size of its own: directories, pipes, devices.
func checkRegular(info os.FileInfo, err error) error {
	var perr *os.PathError
	switch {
	case errors.As(err, &perr):
		return perr.Err
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("not a regular file (%v)", info.Mode().Type())
	}
	return nil
}

// Bytes returns the contents. They must not be written, nor used after Close.
func (f *File) Bytes() []byte { return f.data }

// Mapped reports whether the bytes are a mapping of the file.
func (f *File) Mapped() bool { return f.mapped }

// Close gives the memory back. Closing again does nothing.
func (f *File) Close() error {
	data, mapped := f.data, f.mapped
	f.data, f.mapped = nil, false
	if !mapped {
		return nil
	}
	if err := unmap(data); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}

// ErrFault is the cause of Guard's error.
var ErrFault = errors.New("mapped file was truncated or became unreadable")

// Guard calls f and returns its error, or one that wraps ErrFault where f
// touched a page of a mapping that its file no longer backs. It guards the
// calling goroutine alone, not those that f starts.
func Guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		// The runtime's fault errors, and only they, know their address.
		fault, ok := r.(interface {
			error
			Addr() uintptr
		})
		if !ok {
			panic(r)
		}
		err = fmt.Errorf("%w (address %#x)", ErrFault, fault.Addr())
	}()
	return f()
}
