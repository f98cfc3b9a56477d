package grad

import (
	"math"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor"
)

// Muon takes steps along orthogonalised momentum (Jordan et al., "Muon: An optimizer
// for hidden layers in neural networks", 2024), for matrices inside of a network. The
// steps are scaled to the size of AdamW's, so that both take the same rates and decay
// (Liu et al., "Muon is Scalable for LLM Training", arXiv:2502.16982).
type Muon struct {
	Momentum, WeightDecay float64

	// Compute is the arithmetic of the products, BF16 at first: what they approximate
	// needs no more.
	Compute tensor.Compute

	state   map[*Param][]float32
	workers []orthogonaliser
}

// NewMuon returns an optimiser with the usual momentum.
func NewMuon(weightDecay float64) *Muon {
	return &Muon{Momentum: 0.95, WeightDecay: weightDecay, Compute: tensor.ComputeBF16}
}

// Step moves the parameters at rate lr and clears the gradients; each is computed on
// one thread of p. Frozen parameters stay.
func (o *Muon) Step(p *tensor.Pool, params []*Param, lr float64) {
	for _, q := range params {
		o.State(q) // before the threads read the map
	}
	for len(o.workers) < p.Threads() {
		o.workers = append(o.workers, orthogonaliser{pool: tensor.NewPool(1)})
	}
	p.Do(len(params), func(worker, i int) {
		if !params[i].Frozen {
			o.step(&o.workers[worker], params[i], lr)
		}
	})
}

func (o *Muon) step(w *orthogonaliser, p *Param, lr float64) {
	m, g := o.State(p), p.Grad.Data
	b := float32(o.Momentum)
	const grain = 4096 // values that stay in the cache from one pass to the next
	for lo := 0; lo < len(m); lo += grain {
		m, g := m[lo:min(lo+grain, len(m))], g[lo:min(lo+grain, len(g))]
		asm.Scale(m, b, m)
		asm.Add(m, g)
		asm.Axpy(g, b, m) // Nesterov's
	}
	direction := w.orthogonalise(panelFormat(o.Compute), p.Grad)
	s := float32(lr * 0.2 * math.Sqrt(float64(max(p.Value.Rows, p.Value.Cols))))
	asm.Scale(p.Value.Data, p.decay(lr*o.WeightDecay), p.Value.Data)
	asm.Axpy(p.Value.Data, -s, direction.Data)
	clear(g)
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
