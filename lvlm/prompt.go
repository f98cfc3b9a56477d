package lvlm

import (
	"fmt"
	"strings"

	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/tokenizer"
)

// ImageMark stands for an image in the text of a prompt.
const ImageMark = chat.ImageMark

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
	p := m.promptWhole(text, images)
	if p == nil {
		p = m.promptChunks(chunks)
	}
	p.dropSecondBOS(m.Tokenizer)
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

// promptWhole tokenises text in one piece, where the tokenizer knows the mark as
// an added token: what comes around it follows from the tokenizer's own rules. It
// returns nil where it doesn't.
func (m *Model) promptWhole(text string, images int) *Prompt {
	if m.Config.ChunkedPrompt {
		return nil
	}
	p := new(Prompt)
	for _, id := range m.Tokenizer.Encode(text, tokenizer.Options{AddSpecial: true}) {
		if images > 0 && id == m.Config.ImageToken {
			p.addImage(m.Config)
		} else {
			p.IDs = append(p.IDs, id)
		}
	}
	if len(p.Spans) != images {
		return nil
	}
	return p
}

// promptChunks tokenises every stretch of text apart, as the original LLaVA code
// does, with the start token before the first.
func (m *Model) promptChunks(chunks []string) *Prompt {
	p := new(Prompt)
	for i, ids := range m.Tokenizer.EncodeChunks(chunks, tokenizer.Options{AddSpecial: true}) {
		if i > 0 {
			p.addImage(m.Config)
		}
		p.IDs = append(p.IDs, ids...)
	}
	return p
}

// addImage appends the rows of an image.
func (p *Prompt) addImage(c *Config) {
	n := c.Vision.Tokens()
	p.Spans = append(p.Spans, Span{len(p.IDs), n})
	for range n {
		p.IDs = append(p.IDs, c.ImageToken)
	}
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
