package chat

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// spec says how to format a value: Python's format specification, of which
// formatting with % has a part.
type spec struct {
	fill      string
	align     byte // '<', '>', '^', '=' or 0
	sign      byte // '+', ' ' or 0
	alternate bool
	grouping  byte // ',' or '_' between thousands, or 0
	width     int
	precision int // -1 for none
	verb      byte
}

// format formats v; text is what verb s yields.
func (sp spec) format(v Value, text string) (string, error) {
	body, numeric := text, false
	switch sp.verb {
	case 's':
		if sp.precision >= 0 {
			body = string(pickCharacters(String(body), 0, 1, min(int64(sp.precision), int64(utf8.RuneCountInString(body)))))
		}
	case 'c':
		i, ok := integer(v)
		if !ok || i < 0 || i > utf8.MaxRune {
			return "", errors.New("%c needs a character or its number")
		}
		body = string(rune(i))
	default:
		var err error
		if body, err = sp.number(v); err != nil {
			return "", err
		}
		numeric = true
	}
	return sp.pad(body, numeric), nil
}

// number formats a number by the verb.
func (sp spec) number(v Value) (string, error) {
	f, ok := number(v)
	if !ok {
		return "", fmt.Errorf("format '%c' needs a number, not '%s'", sp.verb, v.typeName())
	}
	i, isInt := integer(v)
	s, percent := "", ""
	switch sp.verb {
	case 'd', 'x', 'X', 'o', 'b':
		if !isInt {
			return "", fmt.Errorf("format '%c' needs an integer, not '%s'", sp.verb, v.typeName())
		}
		s = sp.integer(i)
	case '%':
		f, percent, sp.verb = f*100, "%", 'f'
		s = strconv.FormatFloat(f, 'f', sp.digits(), 64)
	case 'e', 'E', 'f', 'g', 'G':
		verb := sp.verb
		precision := sp.digits()
		if verb|0x20 == 'g' {
			precision = max(precision, 1)
		}
		s = strconv.FormatFloat(f, verb, precision, 64)
	default:
		return "", fmt.Errorf("unknown format '%c'", sp.verb)
	}
	switch {
	case strings.HasSuffix(s, "Inf"), strings.HasSuffix(s, "NaN"):
		s = strings.ToLower(strings.TrimPrefix(s, "+"))
	case sp.grouping != 0:
		s = group(s, string(sp.grouping))
	}
	if sp.sign != 0 && s[0] != '-' {
		s = string(sp.sign) + s
	}
	return s + percent, nil
}

func (sp spec) digits() int {
	if sp.precision < 0 {
		return 6
	}
	return sp.precision
}

// integer formats i in the base of the verb.
func (sp spec) integer(i int64) string {
	base := map[byte]int{'d': 10, 'x': 16, 'X': 16, 'o': 8, 'b': 2}[sp.verb]
	s := strconv.FormatInt(i, base)
	sign := signAt(s, 0)
	s = s[len(sign):]
	if n := sp.precision - len(s); n > 0 {
		s = strings.Repeat("0", n) + s
	}
	if sp.alternate && base != 10 {
		s = "0" + string(sp.verb|0x20) + s
	}
	if sp.verb == 'X' {
		s = strings.ToUpper(s)
	}
	return sign + s
}

// group puts a separator between thousands.
func group(s, sep string) string {
	sign := signAt(s, 0)
	s = s[len(sign):]
	end := strings.IndexAny(s, ".e")
	if end < 0 {
		end = len(s)
	}
	for i := end - 3; i > 0; i -= 3 {
		s = s[:i] + sep + s[i:]
	}
	return sign + s
}

// pad fills body up to the width.
func (sp spec) pad(body string, numeric bool) string {
	n := sp.width - utf8.RuneCountInString(body)
	if n <= 0 {
		return body
	}
	align := sp.align
	if align == 0 {
		align = map[bool]byte{true: '>', false: '<'}[numeric]
	}
	fill := sp.fill
	if fill == "" {
		fill = " "
	}
	left := map[byte]int{'<': 0, '>': n, '^': n / 2}[align]
	if align == '=' {
		sign := ""
		if body != "" && strings.IndexByte("+- ", body[0]) >= 0 {
			sign = body[:1]
		}
		return sign + strings.Repeat(fill, n) + body[len(sign):]
	}
	return strings.Repeat(fill, left) + body + strings.Repeat(fill, n-left)
}

// leadingInt reads the digits at the start of s, and returns missing where there
// are none.
func leadingInt(s string, missing int) (n int, rest string, err error) {
	end := 0
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	if end == 0 {
		return missing, s, nil
	}
	n, err = strconv.Atoi(s[:end])
	if err != nil || n > maxWidth {
		return 0, s, fmt.Errorf("%w: width or precision %s, more than %d", ErrLimit, clip(s[:end]), maxWidth)
	}
	return n, s[end:], nil
}

