package grad

import (
	"math"

	"github.com/go-par/par/asm"
)

// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
type AdamW struct {
	Beta1, Beta2, Eps, WeightDecay float64

	steps int
	state map[*Param]*moments
}

type moments struct{ m, v []float32 }

// NewAdamW returns an optimiser with the usual betas and epsilon.
func NewAdamW(weightDecay float64) *AdamW {
	return &AdamW{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: weightDecay}
}

// Step moves the parameters along their gradients at rate lr and clears the
// gradients. Frozen parameters stay.
func (o *AdamW) Step(params []*Param, lr float64) {
	o.steps++
	step := asm.Adam{
		Beta1: float32(o.Beta1), Rest1: 1 - float32(o.Beta1), Beta2: float32(o.Beta2), Rest2: 1 - float32(o.Beta2),
		Rate:  float32(lr / (1 - math.Pow(o.Beta1, float64(o.steps)))),
		Scale: float32(1 / math.Sqrt(1-math.Pow(o.Beta2, float64(o.steps)))),
		Eps:   float32(o.Eps),
	}
	for _, p := range params {
		if p.Frozen {
			continue
		}
		step.Decay = p.decay(lr * o.WeightDecay)
		s := o.moments(p)
		// In pieces, since a kernel can't be interrupted, and so that the gradient is
		// cleared while it is in the cache.
		const grain = 4096
		for lo := 0; lo < len(s.m); lo += grain {
			hi := min(lo+grain, len(s.m))
			g := p.Grad.Data[lo:hi]
			step.Step(p.Value.Data[lo:hi], s.m[lo:hi], s.v[lo:hi], g)
			clear(g)
		}
	}
}

// decay returns what a step that takes that share away leaves of p.
func (p *Param) decay(share float64) float32 {
	if p.NoDecay {
		return 1
	}
	return float32(1 - share)
}

func (o *AdamW) moments(p *Param) *moments {
	if o.state == nil {
		o.state = map[*Param]*moments{}
	}
	s := o.state[p]
	if s == nil {
		s = &moments{make([]float32, len(p.Value.Data)), make([]float32, len(p.Value.Data))}
		o.state[p] = s
	}
	return s
}

// State returns the first and second moments of a parameter, to be saved, or to be
// filled with saved ones.
func (o *AdamW) State(p *Param) (m, v []float32) {
	s := o.moments(p)
	return s.m, s.v
}

// Steps returns the number of steps taken.
func (o *AdamW) Steps() int { return o.steps }

// Resume says how many steps had been taken when the moments in State were saved.
func (o *AdamW) Resume(steps int) { o.steps = steps }
