package chat

import (
	"errors"
	"fmt"
)

// Error is a fault in a template, or a failure to render it.
type Error struct {
	Line int // in the template, from 1
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("chat template: line %d: %v", e.Line, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// RaisedError is what a template reports by calling raise_exception: the
// conversation is not one that it can render. It comes wrapped in an *Error.
type RaisedError struct {
	Message string // the template's own words
}

func (e *RaisedError) Error() string { return "raised by the template: " + e.Message }

// at gives err a line, unless it has one.
func at(line int, err error) error {
	var located *Error
	if errors.As(err, &located) {
		return err
	}
	return &Error{line, err}
}
