package grad

import (
	"fmt"

	"github.com/go-par/par/tensor"
)

// Var is a value on a tape. Grad is its gradient, of the same shape; its Data is
// nil where none is wanted.
type Var struct{ Value, Grad tensor.Tensor }

func (v *Var) wanted() bool { return v != nil && v.Grad.Data != nil }

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

	undo   []func()
	silent bool // records nothing: what runs on it is not differentiated
	memory *arena
}

// NewTape returns an empty tape that computes on p.
func NewTape(p *tensor.Pool) *Tape { return &Tape{Pool: p, memory: new(arena)} }

// Reset forgets everything recorded. The memory of all Vars of the tape is used
// again.
func (t *Tape) Reset() {
	clear(t.undo)
	t.undo = t.undo[:0]
	t.memory.reset()
}

// Const places a value on the tape that needs no gradient.
func (t *Tape) Const(x tensor.Tensor) *Var { return &Var{Value: x} }

// Input places a value on the tape whose gradient is wanted.
func (t *Tape) Input(x tensor.Tensor) *Var { return &Var{x, t.memory.zeros(x.Rows, x.Cols)} }

// Param places a parameter on the tape. Its gradient goes to p.Grad.
func (t *Tape) Param(p *Param) *Var {
	if p.Frozen {
		return &Var{Value: p.Value}
	}
	return &Var{p.Value, p.Grad}
}

// Op places the result of an operation on the tape. back is called by Backward
// when the gradient of the result is complete; it must add to the gradients of
// those operands that want one. The result has no gradient, and back is dropped,
// where no operand wants one.
func (t *Tape) Op(value tensor.Tensor, back func(grad tensor.Tensor), operands ...*Var) *Var {
	out := &Var{Value: value}
	for _, v := range operands {
		if !v.wanted() || t.silent {
			continue
		}
		out.Grad = t.memory.zeros(value.Rows, value.Cols)
		t.undo = append(t.undo, func() { back(out.Grad) })
		break
	}
	return out
}

// Backward computes the gradients of the sum of v's values, scaled.
func (t *Tape) Backward(v *Var, scale float32) {
	if !v.wanted() {
		return
	}
	for i := range v.Grad.Data {
		v.Grad.Data[i] += scale
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
	inner := &Tape{Pool: t.Pool, silent: true, memory: new(arena)}
	y := f(inner, t.Const(x.Value))
	value := t.memory.get(y.Value.Rows, y.Value.Cols)
	copy(value.Data, y.Value.Data)
	if t.silent {
		return t.Const(value)
	}
	out := &Var{value, t.memory.zeros(value.Rows, value.Cols)}
	t.undo = append(t.undo, func() {
		again := NewTape(t.Pool)
		in := again.Input(x.Value)
		y := f(again, in)
		copy(y.Grad.Data, out.Grad.Data)
		again.unwind()
		if x.wanted() {
			t.Pool.Add(x.Grad, in.Grad)
		}
	})
	return out
}

// arena hands out tensors and takes all of them back at once.
type arena struct {
	free map[int][][]float32 // by length
	used [][]float32
}

// get returns a tensor whose values are undefined.
func (a *arena) get(rows, cols int) tensor.Tensor {
	n := rows * cols
	list := a.free[n]
	var data []float32
	if k := len(list); k > 0 {
		data, a.free[n] = list[k-1], list[:k-1]
	} else {
		data = make([]float32, n)
	}
	a.used = append(a.used, data)
	return tensor.Tensor{Rows: rows, Cols: cols, Data: data}
}

func (a *arena) zeros(rows, cols int) tensor.Tensor {
	t := a.get(rows, cols)
	clear(t.Data)
	return t
}

func (a *arena) reset() {
	if a.free == nil {
		a.free = map[int][][]float32{}
	}
	for _, data := range a.used {
		a.free[len(data)] = append(a.free[len(data)], data)
	}
	clear(a.used)
	a.used = a.used[:0]
}
