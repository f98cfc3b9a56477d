// Package samples reads questions about images.
package samples

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"path/filepath"
	"strings"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/par/internal/records"
)

// Sample is an image and a question about it.
type Sample struct {
	ID       string // of the file, or its place in it
	Image    string // path, "" where there is none
	Question string
}

// Each reads a file of one JSON object a line, or of one JSON array of objects:
// {image, question}, {question_id, image, text}, or LLaVA's {id, image,
// conversations}, of which the first question is taken and the answers are ignored.
// Image paths are relative to images.
//
// A sample comes with its place in the file, such as "data.jsonl: line 3", and one
// that is malformed with an error that names it. Only an error without a place ends
// the sequence.
func Each(path, images string) iter.Seq2[Placed, error] {
	return func(yield func(Placed, error) bool) {
		for r, err := range records.Each(path) {
			if err != nil {
				yield(Placed{}, err)
				return
			}
			p := Placed{Place: r.Path + ": " + r.Place}
			if p.Sample, err = parse(r.Data, r.Place, images); err != nil {
				err = r.Errorf("%w", err)
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

// Placed is a sample and its place.
type Placed struct {
	Sample
	Place string
}

// parse reads one object.
func parse(raw []byte, place, images string) (Sample, error) {
	var j struct {
		ID            json.RawMessage
		QuestionID    json.RawMessage `json:"question_id"`
		Image         string
		Question      string
		Text          string
		Conversations []struct{ From, Value string }
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return Sample{}, err
	}
	s := Sample{ID: place, Question: j.Question}
	for _, id := range []json.RawMessage{j.ID, j.QuestionID} {
		if id != nil && string(id) != "null" {
			s.ID = spell(id)
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
	if j.Image == "" {
		return s, nil
	}
	if s.Question == "" {
		return s, fmt.Errorf("no question")
	}
	var err error
	s.Image, err = ImagePath(images, j.Image)
	return s, err
}

// spell returns an id without the quotes of a string.
func spell(id json.RawMessage) string {
	var s string
	if json.Unmarshal(id, &s) == nil {
		return s
	}
	return string(bytes.TrimSpace(id))
}

// ImagePath returns where an image is that a file of questions names: an absolute
// path as it is, another one in the folder of images, which it must not leave.
func ImagePath(images, name string) (string, error) {
	name = filepath.FromSlash(name)
	switch {
	case filepath.IsAbs(name):
		return name, nil
	case !filepath.IsLocal(name):
		return "", fmt.Errorf("field image: %q leaves the folder of images", name)
	}
	return filepath.Join(images, name), nil
}
