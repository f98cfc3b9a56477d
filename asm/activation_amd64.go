//go:build !purego && !noasm

package asm

//go:noescape
func expSumAVX512(x []float32, shift float32) float32

//go:noescape
func expSumAVX2(x []float32, shift float32) float32

func expSum(x []float32, shift float32) float32 {
	switch {
	case useAVX512:
		return expSumAVX512(x, shift)
	case useAVX2:
		return expSumAVX2(x, shift)
	}
	return expSumGeneric(x, shift)
}

//go:noescape
func swishAVX512(x []float32, a, b float32)

//go:noescape
func swishAVX2(x []float32, a, b float32)

func swish(x []float32, a, b float32) {
	switch {
	case useAVX512:
		swishAVX512(x, a, b)
	case useAVX2:
		swishAVX2(x, a, b)
	default:
		swishGeneric(x, a, b)
	}
}

//go:noescape
func swiGLUAVX512(gate, up []float32)

//go:noescape
func swiGLUAVX2(gate, up []float32)

func swiGLU(gate, up []float32) {
	switch {
	case useAVX512:
		swiGLUAVX512(gate, up)
	case useAVX2:
		swiGLUAVX2(gate, up)
	default:
		swiGLUGeneric(gate, up)
	}
}

//go:noescape
func geluAVX512(x []float32)

//go:noescape
func geluAVX2(x []float32)

func gelu(x []float32) {
	switch {
	case useAVX512:
		geluAVX512(x)
	case useAVX2:
		geluAVX2(x)
	default:
		geluGeneric(x)
	}
}
