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
		return min(max(rows, 1), MaxTileRows), 32
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
	case f == PanelBF16:
		gemmBF16AVX512[mr-1](&c[0], ldc, &d[0], ldd, &a[0], &b[0], k/2, panels)
	case useAVX512:
		gemmF32AVX512[mr-1](&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	case mr == 6:
		gemmF32x6AVX2(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	default:
		gemmF32x4AVX2(&c[0], ldc, &d[0], ldd, &a[0], &b[0], k, panels)
	}
}

// The kernels of AVX-512 by the number of rows less one.
var gemmF32AVX512 = [MaxTileRows]func(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int){
	gemmF32x1AVX512, gemmF32x2AVX512, gemmF32x3AVX512, gemmF32x4AVX512,
	gemmF32x5AVX512, gemmF32x6AVX512, gemmF32x7AVX512, gemmF32x8AVX512,
	gemmF32x9AVX512, gemmF32x10AVX512, gemmF32x11AVX512, gemmF32x12AVX512,
}

var gemmBF16AVX512 = [MaxTileRows]func(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int){
	gemmBF16x1AVX512, gemmBF16x2AVX512, gemmBF16x3AVX512, gemmBF16x4AVX512,
	gemmBF16x5AVX512, gemmBF16x6AVX512, gemmBF16x7AVX512, gemmBF16x8AVX512,
	gemmBF16x9AVX512, gemmBF16x10AVX512, gemmBF16x11AVX512, gemmBF16x12AVX512,
}

// A panel of mr rows of A times panels of B of 32 columns (AVX-512), 16 (AVX2) or 8
// (AVX2 in int8); see Gemm. steps counts dwords, k values.

func gemmF32x1AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmF32x2AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmF32x3AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmF32x4AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmF32x5AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmF32x6AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmF32x7AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmF32x8AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmF32x9AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmF32x10AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmF32x11AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmF32x12AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

func gemmBF16x1AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmBF16x2AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmBF16x3AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmBF16x4AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmBF16x5AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmBF16x6AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmBF16x7AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmBF16x8AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmBF16x9AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmBF16x10AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmBF16x11AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
func gemmBF16x12AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

//go:noescape
func gemmF32x6AVX2(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

//go:noescape
func gemmF32x4AVX2(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)

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
