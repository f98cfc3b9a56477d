package chat

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEOF      tokenKind = iota
	tokText               // between tags
	tokOpen               // {% or {{
	tokClose              // %} or }}
	tokName               // identifiers and keywords
	tokOperator           // punctuation of expressions
	tokString
	tokInt
	tokFloat
)

// token is a lexical element. Its text is unescaped for strings, the literal for
// everything else.
type token struct {
	kind tokenKind
	text string
	line int
}

func (t token) String() string {
	switch t.kind {
	case tokEOF:
		return "end of template"
	case tokText:
		return "text"
	case tokString:
		return "string " + quote(clip(t.text))
	}
	return quote(clip(t.text))
}

// clip shortens text from a template for an error message.
func clip(s string) string {
	const n = 60
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "..."
}

// lexer splits a template as jinja2's does with trim_blocks and lstrip_blocks set:
// the newline after a block tag or comment goes, and the blanks before one that is
// the first thing on its line.
type lexer struct {
	src    string
	pos    int
	line   int
	tokens []token
	// lineStart says whether what came last ended a line.
	lineStart bool
}

// lex returns the tokens of a template, the last of which is tokEOF.
func lex(src string) ([]token, error) {
	if len(src) > maxSource {
		return nil, fmt.Errorf("chat template: %w: %d bytes, more than %d", ErrLimit, len(src), maxSource)
	}
	src = strings.ReplaceAll(src, "\r\n", "\n")
	src = strings.ReplaceAll(src, "\r", "\n")
	l := &lexer{src: strings.TrimSuffix(src, "\n"), line: 1, lineStart: true}
	for l.pos < len(l.src) {
		if err := l.next(); err != nil {
			return nil, at(l.line, err)
		}
	}
	l.emit(tokEOF, "")
	return l.tokens, nil
}

func (l *lexer) emit(kind tokenKind, text string) {
	l.tokens = append(l.tokens, token{kind, text, l.line})
}

// advance moves over n bytes.
func (l *lexer) advance(n int) {
	passed := l.src[l.pos : l.pos+n]
	l.line += strings.Count(passed, "\n")
	l.lineStart = strings.HasSuffix(passed, "\n")
	l.pos += n
}

// skipSpace moves over white space.
func (l *lexer) skipSpace() {
	rest := l.src[l.pos:]
	l.advance(len(rest) - len(strings.TrimLeftFunc(rest, isSpace)))
}

// next reads the text up to the next tag, and the tag.
func (l *lexer) next() error {
	rest := l.src[l.pos:]
	start := findTag(rest)
	if start < 0 {
		l.emit(tokText, rest)
		l.advance(len(rest))
		return nil
	}
	tag := rest[start : start+2]
	sign := signAt(rest, start+2)
	l.text(rest[:start], tag, sign)
	l.advance(2 + len(sign))
	switch tag {
	case "{#":
		if l.pos == len(l.src) { // jinja2 lets this pass
			return nil
		}
		return l.comment()
	case "{%":
		if raw, ok := rawTag(l.src[l.pos:]); ok {
			if l.advance(raw); l.pos == len(l.src) { // and this
				return nil
			}
			return l.raw()
		}
	}
	return l.tag(tag)
}

// findTag returns the position of the first {{, {% or {#, or -1.
func findTag(s string) int {
	for i := 0; ; i++ {
		j := strings.IndexByte(s[i:], '{')
		if j < 0 || i+j+1 >= len(s) {
			return -1
		}
		i += j
		if c := s[i+1]; c == '{' || c == '%' || c == '#' {
			return i
		}
	}
}

// signAt returns the white space control at s[i], "-", "+" or "".
func signAt(s string, i int) string {
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		return s[i : i+1]
	}
	return ""
}

// text emits the text before a tag, stripped as the tag asks for, and moves to the
// tag.
func (l *lexer) text(text, tag, sign string) {
	kept := text
	switch {
	case sign == "-":
		kept = strings.TrimRightFunc(text, isSpace)
	case sign == "" && tag != "{{":
		line := strings.LastIndexByte(text, '\n') + 1
		if (line > 0 || l.lineStart) && strings.TrimLeftFunc(text[line:], isSpace) == "" {
			kept = text[:line]
		}
	}
	if kept != "" {
		l.emit(tokText, kept)
	}
	l.advance(len(text))
}

