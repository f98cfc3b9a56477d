// Package atomicfile writes files that are there completely or not at all.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Write replaces the file at path by what fill writes. Readers, and whoever looks
// after a crash, see the old file or the complete new one: the bytes go to a
// temporary file beside it, reach the disk, and take the name only then. Where
// fill fails, path is left as it was.
//
// A path that names something other than a regular file, such as a device or a
// pipe, is written directly. A symbolic link is followed.
func Write(path string, fill func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	perm := fs.FileMode(0o666)
	switch info, err := os.Stat(path); {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err == nil && info.IsDir():
		return fmt.Errorf("%s: is a directory", path)
	case err == nil && !info.Mode().IsRegular():
		return writeDirectly(path, fill)
	case err == nil:
		perm = info.Mode().Perm()
	}
	f, err := createBeside(path, perm)
	if err != nil {
		return err
	}
	err = fillBuffered(f, path, fill)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}

func writeDirectly(path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(fillBuffered(f, path, fill), f.Close())
}

// fillBuffered names path in the errors of fill, which does not know it.
func fillBuffered(w io.Writer, path string, fill func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := fill(b); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return b.Flush()
}

// createBeside makes a new file in the directory of path: a rename is atomic only
// within one file system. Unlike os.CreateTemp it leaves the permissions to the
// umask.
func createBeside(path string, perm fs.FileMode) (*os.File, error) {
	const tries = 100
	var err error
	for range tries {
		name := fmt.Sprintf("%s.%08x.tmp", path, rand.Uint32())
		var f *os.File
		f, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return nil, err
}

// syncDir makes the new name outlast a crash, where directories can be synced.
func syncDir(dir string) error {
	switch runtime.GOOS {
	case "windows", "js", "wasip1", "plan9":
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	// Some file systems have no sync for directories and say so in one of two ways.
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
