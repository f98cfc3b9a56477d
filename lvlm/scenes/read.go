package scenes

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Parse reads a line of scenes.jsonl, which Write writes: the name of a picture's file,
// and what is in the picture. That is enough for Score; the scene can't be drawn, since
// its background and its key aren't there.
func Parse(line []byte) (image string, s *Scene, err error) {
	l := sceneLine{Scene: new(Scene)}
	if err := json.Unmarshal(line, &l); err != nil {
		return "", nil, err
	}
	if l.Image == "" {
		return "", nil, fmt.Errorf("field image is missing")
	}
	for i, o := range l.Objects {
		if o.Shape == 0 || o.Colour == 0 || o.Size == 0 {
			return "", nil, fmt.Errorf("field objects: element %d: no shape, no colour or no size", i)
		}
	}
	for i, t := range l.Texts {
		if !printable(t.Printed) {
			return "", nil, fmt.Errorf("field texts: element %d: %q is neither a word in capital letters nor a number below %d", i, t.Printed, Numbers)
		}
	}
	return l.Image, l.Scene, nil
}

// printable reports whether a text is one that IsNumber and Words take.
func printable(text string) bool {
	digits := strings.Trim(text, "0123456789") == ""
	letters := strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	return text != "" && (letters || digits && len(text) <= len(fmt.Sprint(Numbers-1)))
}