// comment moves behind the end of a comment.
func (l *lexer) comment() error {
	end := strings.Index(l.src[l.pos:], "#}")
	if end < 0 {
		return errors.New("comment without an end")
	}
	minus := end > 0 && l.src[l.pos+end-1] == '-'
	l.advance(end + 2)
	l.trim(minus, end > 0 && l.src[l.pos-3] == '+')
	return nil
}

// trim removes what follows a block tag or comment: all white space after a minus,
// one newline if there is no plus.
func (l *lexer) trim(minus, plus bool) {
	switch {
	case minus:
		l.skipSpace()
	case !plus && strings.HasPrefix(l.src[l.pos:], "\n"):
		l.advance(1)
	}
}

// rawTag returns the length of what remains of a {% raw %} tag at the start of s.
func rawTag(s string) (int, bool) {
	t := strings.TrimLeftFunc(s, isSpace)
	t, ok := strings.CutPrefix(t, "raw")
	if !ok {
		return 0, false
	}
	t = strings.TrimLeftFunc(t, isSpace)
	switch {
	case strings.HasPrefix(t, "-%}"):
		t = strings.TrimLeftFunc(t[3:], isSpace)
	case strings.HasPrefix(t, "%}"):
		t = t[2:]
	default:
		return 0, false
	}
	return len(s) - len(t), true
}

// raw emits everything up to the endraw tag as text.
func (l *lexer) raw() error {
	rest := l.src[l.pos:]
	for i := 0; ; i += 2 {
		j := strings.Index(rest[i:], "{%")
		if j < 0 {
			return errors.New("raw block without an end")
		}
		i += j
		sign := signAt(rest, i+2)
		t := strings.TrimLeftFunc(rest[i+2+len(sign):], isSpace)
		t, ok := strings.CutPrefix(t, "endraw")
		if !ok {
			continue
		}
		t = strings.TrimLeftFunc(t, isSpace)
		end := signAt(t, 0)
		if t, ok = strings.CutPrefix(t[len(end):], "%}"); !ok {
			continue
		}
		l.text(rest[:i], "{%", sign)
		l.advance(len(rest) - i - len(t))
		l.trim(end == "-", end == "+")
		return nil
	}
}

// tag emits the tokens of a tag that begins with open.
func (l *lexer) tag(open string) error {
	l.emit(tokOpen, open)
	end := map[string]string{"{%": "%}", "{{": "}}"}[open]
	var brackets []byte // those open, as the characters that close them
	for {
		l.skipSpace()
		rest := l.src[l.pos:]
		if rest == "" {
			return fmt.Errorf("tag without an end: expected %s", quote(end))
		}
		if sign := signAt(rest, 0); len(brackets) == 0 && strings.HasPrefix(rest[len(sign):], end) && (sign != "+" || end == "%}") {
			l.emit(tokClose, end)
			l.advance(len(sign) + 2)
			if sign == "-" || end == "%}" {
				l.trim(sign == "-", sign == "+")
			}
			return nil
		}
		n, err := l.expression(rest)
		if err != nil {
			return err
		}
		switch t := l.tokens[len(l.tokens)-1]; {
		case t.kind != tokOperator:
		case t.text == "(":
			brackets = append(brackets, ')')
		case t.text == "[":
			brackets = append(brackets, ']')
		case t.text == "{":
			brackets = append(brackets, '}')
		case t.text == ")" || t.text == "]" || t.text == "}":
			if len(brackets) == 0 {
				return fmt.Errorf("unexpected %s", quote(t.text))
			}
			if want := brackets[len(brackets)-1]; want != t.text[0] {
				return fmt.Errorf("unexpected %s, expected '%c'", quote(t.text), want)
			}
			brackets = brackets[:len(brackets)-1]
		}
		l.advance(n)
	}
}

// operators, longest first.
var operators = []string{
	"//", "**", "==", "!=", ">=", "<=",
	"+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
}

