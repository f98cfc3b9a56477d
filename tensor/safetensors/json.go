package safetensors

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds the nesting of JSON values: a header needs three levels, an
// index two, and values that nobody asked for may be anything.
const maxDepth = 64

// scanner reads JSON (RFC 8259) strictly and in one pass. Package encoding/json
// would do but for duplicate keys, which it lets pass, the last one winning:
// two readers of one file could then disagree about what it holds.
type scanner struct {
	data  []byte
	pos   int
	depth int
}

// document calls value for the one value of data and fails where more follows.
func document(data []byte, value func(*scanner) error) error {
	if !utf8.Valid(data) {
		return errors.New("not UTF-8")
	}
	s := &scanner{data: data}
	if err := value(s); err != nil {
		return err
	}
	if c, ok := s.peek(); ok {
		return s.errorf("%q after the JSON value", c)
	}
	return nil
}

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf(format+" at byte %d", append(args, s.pos)...)
}

// peek skips white space and returns the byte that follows, false at the end.
func (s *scanner) peek() (byte, bool) {
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c, true
		}
	}
	return 0, false
}

// accept skips c where it comes next.
func (s *scanner) accept(c byte) bool {
	next, ok := s.peek()
	if !ok || next != c {
		return false
	}
	s.pos++
	return true
}

// unexpected says what stands where something else should.
func (s *scanner) unexpected(want string) error {
	c, ok := s.peek()
	if !ok {
		return s.errorf("unexpected end of JSON, want %s", want)
	}
	return s.errorf("unexpected %q, want %s", c, want)
}

// object reads an object; member is called after each key and reads its value.
// Errors of member are wrapped with the key.
func (s *scanner) object(member func(key string) error) error {
	if !s.accept('{') {
		return s.unexpected("an object")
	}
	seen := map[string]struct{}{}
	return s.list('}', func() error {
		key, err := s.string()
		if err != nil {
			return err
		}
		if _, dup := seen[key]; dup {
			return s.errorf("duplicate key %q", key)
		}
		seen[key] = struct{}{}
		if !s.accept(':') {
			return s.unexpected("a colon")
		}
		if err := member(key); err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
		return nil
	})
}

// array reads an array; element is called to read each element.
func (s *scanner) array(element func() error) error {
	if !s.accept('[') {
		return s.unexpected("an array")
	}
	return s.list(']', element)
}

// list reads comma-separated items up to closing.
func (s *scanner) list(closing byte, item func() error) error {
	if s.depth++; s.depth > maxDepth {
		return s.errorf("more than %d nested values", maxDepth)
	}
	defer func() { s.depth-- }()
	if s.accept(closing) {
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if s.accept(closing) {
			return nil
		}
		if !s.accept(',') {
			return s.unexpected(fmt.Sprintf("a comma or %q", closing))
		}
	}
}

// uint reads a number that is a plain non-negative integer.
func (s *scanner) uint() (uint64, error) {
	c, ok := s.peek()
	if !ok || c != '-' && (c < '0' || c > '9') {
		return 0, s.unexpected("an integer")
	}
	start := s.pos
	if err := s.number(); err != nil {
		return 0, err
	}
	literal := string(s.data[start:s.pos])
	n, err := strconv.ParseUint(literal, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is not an integer of 64 bits without sign", literal)
	}
	return n, nil
}

// number skips a number.
func (s *scanner) number() error {
	s.accept('-')
	digits := func() bool {
		start := s.pos
		for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
			s.pos++
		}
		return s.pos > start
	}
	next := func(set string) bool {
		for i := range len(set) {
			if s.pos < len(s.data) && s.data[s.pos] == set[i] {
				s.pos++
				return true
			}
		}
		return false
	}
	if !next("0") && !digits() {
		return s.unexpected("a digit")
	}
	if next(".") && !digits() {
		return s.unexpected("a digit")
	}
	if next("eE") {
		next("+-")
		if !digits() {
			return s.unexpected("a digit")
		}
	}
	return nil
}

// literal skips word where it comes next.
func (s *scanner) literal(word string) bool {
	s.peek()
	if len(s.data)-s.pos < len(word) || string(s.data[s.pos:s.pos+len(word)]) != word {
		return false
	}
	s.pos += len(word)
	return true
}

// skip reads a value of any kind.
func (s *scanner) skip() error {
	c, ok := s.peek()
	switch {
	case ok && c == '{':
		return s.object(func(string) error { return s.skip() })
	case ok && c == '[':
		return s.array(s.skip)
	case ok && c == '"':
		_, err := s.string()
		return err
	case ok && (c == '-' || c >= '0' && c <= '9'):
		return s.number()
	case s.literal("true"), s.literal("false"), s.literal("null"):
		return nil
	}
	return s.unexpected("a value")
}

// string reads a string.
func (s *scanner) string() (string, error) {
	if !s.accept('"') {
		return "", s.unexpected("a string")
	}
	var text []byte
	plain := s.pos // start of what is not copied to text yet
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			text = append(text, s.data[plain:s.pos]...)
			s.pos++
			return string(text), nil
		case c < ' ':
			return "", s.errorf("control character %q in a string", c)
		case c == '\\':
			text = append(text, s.data[plain:s.pos]...)
			s.pos++
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			text = utf8.AppendRune(text, r)
			plain = s.pos
		default:
			s.pos++
		}
	}
	return "", s.errorf("unexpected end of JSON in a string")
}

// escape reads what follows a backslash.
func (s *scanner) escape() (rune, error) {
	if s.pos == len(s.data) {
		return 0, s.errorf("unexpected end of JSON in a string")
	}
	c := s.data[s.pos]
	s.pos++
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return s.codePoint()
	}
	return 0, s.errorf("unknown escape \\%c", c)
}

// codePoint reads the digits of \uXXXX, and of a second one that completes a
// surrogate pair.
func (s *scanner) codePoint() (rune, error) {
	hi, err := s.hex4()
	if err != nil || !utf16.IsSurrogate(hi) {
		return hi, err
	}
	if len(s.data)-s.pos >= 2 && s.data[s.pos] == '\\' && s.data[s.pos+1] == 'u' {
		s.pos += 2
		lo, err := s.hex4()
		if err != nil {
			return 0, err
		}
		if r := utf16.DecodeRune(hi, lo); r != utf8.RuneError {
			return r, nil
		}
	}
	return 0, s.errorf("half of a surrogate pair \\u%04x", hi)
}

func (s *scanner) hex4() (rune, error) {
	if len(s.data)-s.pos < 4 {
		return 0, s.errorf("unexpected end of JSON in a string")
	}
	n, err := strconv.ParseUint(string(s.data[s.pos:s.pos+4]), 16, 16)
	if err != nil {
		return 0, s.errorf("escape \\u%q is not four hexadecimal digits", s.data[s.pos:s.pos+4])
	}
	s.pos += 4
	return rune(n), nil
}
