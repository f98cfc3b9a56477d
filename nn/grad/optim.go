package grad

import "math"

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
	c1 := 1 - math.Pow(o.Beta1, float64(o.steps))
	c2 := math.Sqrt(1 - math.Pow(o.Beta2, float64(o.steps)))
	for _, p := range params {
		if p.Frozen {
			continue
		}
		s := o.moments(p)
		decay := float32(1 - lr*o.WeightDecay)
		if p.NoDecay {
			decay = 1
		}
		b1, b2 := float32(o.Beta1), float32(o.Beta2)
		for i, g := range p.Grad.Data {
			s.m[i] = b1*s.m[i] + (1-b1)*g
			s.v[i] = b2*s.v[i] + (1-b2)*g*g
			denom := math.Sqrt(float64(s.v[i]))/c2 + o.Eps
			p.Value.Data[i] = p.Value.Data[i]*decay - float32(lr/c1*float64(s.m[i])/denom)
		}
		clear(p.Grad.Data)
	}
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

// ClipNorm scales the gradients of params down so that their common norm is at
// most limit, and returns the norm that they had.
func ClipNorm(params []*Param, limit float64) float64 {
	var sum float64
	for _, p := range params {
		for _, g := range p.Grad.Data {
			sum += float64(g) * float64(g)
		}
	}
	norm := math.Sqrt(sum)
	if norm > limit {
		s := float32(limit / norm)
		for _, p := range params {
			for i := range p.Grad.Data {
				p.Grad.Data[i] *= s
			}
		}
	}
	return norm
}

// Schedule is a learning rate that rises linearly for Warmup steps and falls to
// Floor along a cosine until Steps.
type Schedule struct {
	Peak, Floor   float64
	Warmup, Steps int
}

// Rate returns the rate of a step, counted from 0.
func (s Schedule) Rate(step int) float64 {
	if step < s.Warmup {
		return s.Peak * float64(step+1) / float64(s.Warmup)
	}
	if step >= s.Steps {
		return s.Floor
	}
	x := float64(step-s.Warmup) / float64(max(1, s.Steps-s.Warmup))
	return s.Floor + (s.Peak-s.Floor)*(1+math.Cos(math.Pi*x))/2
}
