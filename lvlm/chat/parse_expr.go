package chat

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// tuple parses an expression, or several separated by commas. Without cond it may
// stand before an if that isn't part of it.
func (p *parser) tuple(cond bool) (expr, error) {
	line := pos(p.peek().line)
	var items []expr
	comma := false
	for !p.tupleEnds() {
		x, err := p.condition(cond)
		if err != nil {
			return nil, err
		}
		items = append(items, x)
		if !p.accept(tokOperator, ",") {
			break
		}
		comma = true
	}
	switch {
	case comma:
		return &listExpr{line, items, true}, nil
	case len(items) == 1:
		return items[0], nil
	}
	return nil, fmt.Errorf("expected an expression, got %v", p.peek())
}

func (p *parser) tupleEnds() bool {
	t := p.peek()
	return t.kind == tokClose || t.is(tokOperator, ")")
}

func (p *parser) expression() (expr, error) { return p.condition(true) }

// condition parses a if b else c, or without cond what may stand before such an if.
func (p *parser) condition(cond bool) (expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	line := pos(p.peek().line)
	known := len(p.unknown)
	x, err := p.or()
	if err != nil || !cond || !p.peek().is(tokName, "if") {
		return x, err
	}
	p.unknown = p.unknown[:known] // what x uses may be unknown after all
	defer func(lazy bool) { p.lazy = lazy }(p.lazy)
	p.lazy = true
	for p.accept(tokName, "if") {
		c := &condExpr{pos: line, then: x}
		if c.test, err = p.or(); err != nil {
			return nil, err
		}
		if p.accept(tokName, "else") {
			if c.otherwise, err = p.expression(); err != nil {
				return nil, err
			}
		}
		x = c
	}
	return x, nil
}

// chain parses operands joined by left-associative operators.
func (p *parser) chain(operand func() (expr, error), kind tokenKind, ops ...string) (expr, error) {
	line := pos(p.peek().line)
	x, err := operand()
	for err == nil {
		t := p.peek()
		if t.kind != kind || !slices.Contains(ops, t.text) {
			return x, nil
		}
		p.take()
		var r expr
		r, err = operand()
		x = &binaryExpr{line, t.text, x, r}
	}
	return nil, err
}

func (p *parser) or() (expr, error)  { return p.chain(p.and, tokName, "or") }
func (p *parser) and() (expr, error) { return p.chain(p.not, tokName, "and") }

