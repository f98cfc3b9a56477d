package asm

// Dot returns Σ a[i]·b[i], summed in several lanes. b has at least len(a) values.
func Dot(a, b []float32) float32 {
	b = b[:len(a)]
	raceRead(a)
	raceRead(b)
	return dot(a, b)
}

// Axpy computes y[i] += a·x[i]. y has at least len(x) values and may be x.
func Axpy(y []float32, a float32, x []float32) {
	y = y[:len(x)]
	raceRead(x)
	raceWrite(y)
	axpy(y, a, x)
}

// Add computes y[i] += x[i]. y has at least len(x) values and may be x.
func Add(y, x []float32) {
	y = y[:len(x)]
	raceRead(x)
	raceWrite(y)
	add(y, x)
}

// Scale computes dst[i] = a·x[i]. dst has at least len(x) values and may be x.
func Scale(dst []float32, a float32, x []float32) {
	dst = dst[:len(x)]
	raceRead(x)
	raceWrite(dst)
	scale(dst, a, x)
}

// Max returns the greatest value of x, -Inf for none. Where x holds a NaN, the
// result is any of its values.
func Max(x []float32) float32 {
	raceRead(x)
	return maximum(x)
}

// DotRows computes dst[j] = Σ_i a[j·n+i]·x[i] for every j, where n is len(x):
// the product of a row-major matrix and a vector.
func DotRows(dst, a, x []float32) {
	a = a[:len(dst)*len(x)]
	raceRead(a)
	raceRead(x)
	raceWrite(dst)
	dotRows(dst, a, x)
}

// SumRows computes dst[i] += Σ_j w[j]·a[j·n+i] for every i, where n is len(dst):
// the weighted sum of a row-major matrix's rows, added in ascending order.
func SumRows(dst, w, a []float32) {
	a = a[:len(w)*len(dst)]
	raceRead(a)
	raceRead(w)
	raceWrite(dst)
	sumRows(dst, w, a)
}

// dotGeneric sums in eight lanes, so that an error grows with an eighth of the
// length, and that the CPU need not wait for each addition.
func dotGeneric(a, b []float32) float32 {
	var s [8]float32
	for len(a) >= 8 && len(b) >= 8 {
		s[0] += a[0] * b[0]
		s[1] += a[1] * b[1]
		s[2] += a[2] * b[2]
		s[3] += a[3] * b[3]
		s[4] += a[4] * b[4]
		s[5] += a[5] * b[5]
		s[6] += a[6] * b[6]
		s[7] += a[7] * b[7]
		a, b = a[8:], b[8:]
	}
	for i, x := range a {
		s[i] += x * b[i]
	}
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

func axpyGeneric(y []float32, a float32, x []float32) {
	for i, v := range x {
		y[i] += a * v
	}
}

func addGeneric(y, x []float32) {
	for i, v := range x {
		y[i] += v
	}
}

func scaleGeneric(dst []float32, a float32, x []float32) {
	for i, v := range x {
		dst[i] = a * v
	}
}

func maximumGeneric(x []float32) float32 {
	top := negInf
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	return top
}

func dotRowsGeneric(dst, a, x []float32) {
	for j := range dst {
		dst[j] = dotGeneric(a[j*len(x):(j+1)*len(x)], x)
	}
}

func sumRowsGeneric(dst, w, a []float32) {
	for j, v := range w {
		axpyGeneric(dst, v, a[j*len(dst):(j+1)*len(dst)])
	}
}
