//go:build (!amd64 && !arm64) || purego || noasm

package asm

func f32ToQ8(dst []byte, src []float32) { f32ToQ8Generic(dst, src) }
func q8ToF32(dst []float32, src []byte) { q8ToF32Generic(dst, src) }
