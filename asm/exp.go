package asm

import "math"

var negInf = float32(math.Inf(-1))

// expMin is ln 2⁻¹²⁶, the logarithm of the least normal number. What is smaller
// counts as 0: subnormal numbers are slow on some CPUs, and nothing that is added
// to 1 or to a sum of exponentials with a 1 in it can tell.
const expMin = -87.33654

// ExpSum computes x[i] = exp(x[i]-shift) in place and returns the sum, taken in
// several lanes.
//
// Each exponential is within 1.5 units in the last place of that of the rounded
// difference; it is 0 below 2⁻¹²⁶, +Inf from 2¹²⁸ on, NaN for a NaN.
func ExpSum(x []float32, shift float32) float32 {
	raceWrite(x)
	return expSum(x, shift)
}

func expSumGeneric(x []float32, shift float32) float32 {
	var s [8]float32
	for i, v := range x {
		e := exp(v - shift)
		x[i] = e
		s[i%8] += e
	}
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

func exp(x float32) float32 {
	if x < expMin {
		return 0
	}
	return float32(math.Exp(float64(x)))
}

func exp2(x float32) float32 {
	if x < -126 {
		return 0
	}
	return float32(math.Exp2(float64(x)))
}
