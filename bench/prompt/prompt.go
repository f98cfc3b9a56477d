// Package prompt makes prompts of an exact length, so that measurements compare
// what is meant to be compared.
package prompt

import (
	"fmt"
	"strings"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/tokenizer"
)

// Of returns a prompt of that many rows, of which images pictures come first.
func Of(m *lvlm.Model, rows, images int) (string, error) {
	var marks string
	left := rows
	if images > 0 {
		marks = strings.Repeat(lvlm.ImageMark, images)
		left -= images*m.Config.Vision.Tokens() + len(m.Tokenizer.Encode("", tokenizer.Options{AddSpecial: true}))
	}
	// The text behind a picture starts no sequence.
	o := tokenizer.Options{AddSpecial: images == 0}
	for n := range left + 1 {
		text := strings.Repeat("x", n)
		if len(m.Tokenizer.Encode(text, o)) == left {
			return marks + text, nil
		}
	}
	return "", fmt.Errorf("no prompt of %d pictures has %d rows", images, rows)
}
