package chat

import (
	"cmp"
	"fmt"
	"math"
	"strings"
)

// compare evaluates a comparison.
func (r *renderer) compare(op string, a, b Value) (bool, error) {
	switch op {
	case "==":
		return r.equal(a, b)
	case "!=":
		eq, err := r.equal(a, b)
		return !eq, err
	case "in":
		return r.contains(b, a)
	case "not in":
		in, err := r.contains(b, a)
		return !in, err
	}
	return r.ordered(op, a, b)
}

// equal is Python's ==.
func (r *renderer) equal(a, b Value) (bool, error) {
	if err := r.enter(); err != nil {
		return false, err
	}
	defer r.leave()
	if err := r.step(1); err != nil {
		return false, err
	}
	if _, ok := number(a); ok {
		if _, ok := number(b); ok {
			return compareNumbers("==", a, b), nil
		}
		return false, nil
	}
	switch a := a.(type) {
	case Undefined:
		_, ok := b.(Undefined)
		return ok, nil
	case None:
		_, ok := b.(None)
		return ok, nil
	case String:
		b, ok := b.(String)
		if !ok || len(a) != len(b) {
			return false, nil
		}
		return a == b, r.scan(len(a))
	case List:
		b, ok := b.(List)
		return r.equalAll(a, b, ok)
	case Tuple:
		b, ok := b.(Tuple)
		return r.equalAll(a, b, ok)
	case *Dict:
		b, ok := b.(*Dict)
		return r.equalDicts(a, b, ok)
	case span:
		b, ok := b.(span)
		return ok && a.n == b.n && (a.n == 0 || a.start == b.start && (a.n == 1 || a.step == b.step)), nil
	case view:
		return false, nil
	}
	if _, ok := b.(view); ok {
		return false, nil
	}
	switch b.(type) {
	case List, Tuple: // can't be compared as interfaces
		return false, nil
	}
	return a == b, nil
}

func (r *renderer) equalAll(a, b []Value, same bool) (bool, error) {
	if !same || len(a) != len(b) {
		return false, nil
	}
	for i := range a {
		if eq, err := r.equal(a[i], b[i]); err != nil || !eq {
			return false, err
		}
	}
	return true, nil
}

func (r *renderer) equalDicts(a, b *Dict, same bool) (bool, error) {
	if !same || a.Len() != b.Len() {
		return false, nil
	}
	for k, i := range a.index {
		v := b.find(k)
		if v == nil {
			return false, nil
		}
		if eq, err := r.equal(a.vals[i], v); err != nil || !eq {
			return false, err
		}
	}
	return true, nil
}

// holds reports whether an ordering of values satisfies an operator.
func holds(op string, order int) bool {
	switch op {
	case "==":
		return order == 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// compareNumbers compares exactly, NaN with nothing.
func compareNumbers(op string, a, b Value) bool {
	x, xInt := integer(a)
	y, yInt := integer(b)
	if xInt && yInt {
		return holds(op, cmp.Compare(x, y))
	}
	f, _ := number(a)
	g, _ := number(b)
	if math.IsNaN(f) || math.IsNaN(g) {
		return false
	}
	if f == g { // as floating point; integers may differ in the bits that this lost
		if i, ok := exactInt(f); ok && xInt {
			return holds(op, cmp.Compare(x, i))
		} else if ok && yInt {
			return holds(op, cmp.Compare(i, y))
		}
	}
	return holds(op, cmp.Compare(f, g))
}

// ordered is Python's <, <=, > or >=.
func (r *renderer) ordered(op string, a, b Value) (bool, error) {
	if err := r.enter(); err != nil {
		return false, err
	}
	defer r.leave()
	for _, v := range []Value{a, b} {
		if u, ok := v.(Undefined); ok {
			return false, u.err()
		}
	}
	_, aNum := number(a)
	_, bNum := number(b)
	if aNum && bNum {
		return compareNumbers(op, a, b), nil
	}
	switch x := a.(type) {
	case String:
		if y, ok := b.(String); ok {
			return holds(op, strings.Compare(string(x), string(y))), r.scan(min(len(x), len(y)))
		}
	case List:
		if y, ok := b.(List); ok {
			return r.orderedLists(op, x, y)
		}
	case Tuple:
		if y, ok := b.(Tuple); ok {
			return r.orderedLists(op, x, y)
		}
	}
	return false, fmt.Errorf("'%s' not supported between instances of '%s' and '%s'", op, a.typeName(), b.typeName())
}

func (r *renderer) orderedLists(op string, a, b []Value) (bool, error) {
	for i := range min(len(a), len(b)) {
		eq, err := r.equal(a[i], b[i])
		if err != nil {
			return false, err
		}
		if !eq {
			return r.ordered(op, a[i], b[i])
		}
	}
	return holds(op, cmp.Compare(len(a), len(b))), nil
}

// contains is Python's x in v.
func (r *renderer) contains(v, x Value) (bool, error) {
	switch v := v.(type) {
	case String:
		s, ok := x.(String)
		if !ok {
			return false, fmt.Errorf("'in' a string requires a string, not '%s'", x.typeName())
		}
		return strings.Contains(string(v), string(s)), r.scan(len(v))
	case *Dict:
		k, err := hash(x)
		if err != nil {
			return false, err
		}
		return v.find(k) != nil, r.scan(len(k.text))
	}
	items, err := r.elements(v)
	if err != nil {
		return false, err
	}
	for _, e := range items {
		if eq, err := r.equal(e, x); err != nil || eq {
			return eq, err
		}
	}
	return false, nil
}
