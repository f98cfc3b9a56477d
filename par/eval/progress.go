package eval

import (
	"fmt"
)

// progress counts answers.
type progress struct {
	tell        func(done, total int, note string)
	done, total int
}

func (p *progress) step(note string) {
	p.done++
	p.show(note)
}

// drop gives n answers up.
func (p *progress) drop(n int) { p.total -= n }

func (p *progress) show(note string) {
	if p.tell != nil {
		p.tell(p.done, p.total, note)
	}
}

// counter counts what is wrong with the input.
type counter struct {
	n      int
	report func(string)
	strict bool
	first  error
}

func (c *counter) add(err error) {
	c.n++
	if c.first == nil {
		c.first = err
	}
	if c.report != nil && !(c.strict && c.n > 1) {
		c.report(err.Error())
	}
}

// fail counts, and returns an error where the run must not go on.
func (c *counter) fail(err error) error {
	c.add(err)
	return c.stopped()
}

// stopped returns an error where the run must not go on.
func (c *counter) stopped() error {
	if c.strict && c.n > 0 {
		return fmt.Errorf("stopped at the first problem: %w", c.first)
	}
	return nil
}
