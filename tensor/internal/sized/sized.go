// Package sized writes pieces of files whose size is settled before their bytes
// are there, as file headers do.
package sized

import (
	"fmt"
	"io"
)

// Write calls fill to write exactly size bytes to w. It fails where fill writes
// fewer, and before it writes more.
func Write(w io.Writer, size uint64, fill func(io.Writer) error) error {
	l := &limited{w, size}
	if err := fill(l); err != nil {
		return err
	}
	if l.left != 0 {
		return fmt.Errorf("%d bytes of %d are missing", l.left, size)
	}
	return nil
}

type limited struct {
	w    io.Writer
	left uint64
}

func (l *limited) Write(p []byte) (int, error) {
	if uint64(len(p)) > l.left {
		return 0, fmt.Errorf("%d bytes where %d are left to write", len(p), l.left)
	}
	n, err := l.w.Write(p)
	l.left -= uint64(n)
	return n, err
}
