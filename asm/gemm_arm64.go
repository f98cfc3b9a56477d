//go:build !purego && !noasm

package asm

func (f PanelFormat) tile(rows int) (mr, nr int) {
	switch {
	case !useNEON || !f.fast():
		return genericTile, genericTile
	case rows > 4 && (f == PanelF32 || f == PanelBF16 || useI8MM):
		return 8, 12
	}
	return 4, 12
}

func (f PanelFormat) fast() bool {
	switch f {
	case PanelF32:
		return true
	case PanelBF16:
		return useBF16
	}
	return useDotProd
}

func gemm(f PanelFormat, mr int, c []float32, ldc int, d []float32, ldd int, a, b []uint32, k, panels int) {
	switch {
	case !useNEON || !f.fast():
		gemmGeneric(f, c, ldc, d, ldd, a, b, k, panels)
	case f == PanelF32 && mr == 8:
		gemmF32x8NEON(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case f == PanelF32:
		gemmF32x4NEON(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case f == PanelBF16 && mr == 8:
		gemmBF16x8BFMMLA(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k/2, panels)
	case f == PanelBF16:
		gemmBF16x4BFMMLA(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k/2, panels)
	case useI8MM && mr == 8:
		gemmInt8x8(f, c, ldc, d, ldd, a, b, k, panels)
	case useI8MM:
		gemmInt8x4(f, c, ldc, d, ldd, a, b, k, panels)
	case f == PanelInt8:
		gemmInt8x4SDOT(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case f == PanelInt8Min:
		gemmInt8Minx4SDOT(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case f == PanelInt8x16:
		gemmInt8x16x4SDOT(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	}
}

func gemmInt8x8(f PanelFormat, c []float32, ldc int, d []float32, ldd int, a, b []uint32, k, panels int) {
	switch f {
	case PanelInt8:
		gemmInt8x8USMMLA(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case PanelInt8Min:
		gemmInt8Minx8USMMLA(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case PanelInt8x16:
		gemmInt8x16x8USMMLA(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	}
}

func gemmInt8x4(f PanelFormat, c []float32, ldc int, d []float32, ldd int, a, b []uint32, k, panels int) {
	switch f {
	case PanelInt8:
		gemmInt8x4USMMLA(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case PanelInt8Min:
		gemmInt8Minx4USMMLA(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case PanelInt8x16:
		gemmInt8x16x4USMMLA(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	}
}

// A panel of mr rows of A times panels of B of 12 columns; see Gemm.

//go:noescape
func gemmF32x8NEON(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmF32x4NEON(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmBF16x8BFMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

//go:noescape
func gemmBF16x4BFMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

//go:noescape
func gemmInt8x8USMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8x4USMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8Minx8USMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8Minx4USMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8x16x8USMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8x16x4USMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8x4SDOT(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8Minx4SDOT(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8x16x4SDOT(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
