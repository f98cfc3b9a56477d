package chat

import (
	"fmt"
)

func unknownTest(name string) error {
	return fmt.Errorf("no test named %s", quote(clip(name)))
}

// tests are the tests of the language, filled by init as some look into it.
var tests map[string]builtin

func init() {
	tests = map[string]builtin{
		"boolean":     is(isA[Bool]),
		"callable":    is(func(v Value) bool { return isA[callable](v) || isA[Undefined](v) }), // calling the latter fails
		"defined":     is(func(v Value) bool { return !isA[Undefined](v) }),
		"divisibleby": {"num", 1, false, func(r *renderer, v Value, a args) (Value, error) { return r.remainder(v, a.pos[0], 0) }},
		"even":        {"", 0, false, func(r *renderer, v Value, _ args) (Value, error) { return r.remainder(v, Int(2), 0) }},
		"false":       is(func(v Value) bool { b, ok := v.(Bool); return ok && !bool(b) }),
		"filter":      {"", 0, false, func(_ *renderer, v Value, _ args) (Value, error) { return known(filters, v) }},
		"float":       is(isA[Float]),
		"in":          {"seq", 1, false, comparison("in")},
		"integer":     is(isA[Int]),
		"iterable":    is(isIterable),
		"lower":       {"", 0, false, testLower},
		"mapping":     is(isA[*Dict]),
		"none":        is(isA[None]),
		"number":      is(func(v Value) bool { _, ok := number(v); return ok }),
		"odd":         {"", 0, false, func(r *renderer, v Value, _ args) (Value, error) { return r.remainder(v, Int(2), 1) }},
		"sameas":      {"other", 1, false, testSameAs},
		"sequence":    is(isSequence),
		"string":      is(isA[String]),
		"test":        {"", 0, false, func(_ *renderer, v Value, _ args) (Value, error) { return known(tests, v) }},
		"true":        is(func(v Value) bool { b, ok := v.(Bool); return ok && bool(b) }),
		"undefined":   is(isA[Undefined]),
		"upper":       {"", 0, false, testUpper},
	}
	for op, names := range map[string][]string{
		"==": {"==", "eq", "equalto"}, "!=": {"!=", "ne"},
		"<": {"<", "lt", "lessthan"}, "<=": {"<=", "le"},
		">": {">", "gt", "greaterthan"}, ">=": {">=", "ge"},
	} {
		for _, name := range names {
			tests[name] = builtin{"other", 1, false, comparison(op)}
		}
	}
}

// is makes a test of a predicate.
func is(f func(Value) bool) builtin {
	return builtin{run: func(_ *renderer, v Value, _ args) (Value, error) { return Bool(f(v)), nil }}
}

func isA[T Value](v Value) bool {
	_, ok := v.(T)
	return ok
}

func isIterable(v Value) bool {
	switch v.(type) {
	case Undefined, String, List, Tuple, *Dict, view, span, *iterator, *loop:
		return true
	}
	return false
}

// isSequence is true of everything with a length and an index.
func isSequence(v Value) bool {
	switch v.(type) {
	case Undefined, String, List, Tuple, *Dict, span:
		return true
	}
	return false
}

func comparison(op string) func(*renderer, Value, args) (Value, error) {
	return func(r *renderer, v Value, a args) (Value, error) {
		ok, err := r.compare(op, v, a.pos[0])
		return Bool(ok), err
	}
}

// remainder reports whether v leaves rest when divided by n.
func (r *renderer) remainder(v, n Value, rest Int) (Value, error) {
	m, err := r.binary("%", v, n)
	if err != nil {
		return nil, err
	}
	eq, err := r.equal(m, rest)
	return Bool(eq), err
}

// known reports whether a table has the entry that v names.
func known(table map[string]builtin, v Value) (Value, error) {
	name, ok := v.(String)
	_, found := table[string(name)]
	return Bool(ok && found), nil
}

func testLower(r *renderer, v Value, _ args) (Value, error) {
	s, err := r.text(v)
	return Bool(isLower(s)), err
}

func testUpper(r *renderer, v Value, _ args) (Value, error) {
	s, err := r.text(v)
	return Bool(isUpper(s)), err
}

// testSameAs is Python's is. Numbers and strings count as the same where they are
// equal and of one type.
func testSameAs(r *renderer, v Value, a args) (Value, error) {
	b := a.pos[0]
	if v.typeName() != b.typeName() {
		return Bool(false), nil
	}
	switch v := v.(type) {
	case List:
		b := b.(List)
		return Bool(len(v) == len(b) && len(v) > 0 && &v[0] == &b[0]), nil
	case *Dict:
		return Bool(v == b.(*Dict)), nil
	}
	eq, err := r.equal(v, b)
	return Bool(eq), err
}
