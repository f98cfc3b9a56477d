package lvlm

import (
	"fmt"
	"strings"

	"github.com/go-par/par/lvlm/tokenizer"
)

// ImageMark stands for an image in the text of a prompt.
const ImageMark = "<image>"

// Prompt is a tokenised prompt.
type Prompt struct {
	IDs   []int32 // one a row; an image has its token once per visual token
	Spans []Span  // where the images are, in order
}

// Span is a run of rows.
type Span struct{ Start, Count int }

// ImageTokens returns the number of rows that are visual tokens.
func (p *Prompt) ImageTokens() int {
	n := 0
	for _, s := range p.Spans {
		n += s.Count
	}
	return n
}

// prompt tokenises text, in which ImageMark stands for each of the images.
func (m *Model) prompt(text string, images int) (*Prompt, error) {
	chunks := strings.Split(text, ImageMark)
	if marks := len(chunks) - 1; marks != images {
		return nil, fmt.Errorf("prompt: %d %s for %d images", marks, ImageMark, images)
	}
	if images > 0 && m.Vision == nil {
		return nil, fmt.Errorf("prompt: %d images for a model without a vision tower", images)
	}
	p := new(Prompt)
	image := func() {
		n := m.Config.Vision.Tokens()
		p.Spans = append(p.Spans, Span{len(p.IDs), n})
		for range n {
			p.IDs = append(p.IDs, m.Config.ImageToken)
		}
	}
	tok := m.Tokenizer
	if id, ok := tok.ID(ImageMark); images > 0 && ok && id == m.Config.ImageToken && !m.Config.ChunkedPrompt {
		// The mark is an added token: what comes around it follows from the tokenizer's own rules.
		for _, id := range tok.Encode(text, tokenizer.Options{AddSpecial: true}) {
			if id == m.Config.ImageToken {
				image()
			} else {
				p.IDs = append(p.IDs, id)
			}
		}
	} else {
		// The original LLaVA code tokenises each stretch of text apart, every one
		// with a start token of which the first alone is kept.
		for i, chunk := range chunks {
			if i > 0 {
				image()
			}
			p.IDs = append(p.IDs, tok.Encode(chunk, tokenizer.Options{AddSpecial: i == 0})...)
		}
	}
	p.dropSecondBOS(tok)
	for i, id := range p.IDs {
		if id != m.Config.ImageToken && (id < 0 || int(id) >= m.Config.Text.Vocab) {
			return nil, fmt.Errorf("prompt: token %d at %d is outside the model's vocabulary of %d", id, i, m.Config.Text.Vocab)
		}
	}
	switch n := len(p.IDs); {
	case n == 0:
		return nil, fmt.Errorf("prompt: empty")
	case n > m.Config.Text.Context:
		return nil, fmt.Errorf("prompt: %d tokens, more than the model's context of %d", n, m.Config.Text.Context)
	}
	return p, nil
}

// dropSecondBOS cuts the start token that the tokenizer adds where the text,
// usually from a chat template, spells one already.
func (p *Prompt) dropSecondBOS(tok *tokenizer.Tokenizer) {
	bos, ok := tok.BOS()
	if !ok || len(p.IDs) < 2 || p.IDs[0] != bos || p.IDs[1] != bos {
		return
	}
	p.IDs = p.IDs[1:]
	for i := range p.Spans {
		p.Spans[i].Start--
	}
}
