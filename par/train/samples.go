package train

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-par/par/lvlm"
)

// Sample is an image and a question about it.
type Sample struct {
	ID       string // of the file, or its place in it
	Image    string // path
	Question string
}

// maxLine bounds a line of a sample file.
const maxLine = 16 << 20

// ReadSamples reads a file of one JSON object a line, or of one JSON array of
// objects: either {image, question}, or LLaVA's {id, image, conversations}, of
// which the first question is taken and the answers are ignored. Image paths are
// relative to images. Samples without an image are counted in skipped. Errors name
// file and line, or element.
func ReadSamples(path, images string) (samples []Sample, skipped int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<16)
	add := func(where string, raw []byte) error {
		s, err := parseSample(raw, where, images)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %s: %w", path, where, err)
		case s.Image == "":
			skipped++
		default:
			samples = append(samples, s)
		}
		return nil
	}
	if isArray(r) {
		err = eachElement(r, path, add)
	} else {
		err = eachLine(r, path, add)
	}
	if err == nil && len(samples) == 0 {
		err = fmt.Errorf("%s: no sample with an image", path)
	}
	return samples, skipped, err
}

// isArray reports whether the file's first character that is no space opens an
// array.
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

func eachLine(r io.Reader, path string, add func(string, []byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	n := 0
	for lines.Scan() {
		n++
		if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
			if err := add(fmt.Sprintf("line %d", n), line); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: line %d: %w", path, n+1, err)
	}
	return nil
}

func eachElement(r io.Reader, path string, add func(string, []byte) error) error {
	d := json.NewDecoder(r)
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for n := 0; d.More(); n++ {
		var raw json.RawMessage
		where := fmt.Sprintf("element %d", n)
		if err := d.Decode(&raw); err != nil {
			return fmt.Errorf("%s: %s: %w", path, where, err)
		}
		if err := add(where, raw); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// parseSample reads one object.
func parseSample(raw []byte, where, images string) (Sample, error) {
	var j struct {
		ID            any
		QuestionID    any `json:"question_id"`
		Image         string
		Question      string
		Text          string
		Conversations []struct{ From, Value string }
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return Sample{}, err
	}
	s := Sample{ID: where, Question: j.Question}
	for _, id := range []any{j.ID, j.QuestionID} {
		if id != nil {
			s.ID = fmt.Sprint(id)
		}
	}
	if s.Question == "" {
		s.Question = j.Text
	}
	for _, turn := range j.Conversations {
		if s.Question == "" && (turn.From == "human" || turn.From == "user") {
			s.Question = turn.Value
		}
	}
	s.Question = strings.TrimSpace(strings.ReplaceAll(s.Question, lvlm.ImageMark, ""))
	switch {
	case j.Image == "":
		return s, nil
	case s.Question == "":
		return s, fmt.Errorf("no question")
	case !filepath.IsLocal(j.Image) && !filepath.IsAbs(j.Image):
		return s, fmt.Errorf("field image: %q leaves the folder of images", j.Image)
	case filepath.IsAbs(j.Image):
		s.Image = j.Image
	default:
		s.Image = filepath.Join(images, j.Image)
	}
	return s, nil
}
