package asm

// NormGradSums returns what the gradient of a normalised row of x needs to know of all
// of it: Σ dy[i]·w[i] and Σ dy[i]·w[i]·(x[i]-mean), summed in several lanes. dy and w
// have at least len(x) values.
func NormGradSums(dy, w, x []float32, mean float32) (sum, dot float32) {
	dy, w = dy[:len(x)], w[:len(x)]
	raceRead(dy)
	raceRead(w)
	raceRead(x)
	return normGradSums(dy, w, x, mean)
}

// NormGrad adds the gradients of y[i] = u[i]·w[i] + b[i] with u = (x-mean)·r:
//
//	dx[i] += r·dy[i]·w[i] - u[i]·slope - shift
//	dw[i] += dy[i]·u[i]
//
// slope and shift are what the mean and r change with x. All slices have at least
// len(x) values; dx and dw are apart from the others.
func NormGrad(dx, dw, dy, w, x []float32, mean, r, slope, shift float32) {
	dx, dw, dy, w = dx[:len(x)], dw[:len(x)], dy[:len(x)], w[:len(x)]
	raceRead(dy)
	raceRead(w)
	raceRead(x)
	raceWrite(dx)
	raceWrite(dw)
	normGrad(dx, dw, dy, w, x, mean, r, slope, shift)
}

func normGradSumsGeneric(dy, w, x []float32, mean float32) (sum, dot float32) {
	var s, d [8]float32
	for i, v := range x {
		g := dy[i] * w[i]
		s[i%8] += g
		d[i%8] += g * (v - mean)
	}
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])),
		((d[0] + d[4]) + (d[2] + d[6])) + ((d[1] + d[5]) + (d[3] + d[7]))
}

func normGradGeneric(dx, dw, dy, w, x []float32, mean, r, slope, shift float32) {
	for i, v := range x {
		u := (v - mean) * r
		dx[i] += r*(dy[i]*w[i]) - u*slope - shift
		dw[i] += dy[i] * u
	}
}
