package chat

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

func unknownFilter(name string) error {
	return fmt.Errorf("no filter named %s", quote(clip(name)))
}

// filters are the filters of the language. The table is filled by init, as some of
// its functions look into it.
var filters map[string]builtin

func init() {
	filters = map[string]builtin{
		"abs":        {"", 0, false, filterAbs},
		"batch":      {"linecount fill_with", 1, false, filterBatch},
		"capitalize": textFilter(capitalize),
		"count":      {"", 0, false, filterLength},
		"d":          {"default_value boolean", 0, false, filterDefault},
		"default":    {"default_value boolean", 0, false, filterDefault},
		"dictsort":   {"case_sensitive by reverse", 0, false, filterDictSort},
		"first":      {"", 0, false, filterFirst},
		"float":      {"default", 0, false, filterFloat},
		"format":     {"", 0, true, filterFormat},
		"groupby":    {"attribute default case_sensitive", 1, false, filterGroupBy},
		"indent":     {"width first blank", 0, false, filterIndent},
		"int":        {"default base", 0, false, filterInt},
		"items":      {"", 0, false, filterItems},
		"join":       {"d attribute", 0, false, filterJoin},
		"last":       {"", 0, false, filterLast},
		"length":     {"", 0, false, filterLength},
		"list":       {"", 0, false, filterList},
		"lower":      textFilter(lower),
		"map":        {"", 0, true, filterMap},
		"max":        {"case_sensitive attribute", 0, false, extreme(">")},
		"min":        {"case_sensitive attribute", 0, false, extreme("<")},
		"reject":     {"", 0, true, selection(false, false)},
		"rejectattr": {"", 0, true, selection(false, true)},
		"replace":    {"old new count", 2, false, filterReplace},
		"reverse":    {"", 0, false, filterReverse},
		"round":      {"precision method", 0, false, filterRound},
		"safe":       textFilter(func(s string) string { return s }),
		"select":     {"", 0, true, selection(true, false)},
		"selectattr": {"", 0, true, selection(true, true)},
		"sort":       {"reverse case_sensitive attribute", 0, false, filterSort},
		"string":     textFilter(func(s string) string { return s }),
		"sum":        {"attribute start", 0, false, filterSum},
		"title":      textFilter(titleWords),
		"tojson":     {"ensure_ascii indent separators sort_keys", 0, false, filterToJSON},
		"trim":       {"chars", 0, false, filterTrim},
		"unique":     {"case_sensitive attribute", 0, false, filterUnique},
		"upper":      textFilter(upper),
	}
}

// textFilter is a filter that maps the text of a value.
func textFilter(f func(string) string) builtin {
	return builtin{run: func(r *renderer, v Value, _ args) (Value, error) {
		s, err := r.text(v)
		if err != nil {
			return nil, err
		}
		return r.newString(f(s))
	}}
}

// newString accounts for a string that was made.
func (r *renderer) newString(s string) (Value, error) {
	return String(s), r.build(len(s))
}

// stringArg returns an argument that must be a string.
func stringArg(name string, v Value) (string, error) {
	if s, ok := v.(String); ok {
		return string(s), nil
	}
	return "", fmt.Errorf("argument %s must be a string, not '%s'", quote(name), v.typeName())
}

// intArg returns an argument that must be an integer, or missing if it was left out.
func intArg(name string, v Value, missing int) (int, error) {
	if v == nil {
		return missing, nil
	}
	i, ok := integer(v)
	if !ok {
		return 0, fmt.Errorf("argument %s must be an integer, not '%s'", quote(name), v.typeName())
	}
	return int(min(max(i, math.MinInt32), math.MaxInt32)), nil
}

// given reports whether an argument is there and true.
func given(v Value) bool { return v != nil && truth(v) }

func filterAbs(_ *renderer, v Value, _ args) (Value, error) {
	if i, ok := integer(v); ok {
		if i < 0 {
			return unary("-", Int(i))
		}
		return Int(i), nil
	}
	if f, ok := v.(Float); ok {
		return Float(math.Abs(float64(f))), nil
	}
	return nil, fmt.Errorf("needs a number, not '%s'", v.typeName())
}

func filterDefault(_ *renderer, v Value, a args) (Value, error) {
	if _, undefined := v.(Undefined); !undefined && (truth(v) || !given(a.pos[1])) {
		return v, nil
	}
	if a.pos[0] == nil {
		return String(""), nil
	}
	return a.pos[0], nil
}

