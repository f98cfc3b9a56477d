package tensor

import (
	"fmt"
	"math"

	"github.com/go-par/par/asm"
)

// Activation is an element-wise non-linearity.
type Activation uint8

const (
	SiLU      Activation = iota // x·σ(x)
	GELU                        // x·Φ(x), with erf
	GELUTanh                    // the tanh approximation of GELU
	QuickGELU                   // x·σ(1.702x), CLIP's
)

// The operations that are no Activation.
const (
	swiGLU Activation = QuickGELU + 1 + iota
	add
)

// Activate applies f to every value of x in place.
func (p *Pool) Activate(x Tensor, f Activation) {
	if f > QuickGELU {
		panic(fmt.Sprintf("tensor: no activation has the number %d", f))
	}
	p.elementwise(f, x, Tensor{})
}

// SwiGLU computes gate = silu(gate)*up in place.
func (p *Pool) SwiGLU(gate, up Tensor) { p.elementwise(swiGLU, gate, up) }

// Add computes x += y.
func (p *Pool) Add(x, y Tensor) { p.elementwise(add, x, y) }

// grain is how many values an item of an element-wise operation has at most: a few
// microseconds of work, many times what it costs to hand it out. What is not more
// is done by the caller alone.
const grain = 16 << 10

// vector is the number of values in the widest register.
const vector = 16

// perItem cuts n rows of so many values into items: as many for each thread.
func (p *Pool) perItem(n, values int) int {
	items := max(1, ceilDiv(n*values, grain))
	if items > 1 {
		items = ceilDiv(items, p.Threads()) * p.Threads()
	}
	return max(1, ceilDiv(n, items))
}

// elementwise is x = op(x, y); its items are runs of perItem values.
type elementwise struct {
	op      Activation
	x, y    []float32
	perItem int
}

func (p *Pool) elementwise(op Activation, x, y Tensor) {
	if op > QuickGELU && (x.Rows != y.Rows || x.Cols != y.Cols) {
		panic(fmt.Sprintf("tensor: combining %v with %v", x, y))
	}
	p.begin()
	defer p.end()
	t := &p.tasks.elementwise
	*t = elementwise{op, x.Data[:x.Rows*x.Cols], y.Data[:y.Rows*y.Cols], 0}
	t.perItem = ceilDiv(p.perItem(len(t.x), 1), vector) * vector
	p.run(ceilDiv(len(t.x), t.perItem), t)
	*t = elementwise{}
}

const (
	sqrt8OverPi = 2 * math.Sqrt2 * math.SqrtPi / math.Pi // √(8/π)
	geluCubic   = 0.044715
)

func (t *elementwise) run(_, i int) {
	lo, hi := i*t.perItem, min((i+1)*t.perItem, len(t.x))
	x := t.x[lo:hi]
	switch t.op {
	case SiLU:
		asm.Swish(x, 1, 0)
	case GELU:
		asm.GELU(x)
	case GELUTanh:
		asm.Swish(x, sqrt8OverPi, sqrt8OverPi*geluCubic)
	case QuickGELU:
		asm.Swish(x, 1.702, 0)
	case swiGLU:
		asm.SwiGLU(x, t.y[lo:hi])
	case add:
		asm.Add(x, t.y[lo:hi])
	}
}
