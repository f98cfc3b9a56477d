package chat

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// truth is Python's bool().
func truth(v Value) bool {
	switch v := v.(type) {
	case Undefined, None:
		return false
	case Bool:
		return bool(v)
	case Int:
		return v != 0
	case Float:
		return v != 0
	case String:
		return v != ""
	case List:
		return len(v) > 0
	case Tuple:
		return len(v) > 0
	case *Dict:
		return v.Len() > 0
	case view:
		return len(v.items) > 0
	case span:
		return v.n > 0
	}
	return true
}

// characters returns the characters of a string, each a String.
func characters(s String) []Value {
	list := make([]Value, 0, utf8.RuneCountInString(string(s)))
	for len(s) > 0 {
		_, n := utf8.DecodeRuneInString(string(s))
		list = append(list, s[:n])
		s = s[n:]
	}
	return list
}

// elements returns what iterating over v yields.
func (r *renderer) elements(v Value) ([]Value, error) {
	var list []Value
	switch v := v.(type) {
	case Undefined:
		return nil, nil
	case List:
		list = v
	case Tuple:
		list = v
	case *Dict:
		list = v.keys
	case view:
		list = v.items
	case *iterator:
		list, v.rest = v.rest, nil
	case String:
		if err := r.step(len(v)); err != nil {
			return nil, err
		}
		return characters(v), nil
	case span:
		if err := r.step(int(v.n)); err != nil {
			return nil, err
		}
		list = make([]Value, v.n)
		for i := range list {
			list[i] = v.at(int64(i))
		}
		return list, nil
	default:
		return nil, fmt.Errorf("'%s' object is not iterable", v.typeName())
	}
	return list, r.step(len(list))
}

// length is Python's len(), false where v has none.
func (r *renderer) length(v Value) (int, bool, error) {
	switch v := v.(type) {
	case Undefined:
		return 0, true, nil
	case String:
		return utf8.RuneCountInString(string(v)), true, r.scan(len(v))
	case List:
		return len(v), true, nil
	case Tuple:
		return len(v), true, nil
	case *Dict:
		return v.Len(), true, nil
	case view:
		return len(v.items), true, nil
	case span:
		return int(v.n), true, nil
	case *loop:
		n, err := v.length()
		return n, true, err
	}
	return 0, false, nil
}

// attribute is v.name: a method or property, or else the dictionary entry.
func (r *renderer) attribute(v Value, name string) (Value, error) {
	found, err := property(v, name)
	if err != nil || found != nil {
		return found, err
	}
	if d, ok := v.(*Dict); ok {
		if e := d.Get(name); e != nil {
			return e, nil
		}
	}
	return Undefined{owner: v.typeName(), name: name}, nil
}

// property returns a method or property of v, nil where there is none. What would
// change v yields an Undefined that says so.
func property(v Value, name string) (Value, error) {
	switch v := v.(type) {
	case Undefined:
		return nil, v.err()
	case *loop:
		return v.attribute(name)
	case *namespace:
		return v.attrs.Get(name), nil
	case *macro:
		if name == "name" {
			return String(v.name), nil
		}
	}
	t := v.typeName()
	if m, ok := methods[t][name]; ok {
		return &function{name, m, v}, nil
	}
	if strings.Contains(mutators[t], " "+name+" ") {
		return Undefined{hint: fmt.Sprintf("%s method %s changes a value: not allowed in templates", t, quote(name))}, nil
	}
	return nil, nil
}

// item is v[key]: the element, or else the method or property.
func (r *renderer) item(v, key Value) (Value, error) {
	if u, ok := v.(Undefined); ok {
		return nil, u.err()
	}
	if d, ok := v.(*Dict); ok {
		if k, err := hash(key); err == nil {
			if err := r.scan(len(k.text)); err != nil {
				return nil, err
			}
			if e := d.find(k); e != nil {
				return e, nil
			}
		}
	} else if i, ok := integer(key); ok {
		e, err := r.element(v, i)
		if e != nil || err != nil {
			return e, err
		}
	}
	name, ok := key.(String)
	if ok {
		if p, err := property(v, string(name)); p != nil || err != nil {
			return p, err
		}
		return Undefined{owner: v.typeName(), name: string(name)}, nil
	}
	return Undefined{hint: fmt.Sprintf("'%s object' has no such element", v.typeName())}, nil
}

