//go:build !amd64 || purego || noasm

package asm

func swiGLUGrad(dy, dup, gate, up []float32) { swiGLUGradGeneric(dy, dup, gate, up) }
func swishGrad(dy, x []float32, a float32)   { swishGradGeneric(dy, x, a) }
