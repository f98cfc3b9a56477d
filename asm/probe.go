package asm

// The probes measure what a core can do at most, to state kernels as shares of
// it: multiply-adds on registers, independent of one another, in the widest form
// of the active tier.

// ProbeF32 runs n turns of f32 multiply-adds and returns the operations of a
// turn, two for each multiply-add.
func ProbeF32(n int) (ops int) { return probeF32(n) }

// ProbeBF16 is ProbeF32 for dot products of bf16 pairs. It returns 0 where the
// tier has no instruction for them.
func ProbeBF16(n int) (ops int) { return probeBF16(n) }

// ProbeInt8 is ProbeF32 for dot products of int8 fours. It returns 0 where the
// tier has no instruction for them.
func ProbeInt8(n int) (ops int) { return probeInt8(n) }

// ProbeRead reads b, in vectors where the tier has them.
func ProbeRead(b []byte) {
	raceRead(b)
	probeRead(b)
}