// expression emits the token at the start of s and returns its length.
func (l *lexer) expression(s string) (int, error) {
	switch c := s[0]; {
	case c == '\'' || c == '"':
		return l.quoted(s)
	case isDigit(c):
		return l.number(s)
	}
	if n := nameLength(s); n > 0 {
		l.emit(tokName, s[:n])
		return n, nil
	}
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			l.emit(tokOperator, op)
			return len(op), nil
		}
	}
	r, _ := utf8.DecodeRuneInString(s)
	return 0, fmt.Errorf("unexpected character %q", r)
}

// nameLength returns the length of the identifier at the start of s.
func nameLength(s string) int {
	for i, r := range s {
		if r == '_' || unicode.IsLetter(r) || i > 0 && (unicode.IsDigit(r) || unicode.IsMark(r)) {
			continue
		}
		return i
	}
	return len(s)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// number emits a literal: decimal, 0x, 0o, 0b, with underscores between digits; or
// with a fraction or exponent, unless it follows a dot, as the 1 and 2 in a.1.2.
func (l *lexer) number(s string) (int, error) {
	digits := func(i int) int { // end of the digits at i
		for i < len(s) && (isDigit(s[i]) || s[i] == '_' && i+1 < len(s) && isDigit(s[i+1]) && isDigit(s[i-1])) {
			i++
		}
		return i
	}
	n := digits(0)
	if l.pos == 0 || l.src[l.pos-1] != '.' {
		end := n
		if f := n + 1; n < len(s) && s[n] == '.' && f < len(s) && isDigit(s[f]) {
			end = digits(f)
		}
		if e := end + 1; end < len(s) && s[end]|0x20 == 'e' {
			e += len(signAt(s, e))
			if e < len(s) && isDigit(s[e]) {
				end = digits(e)
			}
		}
		if end > n {
			l.emit(tokFloat, strings.ReplaceAll(s[:end], "_", ""))
			return end, nil
		}
	}
	if s[0] == '0' {
		if n = prefixed(s); n == 0 {
			for n = 1; n < len(s) && s[n] == '0'; {
				n++
			}
		}
	}
	l.emit(tokInt, strings.ReplaceAll(s[:n], "_", ""))
	return n, nil
}

// prefixed returns the length of a literal that begins with 0x, 0o or 0b, 0 where
// there is none.
func prefixed(s string) int {
	if len(s) < 3 {
		return 0
	}
	base := map[byte]int{'x': 16, 'o': 8, 'b': 2}[s[1]|0x20]
	n := 2
	for base > 0 && n < len(s) {
		i := n
		if s[i] == '_' && i+1 < len(s) {
			i++
		}
		if _, err := strconv.ParseUint(s[i:i+1], base, 8); err != nil {
			break
		}
		n = i + 1
	}
	if n == 2 {
		return 0
	}
	return n
}

// quoted emits a string literal.
func (l *lexer) quoted(s string) (int, error) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			text, err := unescape(s[1:i])
			l.emit(tokString, text)
			return i + 1, err
		}
	}
	return 0, errors.New("string without an end")
}

var escapes = map[byte]string{
	'\n': "", '\\': "\\", '\'': "'", '"': "\"", 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// unescape resolves the escape sequences of a Python string literal.
func unescape(s string) (string, error) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		c := s[i+1]
		i += 2
		if text, ok := escapes[c]; ok {
			b.WriteString(text)
			continue
		}
		switch digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]; {
		case digits > 0:
			if i+digits > len(s) {
				return "", fmt.Errorf(`escape \%c needs %d hexadecimal digits`, c, digits)
			}
			r, err := strconv.ParseUint(s[i:i+digits], 16, 32)
			if err != nil || r > unicode.MaxRune {
				return "", fmt.Errorf(`escape \%c%s is not a character`, c, clip(s[i:i+digits]))
			}
			b.WriteRune(rune(r))
			i += digits
		case c == 'N':
			return "", errors.New(`escape \N is not supported`)
		case '0' <= c && c <= '7':
			r := 0
			for i--; i < len(s) && '0' <= s[i] && s[i] <= '7' && r < 64; i++ {
				r = 8*r + int(s[i]-'0')
			}
			b.WriteRune(rune(r))
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// isSpace is Python's str.isspace, which counts the information separators too.
func isSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }
