// Package records reads data files piece by piece, so that errors can name the line.
package records

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
)

// maxLine bounds a line. Published question files have pictures in their lines.
const maxLine = 64 << 20

// maxFile bounds a file that is read as a whole.
const maxFile = 1 << 30

// Record is a piece of a file.
type Record struct {
	Path  string
	Place string // "line 3", or "element 2" of an array, counted from 0
	Data  []byte // valid until the next one
}

// Errorf returns an error that names the record's file and place.
func (r Record) Errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %s: %w", r.Path, r.Place, fmt.Errorf(format, args...))
}

// Decode reads the record as JSON.
func (r Record) Decode(v any) error {
	if err := json.Unmarshal(r.Data, v); err != nil {
		return r.Errorf("%w", err)
	}
	return nil
}

// Lines yields the lines of a file that are not blank, without the spaces around
// them. An error ends the sequence.
func Lines(path string) iter.Seq2[Record, error] {
	return open(path, func(r *bufio.Reader, yield func(Record, error) bool) { lines(path, r, yield) })
}

// Each yields the objects of a file with one a line, or with one array of them. An
// error ends the sequence; whether a line is JSON at all shows when it is decoded.
func Each(path string) iter.Seq2[Record, error] {
	return open(path, func(r *bufio.Reader, yield func(Record, error) bool) {
		if isArray(r) {
			elements(path, r, yield)
		} else {
			lines(path, r, yield)
		}
	})
}

func open(path string, read func(*bufio.Reader, func(Record, error) bool)) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(Record{Path: path}, err)
			return
		}
		defer f.Close()
		r := bufio.NewReaderSize(f, 1<<16)
		if mark, err := r.Peek(3); err == nil && string(mark) == "\uFEFF" {
			r.Discard(3) // the byte order mark of editors on Windows
		}
		read(r, yield)
	}
}

// isArray reports whether the first character that is no space opens an array.
func isArray(r *bufio.Reader) bool {
	for n := 1; ; n++ {
		b, err := r.Peek(n)
		if err != nil {
			return false
		}
		if c := b[n-1]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c == '['
		}
	}
}

func lines(path string, r io.Reader, yield func(Record, error) bool) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLine)
	n := 0
	for s.Scan() {
		n++
		line := bytes.TrimSpace(s.Bytes())
		if len(line) > 0 && !yield(Record{path, fmt.Sprintf("line %d", n), line}, nil) {
			return
		}
	}
	if err := s.Err(); err != nil {
		yield(Record{Path: path}, fmt.Errorf("%s: line %d: %w", path, n+1, err))
	}
}

func elements(path string, r io.Reader, yield func(Record, error) bool) {
	d := json.NewDecoder(r)
	fail := func(err error) { yield(Record{Path: path}, fmt.Errorf("%s: %w", path, unexpected(err))) }
	if _, err := d.Token(); err != nil {
		fail(err)
		return
	}
	for n := 0; d.More(); n++ {
		var raw json.RawMessage
		place := fmt.Sprintf("element %d", n)
		if err := d.Decode(&raw); err != nil {
			fail(fmt.Errorf("%s: %w", place, unexpected(err)))
			return
		}
		if !yield(Record{path, place, raw}, nil) {
			return
		}
	}
	if _, err := d.Token(); err != nil {
		fail(err)
	}
}

// unexpected spells out that a file ends too early.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// ReadJSON reads a whole file of JSON into v.
func ReadJSON(path string, v any) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if st.Size() > maxFile {
		return fmt.Errorf("%s: %d bytes, more than the %d allowed", path, st.Size(), maxFile)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(bytes.TrimPrefix(b, []byte("\uFEFF")), v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
