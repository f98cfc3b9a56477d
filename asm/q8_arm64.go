//go:build !purego && !noasm

package asm

//go:noescape
func f32ToQ8NEON(dst []byte, src []float32)

func f32ToQ8(dst []byte, src []float32) {
	if useNEON {
		f32ToQ8NEON(dst, src)
		return
	}
	f32ToQ8Generic(dst, src)
}

//go:noescape
func q8ToF32NEON(dst []float32, src []byte)

func q8ToF32(dst []float32, src []byte) {
	if useNEON {
		q8ToF32NEON(dst, src)
		return
	}
	q8ToF32Generic(dst, src)
}