func (p *parser) not() (expr, error) {
	t := p.peek()
	if !p.accept(tokName, "not") {
		return p.compare()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	x, err := p.not()
	return &unaryExpr{pos(t.line), "not", x}, err
}

var comparisons = []string{"==", "!=", "<", "<=", ">", ">="}

func (p *parser) compare() (expr, error) {
	c := &compareExpr{pos: pos(p.peek().line)}
	var err error
	if c.first, err = p.sum(); err != nil {
		return nil, err
	}
	for {
		op := ""
		switch t := p.peek(); {
		case t.kind == tokOperator && slices.Contains(comparisons, t.text), t.is(tokName, "in"):
			op = p.take().text
		case t.is(tokName, "not") && p.peek2().is(tokName, "in"):
			p.take()
			p.take()
			op = "not in"
		case len(c.ops) == 0:
			return c.first, nil
		default:
			return c, nil
		}
		x, err := p.sum()
		if err != nil {
			return nil, err
		}
		c.ops = append(c.ops, op)
		c.rest = append(c.rest, x)
	}
}

func (p *parser) sum() (expr, error) { return p.chain(p.concat, tokOperator, "+", "-") }

func (p *parser) concat() (expr, error) {
	line := pos(p.peek().line)
	x, err := p.product()
	if err != nil || !p.peek().is(tokOperator, "~") {
		return x, err
	}
	c := &concatExpr{line, []expr{x}}
	for p.accept(tokOperator, "~") {
		if x, err = p.product(); err != nil {
			return nil, err
		}
		c.parts = append(c.parts, x)
	}
	return c, nil
}

func (p *parser) product() (expr, error) {
	return p.chain(p.power, tokOperator, "*", "/", "//", "%")
}

func (p *parser) power() (expr, error) {
	return p.chain(func() (expr, error) { return p.unary(true) }, tokOperator, "**")
}

func (p *parser) unary(filters bool) (expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	var x expr
	var err error
	if t := p.peek(); t.is(tokOperator, "-") || t.is(tokOperator, "+") {
		p.take()
		x, err = p.unary(false)
		x = &unaryExpr{pos(t.line), t.text, x}
	} else {
		x, err = p.primary()
	}
	if err == nil {
		x, err = p.postfix(x)
	}
	if err != nil || !filters {
		return x, err
	}
	return p.filtersAndTests(x)
}

func (p *parser) primary() (expr, error) {
	t := p.take()
	line := pos(t.line)
	switch t.kind {
	case tokName:
		return p.variable(line, t.text), nil
	case tokString:
		text := []string{t.text}
		for p.peek().kind == tokString {
			text = append(text, p.take().text)
		}
		return &literal{line, String(strings.Join(text, ""))}, nil
	case tokInt:
		i, err := strconv.ParseInt(strings.ToLower(t.text), 0, 64)
		if err != nil {
			return nil, fmt.Errorf("integer %s does not fit 64 bits", clip(t.text))
		}
		return &literal{line, Int(i)}, nil
	case tokFloat:
		// A literal beyond the range is infinite, as in Python.
		f, _ := strconv.ParseFloat(t.text, 64)
		return &literal{line, Float(f)}, nil
	case tokOperator:
		switch t.text {
		case "(":
			if p.accept(tokOperator, ")") {
				return &listExpr{line, nil, true}, nil
			}
			x, err := p.tuple(true)
			if err != nil {
				return nil, err
			}
			return x, p.expect(tokOperator, ")")
		case "[":
			items, err := p.list("]", p.expression)
			return &listExpr{line, items, false}, err
		case "{":
			return p.dict(line)
		}
	}
	return nil, at(t.line, fmt.Errorf("unexpected %v", t))
}

// variable returns the expression that a name stands for.
func (p *parser) variable(line pos, name string) expr {
	switch name {
	case "true", "True":
		return &literal{line, Bool(true)}
	case "false", "False":
		return &literal{line, Bool(false)}
	case "none", "None":
		return &literal{line, None{}}
	}
	if p.macro != nil && !slices.Contains(p.macro.params, name) {
		switch name {
		case "varargs":
			p.macro.varargs = true
		case "kwargs":
			p.macro.kwargs = true
		case "caller":
			p.macro.caller = true
		}
	}
	return &nameExpr{line, name}
}

// list parses items separated by commas up to the operator end.
func (p *parser) list(end string, item func() (expr, error)) ([]expr, error) {
	var items []expr
	for !p.accept(tokOperator, end) {
		if len(items) > 0 {
			if err := p.expect(tokOperator, ","); err != nil {
				return nil, err
			}
			if p.accept(tokOperator, end) {
				break
			}
		}
		x, err := item()
		if err != nil {
			return nil, err
		}
		items = append(items, x)
	}
	return items, nil
}

func (p *parser) dict(line pos) (expr, error) {
	d := &dictExpr{pos: line}
	var err error
	d.keys, err = p.list("}", func() (expr, error) {
		key, err := p.expression()
		if err != nil {
			return nil, err
		}
		if err := p.expect(tokOperator, ":"); err != nil {
			return nil, err
		}
		val, err := p.expression()
		d.vals = append(d.vals, val)
		return key, err
	})
	return d, err
}

// postfix parses attributes, indices and calls after x.
func (p *parser) postfix(x expr) (expr, error) {
	for {
		t := p.peek()
		if t.kind != tokOperator {
			return x, nil
		}
		var err error
		switch t.text {
		case ".":
			p.take()
			x, err = p.attribute(x)
		case "[":
			p.take()
			x, err = p.index(x)
		case "(":
			x, err = p.call(x)
		default:
			return x, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (p *parser) attribute(x expr) (expr, error) {
	t := p.take()
	line := pos(t.line)
	switch t.kind {
	case tokName:
		return &attrExpr{line, x, t.text}, nil
	case tokInt:
		i, err := strconv.ParseInt(t.text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("index %s does not fit 64 bits", clip(t.text))
		}
		return &indexExpr{line, x, &literal{line, Int(i)}}, nil
	}
	return nil, at(t.line, fmt.Errorf("expected a name or number after '.', got %v", t))
}

func (p *parser) index(x expr) (expr, error) {
	line := pos(p.peek().line)
	args, err := p.list("]", p.subscript)
	switch {
	case err != nil:
		return nil, err
	case len(args) == 1:
		return &indexExpr{line, x, args[0]}, nil
	}
	return &indexExpr{line, x, &listExpr{line, args, true}}, nil
}

// subscript parses an index or a slice.
func (p *parser) subscript() (expr, error) {
	s := &sliceExpr{pos: pos(p.peek().line)}
	parts := []*expr{&s.start, &s.stop, &s.step}
	for i, part := range parts {
		if t := p.peek(); !t.is(tokOperator, ":") && !t.is(tokOperator, "]") && !t.is(tokOperator, ",") {
			x, err := p.expression()
			if err != nil {
				return nil, err
			}
			*part = x
		}
		if i == 2 || !p.accept(tokOperator, ":") {
			if i > 0 {
				break
			}
			if s.start == nil {
				return nil, fmt.Errorf("expected an index, got %v", p.peek())
			}
			return s.start, nil
		}
	}
	return s, nil
}

func (p *parser) call(f expr) (expr, error) {
	line := pos(p.peek().line)
	args, err := p.arguments()
	return &callExpr{line, f, args}, err
}

// arguments parses what a call has in brackets.
func (p *parser) arguments() (callArgs, error) {
	var a callArgs
	if err := p.expect(tokOperator, "("); err != nil {
		return a, err
	}
	for n := 0; !p.accept(tokOperator, ")"); n++ {
		if n > 0 {
			if err := p.expect(tokOperator, ","); err != nil {
				return a, err
			}
			if p.accept(tokOperator, ")") {
				break
			}
		}
		if err := p.argument(&a); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (p *parser) argument(a *callArgs) error {
	t := p.peek()
	misplaced := a.starStar != nil
	var into *expr
	switch {
	case p.accept(tokOperator, "*"):
		misplaced = misplaced || a.star != nil
		into = &a.star
	case p.accept(tokOperator, "**"):
		into = &a.starStar
	case t.kind == tokName && p.peek2().is(tokOperator, "="):
		p.take()
		p.take()
		if slices.Contains(a.names, t.text) {
			return fmt.Errorf("argument %s given twice", quote(t.text))
		}
		if len(a.names) == maxKeywords {
			return fmt.Errorf("%w: more than %d keyword arguments", ErrLimit, maxKeywords)
		}
		a.names = append(a.names, t.text)
		a.named = append(a.named, nil)
		into = &a.named[len(a.named)-1]
	default:
		misplaced = misplaced || a.star != nil || len(a.named) > 0
		a.pos = append(a.pos, nil)
		into = &a.pos[len(a.pos)-1]
	}
	if misplaced {
		return fmt.Errorf("misplaced argument %v", t)
	}
	x, err := p.expression()
	*into = x
	return err
}

// filtersAndTests parses what may follow an operand: filters, tests and calls.
func (p *parser) filtersAndTests(x expr) (expr, error) {
	for {
		var err error
		switch t := p.peek(); {
		case t.is(tokOperator, "|"):
			p.take()
			x, err = p.filter(x)
		case t.is(tokName, "is"):
			p.take()
			x, err = p.test(x)
		case t.is(tokOperator, "("):
			x, err = p.call(x)
		default:
			return x, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// filters parses filters alone.
func (p *parser) filters(x expr) (expr, error) {
	for p.accept(tokOperator, "|") {
		var err error
		if x, err = p.filter(x); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// dotted parses the name of a filter or test.
func (p *parser) dotted() (string, error) {
	name, err := p.name()
	parts := []string{name}
	for err == nil && p.accept(tokOperator, ".") {
		name, err = p.name()
		parts = append(parts, name)
	}
	return strings.Join(parts, "."), err
}

func (p *parser) filter(x expr) (expr, error) {
	f := &filterExpr{pos: pos(p.peek().line), x: x}
	var err error
	if f.name, err = p.dotted(); err != nil {
		return nil, err
	}
	if _, ok := filters[f.name]; !ok && !p.lazy {
		p.unknown = append(p.unknown, &Error{f.position(), unknownFilter(f.name)})
	}
	if p.peek().is(tokOperator, "(") {
		f.args, err = p.arguments()
	}
	return f, err
}

func (p *parser) test(x expr) (expr, error) {
	t := &testExpr{pos: pos(p.peek().line), x: x}
	negated := p.accept(tokName, "not")
	var err error
	if t.name, err = p.dotted(); err != nil {
		return nil, err
	}
	if _, ok := tests[t.name]; !ok && !p.lazy {
		p.unknown = append(p.unknown, &Error{t.position(), unknownTest(t.name)})
	}
	switch n := p.peek(); {
	case n.is(tokOperator, "("):
		t.args, err = p.arguments()
	case n.is(tokName, "is"):
		return nil, fmt.Errorf("tests can't be chained with 'is'")
	case n.kind == tokName && !slices.Contains([]string{"else", "or", "and"}, n.text),
		n.kind == tokString, n.kind == tokInt, n.kind == tokFloat, n.is(tokOperator, "["), n.is(tokOperator, "{"):
		var arg expr
		if arg, err = p.primary(); err == nil {
			arg, err = p.postfix(arg)
		}
		t.args.pos = []expr{arg}
	}
	if negated {
		return &unaryExpr{t.pos, "not", t}, err
	}
	return t, err
}
