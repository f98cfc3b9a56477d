//go:build !amd64 || purego || noasm

package asm

func adamStep(a *Adam, x, m, v, g []float32) { adamStepGeneric(a, x, m, v, g) }
