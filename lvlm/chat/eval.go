package chat

import (
	"errors"
	"fmt"
	"slices"
)

// scope holds the variables of a block. What is not here is looked for around it.
type scope struct {
	vars   map[string]Value
	around *scope
}

func (s *scope) inner() *scope { return &scope{around: s} }

func (s *scope) set(name string, v Value) {
	if s.vars == nil {
		s.vars = map[string]Value{}
	}
	s.vars[name] = v
}

func (s *scope) lookup(name string) Value {
	for ; s != nil; s = s.around {
		if v, ok := s.vars[name]; ok {
			return v
		}
	}
	return Undefined{name: name}
}

// eval computes an expression.
func (r *renderer) eval(x expr, s *scope) (Value, error) {
	if err := r.enter(); err != nil {
		return nil, at(x.position(), err)
	}
	defer r.leave()
	err := r.step(1)
	var v Value
	if err == nil {
		v, err = r.evalNode(x, s)
	}
	if err != nil {
		return nil, at(x.position(), err)
	}
	return v, nil
}

func (r *renderer) evalNode(x expr, s *scope) (Value, error) {
	switch x := x.(type) {
	case *literal:
		return x.value, nil
	case *nameExpr:
		return s.lookup(x.name), nil
	case *listExpr:
		items, err := r.evalAll(x.items, s)
		if x.tuple {
			return Tuple(items), err
		}
		return List(items), err
	case *dictExpr:
		return r.evalDict(x, s)
	case *attrExpr:
		v, err := r.eval(x.x, s)
		if err != nil {
			return nil, err
		}
		return r.attribute(v, x.name)
	case *indexExpr:
		return r.evalIndex(x, s)
	case *callExpr:
		return r.evalCall(x, s, nil)
	case *filterExpr:
		v, err := r.eval(x.x, s)
		if err != nil {
			return nil, err
		}
		return r.evalFilter(x, v, s)
	case *testExpr:
		return r.evalTest(x, s)
	case *unaryExpr:
		v, err := r.eval(x.x, s)
		if err != nil {
			return nil, err
		}
		return unary(x.op, v)
	case *binaryExpr:
		return r.evalBinary(x, s)
	case *concatExpr:
		return r.evalConcat(x, s)
	case *compareExpr:
		return r.evalCompare(x, s)
	case *condExpr:
		return r.evalCond(x, s)
	}
	return nil, fmt.Errorf("a slice is not an expression")
}

func (r *renderer) evalAll(xs []expr, s *scope) ([]Value, error) {
	vs := make([]Value, len(xs))
	for i, x := range xs {
		v, err := r.eval(x, s)
		if err != nil {
			return nil, err
		}
		vs[i] = v
	}
	return vs, nil
}

