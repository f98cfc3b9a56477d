//go:build !purego && !noasm

package asm

func (f PanelFormat) tile(rows int) (mr, nr int) {
	switch {
	case !useNEON || f != PanelF32:
		return genericTile, genericTile
	case rows > 4:
		return 8, 12
	}
	return 4, 12
}

func (f PanelFormat) fast() bool { return f == PanelF32 }

func gemm(f PanelFormat, mr int, c []float32, ldc int, d []float32, ldd int, a, b []uint32, k, panels int) {
	switch {
	case !useNEON || f != PanelF32:
		gemmGeneric(f, c, ldc, d, ldd, a, b, k, panels)
	case mr == 8:
		gemmF32x8NEON(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	default:
		gemmF32x4NEON(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	}
}

// A panel of mr rows of A times panels of B of 12 columns; see Gemm.

//go:noescape
func gemmF32x8NEON(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmF32x4NEON(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
