//go:build !purego && !noasm

package asm

import "unsafe"

func quantizeInt8(q []byte, scales []float32, sums []int32, x []float32) {
	if useNEON {
		quantizeInt8NEON(&q[0], &scales[0], &sums[0], &x[0], len(scales))
		return
	}
	quantizeInt8Generic(q, scales, sums, x)
}

// quantizeInt8NEON takes blocks of 32 values.
//
//go:noescape
func quantizeInt8NEON(q *byte, scales *float32, sums *int32, x *float32, blocks int)

func unpackQuads(f QuadFormat, q []byte, scales, mins []float32, w []byte) {
	if !useNEON {
		unpackQuadsGeneric(f, q, scales, mins, w)
		return
	}
	blocks, m := len(scales), unsafe.SliceData(mins)
	switch f {
	case Q4_0:
		unpackQ4_0NEON(&q[0], &scales[0], m, &w[0], blocks)
	case Q4_1:
		unpackQ4_1NEON(&q[0], &scales[0], m, &w[0], blocks)
	case Q5_0:
		unpackQ5_0NEON(&q[0], &scales[0], m, &w[0], blocks)
	case Q5_1:
		unpackQ5_1NEON(&q[0], &scales[0], m, &w[0], blocks)
	case Q8_0:
		unpackQ8_0NEON(&q[0], &scales[0], m, &w[0], blocks)
	case IQ4_NL:
		unpackIQ4_NLNEON(&q[0], &scales[0], m, &w[0], blocks)
	}
}

func unpackSupers(f SuperFormat, q []byte, scales, mins []float32, w []byte) {
	if !useNEON {
		unpackSupersGeneric(f, q, scales, mins, w)
		return
	}
	blocks, m := len(q)/256, unsafe.SliceData(mins)
	switch f {
	case Q4_K:
		unpackQ4_KNEON(&q[0], &scales[0], m, &w[0], blocks)
	case Q5_K:
		unpackQ5_KNEON(&q[0], &scales[0], m, &w[0], blocks)
	case Q6_K:
		unpackQ6_KNEON(&q[0], &scales[0], m, &w[0], blocks)
	}
}

// Each unpacks at least one block; mins is written for the formats that have them.

//go:noescape
func unpackQ4_0NEON(q *byte, scales, mins *float32, w *byte, blocks int)

//go:noescape
func unpackQ4_1NEON(q *byte, scales, mins *float32, w *byte, blocks int)

//go:noescape
func unpackQ5_0NEON(q *byte, scales, mins *float32, w *byte, blocks int)

//go:noescape
func unpackQ5_1NEON(q *byte, scales, mins *float32, w *byte, blocks int)

//go:noescape
func unpackQ8_0NEON(q *byte, scales, mins *float32, w *byte, blocks int)

//go:noescape
func unpackIQ4_NLNEON(q *byte, scales, mins *float32, w *byte, blocks int)

//go:noescape
func unpackQ4_KNEON(q *byte, scales, mins *float32, w *byte, blocks int)

//go:noescape
func unpackQ5_KNEON(q *byte, scales, mins *float32, w *byte, blocks int)

//go:noescape
func unpackQ6_KNEON(q *byte, scales, mins *float32, w *byte, blocks int)
