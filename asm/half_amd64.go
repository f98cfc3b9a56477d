//go:build !purego && !noasm

package asm

//go:noescape
func f16ToF32AVX512(dst []float32, src []byte)

//go:noescape
func f16ToF32AVX2(dst []float32, src []byte)

func f16ToF32(dst []float32, src []byte) {
	switch {
	case useAVX512:
		f16ToF32AVX512(dst, src)
	case useAVX2:
		n := len(dst) &^ 7
		f16ToF32AVX2(dst[:n], src)
		f16ToF32Generic(dst[n:], src[2*n:])
	default:
		f16ToF32Generic(dst, src)
	}
}

//go:noescape
func bf16ToF32AVX512(dst []float32, src []byte)

//go:noescape
func bf16ToF32AVX2(dst []float32, src []byte)

func bf16ToF32(dst []float32, src []byte) {
	switch {
	case useAVX512:
		bf16ToF32AVX512(dst, src)
	case useAVX2:
		n := len(dst) &^ 7
		bf16ToF32AVX2(dst[:n], src)
		bf16ToF32Generic(dst[n:], src[2*n:])
	default:
		bf16ToF32Generic(dst, src)
	}
}

//go:noescape
func f32ToF16AVX512(dst []byte, src []float32)

//go:noescape
func f32ToF16AVX2(dst []byte, src []float32)

func f32ToF16(dst []byte, src []float32) {
	switch {
	case useAVX512:
		f32ToF16AVX512(dst, src)
	case useAVX2:
		n := len(src) &^ 7
		f32ToF16AVX2(dst, src[:n])
		f32ToF16Generic(dst[2*n:], src[n:])
	default:
		f32ToF16Generic(dst, src)
	}
}

//go:noescape
func f32ToBF16AVX512(dst []byte, src []float32)

//go:noescape
func f32ToBF16AVX2(dst []byte, src []float32)

func f32ToBF16(dst []byte, src []float32) {
	switch {
	case useAVX512:
		f32ToBF16AVX512(dst, src)
	case useAVX2:
		n := len(src) &^ 7
		f32ToBF16AVX2(dst, src[:n])
		f32ToBF16Generic(dst[2*n:], src[n:])
	default:
		f32ToBF16Generic(dst, src)
	}
}