// formatPercent is Python's s % v.
func (r *renderer) formatPercent(s string, v Value) (Value, error) {
	if err := r.scan(len(s)); err != nil {
		return nil, err
	}
	values, isTuple := v.(Tuple)
	if !isTuple {
		values = Tuple{v}
	}
	out := printer{budget: &r.budget}
	used, byName := 0, false
	for {
		before, after, found := strings.Cut(s, "%")
		if err := out.write(before); err != nil {
			return nil, err
		}
		if !found {
			break
		}
		c, rest, err := parsePercent(after)
		if err != nil {
			return nil, err
		}
		s = rest
		if c.verb == '%' {
			if err := out.write("%"); err != nil {
				return nil, err
			}
			continue
		}
		var arg Value
		if c.named {
			byName = true
			if arg, err = lookupName(v, c.name); err != nil {
				return nil, err
			}
		} else {
			if used >= len(values) {
				return nil, errors.New("not enough arguments for the format string")
			}
			arg = values[used]
			used++
		}
		text, err := r.formatConversion(c, arg)
		if err != nil {
			return nil, err
		}
		if err := out.write(text); err != nil {
			return nil, err
		}
	}
	if used < len(values) && !byName && !indexed(v) {
		return nil, errors.New("not all arguments were used by the format string")
	}
	return String(out.String()), nil
}

// indexed reports whether Python takes v for a mapping of arguments, of which not all
// need be used: anything with an index but strings and tuples.
func indexed(v Value) bool {
	switch v.(type) {
	case *Dict, List, span, Undefined:
		return true
	}
	return false
}

// lookupName returns the entry of a dictionary of arguments.
func lookupName(v Value, name string) (Value, error) {
	d, ok := v.(*Dict)
	if !ok {
		return nil, errors.New("the format string needs a mapping")
	}
	e := d.Get(name)
	if e == nil {
		return nil, fmt.Errorf("no argument %s", quote(clip(name)))
	}
	return e, nil
}

// conversion is one %d or the like.
type conversion struct {
	spec
	named bool
	name  string
	zero  bool
}

// parsePercent reads a conversion, from behind its percent sign.
func parsePercent(s string) (c conversion, rest string, err error) {
	c.precision = -1
	if strings.HasPrefix(s, "(") {
		var found bool
		if c.name, s, found = strings.Cut(s[1:], ")"); !found {
			return c, s, errors.New("incomplete name in the format string")
		}
		c.named = true
	}
	for ; s != "" && strings.IndexByte("-+ #0", s[0]) >= 0; s = s[1:] {
		switch s[0] {
		case '-':
			c.align = '<'
		case '+':
			c.sign = '+'
		case ' ':
			c.sign = max(c.sign, ' ')
		case '#':
			c.alternate = true
		case '0':
			c.zero = true
		}
	}
	if c.width, s, err = leadingInt(s, 0); err != nil {
		return c, s, err
	}
	if strings.HasPrefix(s, ".") {
		if c.precision, s, err = leadingInt(s[1:], 0); err != nil {
			return c, s, err
		}
	}
	if s == "" {
		return c, s, errors.New("incomplete format string")
	}
	c.verb = s[0]
	return c, s[1:], nil
}

func (r *renderer) formatConversion(c conversion, v Value) (string, error) {
	switch c.verb {
	case 's', 'r':
		print := r.text
		if c.verb == 'r' {
			print = r.represent
		}
		text, err := print(v)
		if err != nil {
			return "", err
		}
		if c.align == 0 {
			c.align = '>'
		}
		c.verb = 's'
		return c.format(v, text)
	case 'c':
		if s, ok := v.(String); ok && utf8.RuneCountInString(string(s)) == 1 {
			v = Int([]rune(s)[0])
		}
		if c.align == 0 {
			c.align = '>'
		}
		return c.format(v, "")
	case 'i', 'u', 'd':
		c.verb = 'd'
		if f, ok := v.(Float); ok { // truncated, unlike by other verbs
			i, ok := exactInt(math.Trunc(float64(f)))
			if !ok {
				return "", errOverflow
			}
			v = Int(i)
		}
	case 'F':
		c.verb = 'f'
	}
	if c.zero && c.align == 0 {
		c.fill, c.align = "0", '='
	}
	return c.format(v, "")
}

// strFormat is Python's str.format.
func strFormat(r *renderer, self Value, a args) (Value, error) {
	s := string(self.(String))
	out := printer{budget: &r.budget}
	auto := 0
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			i = len(s)
		}
		if err := out.write(s[:i]); err != nil {
			return nil, err
		}
		if s = s[i:]; s == "" {
			break
		}
		if len(s) > 1 && s[1] == s[0] { // {{ or }}
			if err := out.write(s[:1]); err != nil {
				return nil, err
			}
			s = s[2:]
			continue
		}
		end := strings.IndexByte(s, '}')
		if s[0] == '}' || end < 0 {
			return nil, errors.New("single brace in the format string")
		}
		text, err := r.formatField(s[1:end], a, &auto)
		if err != nil {
			return nil, err
		}
		if err := out.write(text); err != nil {
			return nil, err
		}
		s = s[end+1:]
	}
	return String(out.String()), nil
}

// formatField formats one {field!conversion:spec}; auto numbers the fields that
// have no name.
func (r *renderer) formatField(field string, a args, auto *int) (string, error) {
	if strings.Contains(field, "{") {
		return "", errors.New("a field within a field is not supported")
	}
	field, format, _ := strings.Cut(field, ":")
	field, convert, _ := strings.Cut(field, "!")
	v, err := r.fieldValue(field, a, auto)
	if err != nil {
		return "", err
	}
	sp, err := parseSpec(format)
	if err != nil {
		return "", err
	}
	print := r.text
	switch convert {
	case "", "s":
	case "r":
		print = r.represent
	default:
		return "", fmt.Errorf("conversion %s is not supported", quote(clip(convert)))
	}
	text, err := print(v)
	if err != nil {
		return "", err
	}
	if convert != "" {
		v = String(text)
	}
	return formatValue(v, text, sp)
}

// formatValue is Python's format(): a specification without a verb goes by the type.
func formatValue(v Value, text string, sp spec) (string, error) {
	_, isNumber := number(v)
	_, isBool := v.(Bool)
	if !isNumber || isBool && sp.verb == 0 {
		if sp.verb != 0 && sp.verb != 's' {
			return "", fmt.Errorf("format '%c' does not fit a '%s'", sp.verb, v.typeName())
		}
		sp.verb = 's'
		return sp.format(v, text)
	}
	switch {
	case sp.verb == 's':
		return "", fmt.Errorf("format 's' does not fit a '%s'", v.typeName())
	case sp.verb == 'F':
		sp.verb = 'f'
	case sp.verb == 0 && isA[Int](v):
		sp.verb = 'd'
	case sp.verb == 0 && sp.precision >= 0:
		sp.verb = 'g'
	case sp.verb == 0:
		return sp.pad(text, true), nil
	}
	return sp.format(v, text)
}

// fieldValue is what a field such as 0, name, name.attr or name[0] refers to.
func (r *renderer) fieldValue(field string, a args, auto *int) (Value, error) {
	end := strings.IndexAny(field, ".[")
	if end < 0 {
		end = len(field)
	}
	first, rest := field[:end], field[end:]
	if first == "" {
		first = strconv.Itoa(*auto)
		*auto++
	}
	var v Value
	if i, err := strconv.ParseUint(first, 10, 31); err == nil {
		if int(i) >= len(a.pos) {
			return nil, fmt.Errorf("no argument %d", i)
		}
		v = a.pos[i]
	} else if v = a.take(first); v == nil {
		return nil, fmt.Errorf("no argument %s", quote(clip(first)))
	}
	var err error
	for rest != "" && err == nil {
		if name, ok := strings.CutPrefix(rest, "."); ok {
			end := strings.IndexAny(name, ".[")
			if end < 0 {
				end = len(name)
			}
			v, err = r.attribute(v, name[:end])
			rest = name[end:]
			continue
		}
		key, after, closed := strings.Cut(rest[1:], "]")
		if !closed {
			return nil, errors.New("missing ']' in the format string")
		}
		var k Value = String(key)
		if i, convErr := strconv.ParseUint(key, 10, 63); convErr == nil {
			k = Int(i)
		}
		v, err = r.item(v, k)
		rest = after
	}
	return v, err
}

// parseSpec reads a format specification.
func parseSpec(s string) (sp spec, err error) {
	whole := s
	sp.precision = -1
	if _, n := utf8.DecodeRuneInString(s); n > 0 && len(s) > n && strings.IndexByte("<>^=", s[n]) >= 0 {
		sp.fill, sp.align, s = s[:n], s[n], s[n+1:]
	} else if s != "" && strings.IndexByte("<>^=", s[0]) >= 0 {
		sp.align, s = s[0], s[1:]
	}
	if s != "" && strings.IndexByte("+- ", s[0]) >= 0 {
		if s[0] != '-' {
			sp.sign = s[0]
		}
		s = s[1:]
	}
	s, sp.alternate = strings.CutPrefix(s, "#")
	if strings.HasPrefix(s, "0") && sp.align == 0 {
		sp.fill, sp.align = "0", '='
	}
	if sp.width, s, err = leadingInt(s, 0); err != nil {
		return sp, err
	}
	if s != "" && (s[0] == ',' || s[0] == '_') {
		sp.grouping, s = s[0], s[1:]
	}
	if strings.HasPrefix(s, ".") {
		if sp.precision, s, err = leadingInt(s[1:], -1); err != nil {
			return sp, err
		}
	}
	if len(s) > 1 {
		return sp, fmt.Errorf("format specification %s is not supported", quote(clip(whole)))
	}
	if s != "" {
		sp.verb = s[0]
	}
	return sp, nil
}
