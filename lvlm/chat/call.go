package chat

import (
	"fmt"
	"slices"
	"strings"
)

// args are the arguments of a call.
type args struct {
	pos   []Value
	named []named
}

type named struct {
	name  string
	value Value
}

// take removes a keyword argument and returns it, nil where there is none.
func (a *args) take(name string) Value {
	for i, n := range a.named {
		if n.name == name {
			a.named = slices.Delete(slices.Clone(a.named), i, i+1)
			return n.value
		}
	}
	return nil
}

// callable is a value that can be called.
type callable interface {
	Value
	call(r *renderer, a args) (Value, error)
}

// builtin is a filter, test, method or function of the language. It gets what it is
// applied to as self, and as many arguments in a.pos as it has parameters, nil for
// those left out; or, if variadic, the arguments as they come.
type builtin struct {
	params   string // names, separated by spaces
	required int    // how many of them can't be left out
	variadic bool
	run      func(r *renderer, self Value, a args) (Value, error)
}

// apply calls a builtin; kind and name are for errors.
func (r *renderer) apply(kind, name string, b builtin, self Value, a args) (Value, error) {
	if s, ok := self.(String); ok {
		if err := r.scan(len(s)); err != nil {
			return nil, err
		}
	}
	if !b.variadic {
		var err error
		if a, err = b.bind(a); err != nil {
			return nil, fmt.Errorf("%s %s: %w", kind, quote(name), err)
		}
	}
	v, err := b.run(r, self, a)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", kind, quote(name), err)
	}
	return v, nil
}

// bind puts arguments in the order of the parameters.
func (b builtin) bind(a args) (args, error) {
	params := strings.Fields(b.params)
	if len(a.pos) > len(params) {
		return a, fmt.Errorf("takes at most %d arguments, got %d", len(params), len(a.pos))
	}
	bound := make([]Value, len(params))
	copy(bound, a.pos)
	for _, n := range a.named {
		i := slices.Index(params, n.name)
		switch {
		case i < 0:
			return a, fmt.Errorf("has no parameter %s", quote(clip(n.name)))
		case bound[i] != nil:
			return a, fmt.Errorf("argument %s given twice", quote(n.name))
		}
		bound[i] = n.value
	}
	for i := range b.required {
		if bound[i] == nil {
			return a, fmt.Errorf("argument %s is missing", quote(params[i]))
		}
	}
	return args{pos: bound}, nil
}

// function is a builtin that can be called by its name, or as a method of self.
type function struct {
	name string
	builtin
	self Value
}

func (*function) typeName() string { return "builtin_function_or_method" }

func (f *function) call(r *renderer, a args) (Value, error) {
	kind := "function"
	if f.self != nil {
		kind = f.self.typeName() + " method"
	}
	return r.apply(kind, f.name, f.builtin, f.self, a)
}

// macro is a macro with the scope that it was defined in.
type macro struct {
	*macroStmt
	scope *scope
}

func (*macro) typeName() string { return "Macro" }

func (m *macro) call(r *renderer, a args) (Value, error) {
	s := m.scope.inner()
	if err := m.bind(r, a, s); err != nil {
		return nil, fmt.Errorf("macro %s: %w", quote(m.name), err)
	}
	text, _, err := r.capture(m.body, s)
	return String(text), err
}

// bind sets the variables of a call in s.
func (m *macro) bind(r *renderer, a args, s *scope) error {
	values := make([]Value, len(m.params))
	n := copy(values, a.pos)
	for i := n; i < len(values); i++ {
		values[i] = a.take(m.params[i])
	}
	if m.caller {
		caller := a.take("caller")
		if caller == nil {
			caller = Undefined{hint: "no caller defined"}
		}
		s.set("caller", caller)
	}
	if m.kwargs {
		kwargs := NewDict()
		for _, n := range a.named {
			kwargs.Set(n.name, n.value)
		}
		s.set("kwargs", kwargs)
	} else if len(a.named) > 0 {
		return fmt.Errorf("takes no keyword argument %s", quote(clip(a.named[0].name)))
	}
	if m.varargs {
		s.set("varargs", Tuple(a.pos[n:]))
	} else if len(a.pos) > n {
		return fmt.Errorf("takes at most %d arguments, got %d", n, len(a.pos))
	}
	// A default sees the parameters before it, and none of those after it.
	for _, name := range m.params {
		s.set(name, Undefined{name: name})
	}
	for i, name := range m.params {
		v := values[i]
		if d := i - len(m.params) + len(m.defaults); v == nil && d >= 0 {
			var err error
			if v, err = r.eval(m.defaults[d], s); err != nil {
				return err
			}
		}
		if v != nil {
			s.set(name, v)
		}
	}
	return nil
}
