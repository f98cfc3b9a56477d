//go:build !purego && !noasm

package asm

// The kernels take a multiple of eight values; the generic ones give the same bits.

//go:noescape
func f16ToF32NEON(dst []float32, src []byte)

func f16ToF32(dst []float32, src []byte) {
	n := 0
	if useNEON {
		n = len(dst) &^ 7
		f16ToF32NEON(dst[:n], src)
	}
	f16ToF32Generic(dst[n:], src[2*n:])
}

//go:noescape
func bf16ToF32NEON(dst []float32, src []byte)

func bf16ToF32(dst []float32, src []byte) {
	n := 0
	if useNEON {
		n = len(dst) &^ 7
		bf16ToF32NEON(dst[:n], src)
	}
	bf16ToF32Generic(dst[n:], src[2*n:])
}

//go:noescape
func f32ToF16NEON(dst []byte, src []float32)

func f32ToF16(dst []byte, src []float32) {
	n := 0
	if useNEON {
		n = len(src) &^ 7
		f32ToF16NEON(dst, src[:n])
	}
	f32ToF16Generic(dst[2*n:], src[n:])
}

//go:noescape
func f32ToBF16NEON(dst []byte, src []float32)

func f32ToBF16(dst []byte, src []float32) {
	n := 0
	if useNEON {
		n = len(src) &^ 7
		f32ToBF16NEON(dst, src[:n])
	}
	f32ToBF16Generic(dst[2*n:], src[n:])
}
