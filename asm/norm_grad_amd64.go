//go:build !purego && !noasm

package asm

//go:noescape
func normGradSumsAVX512(dy, w, x []float32, mean float32) (sum, dot float32)

func normGradSums(dy, w, x []float32, mean float32) (sum, dot float32) {
	if useAVX512 {
		return normGradSumsAVX512(dy, w, x, mean)
	}
	return normGradSumsGeneric(dy, w, x, mean)
}

//go:noescape
func normGradAVX512(dx, dw, dy, w, x []float32, mean, r, slope, shift float32)

func normGrad(dx, dw, dy, w, x []float32, mean, r, slope, shift float32) {
	if useAVX512 {
		normGradAVX512(dx, dw, dy, w, x, mean, r, slope, shift)
		return
	}
	normGradGeneric(dx, dw, dy, w, x, mean, r, slope, shift)
}
