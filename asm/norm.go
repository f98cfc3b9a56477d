package asm

// Sum returns Σ x[i]. It adds in f64, so that the result is exact to far below
// the rounding of an f32 whatever the length.
func Sum(x []float32) float64 {
	raceRead(x)
	return sum(x)
}

// SumSquares returns Σ (x[i]-c)², computed and added in f64 like Sum.
func SumSquares(x []float32, c float64) float64 {
	raceRead(x)
	return sumSquares(x, c)
}

// Normalize computes dst[i] = (x[i]-mean)·scale·w[i] + b[i], in this order. An
// empty b adds nothing. w, b and dst have at least len(x) values; dst may be x.
func Normalize(dst, x, w, b []float32, mean, scale float32) {
	dst, w = dst[:len(x)], w[:len(x)]
	if len(b) > 0 {
		b = b[:len(x)]
	}
	raceRead(x)
	raceRead(w)
	raceRead(b)
	raceWrite(dst)
	normalize(dst, x, w, b, mean, scale)
}

func sumGeneric(x []float32) float64 {
	var s [4]float64
	for i, v := range x {
		s[i%4] += float64(v)
	}
	return (s[0] + s[2]) + (s[1] + s[3])
}

func sumSquaresGeneric(x []float32, c float64) float64 {
	var s [4]float64
	for i, v := range x {
		d := float64(v) - c
		s[i%4] += d * d
	}
	return (s[0] + s[2]) + (s[1] + s[3])
}

func normalizeGeneric(dst, x, w, b []float32, mean, scale float32) {
	if len(b) == 0 {
		for i, v := range x {
			dst[i] = (v - mean) * scale * w[i]
		}
		return
	}
	for i, v := range x {
		dst[i] = (v-mean)*scale*w[i] + b[i]
	}
}
