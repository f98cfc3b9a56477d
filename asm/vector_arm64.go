//go:build !purego && !noasm

package asm

//go:noescape
func dotNEON(a, b []float32) float32

func dot(a, b []float32) float32 {
	if useNEON {
		return dotNEON(a, b)
	}
	return dotGeneric(a, b)
}

//go:noescape
func axpyNEON(y []float32, a float32, x []float32)

func axpy(y []float32, a float32, x []float32) {
	if useNEON {
		axpyNEON(y, a, x)
		return
	}
	axpyGeneric(y, a, x)
}

//go:noescape
func addNEON(y, x []float32)

func add(y, x []float32) {
	if useNEON {
		addNEON(y, x)
		return
	}
	addGeneric(y, x)
}

//go:noescape
func scaleNEON(dst []float32, a float32, x []float32)

func scale(dst []float32, a float32, x []float32) {
	if useNEON {
		scaleNEON(dst, a, x)
		return
	}
	scaleGeneric(dst, a, x)
}

//go:noescape
func maximumNEON(x []float32) float32

func maximum(x []float32) float32 {
	if useNEON {
		return maximumNEON(x)
	}
	return maximumGeneric(x)
}

//go:noescape
func dotRowsNEON(dst, a, x []float32)

func dotRows(dst, a, x []float32) {
	if useNEON {
		dotRowsNEON(dst, a, x)
		return
	}
	dotRowsGeneric(dst, a, x)
}

//go:noescape
func sumRowsNEON(dst, w, a []float32)

func sumRows(dst, w, a []float32) {
	if useNEON {
		sumRowsNEON(dst, w, a)
		return
	}
	sumRowsGeneric(dst, w, a)
}

//go:noescape
func sumNEON(x []float32) float64

func sum(x []float32) float64 {
	if useNEON {
		return sumNEON(x)
	}
	return sumGeneric(x)
}

//go:noescape
func sumSquaresNEON(x []float32, c float64) float64

func sumSquares(x []float32, c float64) float64 {
	if useNEON {
		return sumSquaresNEON(x, c)
	}
	return sumSquaresGeneric(x, c)
}

//go:noescape
func normalizeNEON(dst, x, w, b []float32, mean, scale float32)

func normalize(dst, x, w, b []float32, mean, scale float32) {
	if useNEON {
		normalizeNEON(dst, x, w, b, mean, scale)
		return
	}
	normalizeGeneric(dst, x, w, b, mean, scale)
}

//go:noescape
func rotateNEON(x, cos, sin []float32)

func rotate(x, cos, sin []float32) {
	if useNEON {
		rotateNEON(x, cos, sin)
		return
	}
	rotateGeneric(x, cos, sin)
}
