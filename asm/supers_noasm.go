//go:build (!amd64 && !arm64) || purego || noasm

package asm

func quantizeSupers(_ SuperFormat, dst []Super, x []float32) { quantizeSupersGeneric(dst, x) }
func dotSupers(f SuperFormat, a *superArgs, n int)           { dotSupersGeneric(f, a, n) }
