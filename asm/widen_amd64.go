//go:build !purego && !noasm

package asm

func widenInt8(dst []float32, q []byte, scales, mins []float32, zero int32, group int) {
	switch {
	case useAVX2 && mins == nil:
		widenInt8AVX2(&dst[0], &q[0], &scales[0], zero, group/16, len(scales))
	case useAVX2:
		widenInt8MinAVX2(&dst[0], &q[0], &scales[0], &mins[0], zero, group/16, len(scales))
	default:
		widenInt8Generic(dst, q, scales, mins, zero, group)
	}
}

// Each takes n groups of 16 values or twice as many.

//go:noescape
func widenInt8AVX2(dst *float32, q *byte, scales *float32, zero int32, halves, n int)

//go:noescape
func widenInt8MinAVX2(dst *float32, q *byte, scales, mins *float32, zero int32, halves, n int)
