package grad

import (
	"math"

	"github.com/go-par/par/tensor"
)

// Muon takes steps along orthogonalised momentum (Jordan et al., "Muon: An optimizer
// for hidden layers in neural networks", 2024), for matrices inside of a network. The
// steps are scaled to the size of AdamW's, so that both take the same rates and decay
// (Liu et al., "Muon is Scalable for LLM Training", arXiv:2502.16982).
type Muon struct {
	Momentum, WeightDecay float64

	state map[*Param][]float32
}

// NewMuon returns an optimiser with the usual momentum.
func NewMuon(weightDecay float64) *Muon { return &Muon{Momentum: 0.95, WeightDecay: weightDecay} }

// Step moves the parameters at rate lr, computing on p, and clears the gradients.
// Frozen parameters stay.
func (o *Muon) Step(p *tensor.Pool, params []*Param, lr float64) {
	for _, q := range params {
		if q.Frozen {
			continue
		}
		m := o.State(q)
		b := float32(o.Momentum)
		direction := tensor.New(q.Value.Rows, q.Value.Cols)
		for i, g := range q.Grad.Data {
			m[i] = b*m[i] + g
			direction.Data[i] = g + b*m[i] // Nesterov's
		}
		direction = orthogonalise(p, direction)
		decay := float32(1 - lr*o.WeightDecay)
		if q.NoDecay {
			decay = 1
		}
		s := float32(lr * 0.2 * math.Sqrt(float64(max(q.Value.Rows, q.Value.Cols))))
		for i, d := range direction.Data {
			q.Value.Data[i] = q.Value.Data[i]*decay - s*d
		}
		clear(q.Grad.Data)
	}
}

// State returns the momentum of a parameter, to be saved, or to be filled with a
// saved one.
func (o *Muon) State(p *Param) []float32 {
	if o.state == nil {
		o.state = map[*Param][]float32{}
	}
	if o.state[p] == nil {
		o.state[p] = make([]float32, len(p.Value.Data))
	}
	return o.state[p]
}

// orthogonalise brings the singular values of x near 1, five times by the quintic
// that Jordan et al. chose for its slope at 0.
func orthogonalise(p *tensor.Pool, x tensor.Tensor) tensor.Tensor {
	const a, b, c = 3.4445, -4.7750, 2.0315
	wide := x
	if x.Rows > x.Cols {
		wide = tensor.New(x.Cols, x.Rows)
		transpose(wide, x)
	}
	var square float64
	for _, v := range wide.Data {
		square += float64(v) * float64(v)
	}
	norm := float32(1 / (math.Sqrt(square) + 1e-7))
	for i := range wide.Data {
		wide.Data[i] *= norm
	}
	n := wide.Rows
	gram, poly := tensor.New(n, n), tensor.New(n, n)
	columns, next := tensor.New(wide.Cols, n), tensor.New(n, wide.Cols)
	for range 5 {
		p.MatMul(gram, wide, nil, wide.Matrix(), nil) // x xᵀ
		p.MatMul(poly, gram, nil, gram.Matrix(), nil) // its square: it is symmetric
		for i, g := range gram.Data {
			poly.Data[i] = b*g + c*poly.Data[i]
		}
		transpose(columns, wide)
		p.MatMul(next, poly, nil, columns.Matrix(), nil)
		for i, v := range wide.Data {
			next.Data[i] += a * v
		}
		wide, next = next, wide
	}
	if x.Rows > x.Cols {
		transpose(x, wide)
		return x
	}
	return wide
}

// transpose writes xᵀ to y.
func transpose(y, x tensor.Tensor) {
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			y.Data[j*y.Cols+i] = v
		}
	}
}
