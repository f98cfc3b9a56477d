package chat

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf16"
)

// jsonWriter writes values as Python's json.dumps does.
type jsonWriter struct {
	printer
	ascii        bool   // escape everything else
	newline      string // before each element, "" for one line
	indent       string // added to newline per level
	comma, colon string
	sortKeys     bool
}

// filterToJSON is the tojson that transformers installs: unlike jinja2's own, it
// escapes nothing for HTML.
func filterToJSON(r *renderer, v Value, a args) (Value, error) {
	w := jsonWriter{printer: printer{budget: &r.budget}, comma: ", ", colon: ": "}
	w.ascii = a.pos[0] != nil && truth(a.pos[0])
	w.sortKeys = a.pos[3] != nil && truth(a.pos[3])
	switch indent := a.pos[1].(type) {
	case nil, None:
	case String:
		w.newline, w.indent, w.comma = "\n", string(indent), ","
	default:
		n, err := intArg("indent", indent, 0)
		if err != nil {
			return nil, err
		}
		if n > maxWidth {
			return nil, fmt.Errorf("%w: indent %d, more than %d", ErrLimit, n, maxWidth)
		}
		w.newline, w.indent, w.comma = "\n", strings.Repeat(" ", max(n, 0)), ","
	}
	if a.pos[2] != nil && truth(a.pos[2]) {
		parts, err := r.elements(a.pos[2])
		if err != nil {
			return nil, err
		}
		if len(parts) != 2 {
			return nil, fmt.Errorf("separators must be two strings")
		}
		for i, into := range []*string{&w.comma, &w.colon} {
			if *into, err = stringArg("separators", parts[i]); err != nil {
				return nil, err
			}
		}
	}
	if err := w.value(v); err != nil {
		return nil, err
	}
	return String(w.String()), nil
}

func (w *jsonWriter) value(v Value) error {
	if err := w.budget.enter(); err != nil {
		return err
	}
	defer w.budget.leave()
	if err := w.budget.step(1); err != nil {
		return err
	}
	if s, ok := v.(String); ok {
		return w.text(string(s))
	}
	if s, ok := jsonScalar(v); ok {
		return w.write(s)
	}
	switch v := v.(type) {
	case List:
		return w.array(v)
	case Tuple:
		return w.array(v)
	case *Dict:
		return w.object(v)
	}
	return fmt.Errorf("object of type %s is not JSON serializable", v.typeName())
}

// jsonScalar returns the text of a number, boolean or null.
func jsonScalar(v Value) (string, bool) {
	switch v := v.(type) {
	case None:
		return "null", true
	case Bool:
		if v {
			return "true", true
		}
		return "false", true
	case Int:
		return fmt.Sprint(int64(v)), true
	case Float:
		switch f := float64(v); {
		case math.IsNaN(f):
			return "NaN", true
		case math.IsInf(f, 1):
			return "Infinity", true
		case math.IsInf(f, -1):
			return "-Infinity", true
		default:
			return formatFloat(f), true
		}
	}
	return "", false
}

func (w *jsonWriter) array(items []Value) error {
	return w.container("[", len(items), "]", func(i int) error { return w.value(items[i]) })
}

func (w *jsonWriter) object(d *Dict) error {
	order := make([]int, d.Len())
	names := make([]string, d.Len())
	for i, k := range d.keys {
		order[i] = i
		name, ok := jsonScalar(k)
		if s, isString := k.(String); isString {
			name = string(s)
		} else if !ok {
			return fmt.Errorf("keys must be strings or numbers, not %s", k.typeName())
		}
		names[i] = name
	}
	if w.sortKeys {
		slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	}
	return w.container("{", d.Len(), "}", func(i int) error {
		if err := w.text(names[order[i]]); err != nil {
			return err
		}
		if err := w.write(w.colon); err != nil {
			return err
		}
		return w.value(d.vals[order[i]])
	})
}

// container writes n elements between brackets.
func (w *jsonWriter) container(open string, n int, end string, element func(i int) error) error {
	if n == 0 {
		return w.write(open + end)
	}
	outer, sep := w.newline, open
	if outer != "" {
		w.newline += w.indent
	}
	for i := range n {
		if err := w.write(sep + w.newline); err != nil {
			return err
		}
		if err := element(i); err != nil {
			return err
		}
		sep = w.comma
	}
	w.newline = outer
	return w.write(outer + end)
}

// text writes a string.
func (w *jsonWriter) text(s string) error {
	if err := w.write(`"`); err != nil {
		return err
	}
	if err := w.pieces(s, w.escape); err != nil {
		return err
	}
	return w.write(`"`)
}

func (w *jsonWriter) escape(b *strings.Builder, s string) {
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r < 0x20 || w.ascii && 0x7f < r && r <= 0xffff:
			fmt.Fprintf(b, `\u%04x`, r)
		case w.ascii && r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(b, `\u%04x\u%04x`, hi, lo)
		default:
			b.WriteRune(r)
		}
	}
}
