//go:build !purego && !noasm

package asm

func gemmTileF32(rows int) (mr, nr int) {
	switch {
	case useAVX512:
		return min(max(rows+3, 4)&^3, 12), 32
	case useAVX2 && rows > 4:
		return 6, 16
	case useAVX2:
		return 4, 16
	}
	return genericTile, genericTile
}

func gemmF32(mr int, c []float32, ldc int, d []float32, ldd int, a, b []float32, k, panels int) {
	switch {
	case useAVX512 && mr == 12:
		gemmF32x12AVX512(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case useAVX512 && mr == 8:
		gemmF32x8AVX512(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case useAVX512:
		gemmF32x4AVX512(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case useAVX2 && mr == 6:
		gemmF32x6AVX2(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case useAVX2:
		gemmF32x4AVX2(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	default:
		gemmF32Generic(c, ldc, d, ldd, a, b, k, panels)
	}
}

// A panel of mr rows of A times panels of B of 32 (AVX-512) or 16 (AVX2)
// columns; see GemmF32.

//go:noescape
func gemmF32x12AVX512(c *float32, ldc int, d *float32, ldd int, a, b *float32, k, panels int)

//go:noescape
func gemmF32x8AVX512(c *float32, ldc int, d *float32, ldd int, a, b *float32, k, panels int)

//go:noescape
func gemmF32x4AVX512(c *float32, ldc int, d *float32, ldd int, a, b *float32, k, panels int)

//go:noescape
func gemmF32x6AVX2(c *float32, ldc int, d *float32, ldd int, a, b *float32, k, panels int)

//go:noescape
func gemmF32x4AVX2(c *float32, ldc int, d *float32, ldd int, a, b *float32, k, panels int)
