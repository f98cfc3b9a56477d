//go:build !purego && !noasm

package asm

//go:noescape
func expSumNEON(x []float32, shift float32) float32

func expSum(x []float32, shift float32) float32 {
	if useNEON {
		return expSumNEON(x, shift)
	}
	return expSumGeneric(x, shift)
}

//go:noescape
func swishNEON(x []float32, a, b float32)

func swish(x []float32, a, b float32) {
	if useNEON {
		swishNEON(x, a, b)
		return
	}
	swishGeneric(x, a, b)
}

//go:noescape
func swiGLUNEON(gate, up []float32)

func swiGLU(gate, up []float32) {
	if useNEON {
		swiGLUNEON(gate, up)
		return
	}
	swiGLUGeneric(gate, up)
}

//go:noescape
func geluNEON(x []float32)

func gelu(x []float32) {
	if useNEON {
		geluNEON(x)
		return
	}
	geluGeneric(x)
}
