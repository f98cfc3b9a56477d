package chat

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// methods are those of each type that a template can call, filled by init as some
// look for methods themselves.
var methods map[string]map[string]builtin

func init() {
	methods = map[string]map[string]builtin{
		"str": {
			"capitalize":   textMethod(capitalize),
			"count":        {"sub", 1, false, strCount},
			"endswith":     {"suffix", 1, false, affix(strings.HasSuffix)},
			"find":         {"sub", 1, false, search(strings.Index, false)},
			"format":       {"", 0, true, strFormat},
			"index":        {"sub", 1, false, search(strings.Index, true)},
			"isalnum":      charTest(func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }),
			"isalpha":      charTest(unicode.IsLetter),
			"isdigit":      charTest(unicode.IsDigit),
			"islower":      {"", 0, false, testLower},
			"isspace":      charTest(isSpace),
			"isupper":      {"", 0, false, testUpper},
			"join":         {"iterable", 1, false, strJoin},
			"lower":        textMethod(lower),
			"lstrip":       {"chars", 0, false, strip(true, false)},
			"removeprefix": {"prefix", 1, false, remove(strings.TrimPrefix)},
			"removesuffix": {"suffix", 1, false, remove(strings.TrimSuffix)},
			"replace":      {"old new count", 2, false, strReplace},
			"rfind":        {"sub", 1, false, search(strings.LastIndex, false)},
			"rindex":       {"sub", 1, false, search(strings.LastIndex, true)},
			"rsplit":       {"sep maxsplit", 0, false, split(true)},
			"rstrip":       {"chars", 0, false, strip(false, true)},
			"split":        {"sep maxsplit", 0, false, split(false)},
			"splitlines":   {"keepends", 0, false, strSplitLines},
			"startswith":   {"prefix", 1, false, affix(strings.HasPrefix)},
			"strip":        {"chars", 0, false, strip(true, true)},
			"title":        textMethod(title),
			"upper":        textMethod(upper),
		},
		"list":  {"copy": {"", 0, false, itself}, "count": {"value", 1, false, seqCount}, "index": {"value", 1, false, seqIndex}},
		"range": {"count": {"value", 1, false, seqCount}, "index": {"value", 1, false, seqIndex}},
		"tuple": {"count": {"value", 1, false, seqCount}, "index": {"value", 1, false, seqIndex}},
		"dict": {
			"copy":   {"", 0, false, itself}, // as nothing changes it
			"get":    {"key default", 1, false, dictGet},
			"items":  {"", 0, false, dictItems},
			"keys":   {"", 0, false, func(_ *renderer, v Value, _ args) (Value, error) { return view{"dict_keys", v.(*Dict).keys}, nil }},
			"values": {"", 0, false, func(_ *renderer, v Value, _ args) (Value, error) { return view{"dict_values", v.(*Dict).vals}, nil }},
		},
	}
}

// mutators are the methods of Python's types that would change a value, which the
// sandbox that templates are written for forbids.
var mutators = map[string]string{
	"list": " append clear extend insert pop remove reverse sort ",
	"dict": " clear pop popitem setdefault update ",
}

func itself(_ *renderer, v Value, _ args) (Value, error) { return v, nil }

// textMethod is a method without arguments that maps a string.
func textMethod(f func(string) string) builtin {
	return builtin{run: func(r *renderer, v Value, _ args) (Value, error) { return r.newString(f(string(v.(String)))) }}
}

// charTest is a method that is true of a string of characters that pass.
func charTest(f func(rune) bool) builtin {
	return is(func(v Value) bool {
		s := string(v.(String))
		return s != "" && strings.IndexFunc(s, func(r rune) bool { return !f(r) }) < 0
	})
}

func isLower(s string) bool {
	return s != lowerless(s) && strings.IndexFunc(s, func(r rune) bool { return unicode.IsUpper(r) || unicode.IsTitle(r) }) < 0
}

// lowerless removes the lower-case letters of s.
func lowerless(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLower(r) || unicode.Is(unicode.Other_Lowercase, r) {
			return -1
		}
		return r
	}, s)
}

func isUpper(s string) bool {
	return lowerless(s) == s && strings.IndexFunc(s, func(r rune) bool { return unicode.IsUpper(r) || unicode.Is(unicode.Other_Uppercase, r) }) >= 0 &&
		strings.IndexFunc(s, unicode.IsTitle) < 0
}

