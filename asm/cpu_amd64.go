//go:build !purego && !noasm

package asm

import "golang.org/x/sys/cpu"

const bestReason = "the best this CPU has"

const (
	avx2 features = 1 << iota
	avxVNNI
	avx512
	avx512VNNI
	avx512BF16
)

// tiers is in ascending order of preference.
var tiers = []tier{
	{"generic", 0, 0},
	{"avx2", avx2, avx2},
	{"avxvnni", avx2 | avxVNNI, avx2 | avxVNNI},
	{"avx512", avx2 | avx512, avx2 | avx512},
	{"avx512vnni", avx2 | avx512 | avx512VNNI, avx2 | avxVNNI | avx512 | avx512VNNI | avx512BF16},
}

// What the kernels may use; setFeatures sets them.
var useAVX2, useAVXVNNI, useAVX512, useAVX512VNNI, useAVX512BF16 bool

// detect asks for every feature on its own, because GODEBUG clears them one by
// one and because F16C is reported without the operating system's consent to
// AVX state.
func detect() features {
	var f features
	x := &cpu.X86
	if x.HasAVX && x.HasAVX2 && x.HasFMA && x.HasF16C {
		f |= avx2
	}
	if f&avx2 != 0 && x.HasAVXVNNI {
		f |= avxVNNI
	}
	if f&avx2 != 0 && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL {
		f |= avx512
	}
	if f&avx512 != 0 && x.HasAVX512VNNI {
		f |= avx512VNNI
	}
	if f&avx512 != 0 && x.HasAVX512BF16 {
		f |= avx512BF16
	}
	return f
}

func setFeatures(f features) {
	useAVX2 = f&avx2 != 0
	useAVXVNNI = f&avxVNNI != 0
	useAVX512 = f&avx512 != 0
	useAVX512VNNI = f&avx512VNNI != 0
	useAVX512BF16 = f&avx512BF16 != 0
}
