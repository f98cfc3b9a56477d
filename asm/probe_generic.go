package asm

import "encoding/binary"

// What the generic probes compute goes here, so that it is computed.
var (
	probeSum float32
	//lint:ignore U1000 written so that the sum is not optimised away
	probeBits uint64
)

func probeF32Generic(n int) int {
	var a, b, c, d, e, f, g, h float32
	x, y := probeSum, float32(0.5)
	for range n {
		a += x * y
		b += x * y
		c += x * y
		d += x * y
		e += x * y
		f += x * y
		g += x * y
		h += x * y
		x = -x
	}
	probeSum = a + b + c + d + e + f + g + h
	return 16
}

func probeReadGeneric(b []byte) {
	var sum uint64
	for ; len(b) >= 8; b = b[8:] {
		sum |= binary.NativeEndian.Uint64(b)
	}
	probeBits = sum
}
