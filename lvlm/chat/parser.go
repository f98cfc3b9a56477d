package chat

import (
	"fmt"
	"slices"
	"strings"
)

// parser builds the tree of a template. It follows the grammar of jinja2.
type parser struct {
	tokens []token
	next   int
	depth  int
	loops  int        // loops around the current statement, within the macro
	macro  *macroStmt // around the current expression, or nil
	// lazy says that an unknown filter or test is an error only when it is
	// reached: directly within an if, as templates probe for features.
	lazy    bool
	unknown []*Error // filters and tests that don't exist
}

// Parse reads a template. Errors name the line.
func Parse(src string) (*Template, error) {
	tokens, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	body, err := p.statements("", nil)
	if err != nil {
		return nil, at(p.peek().line, err)
	}
	if len(p.unknown) > 0 {
		return nil, p.unknown[0]
	}
	return &Template{body: body}, nil
}

func (p *parser) peek() token { return p.tokens[p.next] }

// peek2 is the token after the next.
func (p *parser) peek2() token { return p.tokens[min(p.next+1, len(p.tokens)-1)] }

// take returns the next token and moves on.
func (p *parser) take() token {
	t := p.tokens[p.next]
	if p.next+1 < len(p.tokens) {
		p.next++
	}
	return t
}

func (t token) is(kind tokenKind, text string) bool { return t.kind == kind && t.text == text }

// accept takes the next token if it is the given one.
func (p *parser) accept(kind tokenKind, text string) bool {
	if !p.peek().is(kind, text) {
		return false
	}
	p.take()
	return true
}

func (p *parser) expect(kind tokenKind, text string) error {
	if !p.accept(kind, text) {
		return fmt.Errorf("expected %s, got %v", quote(text), p.peek())
	}
	return nil
}

func (p *parser) name() (string, error) {
	t := p.peek()
	if t.kind != tokName {
		return "", fmt.Errorf("expected a name, got %v", t)
	}
	return p.take().text, nil
}

