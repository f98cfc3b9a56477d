//go:build !purego && !noasm

package asm

//go:noescape
func adamStepAVX512(a *Adam, x, m, v, g []float32)

func adamStep(a *Adam, x, m, v, g []float32) {
	if useAVX512 {
		adamStepAVX512(a, x, m, v, g)
		return
	}
	adamStepGeneric(a, x, m, v, g)
}
