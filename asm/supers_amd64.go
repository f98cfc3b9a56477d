//go:build !purego && !noasm

package asm

func quantizeSupers(f SuperFormat, dst []Super, x []float32) {
	if useAVX2 && len(dst) > 0 {
		quantizeSupersAVX2(&dst[0], &x[0], len(dst))
	} else {
		quantizeSupersGeneric(dst, x)
	}
	if useAVX512VNNI && f != Q6_K {
		for i := range dst {
			dst[i].interleave()
		}
	}
}

// interleave puts groups 0 and 2, 1 and 3, 4 and 6, 5 and 7 side by side, as the
// AVX-512 kernels of Q4_K and Q5_K find the codes of weights.
func (t *Super) interleave() {
	for _, q := range [2][]int8{t.q[:128], t.q[128:]} {
		var one [32]int8
		copy(one[:], q[32:64])
		copy(q[32:64], q[64:96])
		copy(q[64:96], one[:])
	}
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
	pick        [4][32]byte // where 32 codes of Q6_K find the scales of their two groups
	shiftScales [4]uint32   // see SCALES
	maskScales  [4]uint32
	maskHigh    [4]uint32

	// Of AVX-512: how bytes and words of scales and minima go to the words of 64
	// codes, which are two groups or, in Q6_K, four; zeroed where the index is 128.
	spread      [4][64]byte
	spreadMins  [16]byte
	spreadWords [4][32]uint16

	lanesD, lanesDmin [32]uint16 // where d and dmin are in the heads of four blocks

	shiftFifth [4][32]uint16 // fifth bits to bit 4: twice to the left, twice to the right
	shiftLeft  [32]uint16    // high bits of Q6_K to bit 4: of the first 64 codes
	shiftRight [32]uint16    // and of the second
}

//lint:ignore U1000 the assembly reads it
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

	for i := range 32 {
		half := uint16(i / 16)
		for c := range 4 {
			t.spread[c][2*i], t.spread[c][2*i+1] = byte(c/2*4+c%2+i/16*2), 128
			t.spreadWords[c][i] = uint16(4*c + i/8)
		}
		t.lanesD[i], t.lanesDmin[i] = uint16(i%16/4*8), uint16(i%16/4*8+1)
		t.shiftFifth[0][i] = 4 - 2*half
		t.shiftFifth[1][i] = 3 - 2*half
		t.shiftFifth[2][i] = 2 * half
		t.shiftFifth[3][i] = 1 + 2*half
		t.shiftLeft[i] = 4 - 2*half
		t.shiftRight[i] = 2 * half
	}
	for i := range 8 {
		t.spreadMins[2*i], t.spreadMins[2*i+1] = byte(8+i), 128
	}
	return t
}()
