//go:build !amd64 || purego || noasm

package asm

func gemmTileF32(int) (mr, nr int) { return genericTile, genericTile }

func gemmF32(_ int, c []float32, ldc int, d []float32, ldd int, a, b []float32, k, panels int) {
	gemmF32Generic(c, ldc, d, ldd, a, b, k, panels)
}

func interleave4(dst *uint32, pitch int, src *Four, n int) { interleave4Generic(dst, pitch, src, n) }

func interleave4F16(dst *float32, pitch int, src *Four, n int) {
	interleave4F16Generic(dst, pitch, src, n)
}

func interleave4BF16(dst *float32, pitch int, src *Four, n int) {
	interleave4BF16Generic(dst, pitch, src, n)
}
