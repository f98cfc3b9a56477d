package chat

import (
	"errors"
)

// loop is a running for loop and, as the variable of that name, what its body can
// ask about it. Elements are tested when their turn comes, as a test may depend on
// what the body did before, unless the body asks for what comes.
type loop struct {
	rest  []Value // untested
	ahead []Value // known to come
	keep  func(Value) (bool, error)

	index         int // of the current element, from 0
	prev, current Value
	changed       Value // what changed() saw last
}

func (*loop) typeName() string { return "LoopContext" }

// look finds n more elements, if there are as many.
func (l *loop) look(n int) error {
	for len(l.ahead) < n && len(l.rest) > 0 {
		v := l.rest[0]
		l.rest = l.rest[1:]
		ok, err := l.keep(v)
		if err != nil {
			return err
		}
		if ok {
			l.ahead = append(l.ahead, v)
		}
	}
	return nil
}

// next moves to the next element and reports whether there is one.
func (l *loop) next() (bool, error) {
	if err := l.look(1); err != nil || len(l.ahead) == 0 {
		return false, err
	}
	l.prev, l.current = l.current, l.ahead[0]
	l.ahead = l.ahead[1:]
	l.index++
	return true, nil
}

// length is the count of all elements.
func (l *loop) length() (int, error) {
	err := l.look(len(l.ahead) + len(l.rest))
	return l.index + 1 + len(l.ahead), err
}

// attribute returns a property of the loop, nil where there is none of that name.
func (l *loop) attribute(name string) (Value, error) {
	switch name {
	case "index":
		return Int(l.index + 1), nil
	case "index0":
		return Int(l.index), nil
	case "first":
		return Bool(l.index == 0), nil
	case "last":
		err := l.look(1)
		return Bool(len(l.ahead) == 0), err
	case "length":
		n, err := l.length()
		return Int(n), err
	case "revindex":
		n, err := l.length()
		return Int(n - l.index), err
	case "revindex0":
		n, err := l.length()
		return Int(n - l.index - 1), err
	case "depth":
		return Int(1), nil
	case "depth0":
		return Int(0), nil
	case "previtem":
		if l.prev == nil {
			return Undefined{hint: "there is no previous item"}, nil
		}
		return l.prev, nil
	case "nextitem":
		if err := l.look(1); err != nil {
			return nil, err
		}
		if len(l.ahead) == 0 {
			return Undefined{hint: "there is no next item"}, nil
		}
		return l.ahead[0], nil
	case "cycle":
		return &function{"cycle", builtin{variadic: true, run: l.cycle}, nil}, nil
	case "changed":
		return &function{"changed", builtin{variadic: true, run: l.change}, nil}, nil
	}
	return nil, nil
}

func (l *loop) cycle(_ *renderer, _ Value, a args) (Value, error) {
	if len(a.pos) == 0 || len(a.named) > 0 {
		return nil, errors.New("cycle() takes one or more values")
	}
	return a.pos[l.index%len(a.pos)], nil
}

func (l *loop) change(r *renderer, _ Value, a args) (Value, error) {
	now := Tuple(a.pos)
	if l.changed != nil {
		if same, err := r.equal(l.changed, now); err != nil || same {
			return Bool(false), err
		}
	}
	l.changed = now
	return Bool(true), nil
}

func (r *renderer) forLoop(st *forStmt, s *scope) (control, error) {
	v, err := r.eval(st.iter, s)
	if err != nil {
		return fallThrough, err
	}
	items, err := r.elements(v)
	if err != nil {
		return fallThrough, err
	}
	l := &loop{rest: items, index: -1}
	l.keep = func(v Value) (bool, error) {
		if st.test == nil {
			return true, nil
		}
		inner := s.inner()
		if err := r.assign(st.target, v, inner); err != nil {
			return false, err
		}
		ok, err := r.eval(st.test, inner)
		return err == nil && truth(ok), err
	}
	// As in jinja2, only a body that was run to its end counts for the else branch.
	completed := false
	for {
		more, err := l.next()
		if err != nil {
			return fallThrough, err
		}
		if !more {
			break
		}
		if err := r.step(1); err != nil {
			return fallThrough, err
		}
		inner := s.inner()
		inner.set("loop", l)
		if err := r.assign(st.target, l.current, inner); err != nil {
			return fallThrough, err
		}
		c, err := r.run(st.body, inner)
		if err != nil {
			return fallThrough, err
		}
		if c == breakLoop {
			break
		}
		completed = completed || c == fallThrough
	}
	if completed {
		return fallThrough, nil
	}
	return r.run(st.otherwise, s.inner())
}
