package chat

import (
	"fmt"
	"strings"
	"time"
)

// Template is a parsed template. It may be used by several goroutines.
type Template struct {
	// Tokens are the spellings of the special tokens by the names that templates
	// know them by, such as bos_token. Format defines them as variables.
	Tokens map[string]string

	body []stmt
	err  error            // why there is no body
	now  func() time.Time // for tests; nil for time.Now
}

// Render returns the text that the template makes of the variables in data.
// Errors are *Error with a line; they wrap a *RaisedError where the template itself
// refuses the data, and ErrLimit where it asks for too much.
func (t *Template) Render(data Values) (string, error) {
	if t.err != nil {
		return "", t.err
	}
	r := &renderer{out: new(strings.Builder), now: t.now}
	if r.now == nil {
		r.now = time.Now
	}
	variables := &scope{vars: data, around: &scope{vars: globals}}
	if _, err := r.run(t.body, variables.inner()); err != nil {
		return "", err
	}
	return r.out.String(), nil
}

// renderer is one rendering.
type renderer struct {
	budget
	out *strings.Builder // where statements print
	now func() time.Time
}

// control is how a list of statements ends.
type control uint8

const (
	fallThrough control = iota
	breakLoop
	continueLoop
)

// run executes statements.
func (r *renderer) run(body []stmt, s *scope) (control, error) {
	for _, st := range body {
		c, err := r.execute(st, s)
		if err != nil {
			return c, at(st.position(), err)
		}
		if c != fallThrough {
			return c, nil
		}
	}
	return fallThrough, nil
}

func (r *renderer) execute(st stmt, s *scope) (control, error) {
	if err := r.enter(); err != nil {
		return fallThrough, err
	}
	defer r.leave()
	if err := r.step(1); err != nil {
		return fallThrough, err
	}
	switch st := st.(type) {
	case *textStmt:
		return fallThrough, r.write(st.text)
	case *printStmt:
		v, err := r.eval(st.x, s)
		if err != nil {
			return fallThrough, err
		}
		return fallThrough, r.print(v)
	case *ifStmt:
		return r.ifElse(st, s)
	case *forStmt:
		return r.forLoop(st, s)
	case *setStmt:
		v, err := r.eval(st.x, s)
		if err != nil {
			return fallThrough, err
		}
		return fallThrough, r.assign(st.target, v, s)
	case *setBlock:
		return r.setBlock(st, s)
	case *filterBlock:
		return r.filterBlock(st, s)
	case *withStmt:
		return r.with(st, s)
	case *scopeStmt:
		return r.run(st.body, s.inner())
	case *macroStmt:
		s.set(st.name, &macro{st, s})
	case *callBlock:
		v, err := r.evalCall(st.call, s, &macro{st.caller, s})
		if err != nil {
			return fallThrough, err
		}
		return fallThrough, r.print(v)
	case *jumpStmt:
		return st.how, nil
	}
	return fallThrough, nil
}

// write prints text.
func (r *renderer) write(text string) error {
	if r.out.Len()+len(text) > maxOutput {
		return fmt.Errorf("%w: more than %d bytes of output", ErrLimit, maxOutput)
	}
	if err := r.build(len(text)); err != nil {
		return err
	}
	r.out.WriteString(text)
	return nil
}

func (r *renderer) print(v Value) error {
	text, err := r.text(v)
	if err != nil {
		return err
	}
	return r.write(text)
}

// capture runs statements and returns what they print.
func (r *renderer) capture(body []stmt, s *scope) (string, control, error) {
	defer func(out *strings.Builder) { r.out = out }(r.out)
	r.out = new(strings.Builder)
	c, err := r.run(body, s)
	return r.out.String(), c, err
}

func (r *renderer) ifElse(st *ifStmt, s *scope) (control, error) {
	for i, test := range st.tests {
		v, err := r.eval(test, s)
		if err != nil {
			return fallThrough, err
		}
		if truth(v) {
			return r.run(st.bodies[i], s)
		}
	}
	return r.run(st.otherwise, s)
}

func (r *renderer) setBlock(st *setBlock, s *scope) (control, error) {
	inner := s.inner()
	text, c, err := r.capture(st.body, inner)
	if err != nil || c != fallThrough {
		return c, err
	}
	v, err := r.applyFilters(st.filter, String(text), inner)
	if err != nil {
		return fallThrough, err
	}
	return fallThrough, r.assign(st.target, v, s)
}

func (r *renderer) filterBlock(st *filterBlock, s *scope) (control, error) {
	inner := s.inner()
	text, c, err := r.capture(st.body, inner)
	if err != nil || c != fallThrough {
		return c, err
	}
	v, err := r.applyFilters(st.filter, String(text), inner)
	if err != nil {
		return fallThrough, err
	}
	return fallThrough, r.print(v)
}

// applyFilters passes v through a chain of filters; x is the last, nil for none.
func (r *renderer) applyFilters(x expr, v Value, s *scope) (Value, error) {
	f, ok := x.(*filterExpr)
	if !ok {
		return v, nil
	}
	if err := r.enter(); err != nil {
		return nil, err
	}
	defer r.leave()
	v, err := r.applyFilters(f.x, v, s)
	if err != nil {
		return nil, err
	}
	return r.evalFilter(f, v, s)
}

func (r *renderer) with(st *withStmt, s *scope) (control, error) {
	inner := s.inner()
	for i, x := range st.values {
		v, err := r.eval(x, s)
		if err != nil {
			return fallThrough, err
		}
		if err := r.assign(st.targets[i], v, inner); err != nil {
			return fallThrough, err
		}
	}
	return r.run(st.body, inner)
}

// assign sets a variable, an attribute of a namespace, or several at once.
func (r *renderer) assign(t target, v Value, s *scope) error {
	switch t := t.(type) {
	case *nameTarget:
		s.set(t.name, v)
	case *attrTarget:
		ns, ok := s.lookup(t.name).(*namespace)
		if !ok {
			return fmt.Errorf("can't set attribute %s: %s is not a namespace", quote(t.attr), quote(t.name))
		}
		ns.attrs.Set(t.attr, v)
	case *tupleTarget:
		items, err := r.elements(v)
		if err != nil {
			return err
		}
		if len(items) != len(t.items) {
			return fmt.Errorf("can't assign %d values to %d targets", len(items), len(t.items))
		}
		for i, item := range items {
			if err := r.assign(t.items[i], item, s); err != nil {
				return err
			}
		}
	}
	return nil
}