func filterLength(r *renderer, v Value, _ args) (Value, error) {
	n, ok, err := r.length(v)
	if err == nil && !ok {
		err = fmt.Errorf("a '%s' has no length", v.typeName())
	}
	return Int(n), err
}

func filterTrim(r *renderer, v Value, a args) (Value, error) {
	s, err := r.text(v)
	if err != nil {
		return nil, err
	}
	left, right, err := cutsets(a.pos[0])
	if err != nil {
		return nil, err
	}
	return String(strings.TrimRightFunc(strings.TrimLeftFunc(s, left), right)), nil
}

func filterReplace(r *renderer, v Value, a args) (Value, error) {
	var texts [3]string
	for i, x := range []Value{v, a.pos[0], a.pos[1]} {
		var err error
		if texts[i], err = r.text(x); err != nil {
			return nil, err
		}
	}
	if _, none := a.pos[2].(None); none {
		a.pos[2] = nil
	}
	n, err := intArg("count", a.pos[2], -1)
	if err != nil {
		return nil, err
	}
	return r.replace(texts[0], texts[1], texts[2], n)
}

// replace replaces the first n occurrences of old, all if n is negative.
func (r *renderer) replace(s, old, new string, n int) (Value, error) {
	count := strings.Count(s, old)
	if n >= 0 {
		count = min(count, n)
	}
	if len(new) > 0 && count > maxText/len(new) {
		return nil, fmt.Errorf("%w: %d replacements", ErrLimit, count)
	}
	if err := r.build(len(s) + count*len(new)); err != nil {
		return nil, err
	}
	return String(strings.Replace(s, old, new, n)), nil
}

// titleWords is the title filter, whose words begin after blanks, hyphens and
// brackets only, other than those of str.title.
func titleWords(s string) string {
	var b strings.Builder
	start := 0
	flush := func(end int) {
		if word := s[start:end]; word != "" {
			first := pickCharacters(String(word), 0, 1, 1)
			b.WriteString(upper(string(first)) + lower(word[len(first):]))
		}
	}
	for i, r := range s {
		if isSpace(r) || strings.ContainsRune("-({[<", r) {
			flush(i)
			b.WriteRune(r)
			start = i + len(string(r))
		}
	}
	flush(len(s))
	return b.String()
}

func filterIndent(r *renderer, v Value, a args) (Value, error) {
	s, ok := v.(String)
	if !ok {
		return nil, fmt.Errorf("needs a string, not '%s'", v.typeName())
	}
	by := "    "
	if w, isText := a.pos[0].(String); isText {
		by = string(w)
	} else if n, err := intArg("width", a.pos[0], 4); err != nil {
		return nil, err
	} else if n > maxWidth {
		return nil, fmt.Errorf("%w: width %d, more than %d", ErrLimit, n, maxWidth)
	} else {
		by = strings.Repeat(" ", max(n, 0))
	}
	lines, err := r.splitLines(string(s)+"\n", false)
	if err != nil {
		return nil, err
	}
	if len(by) > maxText/len(lines) {
		return nil, fmt.Errorf("%w: %d lines indented by %d", ErrLimit, len(lines), len(by))
	}
	if err := r.build(len(s) + len(by)*len(lines)); err != nil {
		return nil, err
	}
	for i, line := range lines {
		if i == 0 && given(a.pos[1]) || i > 0 && (line != "" || given(a.pos[2])) {
			lines[i] = by + line
		}
	}
	return String(strings.Join(lines, "\n")), nil
}

func filterFormat(r *renderer, v Value, a args) (Value, error) {
	s, err := r.text(v)
	if err != nil {
		return nil, err
	}
	if len(a.named) == 0 {
		return r.formatPercent(s, Tuple(a.pos))
	}
	if len(a.pos) > 0 {
		return nil, errors.New("takes either positional or keyword arguments")
	}
	d := NewDict()
	for _, n := range a.named {
		d.Set(n.name, n.value)
	}
	return r.formatPercent(s, d)
}