// integer returns the value of an Int or Bool.
func integer(v Value) (int64, bool) {
	switch v := v.(type) {
	case Int:
		return int64(v), true
	case Bool:
		return int64(intOf(v)), true
	}
	return 0, false
}

// element returns element i of a sequence, from the end if negative, nil where
// there is none.
func (r *renderer) element(v Value, i int64) (Value, error) {
	n, _, err := r.length(v)
	if i < 0 {
		i += int64(n)
	}
	if err != nil || i < 0 || i >= int64(n) {
		return nil, err
	}
	switch v := v.(type) {
	case String:
		return pickCharacters(v, i, 1, 1), nil
	case List:
		return v[i], nil
	case Tuple:
		return v[i], nil
	case span:
		return v.at(i), nil
	}
	return nil, nil
}

// slice is v[start:stop:step].
func (r *renderer) slice(v Value, bounds [3]Value) (Value, error) {
	switch u := v.(type) {
	case Undefined:
		return nil, u.err()
	case String, List, Tuple, span:
	default:
		return nil, fmt.Errorf("'%s' object can't be sliced", v.typeName())
	}
	n, _, err := r.length(v)
	if err != nil {
		return nil, err
	}
	start, stop, step, count, err := sliceBounds(int64(n), bounds)
	if err != nil {
		return nil, err
	}
	if err := r.step(int(count)); err != nil {
		return nil, err
	}
	pick := func(list []Value) []Value {
		picked := make([]Value, count)
		for i := range picked {
			picked[i] = list[start+int64(i)*step]
		}
		return picked
	}
	switch v := v.(type) {
	case List:
		return List(pick(v)), nil
	case Tuple:
		return Tuple(pick(v)), nil
	case span:
		return span{v.start + start*v.step, v.start + stop*v.step, v.step * step, count}, nil
	}
	return pickCharacters(v.(String), start, step, count), nil
}

// sliceBounds resolves the parts of a slice of n elements as Python does.
func sliceBounds(n int64, bounds [3]Value) (start, stop, step, count int64, err error) {
	step = 1
	var given [3]bool
	var parts [3]int64
	for i, b := range bounds {
		if _, none := b.(None); none {
			continue
		}
		if parts[i], given[i] = integer(b); !given[i] {
			return 0, 0, 0, 0, fmt.Errorf("slice index must be an integer or none, not '%s'", b.typeName())
		}
	}
	if given[2] {
		step = parts[2]
	}
	if step == 0 {
		return 0, 0, 0, 0, errors.New("slice step is 0")
	}
	lo, hi := int64(0), n // what indices are clipped to
	if step < 0 {
		lo, hi = -1, n-1
	}
	clipped := func(i int, missing int64) int64 {
		if !given[i] {
			return missing
		}
		at := parts[i]
		if at < 0 {
			at = max(at, -n-1) + n
		}
		return min(max(at, lo), hi)
	}
	if step < 0 {
		start, stop = clipped(0, hi), clipped(1, lo)
		// Beyond n the step makes no difference, but might overflow.
		step = max(step, -n-1)
		return start, stop, step, max(0, (start-stop-step-1)/-step), nil
	}
	start, stop = clipped(0, lo), clipped(1, hi)
	step = min(step, n+1)
	return start, stop, step, max(0, (stop-start+step-1)/step), nil
}

// pickCharacters returns count characters of s.
func pickCharacters(s String, start, step, count int64) String {
	if step == 1 {
		from := offset(s, start)
		return s[from : from+offset(s[from:], count)]
	}
	chars := []rune(s)
	picked := make([]rune, count)
	for i := range picked {
		picked[i] = chars[start+int64(i)*step]
	}
	return String(picked)
}

// offset returns where character n of s begins.
func offset(s String, n int64) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}
