package eval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/go-par/par/tensor/atomicfile"
)

// store is an answers file that is being written.
type store struct {
	f       *os.File
	answers map[key]*Answer
	dropped int // bytes of an unfinished last line
}

// openStore opens an answers file, or makes one. A last line without its end is what
// a run left that was killed while writing; it is cut off, and its question will be
// asked again.
func openStore(path string) (*store, error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	whole := wholeLines(data)
	list, err := parseAnswers(path, whole)
	if err != nil {
		return nil, err
	}
	s := &store{answers: map[key]*Answer{}, dropped: len(data) - len(whole)}
	for _, a := range list {
		s.answers[a.key()] = a
	}
	if s.dropped > 0 {
		if err := os.Truncate(path, int64(len(whole))); err != nil {
			return nil, err
		}
	}
	s.f, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	return s, err
}

// wholeLines returns data up to the end of its last line that has one.
func wholeLines(data []byte) []byte { return data[:bytes.LastIndexByte(data, '\n')+1] }

// add appends an answer. It is on the disk when add returns.
func (s *store) add(a *Answer) error {
	var line bytes.Buffer
	if err := encode(&line, a); err != nil {
		return err
	}
	if _, err := s.f.Write(line.Bytes()); err != nil {
		return err
	}
	if err := s.f.Sync(); err != nil {
		return err
	}
	s.answers[a.key()] = a
	return nil
}

func (s *store) close() error { return s.f.Close() }

// readAnswers reads an answers file, nothing where there is none. An unfinished last
// line is left out.
func readAnswers(path string) ([]*Answer, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseAnswers(path, wholeLines(data))
}

// parseAnswers reads the lines of an answers file, whose questions must differ.
func parseAnswers(path string, data []byte) ([]*Answer, error) {
	var list []*Answer
	seen := map[key]int{}
	for n := 1; len(data) > 0; n++ {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		a := new(Answer)
		err := json.Unmarshal(line, a)
		if err == nil {
			err = checkID(a.QuestionID)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, n, err)
		}
		if first, ok := seen[a.key()]; ok {
			return nil, fmt.Errorf("%s: line %d: the question of line %d is answered again", path, n, first)
		}
		seen[a.key()] = n
		list = append(list, a)
	}
	return list, nil
}

// writeAnswers replaces an answers file.
func writeAnswers(path string, list []*Answer) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		for _, a := range list {
			if err := encode(w, a); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeJSON replaces a file by v.
func writeJSON(path string, v any) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}

// inOrder returns the answers to questions, nil where there is none, and those that
// belong to no question.
func inOrder(questions []Question, list []*Answer) (ordered, strange []*Answer) {
	at := make(map[key]int, len(questions))
	for i := range questions {
		at[questions[i].key()] = i
	}
	ordered = make([]*Answer, len(questions))
	for _, a := range list {
		if i, ok := at[a.key()]; ok {
			ordered[i] = a
		} else {
			strange = append(strange, a)
		}
	}
	return ordered, strange
}