// enter bounds the recursion of the parser; leave must follow.
func (p *parser) enter() error {
	if p.depth++; p.depth > maxNesting {
		return fmt.Errorf("%w: nested more than %d levels deep", ErrLimit, maxNesting)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// statements parses up to a tag that is one of ends, whose name it leaves as the
// next token, or to the end of the template if there are none. tag is the name of
// the statement they belong to.
func (p *parser) statements(tag string, ends []string) ([]stmt, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	begin := p.tokens[max(p.next-1, 0)].line
	var body []stmt
	for {
		t := p.take()
		line := pos(t.line)
		switch {
		case t.kind == tokText:
			body = append(body, &textStmt{line, t.text})
		case t.is(tokOpen, "{{"):
			x, err := p.tuple(true)
			if err != nil {
				return nil, err
			}
			if !p.accept(tokClose, "}}") {
				return nil, fmt.Errorf("expected '}}', got %v", p.peek())
			}
			body = append(body, &printStmt{line, x})
		case t.is(tokOpen, "{%"):
			if n := p.peek(); n.kind == tokName && slices.Contains(ends, n.text) {
				return body, nil
			}
			s, err := p.statement()
			if err != nil {
				return nil, err
			}
			if err := p.expect(tokClose, "%}"); err != nil {
				return nil, err
			}
			body = append(body, s)
		case ends == nil:
			return body, nil
		default:
			return nil, at(begin, fmt.Errorf("%s without its %s", quote(tag), quote(ends[len(ends)-1])))
		}
	}
}

// block parses the rest of a tag, statements, and the tag that ends them, up to
// the name, which it returns.
func (p *parser) block(tag string, ends ...string) ([]stmt, string, error) {
	p.accept(tokOperator, ":")
	if err := p.expect(tokClose, "%}"); err != nil {
		return nil, "", err
	}
	body, err := p.statements(tag, ends)
	return body, p.take().text, err
}

// scope is block for a body that is not directly within an if, whatever is around.
func (p *parser) scope(tag string, ends ...string) ([]stmt, string, error) {
	defer func(lazy bool) { p.lazy = lazy }(p.lazy)
	p.lazy = false
	return p.block(tag, ends...)
}

// function is scope for a body that runs apart from the loops around it.
func (p *parser) function(m *macroStmt, tag, end string) ([]stmt, error) {
	defer func(loops int, macro *macroStmt) { p.loops, p.macro = loops, macro }(p.loops, p.macro)
	p.loops, p.macro = 0, m
	body, _, err := p.scope(tag, end)
	return body, err
}

// unsupported statements of jinja2, and why.
var unsupported = map[string]string{
	"include": "loads another template", "import": "loads another template", "from": "loads another template",
	"extends": "loads another template", "block": "is for inheritance", "autoescape": "is for HTML",
	"do": "is an extension", "debug": "is an extension", "trans": "is an extension", "print": "is not supported",
}

func (p *parser) statement() (stmt, error) {
	t := p.peek()
	if t.kind != tokName {
		return nil, fmt.Errorf("expected the name of a statement, got %v", t)
	}
	p.take()
	line := pos(t.line)
	switch t.text {
	case "for":
		return p.forLoop(line)
	case "if":
		return p.ifElse(line)
	case "set":
		return p.set(line)
	case "macro":
		return p.macroDef(line)
	case "call":
		return p.callBlock(line)
	case "with":
		return p.with(line)
	case "filter":
		f, err := p.filter(nil)
		if err != nil {
			return nil, err
		}
		if f, err = p.filters(f); err != nil {
			return nil, err
		}
		body, _, err := p.scope("filter", "endfilter")
		return &filterBlock{line, f, body}, err
	case "generation":
		body, err := p.function(p.macro, "generation", "endgeneration")
		return &scopeStmt{line, body}, err
	case "break", "continue":
		if p.loops == 0 {
			return nil, fmt.Errorf("%s outside of a loop", quote(t.text))
		}
		return &jumpStmt{line, map[string]control{"break": breakLoop, "continue": continueLoop}[t.text]}, nil
	}
	if why := unsupported[t.text]; why != "" {
		return nil, at(t.line, fmt.Errorf("statement %s %s: not supported", quote(t.text), why))
	}
	return nil, at(t.line, fmt.Errorf("unexpected or unknown statement %s", quote(clip(t.text))))
}

func (p *parser) forLoop(line pos) (stmt, error) {
	s := &forStmt{pos: line}
	p.loops++
	defer func() { p.loops-- }()
	var err error
	if s.target, err = p.targets(); err != nil {
		return nil, err
	}
	if !p.accept(tokName, "in") {
		return nil, fmt.Errorf("expected 'in', got %v", p.peek())
	}
	if s.iter, err = p.tuple(false); err != nil {
		return nil, err
	}
	if p.accept(tokName, "if") {
		if s.test, err = p.expression(); err != nil {
			return nil, err
		}
	}
	if p.peek().is(tokName, "recursive") {
		return nil, fmt.Errorf("a recursive loop is not supported")
	}
	body, end, err := p.scope("for", "else", "endfor")
	if err != nil {
		return nil, err
	}
	if s.body = body; end == "else" {
		p.loops-- // the else branch belongs to the loop around
		s.otherwise, _, err = p.scope("for", "endfor")
		p.loops++
	}
	return s, err
}

func (p *parser) ifElse(line pos) (stmt, error) {
	defer func(lazy bool) { p.lazy = lazy }(p.lazy)
	p.lazy = true
	s := &ifStmt{pos: line}
	for {
		test, err := p.tuple(false)
		if err != nil {
			return nil, err
		}
		body, end, err := p.block("if", "elif", "else", "endif")
		if err != nil {
			return nil, err
		}
		s.tests = append(s.tests, test)
		s.bodies = append(s.bodies, body)
		switch end {
		case "else":
			s.otherwise, _, err = p.block("if", "endif")
			return s, err
		case "endif":
			return s, nil
		}
	}
}

func (p *parser) set(line pos) (stmt, error) {
	t, err := p.targets()
	if err != nil {
		return nil, err
	}
	if p.accept(tokOperator, "=") {
		x, err := p.tuple(true)
		return &setStmt{line, t, x}, err
	}
	f, err := p.filters(nil)
	if err != nil {
		return nil, err
	}
	body, _, err := p.scope("set", "endset")
	return &setBlock{line, t, f, body}, err
}

func (p *parser) with(line pos) (stmt, error) {
	s := &withStmt{pos: line}
	for p.peek().kind != tokClose {
		if len(s.targets) > 0 {
			if err := p.expect(tokOperator, ","); err != nil {
				return nil, err
			}
		}
		t, err := p.target()
		if err != nil {
			return nil, err
		}
		if err := p.expect(tokOperator, "="); err != nil {
			return nil, err
		}
		v, err := p.expression()
		if err != nil {
			return nil, err
		}
		s.targets = append(s.targets, t)
		s.values = append(s.values, v)
	}
	var err error
	s.body, _, err = p.scope("with", "endwith")
	return s, err
}

func (p *parser) macroDef(line pos) (stmt, error) {
	m := &macroStmt{pos: line}
	var err error
	if m.name, err = p.name(); err != nil {
		return nil, err
	}
	if err := p.signature(m); err != nil {
		return nil, err
	}
	m.body, err = p.function(m, "macro", "endmacro")
	return m, err
}

func (p *parser) callBlock(line pos) (stmt, error) {
	m := &macroStmt{pos: line, name: "caller"}
	if p.peek().is(tokOperator, "(") {
		if err := p.signature(m); err != nil {
			return nil, err
		}
	}
	x, err := p.expression()
	if err != nil {
		return nil, err
	}
	call, ok := x.(*callExpr)
	if !ok {
		return nil, fmt.Errorf("'call' needs a call")
	}
	m.body, err = p.function(m, "call", "endcall")
	return &callBlock{line, call, m}, err
}

// signature parses a macro's parameters.
func (p *parser) signature(m *macroStmt) error {
	if err := p.expect(tokOperator, "("); err != nil {
		return err
	}
	// Defaults are evaluated within the macro.
	defer func(macro *macroStmt) { p.macro = macro }(p.macro)
	p.macro = m
	for !p.accept(tokOperator, ")") {
		if len(m.params) > 0 {
			if err := p.expect(tokOperator, ","); err != nil {
				return err
			}
		}
		name, err := p.name()
		if err != nil {
			return err
		}
		if slices.Contains(m.params, name) {
			return fmt.Errorf("duplicate parameter %s", quote(name))
		}
		if len(m.params) == maxKeywords {
			return fmt.Errorf("%w: more than %d parameters", ErrLimit, maxKeywords)
		}
		m.params = append(m.params, name)
		if p.accept(tokOperator, "=") {
			x, err := p.expression()
			if err != nil {
				return err
			}
			m.defaults = append(m.defaults, x)
		} else if len(m.defaults) > 0 {
			return fmt.Errorf("parameter %s without a default follows one with a default", quote(name))
		}
	}
	return nil
}

// reserved names are constants or operators, not variables.
const reserved = " true false True False none None not and or if else in is "

// targets parses what an assignment or loop assigns to.
func (p *parser) targets() (target, error) {
	line := pos(p.peek().line)
	first, err := p.target()
	if err != nil || !p.peek().is(tokOperator, ",") {
		return first, err
	}
	t := &tupleTarget{line, []target{first}}
	for p.accept(tokOperator, ",") {
		if p.peek().is(tokOperator, ")") {
			break
		}
		x, err := p.target()
		if err != nil {
			return nil, err
		}
		t.items = append(t.items, x)
	}
	return t, nil
}

func (p *parser) target() (target, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	line := pos(p.peek().line)
	if p.accept(tokOperator, "(") {
		t, err := p.targets()
		if err != nil {
			return nil, err
		}
		return t, p.expect(tokOperator, ")")
	}
	name, err := p.name()
	switch {
	case err != nil:
		return nil, err
	case strings.Contains(reserved, " "+name+" "):
		return nil, fmt.Errorf("can't assign to %s", quote(name))
	case name == "loop" && p.loops > 0:
		return nil, fmt.Errorf("can't assign to 'loop' within a loop")
	case !p.accept(tokOperator, "."):
		return &nameTarget{line, name}, nil
	}
	attr, err := p.name()
	return &attrTarget{line, name, attr}, err
}
