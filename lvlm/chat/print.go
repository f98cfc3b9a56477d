package chat

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printer writes values as Python prints them.
type printer struct {
	strings.Builder
	budget *budget
}

// text is Python's str().
func (r *renderer) text(v Value) (string, error) {
	if s, ok := v.(String); ok {
		return string(s), nil
	}
	p := printer{budget: &r.budget}
	err := p.print(v)
	return p.String(), err
}

// represent is Python's repr().
func (r *renderer) represent(v Value) (string, error) {
	p := printer{budget: &r.budget}
	err := p.repr(v)
	return p.String(), err
}

func (p *printer) write(s string) error {
	if err := p.budget.build(len(s)); err != nil {
		return err
	}
	p.WriteString(s)
	return nil
}

// print appends str(v).
func (p *printer) print(v Value) error {
	switch v := v.(type) {
	case String:
		return p.write(string(v))
	case Undefined:
		return nil
	}
	return p.repr(v)
}

// repr appends repr(v).
func (p *printer) repr(v Value) error {
	if err := p.budget.enter(); err != nil {
		return err
	}
	defer p.budget.leave()
	if err := p.budget.step(1); err != nil {
		return err
	}
	switch v := v.(type) {
	case Undefined:
		return p.write("Undefined")
	case None:
		return p.write("None")
	case Bool:
		if v {
			return p.write("True")
		}
		return p.write("False")
	case Int:
		return p.write(strconv.FormatInt(int64(v), 10))
	case Float:
		return p.write(formatFloat(float64(v)))
	case String:
		return p.quote(string(v))
	case List:
		return p.sequence("[", v, "]")
	case Tuple:
		if len(v) == 1 {
			return p.sequence("(", v, ",)")
		}
		return p.sequence("(", v, ")")
	case *Dict:
		return p.dict(v)
	case view:
		return p.sequence(v.name+"([", v.items, "])")
	case span:
		return p.write(v.repr())
	case *namespace:
		if err := p.write("<Namespace "); err != nil {
			return err
		}
		if err := p.dict(v.attrs); err != nil {
			return err
		}
		return p.write(">")
	case *macro:
		return p.write("<Macro " + quote(v.name) + ">")
	case *iterator:
		return errors.New("can't print the result of a lazy filter; |list makes it a list")
	}
	return fmt.Errorf("can't print a %s", v.typeName())
}

func (p *printer) sequence(open string, items []Value, end string) error {
	if err := p.write(open); err != nil {
		return err
	}
	for i, v := range items {
		if i > 0 {
			if err := p.write(", "); err != nil {
				return err
			}
		}
		if err := p.repr(v); err != nil {
			return err
		}
	}
	return p.write(end)
}

func (p *printer) dict(d *Dict) error {
	sep := "{"
	for i, k := range d.keys {
		if err := p.write(sep); err != nil {
			return err
		}
		if err := p.repr(k); err != nil {
			return err
		}
		if err := p.write(": "); err != nil {
			return err
		}
		if err := p.repr(d.vals[i]); err != nil {
			return err
		}
		sep = ", "
	}
	if d.Len() == 0 {
		return p.write("{}")
	}
	return p.write("}")
}

func (s span) repr() string {
	if s.step == 1 {
		return fmt.Sprintf("range(%d, %d)", s.start, s.stop)
	}
	return fmt.Sprintf("range(%d, %d, %d)", s.start, s.stop, s.step)
}

// formatFloat is Python's repr of a float: the shortest digits that read back as
// the same number, with an exponent from 1e16 on and below 1e-4.
func formatFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// quote is Python's repr of a string.
func quote(s string) string {
	var b strings.Builder
	q := quotationMark(s)
	b.WriteRune(q)
	escape(&b, s, q)
	b.WriteRune(q)
	return b.String()
}

func (p *printer) quote(s string) error {
	q := quotationMark(s)
	if err := p.write(string(q)); err != nil {
		return err
	}
	if err := p.pieces(s, func(b *strings.Builder, piece string) { escape(b, piece, q) }); err != nil {
		return err
	}
	return p.write(string(q))
}

// pieces appends s as f writes it, a piece at a time so that the bound on text is
// heeded.
func (p *printer) pieces(s string, f func(b *strings.Builder, piece string)) error {
	for s != "" {
		n := min(len(s), 1<<16)
		for back := 0; back < utf8.UTFMax && n < len(s) && !utf8.RuneStart(s[n]); back++ {
			n--
		}
		before := p.Len()
		f(&p.Builder, s[:n])
		if err := p.budget.build(p.Len() - before); err != nil {
			return err
		}
		s = s[n:]
	}
	return nil
}

func quotationMark(s string) rune {
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		return '"'
	}
	return '\''
}

// escape writes s without its quotation marks, which are q.
func escape(b *strings.Builder, s string, q rune) {
	for i, r := range s {
		switch {
		case r == q || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)): // no UTF-8
			fmt.Fprintf(b, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			fmt.Fprintf(b, `\U%08x`, r)
		}
	}
}
