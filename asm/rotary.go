package asm

// Rotate turns every head of one token's row x in place by the angles whose
// cosines and sines are given: with n = len(cos), the pair (x[i], x[i+n]) of each
// 2n values becomes (x[i]·c[i]-x[i+n]·s[i], x[i+n]·c[i]+x[i]·s[i]). len(x) is a
// multiple of 2n; sin has at least n values.
func Rotate(x, cos, sin []float32) {
	sin = sin[:len(cos)]
	if len(x) == 0 {
		return
	}
	if len(cos) == 0 || len(x)%(2*len(cos)) != 0 {
		panic("asm: Rotate: the row is not a whole number of heads")
	}
	raceRead(cos)
	raceRead(sin)
	raceWrite(x)
	rotate(x, cos, sin)
}

func rotateGeneric(x, cos, sin []float32) {
	n := len(cos)
	for ; len(x) > 0; x = x[2*n:] {
		lo, hi := x[:n], x[n:2*n]
		for i, c := range cos {
			a, b, s := lo[i], hi[i], sin[i]
			lo[i] = a*c - b*s
			hi[i] = b*c + a*s
		}
	}
}

// RotatePairs is Rotate in the other layout: the pair that turns by angle i of a
// head is (x[2i], x[2i+1]).
func RotatePairs(x, cos, sin []float32) {
	sin = sin[:len(cos)]
	if len(x) == 0 {
		return
	}
	if len(cos) == 0 || len(x)%(2*len(cos)) != 0 {
		panic("asm: RotatePairs: the row is not a whole number of heads")
	}
	for ; len(x) > 0; x = x[2*len(cos):] {
		head := x[:2*len(cos)]
		for i, c := range cos {
			a, b, s := head[2*i], head[2*i+1], sin[i]
			head[2*i] = a*c - b*s
			head[2*i+1] = b*c + a*s
		}
	}
}
