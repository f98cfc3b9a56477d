//go:build !purego && !noasm

package asm

func quantizeSupers(dst []Super, x []float32) {
	if useAVX2 && len(dst) > 0 {
		quantizeSupersAVX2(&dst[0], &x[0], len(dst))
		return
	}
	quantizeSupersGeneric(dst, x)
}

//go:noescape
func quantizeSupersAVX2(dst *Super, x *float32, n int)

func dotSupers(f SuperFormat, a *superArgs, n int) {
	switch {
	case useAVX512VNNI:
		dotSupersAVX512(f, a, n == 1)
	case useAVXVNNI:
		dotSupersAVXVNNI(f, a, n == 1)
	case useAVX2:
		dotSupersAVX2(f, a, n == 1)
	default:
		dotSupersGeneric(f, a, n)
	}
}

func dotSupersAVX512(f SuperFormat, a *superArgs, one bool) {
	switch {
	case f == Q4_K && one:
		dotQ4_Kx1AVX512(a)
	case f == Q4_K:
		dotQ4_Kx4AVX512(a)
	case f == Q5_K && one:
		dotQ5_Kx1AVX512(a)
	case f == Q5_K:
		dotQ5_Kx4AVX512(a)
	case f == Q6_K && one:
		dotQ6_Kx1AVX512(a)
	case f == Q6_K:
		dotQ6_Kx4AVX512(a)
	}
}

func dotSupersAVXVNNI(f SuperFormat, a *superArgs, one bool) {
	switch {
	case f == Q4_K && one:
		dotQ4_Kx1AVXVNNI(a)
	case f == Q4_K:
		dotQ4_Kx4AVXVNNI(a)
	case f == Q5_K && one:
		dotQ5_Kx1AVXVNNI(a)
	case f == Q5_K:
		dotQ5_Kx4AVXVNNI(a)
	case f == Q6_K && one:
		dotQ6_Kx1AVXVNNI(a)
	case f == Q6_K:
		dotQ6_Kx4AVXVNNI(a)
	}
}

func dotSupersAVX2(f SuperFormat, a *superArgs, one bool) {
	switch {
	case f == Q4_K && one:
		dotQ4_Kx1AVX2(a)
	case f == Q4_K:
		dotQ4_Kx4AVX2(a)
	case f == Q5_K && one:
		dotQ5_Kx1AVX2(a)
	case f == Q5_K:
		dotQ5_Kx4AVX2(a)
	case f == Q6_K && one:
		dotQ6_Kx1AVX2(a)
	case f == Q6_K:
		dotQ6_Kx4AVX2(a)
	}
}

//go:noescape
func dotQ4_Kx1AVX2(a *superArgs)

//go:noescape
func dotQ4_Kx4AVX2(a *superArgs)

//go:noescape
func dotQ4_Kx1AVXVNNI(a *superArgs)

//go:noescape
func dotQ4_Kx4AVXVNNI(a *superArgs)

//go:noescape
func dotQ4_Kx1AVX512(a *superArgs)

//go:noescape
func dotQ4_Kx4AVX512(a *superArgs)

//go:noescape
func dotQ5_Kx1AVX2(a *superArgs)

//go:noescape
func dotQ5_Kx4AVX2(a *superArgs)

//go:noescape
func dotQ5_Kx1AVXVNNI(a *superArgs)

//go:noescape
func dotQ5_Kx4AVXVNNI(a *superArgs)

//go:noescape
func dotQ5_Kx1AVX512(a *superArgs)

//go:noescape
func dotQ5_Kx4AVX512(a *superArgs)

//go:noescape
func dotQ6_Kx1AVX2(a *superArgs)

//go:noescape
func dotQ6_Kx4AVX2(a *superArgs)

//go:noescape
func dotQ6_Kx1AVXVNNI(a *superArgs)

//go:noescape
func dotQ6_Kx4AVXVNNI(a *superArgs)

//go:noescape
func dotQ6_Kx1AVX512(a *superArgs)

//go:noescape
func dotQ6_Kx4AVX512(a *superArgs)

// superTables are constants of the kernels.
type superTables struct {
	nibbles     [32]byte
	sixteens    [32]byte
	highPairs   [32]byte
	pick        [4][32]byte // where 32 codes find the scales of their two groups
	shiftScales [4]uint32   // see SCALES
	maskScales  [4]uint32
	maskHigh    [4]uint32
}

var superTable = func() (t superTables) {
	for i := range 32 {
		t.nibbles[i], t.sixteens[i], t.highPairs[i] = 0x0f, 0x10, 0x30
		for v := range t.pick {
			t.pick[v][i] = byte(2*(2*v+i/16) + i%2)
		}
	}
	t.shiftScales = [4]uint32{0, 0, 0, 4}
	t.maskScales = [4]uint32{0x3f3f3f3f, 0x0f0f0f0f, 0x3f3f3f3f, 0x0f0f0f0f}
	t.maskHigh = [4]uint32{0, 0x30303030, 0, 0x30303030}
	return t
}()
