//go:build !purego && !noasm

package asm

// Sums in flight in the probes below; see probe_arm64.s.
const probeSums = 16

func probeF32(n int) int {
	if !useNEON {
		return probeF32Generic(n)
	}
	probeF32NEON(n)
	return probeSums * 4 * 2
}

func probeBF16(n int) int {
	if !useBF16 {
		return 0
	}
	probeBF16BFMMLA(n)
	return probeSums * 4 * 4 * 2
}

func probeInt8(n int) int {
	switch {
	case useI8MM:
		probeInt8SMMLA(n)
		return probeSums * 4 * 8 * 2
	case useDotProd:
		probeInt8SDOT(n)
		return probeSums * 4 * 4 * 2
	}
	return 0
}

func probeRead(b []byte) {
	n := 0
	if useNEON && len(b) >= 256 {
		n = len(b) &^ 255
		probeReadNEON(&b[0], n)
	}
	probeReadGeneric(b[n:])
}

//go:noescape
func probeF32NEON(n int)

//go:noescape
func probeBF16BFMMLA(n int)

//go:noescape
func probeInt8SMMLA(n int)

//go:noescape
func probeInt8SDOT(n int)

// probeReadNEON reads n bytes, a multiple of 256.
//
//go:noescape
func probeReadNEON(b *byte, n int)
