//go:build (!amd64 && !arm64) || purego || noasm

package asm

func quantizeQuads(dst []Quad, x []float32)     { quantizeQuadsGeneric(dst, x) }
func dotQuads(f QuadFormat, a *quadArgs, n int) { dotQuadsGeneric(f, a, n) }

func fastDots() bool { return false }