func (r *renderer) evalDict(x *dictExpr, s *scope) (Value, error) {
	d := NewDict()
	for i, k := range x.keys {
		key, err := r.eval(k, s)
		if err != nil {
			return nil, err
		}
		val, err := r.eval(x.vals[i], s)
		if err != nil {
			return nil, err
		}
		if err := d.setValue(key, val); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (r *renderer) evalIndex(x *indexExpr, s *scope) (Value, error) {
	v, err := r.eval(x.x, s)
	if err != nil {
		return nil, err
	}
	sl, ok := x.index.(*sliceExpr)
	if !ok {
		i, err := r.eval(x.index, s)
		if err != nil {
			return nil, err
		}
		return r.item(v, i)
	}
	bounds := [3]Value{None{}, None{}, None{}}
	for i, part := range []expr{sl.start, sl.stop, sl.step} {
		if part != nil {
			if bounds[i], err = r.eval(part, s); err != nil {
				return nil, err
			}
		}
	}
	return r.slice(v, bounds)
}

func (r *renderer) evalBinary(x *binaryExpr, s *scope) (Value, error) {
	a, err := r.eval(x.l, s)
	if err != nil {
		return nil, err
	}
	switch x.op {
	case "and":
		if !truth(a) {
			return a, nil
		}
		return r.eval(x.r, s)
	case "or":
		if truth(a) {
			return a, nil
		}
		return r.eval(x.r, s)
	}
	b, err := r.eval(x.r, s)
	if err != nil {
		return nil, err
	}
	return r.binary(x.op, a, b)
}

func (r *renderer) evalConcat(x *concatExpr, s *scope) (Value, error) {
	p := printer{budget: &r.budget}
	for _, part := range x.parts {
		v, err := r.eval(part, s)
		if err != nil {
			return nil, err
		}
		if err := p.print(v); err != nil {
			return nil, err
		}
	}
	return String(p.String()), nil
}

func (r *renderer) evalCompare(x *compareExpr, s *scope) (Value, error) {
	a, err := r.eval(x.first, s)
	if err != nil {
		return nil, err
	}
	for i, op := range x.ops {
		b, err := r.eval(x.rest[i], s)
		if err != nil {
			return nil, err
		}
		if ok, err := r.compare(op, a, b); err != nil || !ok {
			return Bool(false), err
		}
		a = b
	}
	return Bool(true), nil
}

func (r *renderer) evalCond(x *condExpr, s *scope) (Value, error) {
	test, err := r.eval(x.test, s)
	switch {
	case err != nil:
		return nil, err
	case truth(test):
		return r.eval(x.then, s)
	case x.otherwise != nil:
		return r.eval(x.otherwise, s)
	}
	return Undefined{hint: "a conditional expression was false and has no else"}, nil
}

func (r *renderer) evalFilter(x *filterExpr, v Value, s *scope) (Value, error) {
	f, ok := filters[x.name]
	if !ok {
		return nil, unknownFilter(x.name)
	}
	a, err := r.evalArgs(&x.args, s)
	if err != nil {
		return nil, err
	}
	return r.apply("filter", x.name, f, v, a)
}

func (r *renderer) evalTest(x *testExpr, s *scope) (Value, error) {
	t, ok := tests[x.name]
	if !ok {
		return nil, unknownTest(x.name)
	}
	v, err := r.eval(x.x, s)
	if err != nil {
		return nil, err
	}
	a, err := r.evalArgs(&x.args, s)
	if err != nil {
		return nil, err
	}
	return r.apply("test", x.name, t, v, a)
}

// evalCall calls what x.f yields, with a caller if that is not nil.
func (r *renderer) evalCall(x *callExpr, s *scope, caller Value) (Value, error) {
	f, err := r.eval(x.f, s)
	if err != nil {
		return nil, err
	}
	a, err := r.evalArgs(&x.args, s)
	if err != nil {
		return nil, err
	}
	if caller != nil {
		a.named = append(a.named, named{"caller", caller})
	}
	switch f := f.(type) {
	case callable:
		return f.call(r, a)
	case Undefined:
		return nil, f.err()
	}
	return nil, fmt.Errorf("'%s' object is not callable", f.typeName())
}

func (r *renderer) evalArgs(x *callArgs, s *scope) (args, error) {
	var a args
	var err error
	if a.pos, err = r.evalAll(x.pos, s); err != nil {
		return a, err
	}
	for i, name := range x.names {
		v, err := r.eval(x.named[i], s)
		if err != nil {
			return a, err
		}
		a.named = append(a.named, named{name, v})
	}
	if x.star != nil {
		v, err := r.eval(x.star, s)
		if err != nil {
			return a, err
		}
		more, err := r.elements(v)
		if err != nil {
			return a, err
		}
		a.pos = append(a.pos, more...)
	}
	if x.starStar != nil {
		v, err := r.eval(x.starStar, s)
		if err != nil {
			return a, err
		}
		return a, a.spread(v)
	}
	return a, nil
}

// spread adds the entries of a dictionary as keyword arguments.
func (a *args) spread(v Value) error {
	d, ok := v.(*Dict)
	if !ok {
		return fmt.Errorf("argument after ** must be a mapping, not %s", v.typeName())
	}
	if len(a.named)+d.Len() > maxKeywords {
		return fmt.Errorf("%w: more than %d keyword arguments", ErrLimit, maxKeywords)
	}
	for i, k := range d.keys {
		name, ok := k.(String)
		if !ok {
			return errors.New("keywords must be strings")
		}
		if slices.ContainsFunc(a.named, func(n named) bool { return n.name == string(name) }) {
			return fmt.Errorf("argument %s given twice", quote(clip(string(name))))
		}
		a.named = append(a.named, named{string(name), d.vals[i]})
	}
	return nil
}
