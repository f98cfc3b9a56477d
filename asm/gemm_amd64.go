//go:build !purego && !noasm

package asm

func (f PanelFormat) tile(rows int) (mr, nr int) {
	switch {
	case !f.vector():
		return genericTile, genericTile
	case f == PanelInt8x16 && useAVX512VNNI:
		return 4, 32
	case f >= PanelInt8 && useAVX512VNNI:
		return 6, 32
	case f >= PanelInt8:
		return 6, 8
	case useAVX512:
		return min(max(rows+3, 4)&^3, 12), 32
	case rows > 4:
		return 6, 16
	}
	return 4, 16
}

// vector reports whether the active tier has a kernel for f. AVX2 alone multiplies
// only unsigned bytes below 128.
func (f PanelFormat) vector() bool {
	switch f {
	case PanelF32:
		return useAVX2
	case PanelBF16:
		return useAVX512BF16
	case PanelInt8:
		return useAVX512VNNI || useAVXVNNI
	}
	return useAVX2
}

func (f PanelFormat) fast() bool { return f == PanelF32 || f.vector() }

func gemm(f PanelFormat, mr int, c []float32, ldc int, d []float32, ldd int, a, b []uint32, k, panels int) {
	switch {
	case !f.vector():
		gemmGeneric(f, c, ldc, d, ldd, a, b, k, panels)
	case f == PanelInt8 && useAVX512VNNI:
		gemmInt8VNNI(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case f == PanelInt8Min && useAVX512VNNI:
		gemmInt8MinVNNI(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case f == PanelInt8x16 && useAVX512VNNI:
		gemmInt8x16VNNI(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case f == PanelInt8:
		gemmInt8AVXVNNI(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case f == PanelInt8Min && useAVXVNNI:
		gemmInt8MinAVXVNNI(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case f == PanelInt8Min:
		gemmInt8MinAVX2(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case f == PanelInt8x16 && useAVXVNNI:
		gemmInt8x16AVXVNNI(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case f == PanelInt8x16:
		gemmInt8x16AVX2(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case f == PanelBF16 && mr == 12:
		gemmBF16x12AVX512(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k/2, panels)
	case f == PanelBF16 && mr == 8:
		gemmBF16x8AVX512(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k/2, panels)
	case f == PanelBF16:
		gemmBF16x4AVX512(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k/2, panels)
	case useAVX512 && mr == 12:
		gemmF32x12AVX512(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case useAVX512 && mr == 8:
		gemmF32x8AVX512(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case useAVX512:
		gemmF32x4AVX512(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case mr == 6:
		gemmF32x6AVX2(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	default:
		gemmF32x4AVX2(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	}
}

// A panel of mr rows of A times panels of B of 32 columns (AVX-512), 16 (AVX2) or 8
// (AVX2 in int8); see Gemm. steps counts dwords, k values.

//go:noescape
func gemmF32x12AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

//go:noescape
func gemmF32x8AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

//go:noescape
func gemmF32x4AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

//go:noescape
func gemmF32x6AVX2(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

//go:noescape
func gemmF32x4AVX2(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

//go:noescape
func gemmBF16x12AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

//go:noescape
func gemmBF16x8AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

//go:noescape
func gemmBF16x4AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

//go:noescape
func gemmInt8VNNI(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8MinVNNI(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8x16VNNI(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8AVXVNNI(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8MinAVXVNNI(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8x16AVXVNNI(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8MinAVX2(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)

//go:noescape
func gemmInt8x16AVX2(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