func filterInt(_ *renderer, v Value, a args) (Value, error) {
	base, err := intArg("base", a.pos[1], 10)
	if err != nil {
		return nil, err
	}
	if u, ok := v.(Undefined); ok {
		return nil, u.err()
	}
	if i, ok := integer(v); ok {
		return Int(i), nil
	}
	if s, ok := v.(String); ok {
		if i, err := parseInt(string(s), base); err == nil {
			return Int(i), nil
		} else if errors.Is(err, strconv.ErrRange) {
			return nil, errOverflow
		}
	}
	if f, ok := parseFloat(v); ok && !math.IsNaN(f) && !math.IsInf(f, 0) {
		i, ok := exactInt(math.Trunc(f))
		if !ok {
			return nil, errOverflow
		}
		return Int(i), nil
	}
	if a.pos[0] == nil {
		return Int(0), nil
	}
	return a.pos[0], nil
}

// parseInt is Python's int() of a string.
func parseInt(s string, base int) (int64, error) {
	s = strings.TrimFunc(s, isSpace)
	sign := signAt(s, 0)
	digits := s[len(sign):]
	if prefix := map[int]string{2: "0b", 8: "0o", 16: "0x"}[base]; prefix != "" && len(digits) > 2 && strings.EqualFold(digits[:2], prefix) {
		digits = strings.TrimPrefix(digits[2:], "_")
	}
	digits, ok := withoutUnderscores(digits)
	if !ok || base != 0 && (base < 2 || base > 36) || signAt(digits, 0) != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(sign+digits, base, 64)
}

// withoutUnderscores removes underscores that stand between digits, the only place
// they may have.
func withoutUnderscores(s string) (string, bool) {
	for i := range len(s) {
		if s[i] == '_' && (i == 0 || i == len(s)-1 || s[i-1] == '_' || s[i-1] == '.' || s[i+1] == '.') {
			return s, false
		}
	}
	return strings.ReplaceAll(s, "_", ""), true
}

func filterFloat(_ *renderer, v Value, a args) (Value, error) {
	if u, ok := v.(Undefined); ok {
		return nil, u.err()
	}
	if f, ok := parseFloat(v); ok {
		return Float(f), nil
	}
	if a.pos[0] == nil {
		return Float(0), nil
	}
	return a.pos[0], nil
}

// parseFloat is Python's float().
func parseFloat(v Value) (float64, bool) {
	if f, ok := number(v); ok {
		return f, true
	}
	s, ok := v.(String)
	if !ok {
		return 0, false
	}
	text, ok := withoutUnderscores(strings.TrimFunc(string(s), isSpace))
	if !ok || strings.ContainsAny(text, "xXpP") { // Go's hexadecimal floats
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil || errors.Is(err, strconv.ErrRange)
}

func filterRound(_ *renderer, v Value, a args) (Value, error) {
	precision, err := intArg("precision", a.pos[0], 0)
	if err != nil {
		return nil, err
	}
	method := "common"
	if a.pos[1] != nil {
		if method, err = stringArg("method", a.pos[1]); err != nil {
			return nil, err
		}
	}
	if u, ok := v.(Undefined); ok {
		return nil, u.err()
	}
	f, ok := number(v)
	if !ok {
		return nil, fmt.Errorf("needs a number, not '%s'", v.typeName())
	}
	scale := math.Pow(10, float64(precision))
	switch method {
	case "common":
		if i, ok := integer(v); ok {
			return roundInt(i, precision)
		}
		return Float(roundFloat(f, precision)), nil
	case "ceil":
		return Float(math.Ceil(f*scale) / scale), nil
	case "floor":
		return Float(math.Floor(f*scale) / scale), nil
	}
	return nil, fmt.Errorf("method must be common, ceil or floor, not %s", quote(clip(method)))
}

// roundFloat rounds to a count of decimals, the exact half to even.
func roundFloat(f float64, decimals int) float64 {
	if decimals < 0 {
		scale := math.Pow(10, float64(-decimals))
		return math.RoundToEven(f/scale) * scale
	}
	// A float64 has no more than 1074 decimals.
	g, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', min(decimals, 1100), 64), 64)
	if err != nil {
		return f
	}
	return g
}

// roundInt rounds to a power of ten, as round() does of an integer.
func roundInt(i int64, decimals int) (Value, error) {
	if decimals >= 0 {
		return Int(i), nil
	}
	if decimals < -18 {
		return Int(0), nil
	}
	scale, _ := power(10, int64(-decimals))
	unit := int64(scale.(Int))
	floor, _ := intArithmetic("//", i, unit)
	q := int64(floor.(Int))
	if rest := i - q*unit; rest > unit/2 || rest == unit/2 && q%2 != 0 {
		q++
	}
	return product(q, unit)
}
