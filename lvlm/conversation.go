package lvlm

import (
	"context"
	"iter"

	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
)

// Conversation asks one question after another: it keeps the messages and images so
// far, formats them with the model's template, and lets its Session reuse what it
// can. The zero value but for Session is ready.
type Conversation struct {
	Session  *Session
	Template string // as Model.Format takes it; "" is "auto"

	messages []chat.Message
	images   []*preprocess.RGB
}

// Ask streams the answer to text, which may be about new images besides those shown
// before. r's prompt and images are set here; its other fields hold as for
// Session.Generate. A question that fails is forgotten.
func (c *Conversation) Ask(ctx context.Context, text string, images []*preprocess.RGB, r Request) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		template := c.Template
		if template == "" {
			template = "auto"
		}
		messages := append(c.messages, chat.Message{Role: "user", Content: text, Images: len(images)})
		r.Images = append(c.images[:len(c.images):len(c.images)], images...)
		var err error
		if r.Prompt, err = c.Session.model.Format(template, messages); err != nil {
			yield(Token{ID: -1}, err)
			return
		}
		for tok, err := range c.Session.Generate(ctx, r) {
			if !yield(tok, err) || err != nil {
				return
			}
		}
		c.images = r.Images
		c.messages = append(messages, chat.Message{Role: "assistant", Content: c.Session.Result().Text})
	}
}

// Messages returns the conversation so far.
func (c *Conversation) Messages() []chat.Message { return c.messages }
