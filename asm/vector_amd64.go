//go:build !purego && !noasm

package asm

//go:noescape
func dotAVX512(a, b []float32) float32

//go:noescape
func dotAVX2(a, b []float32) float32

func dot(a, b []float32) float32 {
	switch {
	case useAVX512:
		return dotAVX512(a, b)
	case useAVX2:
		return dotAVX2(a, b)
	}
	return dotGeneric(a, b)
}

//go:noescape
func axpyAVX512(y []float32, a float32, x []float32)

//go:noescape
func axpyAVX2(y []float32, a float32, x []float32)

func axpy(y []float32, a float32, x []float32) {
	switch {
	case useAVX512:
		axpyAVX512(y, a, x)
	case useAVX2:
		axpyAVX2(y, a, x)
	default:
		axpyGeneric(y, a, x)
	}
}

//go:noescape
func addAVX512(y, x []float32)

//go:noescape
func addAVX2(y, x []float32)

func add(y, x []float32) {
	switch {
	case useAVX512:
		addAVX512(y, x)
	case useAVX2:
		addAVX2(y, x)
	default:
		addGeneric(y, x)
	}
}

//go:noescape
func scaleAVX512(dst []float32, a float32, x []float32)

//go:noescape
func scaleAVX2(dst []float32, a float32, x []float32)

func scale(dst []float32, a float32, x []float32) {
	switch {
	case useAVX512:
		scaleAVX512(dst, a, x)
	case useAVX2:
		scaleAVX2(dst, a, x)
	default:
		scaleGeneric(dst, a, x)
	}
}

//go:noescape
func maximumAVX512(x []float32) float32

//go:noescape
func maximumAVX2(x []float32) float32

func maximum(x []float32) float32 {
	switch {
	case useAVX512:
		return maximumAVX512(x)
	case useAVX2:
		return maximumAVX2(x)
	}
	return maximumGeneric(x)
}

//go:noescape
func dotRowsAVX512(dst, a, x []float32)

//go:noescape
func dotRowsAVX2(dst, a, x []float32)

func dotRows(dst, a, x []float32) {
	switch {
	case useAVX512:
		dotRowsAVX512(dst, a, x)
	case useAVX2:
		dotRowsAVX2(dst, a, x)
	default:
		dotRowsGeneric(dst, a, x)
	}
}

//go:noescape
func sumRowsAVX512(dst, w, a []float32)

//go:noescape
func sumRowsAVX2(dst, w, a []float32)

func sumRows(dst, w, a []float32) {
	switch {
	case useAVX512:
		sumRowsAVX512(dst, w, a)
	case useAVX2:
		sumRowsAVX2(dst, w, a)
	default:
		sumRowsGeneric(dst, w, a)
	}
}

//go:noescape
func sumAVX512(x []float32) float64

//go:noescape
func sumAVX2(x []float32) float64

func sum(x []float32) float64 {
	switch {
	case useAVX512:
		return sumAVX512(x)
	case useAVX2:
		return sumAVX2(x)
	}
	return sumGeneric(x)
}

//go:noescape
func sumSquaresAVX512(x []float32, c float64) float64

//go:noescape
func sumSquaresAVX2(x []float32, c float64) float64

func sumSquares(x []float32, c float64) float64 {
	switch {
	case useAVX512:
		return sumSquaresAVX512(x, c)
	case useAVX2:
		return sumSquaresAVX2(x, c)
	}
	return sumSquaresGeneric(x, c)
}

//go:noescape
func normalizeAVX512(dst, x, w, b []float32, mean, scale float32)

//go:noescape
func normalizeAVX2(dst, x, w, b []float32, mean, scale float32)

func normalize(dst, x, w, b []float32, mean, scale float32) {
	switch {
	case useAVX512:
		normalizeAVX512(dst, x, w, b, mean, scale)
	case useAVX2:
		normalizeAVX2(dst, x, w, b, mean, scale)
	default:
		normalizeGeneric(dst, x, w, b, mean, scale)
	}
}

//go:noescape
func rotateAVX512(x, cos, sin []float32)

//go:noescape
func rotateAVX2(x, cos, sin []float32)

func rotate(x, cos, sin []float32) {
	switch {
	case useAVX512:
		rotateAVX512(x, cos, sin)
	case useAVX2:
		rotateAVX2(x, cos, sin)
	default:
		rotateGeneric(x, cos, sin)
	}
}
