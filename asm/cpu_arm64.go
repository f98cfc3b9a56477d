//go:build !purego && !noasm

package asm

import "golang.org/x/sys/cpu"

const bestReason = "the best this CPU has"

const (
	neon features = 1 << iota
	dotProd
	i8mm
	bf16
)

// tiers is in ascending order of preference.
var tiers = []tier{
	{"generic", 0, 0},
	{"neon", neon, neon},
	{"dotprod", neon | dotProd, neon | dotProd},
	{"i8mm", neon | dotProd | i8mm, neon | dotProd | i8mm | bf16},
}

// What the kernels may use; setFeatures sets them.
var useNEON, useDotProd, useI8MM, useBF16 bool

// detect relies on Advanced SIMD being part of every arm64 system that Go
// supports. HasASIMDDP is the dot product, whatever its comment says.
func detect() features {
	f := neon
	if cpu.ARM64.HasASIMDDP {
		f |= dotProd
	}
	if f&dotProd != 0 && cpu.ARM64.HasI8MM {
		f |= i8mm
	}
	if f&i8mm != 0 && hasBF16() {
		f |= bf16
	}
	return f
}

func setFeatures(f features) {
	useNEON = f&neon != 0
	useDotProd = f&dotProd != 0
	useI8MM = f&i8mm != 0
	useBF16 = f&bf16 != 0
}
