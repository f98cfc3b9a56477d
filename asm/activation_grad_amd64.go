//go:build !purego && !noasm

package asm

//go:noescape
func swiGLUGradAVX512(dy, dup, gate, up []float32)

//go:noescape
func swiGLUGradAVX2(dy, dup, gate, up []float32)

func swiGLUGrad(dy, dup, gate, up []float32) {
	switch {
	case useAVX512:
		swiGLUGradAVX512(dy, dup, gate, up)
	case useAVX2:
		n := len(dy) &^ 7
		swiGLUGradAVX2(dy[:n], dup, gate, up)
		swiGLUGradGeneric(dy[n:], dup[n:], gate[n:], up[n:])
	default:
		swiGLUGradGeneric(dy, dup, gate, up)
	}
}

//go:noescape
func swishGradAVX512(dy, x []float32, a float32)

//go:noescape
func swishGradAVX2(dy, x []float32, a float32)

func swishGrad(dy, x []float32, a float32) {
	switch {
	case useAVX512:
		swishGradAVX512(dy, x, a)
	case useAVX2:
		n := len(dy) &^ 7
		swishGradAVX2(dy[:n], x, a)
		swishGradGeneric(dy[n:], x[n:], a)
	default:
		swishGradGeneric(dy, x, a)
	}
}
