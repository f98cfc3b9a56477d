package asm

import "math"

// SwiGLUGrad computes the gradients of y = gate·σ(gate)·up:
//
//	dy[i] = dy[i]·up[i]·(s + gate[i]·s·(1-s)),  s = σ(gate[i])
//
// in place, which is that of gate, and, before, dup[i] = dy[i]·gate[i]·s. Each is
// within 2⁻²⁰ of its largest term. The slices have at least len(dy) values.
func SwiGLUGrad(dy, dup, gate, up []float32) {
	dup, gate, up = dup[:len(dy)], gate[:len(dy)], up[:len(dy)]
	raceRead(gate)
	raceRead(up)
	raceWrite(dy)
	raceWrite(dup)
	swiGLUGrad(dy, dup, gate, up)
}

// SwishGrad computes the gradient of y = x·σ(a·x) in place:
//
//	dy[i] = dy[i]·(s + a·x[i]·s·(1-s)),  s = σ(a·x[i])
//
// within 2⁻²⁰ of its largest term. x has at least len(dy) values.
func SwishGrad(dy, x []float32, a float32) {
	x = x[:len(dy)]
	raceRead(x)
	raceWrite(dy)
	swishGrad(dy, x, a)
}

func swiGLUGradGeneric(dy, dup, gate, up []float32) {
	for i, d := range dy {
		g := float64(gate[i])
		s := 1 / (1 + math.Exp(-g))
		dup[i] = d * float32(g*s)
		dy[i] = d * up[i] * float32(s+g*s*(1-s))
	}
}

func swishGradGeneric(dy, x []float32, a float32) {
	for i, d := range dy {
		z := float64(a) * float64(x[i])
		s := 1 / (1 + math.Exp(-z))
		dy[i] = d * float32(s+z*s*(1-s))
	}
}
