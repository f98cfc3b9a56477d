package chat

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// globals are the functions that every template can call.
var globals = map[string]Value{
	"raise_exception": global("raise_exception", "message", 1, raiseException),
	"strftime_now":    global("strftime_now", "format", 1, strftimeNow),
	"range":           global("range", "start stop step", 1, makeRange),
	"namespace":       &function{"namespace", builtin{variadic: true, run: makeNamespace}, nil},
	"dict":            &function{"dict", builtin{variadic: true, run: makeDict}, nil},
}

func global(name, params string, required int, run func(*renderer, Value, args) (Value, error)) Value {
	return &function{name, builtin{params, required, false, run}, nil}
}

func raiseException(r *renderer, _ Value, a args) (Value, error) {
	message, err := r.text(a.pos[0])
	if err != nil {
		return nil, err
	}
	return nil, &RaisedError{message}
}

func makeRange(_ *renderer, _ Value, a args) (Value, error) {
	bounds := [3]int64{0, 0, 1}
	for i, v := range a.pos {
		if v == nil {
			continue
		}
		n, ok := integer(v)
		if !ok {
			return nil, fmt.Errorf("needs integers, not '%s'", v.typeName())
		}
		bounds[i] = n
	}
	start, stop, step := bounds[0], bounds[1], bounds[2]
	if a.pos[1] == nil {
		start, stop = 0, start
	}
	if step == 0 {
		return nil, errors.New("step is 0")
	}
	lo, hi, stride := start, stop, uint64(step)
	if step < 0 {
		lo, hi, stride = stop, start, -uint64(step)
	}
	if hi <= lo {
		return span{start, stop, step, 0}, nil
	}
	n := (uint64(hi)-uint64(lo)-1)/stride + 1
	if n > maxRange {
		return nil, fmt.Errorf("%w: %d elements, more than %d", ErrLimit, n, maxRange)
	}
	return span{start, stop, step, int64(n)}, nil
}

func makeNamespace(r *renderer, v Value, a args) (Value, error) {
	d, err := makeDict(r, v, a)
	if err != nil {
		return nil, err
	}
	return &namespace{d.(*Dict)}, nil
}

// makeDict is Python's dict(): of a mapping or pairs, and keyword arguments.
func makeDict(r *renderer, _ Value, a args) (Value, error) {
	d := NewDict()
	if len(a.pos) > 1 {
		return nil, fmt.Errorf("takes at most 1 argument, got %d", len(a.pos))
	}
	if len(a.pos) == 1 {
		if from, ok := a.pos[0].(*Dict); ok {
			if err := r.step(from.Len()); err != nil {
				return nil, err
			}
			d = from.clone()
		} else if err := r.addPairs(d, a.pos[0]); err != nil {
			return nil, err
		}
	}
	for _, n := range a.named {
		d.Set(n.name, n.value)
	}
	return d, nil
}

func (r *renderer) addPairs(d *Dict, v Value) error {
	pairs, err := r.elements(v)
	if err != nil {
		return err
	}
	for i, pair := range pairs {
		kv, err := r.elements(pair)
		if err != nil {
			return err
		}
		if len(kv) != 2 {
			return fmt.Errorf("element %d has %d parts, not 2", i, len(kv))
		}
		if err := d.setValue(kv[0], kv[1]); err != nil {
			return err
		}
	}
	return nil
}

// directives of strftime, as layouts of package time.
var directives = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'c': "Mon Jan _2 15:04:05 2006", 'd': "02", 'D': "01/02/06",
	'e': "_2", 'F': "2006-01-02", 'h': "Jan", 'H': "15", 'I': "03", 'j': "002", 'm': "01", 'M': "04", 'p': "PM",
	'R': "15:04", 'S': "05", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05", 'y': "06", 'Y': "2006",
	// Python's datetime.now() has no zone.
	'z': "", 'Z': "",
}

// strftimeNow formats the local time.
func strftimeNow(r *renderer, _ Value, a args) (Value, error) {
	format, err := stringArg("format", a.pos[0])
	if err != nil {
		return nil, err
	}
	now := r.now()
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		text, err := directive(now, format[i:])
		if err != nil {
			return nil, err
		}
		b.WriteString(text)
		if format[i] == '-' {
			i++
		}
	}
	return r.newString(b.String())
}

// directive formats the directive at the start of s, which may have a minus to
// leave out padding.
func directive(now time.Time, s string) (string, error) {
	minus := s[0] == '-' && len(s) > 1
	if minus {
		s = s[1:]
	}
	text := ""
	switch c := s[0]; c {
	case '%':
		text = "%"
	case 'n':
		text = "\n"
	case 't':
		text = "\t"
	case 'f':
		text = fmt.Sprintf("%06d", now.Nanosecond()/1000)
	case 's':
		text = strconv.FormatInt(now.Unix(), 10)
	case 'w':
		text = strconv.Itoa(int(now.Weekday()))
	case 'u':
		text = strconv.Itoa((int(now.Weekday())+6)%7 + 1)
	case 'U', 'W': // weeks that begin on Sunday, Monday
		day := int(now.Weekday())
		if c == 'W' {
			day = (day + 6) % 7
		}
		text = fmt.Sprintf("%02d", (now.YearDay()+6-day)/7)
	default:
		layout, ok := directives[c]
		if !ok {
			return "", fmt.Errorf("directive %s is not supported", quote("%"+clip(s[:1])))
		}
		text = now.Format(layout)
	}
	if minus && len(text) > 1 {
		text = strings.TrimLeft(text[:len(text)-1], "0 ") + text[len(text)-1:]
	}
	return text, nil
}
