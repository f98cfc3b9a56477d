//go:build !amd64 || purego || noasm

package asm

func normGradSums(dy, w, x []float32, mean float32) (sum, dot float32) {
	return normGradSumsGeneric(dy, w, x, mean)
}

func normGrad(dx, dw, dy, w, x []float32, mean, r, slope, shift float32) {
	normGradGeneric(dx, dw, dy, w, x, mean, r, slope, shift)
}
