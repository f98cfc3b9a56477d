//go:build (!amd64 && !arm64) || purego || noasm

package asm

func widenInt8(dst []float32, q []byte, scales, mins []float32, zero int32, group int) {
	widenInt8Generic(dst, q, scales, mins, zero, group)
}
