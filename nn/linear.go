package nn

import "github.com/go-par/par/tensor"

// Linear is y = W x + B.
type Linear struct {
	W *tensor.Matrix // [out, in]
	B []float32      // [out], nil where the checkpoint has none
}

// Forward computes dst = x[rows] Wᵀ + B; nil rows takes all rows of x.
func (l *Linear) Forward(p *tensor.Pool, dst, x tensor.Tensor, rows []int32) {
	p.MatMul(dst, x, rows, l.W, l.B)
}

// AddTo computes x += W h + B, for all rows of h.
func (l *Linear) AddTo(p *tensor.Pool, x, h tensor.Tensor) { p.AddMatMul(x, h, l.W, l.B) }

// into returns Forward with this dst, as one of several products.
func (l *Linear) into(dst tensor.Tensor) tensor.Product {
	return tensor.Product{Dst: dst, W: l.W, Bias: l.B}
}

// In and Out are the widths that l maps between.
func (l *Linear) In() int  { return l.W.Cols() }
func (l *Linear) Out() int { return l.W.Rows() }
