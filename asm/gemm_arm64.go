//go:build !purego && !noasm

package asm

func gemmTileF32(rows int) (mr, nr int) {
	switch {
	case useNEON && rows > 4:
		return 8, 12
	case useNEON:
		return 4, 12
	}
	return genericTile, genericTile
}

func gemmF32(mr int, c []float32, ldc int, d []float32, ldd int, a, b []float32, k, panels int) {
	switch {
	case useNEON && mr == 8:
		gemmF32x8NEON(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case useNEON:
		gemmF32x4NEON(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	default:
		gemmF32Generic(c, ldc, d, ldd, a, b, k, panels)
	}
}

// A panel of mr rows of A times panels of B of 12 columns; see GemmF32.

//go:noescape
func gemmF32x8NEON(c *float32, ldc int, d *float32, ldd int, a, b *float32, k, panels int)

//go:noescape
func gemmF32x4NEON(c *float32, ldc int, d *float32, ldd int, a, b *float32, k, panels int)
