package asm

import "math"

// Swish computes x = x·σ(x·(a+b·x²)) in place, where σ(z) = 1/(1+exp(-z)).
// That is SiLU for a = 1, b = 0, CLIP's quick GELU for a = 1.702, b = 0, and the
// tanh approximation of GELU for a = √(8/π), b = 0.044715·a, since
// (1+tanh z)/2 = σ(2z).
//
// The error is below 2⁻²²·|y| + 2⁻²⁴·|x|: the second term is the rounding of
// the argument, seen through a slope of at most 0.3, and is absent for SiLU.
// -Inf gives NaN.
func Swish(x []float32, a, b float32) {
	raceWrite(x)
	swish(x, a, b)
}

// SwiGLU computes gate[i] = gate[i]·σ(gate[i])·up[i] in place, to within
// 2⁻²²·|y| where gate[i] > expMin and to 0 beyond. up has at least len(gate)
// values.
func SwiGLU(gate, up []float32) {
	up = up[:len(gate)]
	raceRead(up)
	raceWrite(gate)
	swiGLU(gate, up)
}

// GELU computes x = x·Φ(x) in place, where Φ is the normal distribution function
// (1+erf(x/√2))/2. The error is below 2⁻²¹·|y| wherever Φ(-|x|) is a normal
// number; beyond, y is x or 0.
//
// With q(t) = Φ(-t) the function is max(x, 0) - |x|·q(|x|), which loses no digits
// on the negative side. q(t) = exp(-t²/2)·h(t), and h falls so gently that a
// polynomial in 1/(1+ct) gives it to 2⁻²⁵: the form of formula 7.1.26 in
// Abramowitz and Stegun, with our own minimax coefficients.
func GELU(x []float32) {
	raceWrite(x)
	gelu(x)
}

func swishGeneric(x []float32, a, b float32) {
	for i, v := range x {
		z := float64(v)
		square := min(z*z, 0x1p80) // so that 0 times it is 0
		x[i] = float32(z / (1 + math.Exp(-z*(float64(a)+float64(b)*square))))
	}
}

func swiGLUGeneric(gate, up []float32) {
	for i, v := range gate {
		z := float64(v)
		gate[i] = float32(z/(1+math.Exp(-z))) * up[i]
	}
}

func geluGeneric(x []float32) {
	for i, v := range x {
		z := max(float64(v), -64) // where Φ is 0
		x[i] = float32(0.5 * z * math.Erfc(-z/math.Sqrt2))
	}
}
