package grad

import (
	"fmt"

	"github.com/go-par/par/tensor"
)

// Var is a value on a tape.
type Var struct {
	Value tensor.Tensor

	// Grad is the gradient, of Value's shape, once Backward has come by. It stays for
	// inputs and parameters; that of a result is lent to others once it has been passed
	// on.
	Grad tensor.Tensor

	needs   bool // a gradient is wanted
	written bool // Grad holds one: its values are undefined before
}

func (v *Var) wanted() bool { return v != nil && v.needs }

// Param is a weight that is trained. Backward adds to Grad, so that several passes
// may add up before an optimiser takes a step.
type Param struct {
	Name    string
	Value   tensor.Tensor
	Grad    tensor.Tensor
	Frozen  bool // takes part, but is not trained
	NoDecay bool // exempt from weight decay
}

// NewParam returns a parameter with the given value, [rows, cols].
func NewParam(name string, rows, cols int, value []float32) *Param {
	if len(value) != rows*cols {
		panic(fmt.Sprintf("grad: parameter %s has %d values for %d x %d", name, len(value), rows, cols))
	}
	return &Param{Name: name, Value: tensor.Tensor{Rows: rows, Cols: cols, Data: value}, Grad: tensor.New(rows, cols)}
}

// Tape records a computation. It is used by one goroutine.
type Tape struct {
	Pool *tensor.Pool

	// Compute is the arithmetic of products, forth and back. ComputeBF16 rounds their
	// operands to bf16, where the CPU multiplies that faster, and adds in f32;
	// everything else is done in f32 without rounding.
	Compute tensor.Compute

	undo   []func()
	silent bool // records nothing: what runs on it is not differentiated
	local  bool // gradients of parameters are the tape's own
	kept   bool // the gradient that is being passed on has become another's
	params map[*Param]*Var
	values slab
	spare  spares
	inner  *Tape // runs checkpoints

	multiplier multiplier
}

// NewTape returns an empty tape that computes on p.
func NewTape(p *tensor.Pool) *Tape { return &Tape{Pool: p, params: map[*Param]*Var{}} }

// Local makes the gradients of parameters go to memory of the tape, which Flush
// empties, so that several tapes can work on the same parameters at the same time.
// It is called before anything is recorded and returns t.
func (t *Tape) Local() *Tape {
	t.local = true
	return t
}

// Flush adds the gradients that a Local tape holds of params to theirs, in order.
func (t *Tape) Flush(params []*Param) {
	for _, p := range params {
		if v := t.params[p]; t.local && v != nil && v.written {
			t.Pool.Add(p.Grad, v.Grad)
			v.written = false
		}
	}
}

// Reset forgets everything recorded. The memory of all Vars of the tape is used
// again. Gradients that wait for Flush stay.
func (t *Tape) Reset() {
	t.rewind()
	if !t.local {
		clear(t.params)
	}
}

// rewind is Reset but for the parameters.
func (t *Tape) rewind() {
	clear(t.undo)
	t.undo = t.undo[:0]
	t.values.reset()
	t.spare.reset()
}

// Const places a value on the tape that needs no gradient.
func (t *Tape) Const(x tensor.Tensor) *Var { return &Var{Value: x} }

// Input places a value on the tape whose gradient is wanted.
func (t *Tape) Input(x tensor.Tensor) *Var {
	g := t.value(x.Rows, x.Cols)
	clear(g.Data)
	return &Var{Value: x, Grad: g, needs: true, written: true}
}

// Param places a parameter on the tape. Its gradient goes to p.Grad, or to the memory
// of a Local tape.
func (t *Tape) Param(p *Param) *Var {
	if p.Frozen {
		return &Var{Value: p.Value}
	}
	v := t.params[p]
	if v == nil {
		v = &Var{Grad: p.Grad, needs: true, written: true}
		if t.local {
			v.Grad, v.written = tensor.New(p.Value.Rows, p.Value.Cols), false
		}
		t.params[p] = v
	}
	v.Value = p.Value
	return v
}

// Op places the result of an operation on the tape. back is called by Backward
// when the gradient of the result is complete; it must add to the gradients of
// those operands that want one. The result has no gradient, and back is dropped,
// where no operand wants one.
func (t *Tape) Op(value tensor.Tensor, back func(grad tensor.Tensor), operands ...*Var) *Var {
	return t.op(value, func(dy tensor.Tensor) {
		for _, v := range operands {
			if v.wanted() {
				t.zeroed(v)
			}
		}
		back(dy)
	}, operands...)
}

