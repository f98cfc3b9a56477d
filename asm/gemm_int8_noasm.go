//go:build (!amd64 && !arm64) || purego || noasm

package asm

func quantizeInt8(q []byte, scales []float32, sums []int32, x []float32) {
	quantizeInt8Generic(q, scales, sums, x)
}

func unpackQuads(f QuadFormat, q []byte, scales, mins []float32, w []byte) {
	unpackQuadsGeneric(f, q, scales, mins, w)
}

func unpackSupers(f SuperFormat, q []byte, scales, mins []float32, w []byte) {
	unpackSupersGeneric(f, q, scales, mins, w)
}
