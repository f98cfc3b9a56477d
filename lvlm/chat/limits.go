package chat

import (
	"errors"
	"fmt"
)

// Bounds on what a template may ask for. Published templates stay below them by
// orders of magnitude: a long conversation with tools takes some ten thousand
// steps.
const (
	maxSource   = 1 << 20  // bytes of a template
	maxNesting  = 200      // blocks, brackets and operators within each other, as parsed
	maxDepth    = 1000     // expressions, statements and macro calls within each other, as run; also of a printed value
	maxSteps    = 2 << 20  // expressions evaluated, elements visited, 64-byte stretches of text scanned
	maxText     = 32 << 20 // bytes of strings made, printed or not
	maxOutput   = 16 << 20
	maxKey      = 1 << 12 // bytes of a tuple used as a key
	maxKeyDepth = 32      // tuples within it
	maxWidth    = 1 << 16 // of a formatted number, an indent
	maxKeywords = 256     // arguments by name in a call; parameters of a macro
	maxRange    = 100_000 // elements of a range, jinja2's own bound
)

// ErrLimit is wrapped by the errors of templates that ask for too much.
var ErrLimit = errors.New("limit exceeded")

// budget counts what a rendering has used.
type budget struct {
	steps, text, depth int
}

// step accounts for n elementary operations.
func (b *budget) step(n int) error {
	if n > maxSteps-b.steps {
		return fmt.Errorf("%w: more than %d steps", ErrLimit, maxSteps)
	}
	b.steps += n
	return nil
}

// scan accounts for reading n bytes of text.
func (b *budget) scan(n int) error { return b.step(n / 64) }

// build accounts for n bytes of new text.
func (b *budget) build(n int) error {
	if n > maxText-b.text {
		return fmt.Errorf("%w: more than %d bytes of text", ErrLimit, maxText)
	}
	b.text += n
	return nil
}

// enter goes one level down; leave must follow where it returns nil.
func (b *budget) enter() error {
	if b.depth >= maxDepth {
		return fmt.Errorf("%w: nested more than %d levels deep", ErrLimit, maxDepth)
	}
	b.depth++
	return nil
}

func (b *budget) leave() { b.depth-- }