// cutsets returns what strip methods remove: white space, or the characters of v.
func cutsets(v Value) (left, right func(rune) bool, err error) {
	if v == nil || v == (None{}) {
		return isSpace, isSpace, nil
	}
	chars, err := stringArg("chars", v)
	set := map[rune]bool{}
	for _, r := range chars {
		set[r] = true
	}
	in := func(r rune) bool { return set[r] }
	return in, in, err
}

func strip(left, right bool) func(*renderer, Value, args) (Value, error) {
	return func(_ *renderer, v Value, a args) (Value, error) {
		s := string(v.(String))
		l, r, err := cutsets(a.pos[0])
		if err != nil {
			return nil, err
		}
		if left {
			s = strings.TrimLeftFunc(s, l)
		}
		if right {
			s = strings.TrimRightFunc(s, r)
		}
		return String(s), nil
	}
}

func remove(trim func(s, affix string) string) func(*renderer, Value, args) (Value, error) {
	return func(_ *renderer, v Value, a args) (Value, error) {
		affix, err := stringArg("affix", a.pos[0])
		return String(trim(string(v.(String)), affix)), err
	}
}

// affix makes startswith and endswith, which take a string or a tuple of them.
func affix(has func(s, affix string) bool) func(*renderer, Value, args) (Value, error) {
	return func(r *renderer, v Value, a args) (Value, error) {
		choices := Tuple{a.pos[0]}
		if t, ok := a.pos[0].(Tuple); ok {
			choices = t
		}
		if err := r.step(len(choices)); err != nil {
			return nil, err
		}
		for _, c := range choices {
			text, err := stringArg("affix", c)
			if err != nil {
				return nil, err
			}
			if has(string(v.(String)), text) {
				return Bool(true), nil
			}
		}
		return Bool(false), nil
	}
}

// search makes the methods that return the position of a text, in characters.
func search(index func(s, sub string) int, must bool) func(*renderer, Value, args) (Value, error) {
	return func(_ *renderer, v Value, a args) (Value, error) {
		s := string(v.(String))
		sub, err := stringArg("sub", a.pos[0])
		if err != nil {
			return nil, err
		}
		i := index(s, sub)
		if i < 0 {
			if must {
				return nil, errors.New("substring not found")
			}
			return Int(-1), nil
		}
		return Int(utf8.RuneCountInString(s[:i])), nil
	}
}

func strCount(_ *renderer, v Value, a args) (Value, error) {
	sub, err := stringArg("sub", a.pos[0])
	return Int(strings.Count(string(v.(String)), sub)), err
}

func strJoin(r *renderer, v Value, a args) (Value, error) {
	items, err := r.elements(a.pos[0])
	if err != nil {
		return nil, err
	}
	out := printer{budget: &r.budget}
	for i, item := range items {
		s, ok := item.(String)
		if !ok {
			return nil, fmt.Errorf("item %d must be a string, not '%s'", i, item.typeName())
		}
		if i > 0 {
			if err := out.write(string(v.(String))); err != nil {
				return nil, err
			}
		}
		if err := out.write(string(s)); err != nil {
			return nil, err
		}
	}
	return String(out.String()), nil
}

func strReplace(r *renderer, v Value, a args) (Value, error) {
	old, err := stringArg("old", a.pos[0])
	if err != nil {
		return nil, err
	}
	text, err := stringArg("new", a.pos[1])
	if err != nil {
		return nil, err
	}
	n, err := intArg("count", a.pos[2], -1)
	if err != nil {
		return nil, err
	}
	return r.replace(string(v.(String)), old, text, n)
}

func strSplitLines(r *renderer, v Value, a args) (Value, error) {
	lines, err := r.splitLines(string(v.(String)), given(a.pos[0]))
	return stringList(lines), err
}

func stringList(parts []string) List {
	list := make(List, len(parts))
	for i, p := range parts {
		list[i] = String(p)
	}
	return list
}

// count counts the characters of s that f is true of.
func count(s string, f func(rune) bool) int {
	n := 0
	for _, r := range s {
		if f(r) {
			n++
		}
	}
	return n
}

