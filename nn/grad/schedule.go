package grad

import (
	"math"

	"github.com/go-par/par/asm"
)

// ClipNorm scales the gradients of params down so that their common norm is at
// most limit, and returns the norm that they had.
func ClipNorm(params []*Param, limit float64) float64 {
	var sum float64
	for _, p := range params {
		sum += asm.SumSquares(p.Grad.Data, 0)
	}
	norm := math.Sqrt(sum)
	if norm > limit {
		s := float32(limit / norm)
		for _, p := range params {
			asm.Scale(p.Grad.Data, s, p.Grad.Data)
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
