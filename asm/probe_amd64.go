//go:build !purego && !noasm

package asm

// Sums in flight in the probes below; see probe_amd64.s.
const probeSums = 12

func probeF32(n int) int {
	switch {
	case useAVX512:
		probeF32AVX512(n)
		return probeSums * 16 * 2
	case useAVX2:
		probeF32AVX2(n)
		return probeSums * 8 * 2
	}
	return probeF32Generic(n)
}

func probeBF16(n int) int {
	if useAVX512BF16 {
		probeBF16AVX512(n)
		return probeSums * 16 * 2 * 2
	}
	return 0
}

func probeInt8(n int) int {
	if useAVX512VNNI {
		probeInt8VNNI(n)
		return probeSums * 16 * 4 * 2
	}
	return 0
}

func probeRead(b []byte) {
	n := 0
	if useAVX2 && len(b) >= 256 {
		n = len(b) &^ 255
		probeReadAVX2(&b[0], n)
	}
	probeReadGeneric(b[n:])
}

//go:noescape
func probeF32AVX512(n int)

//go:noescape
func probeF32AVX2(n int)

//go:noescape
func probeBF16AVX512(n int)

//go:noescape
func probeInt8VNNI(n int)

// probeReadAVX2 reads n bytes, a multiple of 256.
//
//go:noescape
func probeReadAVX2(b *byte, n int)