// splitLines splits at everything that Python takes for the end of a line.
func (r *renderer) splitLines(s string, keepEnds bool) ([]string, error) {
	if err := r.step(count(s, isLineEnd)); err != nil {
		return nil, err
	}
	var lines []string
	for s != "" {
		end := strings.IndexFunc(s, isLineEnd)
		if end < 0 {
			return append(lines, s), nil
		}
		_, n := utf8.DecodeRuneInString(s[end:])
		if strings.HasPrefix(s[end:], "\r\n") {
			n = 2
		}
		line := s[:end]
		if keepEnds {
			line = s[:end+n]
		}
		lines = append(lines, line)
		s = s[end+n:]
	}
	return lines, nil
}

func isLineEnd(r rune) bool {
	return '\n' <= r && r <= '\r' || 0x1c <= r && r <= 0x1e || r == 0x85 || r == 0x2028 || r == 0x2029
}

// split makes split and rsplit.
func split(right bool) func(*renderer, Value, args) (Value, error) {
	return func(r *renderer, v Value, a args) (Value, error) {
		s := string(v.(String))
		n, err := intArg("maxsplit", a.pos[1], -1)
		if err != nil {
			return nil, err
		}
		if a.pos[0] == nil || a.pos[0] == (None{}) {
			if err := r.step(count(s, isSpace)); err != nil {
				return nil, err
			}
			return stringList(splitSpace(s, n, right)), nil
		}
		sep, err := stringArg("sep", a.pos[0])
		if err != nil {
			return nil, err
		}
		if sep == "" {
			return nil, errors.New("empty separator")
		}
		if err := r.step(strings.Count(s, sep)); err != nil {
			return nil, err
		}
		if right {
			return stringList(splitLast(s, sep, n)), nil
		}
		if n >= 0 {
			n++
		}
		return stringList(strings.SplitN(s, sep, n)), nil
	}
}

// splitLast splits at the last n occurrences of sep, all if n is negative.
func splitLast(s, sep string, n int) []string {
	var parts []string // from the end
	for ; n != 0; n-- {
		i := strings.LastIndex(s, sep)
		if i < 0 {
			break
		}
		parts = append(parts, s[i+len(sep):])
		s = s[:i]
	}
	parts = append(parts, s)
	slices.Reverse(parts)
	return parts
}

// splitSpace splits at stretches of white space, at n of them if n isn't negative,
// from the right or the left.
func splitSpace(s string, n int, right bool) []string {
	fields := strings.FieldsFunc(s, isSpace)
	if n < 0 || len(fields) <= n {
		return fields
	}
	// What remains keeps its inner white space, and the outer on the far side.
	if right {
		for i := range n {
			s = strings.TrimSuffix(strings.TrimRightFunc(s, isSpace), fields[len(fields)-1-i])
		}
		return append([]string{strings.TrimRightFunc(s, isSpace)}, fields[len(fields)-n:]...)
	}
	for i := range n {
		s = strings.TrimPrefix(strings.TrimLeftFunc(s, isSpace), fields[i])
	}
	return append(fields[:n:n], strings.TrimLeftFunc(s, isSpace))
}

func seqCount(r *renderer, v Value, a args) (Value, error) {
	items, err := r.elements(v)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, e := range items {
		eq, err := r.equal(e, a.pos[0])
		if err != nil {
			return nil, err
		}
		if eq {
			n++
		}
	}
	return Int(n), nil
}

func seqIndex(r *renderer, v Value, a args) (Value, error) {
	items, err := r.elements(v)
	if err != nil {
		return nil, err
	}
	for i, e := range items {
		if eq, err := r.equal(e, a.pos[0]); err != nil || eq {
			return Int(i), err
		}
	}
	return nil, errors.New("value is not in the list")
}

func dictGet(r *renderer, v Value, a args) (Value, error) {
	k, err := hash(a.pos[0])
	if err != nil {
		return nil, err
	}
	if e := v.(*Dict).find(k); e != nil {
		return e, r.scan(len(k.text))
	}
	if a.pos[1] == nil {
		return None{}, nil
	}
	return a.pos[1], nil
}

func dictItems(r *renderer, v Value, _ args) (Value, error) {
	d := v.(*Dict)
	return view{"dict_items", d.items()}, r.step(d.Len())
}
