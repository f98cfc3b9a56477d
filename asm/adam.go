package asm

import "math"

// Adam holds the numbers of a step of AdamW.
type Adam struct {
	Beta1, Rest1 float32 // of the first moment, and 1 less it
	Beta2, Rest2 float32 // of the second moment
	Rate         float32 // the learning rate over the first moment's bias
	Scale        float32 // of the square root: 1 over that of the second moment's bias
	Eps          float32
	Decay        float32 // what is left of a value
}

// Step updates moments and values:
//
//	m = Beta1·m + Rest1·g
//	v = Beta2·v + Rest2·g²
//	x = Decay·x - Rate·m/(Scale·√v + Eps)
//
// m, v and g have at least len(x) values.
func (a *Adam) Step(x, m, v, g []float32) {
	m, v, g = m[:len(x)], v[:len(x)], g[:len(x)]
	raceRead(g)
	raceWrite(x)
	raceWrite(m)
	raceWrite(v)
	adamStep(a, x, m, v, g)
}

func adamStepGeneric(a *Adam, x, m, v, g []float32) {
	for i, d := range g {
		m[i] = a.Beta1*m[i] + a.Rest1*d
		v[i] = a.Beta2*v[i] + a.Rest2*d*d
		root := float32(math.Sqrt(float64(v[i])))
		x[i] = a.Decay*x[i] - a.Rate*m[i]/(a.Scale*root+a.Eps)
	}
}
