package grad

import (
	"math"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor"
)

// Add is a + b.
func (t *Tape) Add(a, b *Var) *Var {
	y := t.value(a.Value.Rows, a.Value.Cols)
	copy(y.Data, a.Value.Data)
	t.Pool.Add(y, b.Value)
	return t.op(y, func(dy tensor.Tensor) {
		if b.wanted() {
			t.add(b, dy)
		}
		if a.wanted() {
			t.pass(a, dy)
		}
	}, a, b)
}

// Scale is s x.
func (t *Tape) Scale(x *Var, s float32) *Var {
	y := t.value(x.Value.Rows, x.Value.Cols)
	for i, v := range x.Value.Data {
		y.Data[i] = s * v
	}
	return t.op(y, func(dy tensor.Tensor) {
		for i, d := range dy.Data {
			dy.Data[i] = s * d
		}
		t.pass(x, dy)
	}, x)
}

// Activate is f(x), element by element.
func (t *Tape) Activate(x *Var, f tensor.Activation) *Var {
	y := t.value(x.Value.Rows, x.Value.Cols)
	copy(y.Data, x.Value.Data)
	t.Pool.Activate(y, f)
	return t.op(y, func(dy tensor.Tensor) {
		t.each(len(dy.Data), func(lo, hi int) { activationGrad(dy.Data[lo:hi], x.Value.Data[lo:hi], f) })
		t.pass(x, dy)
	}, x)
}

// SwiGLU is silu(gate)·up.
func (t *Tape) SwiGLU(gate, up *Var) *Var {
	y := t.value(gate.Value.Rows, gate.Value.Cols)
	t.each(len(y.Data), func(lo, hi int) {
		copy(y.Data[lo:hi], gate.Value.Data[lo:hi])
		asm.SwiGLU(y.Data[lo:hi], up.Value.Data[lo:hi])
	})
	return t.op(y, func(dy tensor.Tensor) {
		du := t.temporary(dy.Rows, dy.Cols)
		t.each(len(dy.Data), func(lo, hi int) {
			asm.SwiGLUGrad(dy.Data[lo:hi], du.Data[lo:hi], gate.Value.Data[lo:hi], up.Value.Data[lo:hi])
		})
		if up.wanted() {
			t.give(up, du)
		} else {
			t.spare.put(du.Data)
		}
		if gate.wanted() {
			t.pass(gate, dy)
		}
	}, gate, up)
}

// activationGrad multiplies dy by the derivatives of f at x.
func activationGrad(dy, x []float32, f tensor.Activation) {
	switch f {
	case tensor.SiLU:
		asm.SwishGrad(dy, x, 1)
	case tensor.QuickGELU:
		asm.SwishGrad(dy, x, 1.702)
	default:
		for i, d := range dy {
			dy[i] = d * slope(f, x[i])
		}
	}
}

// each calls f for runs of n values that fit in the L1 cache with what goes with them.
func (t *Tape) each(n int, f func(lo, hi int)) {
	const grain = 2048
	t.Pool.Do(ceilDiv(n, grain), func(_, i int) { f(i*grain, min((i+1)*grain, n)) })
}

// slope is the derivative of f at x.
func slope(f tensor.Activation, x float32) float32 {
	switch f {
	case tensor.GELU:
		v := float64(x)
		return float32(0.5*(1+math.Erf(v/math.Sqrt2)) + v*math.Exp(-v*v/2)/math.Sqrt(2*math.Pi))
	case tensor.GELUTanh:
		const c = 0.7978845608028654 // sqrt(2/π)
		v := float64(x)
		u := math.Tanh(c * (v + 0.044715*v*v*v))
		return float32(0.5*(1+u) + 0.5*v*(1-u*u)*c*(1+3*0.044715*v*v))
	}
	panic("grad: unknown activation")
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

// Rotate is rotary position embedding on every head of x; see tensor.Pool.Rotate.
func (t *Tape) Rotate(x *Var, heads int, cos, sin tensor.Tensor) *Var {
	y := t.value(x.Value.Rows, x.Value.Cols)
	copy(y.Data, x.Value.Data)
	t.Pool.Rotate(y, heads, cos, sin)
	return t.op(y, func(dy tensor.Tensor) {
		// A rotation's transpose turns back.
		minus := t.temporary(sin.Rows, sin.Cols)
		for i, s := range sin.Data {
			minus.Data[i] = -s
		}
		t.Pool.Rotate(dy, heads, cos, minus)
		t.spare.put(minus.Data)
		t.pass(x, dy)
	}, x)
}