// op is Op for a back that takes the gradients from sum, zeroed and pass.
func (t *Tape) op(value tensor.Tensor, back func(dy tensor.Tensor), operands ...*Var) *Var {
	out := &Var{Value: value}
	if t.silent {
		return out
	}
	for _, v := range operands {
		if v.wanted() {
			out.needs = true
		}
	}
	if out.needs {
		t.undo = append(t.undo, func() { t.step(back, out) })
	}
	return out
}

// step passes the gradient of out on, and takes its memory back. Where nothing came
// to out there is nothing to pass on.
func (t *Tape) step(back func(dy tensor.Tensor), out *Var) {
	if !out.written {
		return
	}
	t.kept = false
	back(out.Grad)
	if !t.kept {
		t.spare.put(out.Grad.Data)
	}
	out.Grad, out.written = tensor.Tensor{}, false
}

// sum returns the memory of v's gradient. Where add is false it is undefined, and
// the caller writes all of it.
func (t *Tape) sum(v *Var) (grad tensor.Tensor, add bool) {
	if v.Grad.Data == nil {
		v.Grad = t.temporary(v.Value.Rows, v.Value.Cols)
	}
	add = v.written
	v.written = true
	return v.Grad, add
}

// zeroed returns v's gradient to be added to.
func (t *Tape) zeroed(v *Var) tensor.Tensor {
	g, add := t.sum(v)
	if !add {
		clear(g.Data)
	}
	return g
}

// pass adds dy, the gradient that is being passed on, to that of v. dy's memory
// becomes v's if it has none: back must be done with it, and pass it to one operand.
func (t *Tape) pass(v *Var, dy tensor.Tensor) {
	if v.Grad.Data == nil {
		v.Grad, v.written, t.kept = dy, true, true
		return
	}
	t.add(v, dy)
}

// give is pass for a temporary, which it takes.
func (t *Tape) give(v *Var, x tensor.Tensor) {
	if v.Grad.Data == nil {
		v.Grad, v.written = x, true
		return
	}
	t.add(v, x)
	t.spare.put(x.Data)
}

// add adds dy to the gradient of v.
func (t *Tape) add(v *Var, dy tensor.Tensor) {
	if g, add := t.sum(v); add {
		t.Pool.Add(g, dy)
	} else {
		copy(g.Data, dy.Data)
	}
}

// Backward computes the gradients of the sum of v's values, scaled.
func (t *Tape) Backward(v *Var, scale float32) {
	if !v.wanted() {
		return
	}
	g := t.zeroed(v)
	for i := range g.Data {
		g.Data[i] += scale
	}
	t.unwind()
}

// unwind runs what was recorded in reverse.
func (t *Tape) unwind() {
	for i := len(t.undo) - 1; i >= 0; i-- {
		t.undo[i]()
	}
	clear(t.undo)
	t.undo = t.undo[:0]
}

// Checkpoint computes f(x) without recording its inside, and computes it once more
// when its gradient is wanted: memory for time (Chen et al., "Training Deep Nets
// with Sublinear Memory Cost", 2016). f must compute the same each time.
func (t *Tape) Checkpoint(x *Var, f func(t *Tape, x *Var) *Var) *Var {
	again := t.again()
	again.silent = true
	y := f(again, t.Const(x.Value))
	value := t.value(y.Value.Rows, y.Value.Cols)
	copy(value.Data, y.Value.Data)
	again.rewind()
	if t.silent {
		return t.Const(value)
	}
	out := &Var{Value: value, needs: true}
	t.undo = append(t.undo, func() {
		t.step(func(dy tensor.Tensor) {
			again := t.again()
			again.silent = false
			in := again.Input(x.Value)
			y := f(again, in)
			if !y.wanted() {
				return
			}
			again.add(y, dy)
			again.unwind()
			if x.wanted() {
				t.add(x, in.Grad)
			}
			again.rewind()
		}, out)
	})
	return out
}

// again returns the tape on which checkpoints run, which shares the parameters.
func (t *Tape) again() *Tape {
	if t.inner == nil {
		t.inner = NewTape(t.Pool)
	}
	t.inner.Compute, t.inner.local, t.inner.params = t.Compute, t.local, t.params
	return t.inner
}
