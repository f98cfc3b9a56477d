package chat

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
)

func unary(op string, v Value) (Value, error) {
	if op == "not" {
		return Bool(!truth(v)), nil
	}
	if u, ok := v.(Undefined); ok {
		return nil, u.err()
	}
	if i, ok := integer(v); ok {
		if op == "+" {
			return Int(i), nil
		}
		if i == math.MinInt64 {
			return nil, errOverflow
		}
		return Int(-i), nil
	}
	if f, ok := v.(Float); ok {
		if op == "-" {
			f = -f
		}
		return f, nil
	}
	return nil, fmt.Errorf("bad operand type for unary %s: '%s'", op, v.typeName())
}

func (r *renderer) binary(op string, a, b Value) (Value, error) {
	if s, ok := a.(String); ok && op == "%" {
		return r.formatPercent(string(s), b)
	}
	for _, v := range []Value{a, b} {
		if u, ok := v.(Undefined); ok {
			return nil, u.err()
		}
	}
	x, xInt := integer(a)
	y, yInt := integer(b)
	switch {
	case xInt && yInt:
		return intArithmetic(op, x, y)
	case op == "*" && yInt:
		if v, ok, err := r.repeat(a, y); ok || err != nil {
			return v, err
		}
	case op == "*" && xInt:
		if v, ok, err := r.repeat(b, x); ok || err != nil {
			return v, err
		}
	case op == "+":
		if v, err := r.join(a, b); v != nil || err != nil {
			return v, err
		}
	}
	f, fOK := number(a)
	g, gOK := number(b)
	if !fOK || !gOK {
		return nil, fmt.Errorf("unsupported operand types for %s: '%s' and '%s'", op, a.typeName(), b.typeName())
	}
	return floatArithmetic(op, f, g)
}

// number returns the value of a number as floating point.
func number(v Value) (float64, bool) {
	if f, ok := v.(Float); ok {
		return float64(f), true
	}
	i, ok := integer(v)
	return float64(i), ok
}

// join concatenates two sequences of one type, and returns nil for anything else.
func (r *renderer) join(a, b Value) (Value, error) {
	switch a := a.(type) {
	case String:
		if b, ok := b.(String); ok {
			if err := r.build(len(a) + len(b)); err != nil {
				return nil, err
			}
			return a + b, nil
		}
	case List:
		if b, ok := b.(List); ok {
			list, err := r.joinLists(a, b)
			return List(list), err
		}
	case Tuple:
		if b, ok := b.(Tuple); ok {
			list, err := r.joinLists(a, b)
			return Tuple(list), err
		}
	}
	return nil, nil
}

// joinLists never appends in place: what lies behind a may be another value's.
func (r *renderer) joinLists(a, b []Value) ([]Value, error) {
	if err := r.step(len(a) + len(b)); err != nil {
		return nil, err
	}
	return append(append(make([]Value, 0, len(a)+len(b)), a...), b...), nil
}

// repeat is v * n for a sequence v; it returns false for anything else.
func (r *renderer) repeat(v Value, n int64) (Value, bool, error) {
	n = max(n, 0)
	size, sequence := 0, true
	switch v := v.(type) {
	case String:
		size = len(v)
	case List:
		size = len(v)
	case Tuple:
		size = len(v)
	default:
		sequence = false
	}
	if !sequence || size == 0 {
		return v, sequence, nil
	}
	if n > maxText/int64(size) {
		return nil, true, fmt.Errorf("%w: %d elements %d times", ErrLimit, size, n)
	}
	total := size * int(n)
	switch v := v.(type) {
	case String:
		if err := r.build(total); err != nil {
			return nil, true, err
		}
		return String(strings.Repeat(string(v), int(n))), true, nil
	case List:
		list, err := r.repeatList(v, int(n))
		return List(list), true, err
	}
	list, err := r.repeatList(v.(Tuple), int(n))
	return Tuple(list), true, err
}

func (r *renderer) repeatList(v []Value, n int) ([]Value, error) {
	if err := r.step(len(v) * n); err != nil {
		return nil, err
	}
	list := make([]Value, 0, len(v)*n)
	for range n {
		list = append(list, v...)
	}
	return list, nil
}

var (
	errOverflow = errors.New("integer beyond 64 bits")
	errZero     = errors.New("division by zero")
)

func intArithmetic(op string, x, y int64) (Value, error) {
	switch op {
	case "+":
		if s := x + y; (s > x) == (y > 0) {
			return Int(s), nil
		}
		return nil, errOverflow
	case "-":
		if d := x - y; (d < x) == (y > 0) {
			return Int(d), nil
		}
		return nil, errOverflow
	case "*":
		return product(x, y)
	case "**":
		if y < 0 {
			return floatArithmetic(op, float64(x), float64(y))
		}
		return power(x, y)
	}
	if y == 0 {
		return nil, errZero
	}
	switch op {
	case "/":
		f, _ := new(big.Rat).SetFrac64(x, y).Float64() // rounded once, whatever the size
		return Float(f), nil
	case "//":
		if x == math.MinInt64 && y == -1 {
			return nil, errOverflow
		}
		q := x / y
		if x%y != 0 && (x < 0) != (y < 0) {
			q--
		}
		return Int(q), nil
	}
	m := x % y // "%": the sign is the divisor's
	if m != 0 && (m < 0) != (y < 0) {
		m += y
	}
	return Int(m), nil
}

func product(x, y int64) (Value, error) {
	p := x * y
	if x != 0 && (p/x != y || x == -1 && y == math.MinInt64) {
		return nil, errOverflow
	}
	return Int(p), nil
}

func power(x, y int64) (Value, error) {
	result := Int(1)
	for ; y > 0; y-- {
		if x == 0 || x == 1 || x == -1 { // any exponent does
			y = (y-1)%2 + 1
		}
		p, err := product(int64(result), x)
		if err != nil {
			return nil, err
		}
		result = p.(Int)
	}
	return result, nil
}

func floatArithmetic(op string, x, y float64) (Value, error) {
	if y == 0 && (op == "/" || op == "//" || op == "%") {
		return nil, errZero
	}
	switch op {
	case "+":
		return Float(x + y), nil
	case "-":
		return Float(x - y), nil
	case "*":
		return Float(x * y), nil
	case "/":
		return Float(x / y), nil
	case "**":
		return floatPower(x, y)
	}
	m := math.Mod(x, y)
	q := (x - m) / y
	switch {
	case m == 0:
		m = math.Copysign(0, y)
	case (m < 0) != (y < 0):
		m += y
		q--
	}
	if op == "%" {
		return Float(m), nil
	}
	if q == 0 {
		return Float(math.Copysign(0, x/y)), nil
	}
	floor := math.Floor(q)
	if q-floor > 0.5 { // q is whole but for rounding
		floor++
	}
	return Float(floor), nil
}

func floatPower(x, y float64) (Value, error) {
	switch p := math.Pow(x, y); {
	case x == 0 && y < 0:
		return nil, errZero
	case math.IsNaN(p) && !math.IsNaN(x) && !math.IsNaN(y):
		return nil, errors.New("power is not a real number")
	case math.IsInf(p, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0):
		return nil, errors.New("power is out of range")
	default:
		return Float(p), nil
	}
}
