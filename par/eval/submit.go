package eval

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/go-par/par/tensor/atomicfile"
)

// submit writes the file that a benchmark's server takes beside the answers, and
// returns its path, "" where there is none to write.
func submit(out string, s Source, flow string, b Benchmark, answers []*Answer) (string, error) {
	sub, ok := b.(Submitter)
	if !ok {
		return "", nil
	}
	for i := 0; ; i++ {
		if i == len(answers) {
			return "", nil
		}
		if answers[i] != nil {
			break
		}
	}
	name, content, err := sub.Submission(answers)
	if err != nil {
		return "", fmt.Errorf("benchmark %s: %w", s.Name, err)
	}
	path := filepath.Join(answersDir(out, s.Name, flow), name)
	return path, atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}
