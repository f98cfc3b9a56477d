//go:build !purego && !noasm

package asm

func quantizeInt8(q []byte, scales []float32, sums []int32, x []float32) {
	if useAVX2 {
		quantizeInt8AVX2(&q[0], &scales[0], &sums[0], &x[0], len(scales))
		return
	}
	quantizeInt8Generic(q, scales, sums, x)
}

func unpackQuads(f QuadFormat, q []byte, scales, mins []float32, w []byte) {
	if !useAVX2 {
		unpackQuadsGeneric(f, q, scales, mins, w)
		return
	}
	blocks := len(scales)
	switch f {
	case Q4_0:
		unpackQ4_0AVX2(&q[0], &scales[0], &w[0], blocks)
	case Q4_1:
		unpackQ4_1AVX2(&q[0], &scales[0], &mins[0], &w[0], blocks)
	case Q5_0:
		unpackQ5_0AVX2(&q[0], &scales[0], &w[0], blocks)
	case Q5_1:
		unpackQ5_1AVX2(&q[0], &scales[0], &mins[0], &w[0], blocks)
	case Q8_0:
		unpackQ8_0AVX2(&q[0], &scales[0], &w[0], blocks)
	case IQ4_NL:
		unpackIQ4_NLAVX2(&q[0], &scales[0], &w[0], &iq4Unsigned, blocks)
	}
}

func unpackSupers(f SuperFormat, q []byte, scales, mins []float32, w []byte) {
	if !useAVX2 {
		unpackSupersGeneric(f, q, scales, mins, w)
		return
	}
	blocks := len(q) / 256
	switch f {
	case Q4_K:
		unpackQ4_KAVX2(&q[0], &scales[0], &mins[0], &w[0], blocks)
	case Q5_K:
		unpackQ5_KAVX2(&q[0], &scales[0], &mins[0], &w[0], blocks)
	case Q6_K:
		unpackQ6_KAVX2(&q[0], &scales[0], &w[0], blocks)
	}
}

// iq4Unsigned are the values of IQ4_NL plus 128.
var iq4Unsigned = [16]byte{1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241}

//go:noescape
func quantizeInt8AVX2(q *byte, scales *float32, sums *int32, x *float32, blocks int)

//go:noescape
func unpackQ4_0AVX2(q *byte, scales *float32, w *byte, blocks int)

//go:noescape
func unpackQ4_1AVX2(q *byte, scales, mins *float32, w *byte, blocks int)

//go:noescape
func unpackQ5_0AVX2(q *byte, scales *float32, w *byte, blocks int)

//go:noescape
func unpackQ5_1AVX2(q *byte, scales, mins *float32, w *byte, blocks int)

//go:noescape
func unpackQ8_0AVX2(q *byte, scales *float32, w *byte, blocks int)

//go:noescape
func unpackIQ4_NLAVX2(q *byte, scales *float32, w *byte, values *[16]byte, blocks int)

//go:noescape
func unpackQ4_KAVX2(q *byte, scales, mins *float32, w *byte, blocks int)

//go:noescape
func unpackQ5_KAVX2(q *byte, scales, mins *float32, w *byte, blocks int)

//go:noescape
func unpackQ6_KAVX2(q *byte, scales *float32, w *byte, blocks int)
