//go:build !purego && !noasm

package asm

//go:noescape
func f32ToQ8AVX512(dst []byte, src []float32)

//go:noescape
func f32ToQ8AVX2(dst []byte, src []float32)

func f32ToQ8(dst []byte, src []float32) {
	switch {
	case useAVX512:
		f32ToQ8AVX512(dst, src)
	case useAVX2:
		f32ToQ8AVX2(dst, src)
	default:
		f32ToQ8Generic(dst, src)
	}
}

//go:noescape
func q8ToF32AVX512(dst []float32, src []byte)

//go:noescape
func q8ToF32AVX2(dst []float32, src []byte)

func q8ToF32(dst []float32, src []byte) {
	switch {
	case useAVX512:
		q8ToF32AVX512(dst, src)
	case useAVX2:
		q8ToF32AVX2(dst, src)
	default:
		q8ToF32Generic(dst, src)
	}
}
