//go:build !purego && !noasm

package asm

func widenInt8(dst []float32, q []byte, scales, mins []float32, zero int32, group int) {
	switch {
	case useNEON && mins == nil:
		widenInt8NEON(&dst[0], &q[0], &scales[0], zero, group/16, len(scales))
	case useNEON:
		widenInt8MinNEON(&dst[0], &q[0], &scales[0], &mins[0], zero, group/16, len(scales))
	default:
		widenInt8Generic(dst, q, scales, mins, zero, group)
	}
}

// Each takes n groups of 16 values or twice as many.

//go:noescape
func widenInt8NEON(dst *float32, q *byte, scales *float32, zero int32, halves, n int)

//go:noescape
func widenInt8MinNEON(dst *float32, q *byte, scales, mins *float32, zero int32, halves, n int)
