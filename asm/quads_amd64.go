//go:build !purego && !noasm

package asm

func quantizeQuads(dst []Quad, x []float32) {
	if !useAVX2 {
		quantizeQuadsGeneric(dst, x)
		return
	}
	whole := len(x) / 128
	if whole > 0 {
		quantizeQuadsAVX2(&dst[0], &x[0], whole)
	}
	quantizeQuadsGeneric(dst[whole:], x[128*whole:])
}

//go:noescape
func quantizeQuadsAVX2(dst *Quad, x *float32, n int)

func fastDots() bool { return useAVX2 }

func dotQuads(f QuadFormat, a *quadArgs, n int) {
	switch {
	case useAVX512VNNI:
		dotQuadsAVX512(f, a, n == 1)
	case useAVXVNNI:
		dotQuadsAVXVNNI(f, a, n == 1)
	case useAVX2:
		dotQuadsAVX2(f, a, n == 1)
	default:
		dotQuadsGeneric(f, a, n)
	}
}

func dotQuadsAVX512(f QuadFormat, a *quadArgs, one bool) {
	switch {
	case f == Q4_0 && one:
		dotQ4_0x1AVX512(a)
	case f == Q4_0:
		dotQ4_0x4AVX512(a)
	case f == Q4_1 && one:
		dotQ4_1x1AVX512(a)
	case f == Q4_1:
		dotQ4_1x4AVX512(a)
	case f == Q5_0 && one:
		dotQ5_0x1AVX512(a)
	case f == Q5_0:
		dotQ5_0x4AVX512(a)
	case f == Q5_1 && one:
		dotQ5_1x1AVX512(a)
	case f == Q5_1:
		dotQ5_1x4AVX512(a)
	case f == Q8_0 && one:
		dotQ8_0x1AVX512(a)
	case f == Q8_0:
		dotQ8_0x4AVX512(a)
	case f == IQ4_NL && one:
		dotIQ4_NLx1AVX512(a)
	case f == IQ4_NL:
		dotIQ4_NLx4AVX512(a)
	}
}

func dotQuadsAVXVNNI(f QuadFormat, a *quadArgs, one bool) {
	switch {
	case f == Q4_0 && one:
		dotQ4_0x1AVXVNNI(a)
	case f == Q4_0:
		dotQ4_0x4AVXVNNI(a)
	case f == Q4_1 && one:
		dotQ4_1x1AVXVNNI(a)
	case f == Q4_1:
		dotQ4_1x4AVXVNNI(a)
	case f == Q5_0 && one:
		dotQ5_0x1AVXVNNI(a)
	case f == Q5_0:
		dotQ5_0x4AVXVNNI(a)
	case f == Q5_1 && one:
		dotQ5_1x1AVXVNNI(a)
	case f == Q5_1:
		dotQ5_1x4AVXVNNI(a)
	case f == Q8_0 && one:
		dotQ8_0x1AVXVNNI(a)
	case f == Q8_0:
		dotQ8_0x4AVXVNNI(a)
	case f == IQ4_NL && one:
		dotIQ4_NLx1AVXVNNI(a)
	case f == IQ4_NL:
		dotIQ4_NLx4AVXVNNI(a)
	}
}

func dotQuadsAVX2(f QuadFormat, a *quadArgs, one bool) {
	switch {
	case f == Q4_0 && one:
		dotQ4_0x1AVX2(a)
	case f == Q4_0:
		dotQ4_0x4AVX2(a)
	case f == Q4_1 && one:
		dotQ4_1x1AVX2(a)
	case f == Q4_1:
		dotQ4_1x4AVX2(a)
	case f == Q5_0 && one:
		dotQ5_0x1AVX2(a)
	case f == Q5_0:
		dotQ5_0x4AVX2(a)
	case f == Q5_1 && one:
		dotQ5_1x1AVX2(a)
	case f == Q5_1:
		dotQ5_1x4AVX2(a)
	case f == Q8_0 && one:
		dotQ8_0x1AVX2(a)
	case f == Q8_0:
		dotQ8_0x4AVX2(a)
	case f == IQ4_NL && one:
		dotIQ4_NLx1AVX2(a)
	case f == IQ4_NL:
		dotIQ4_NLx4AVX2(a)
	}
}

//go:noescape
func dotQ4_0x1AVX512(a *quadArgs)

//go:noescape
func dotQ4_0x4AVX512(a *quadArgs)

//go:noescape
func dotQ4_1x1AVX512(a *quadArgs)

//go:noescape
func dotQ4_1x4AVX512(a *quadArgs)

//go:noescape
func dotQ5_0x1AVX512(a *quadArgs)

//go:noescape
func dotQ5_0x4AVX512(a *quadArgs)

//go:noescape
func dotQ5_1x1AVX512(a *quadArgs)

//go:noescape
func dotQ5_1x4AVX512(a *quadArgs)

//go:noescape
func dotQ8_0x1AVX512(a *quadArgs)

//go:noescape
func dotQ8_0x4AVX512(a *quadArgs)

//go:noescape
func dotIQ4_NLx1AVX512(a *quadArgs)

//go:noescape
func dotIQ4_NLx4AVX512(a *quadArgs)

//go:noescape
func dotQ4_0x1AVX2(a *quadArgs)

//go:noescape
func dotQ4_0x4AVX2(a *quadArgs)

//go:noescape
func dotQ4_0x1AVXVNNI(a *quadArgs)

//go:noescape
func dotQ4_0x4AVXVNNI(a *quadArgs)

//go:noescape
func dotQ4_1x1AVX2(a *quadArgs)

//go:noescape
func dotQ4_1x4AVX2(a *quadArgs)

//go:noescape
func dotQ4_1x1AVXVNNI(a *quadArgs)

//go:noescape
func dotQ4_1x4AVXVNNI(a *quadArgs)

//go:noescape
func dotQ5_0x1AVX2(a *quadArgs)

//go:noescape
func dotQ5_0x4AVX2(a *quadArgs)

//go:noescape
func dotQ5_0x1AVXVNNI(a *quadArgs)

//go:noescape
func dotQ5_0x4AVXVNNI(a *quadArgs)

//go:noescape
func dotQ5_1x1AVX2(a *quadArgs)

//go:noescape
func dotQ5_1x4AVX2(a *quadArgs)

//go:noescape
func dotQ5_1x1AVXVNNI(a *quadArgs)

//go:noescape
func dotQ5_1x4AVXVNNI(a *quadArgs)

//go:noescape
func dotQ8_0x1AVX2(a *quadArgs)

//go:noescape
func dotQ8_0x4AVX2(a *quadArgs)

//go:noescape
func dotQ8_0x1AVXVNNI(a *quadArgs)

//go:noescape
func dotQ8_0x4AVXVNNI(a *quadArgs)

//go:noescape
func dotIQ4_NLx1AVX2(a *quadArgs)

//go:noescape
func dotIQ4_NLx4AVX2(a *quadArgs)

//go:noescape
func dotIQ4_NLx1AVXVNNI(a *quadArgs)

//go:noescape
func dotIQ4_NLx4AVXVNNI(a *quadArgs)

// A gather is a permutation of words that brings fields of four blocks together:
// word i of its result is word gather[i] of 64 bytes or, from 32 on, of 64 other
// bytes.
type gather [32]uint16

// gatherWords takes word i from the word at(i) of four blocks, that is byte
// 2*at(i), where the 64 bytes begin at first and the others at second.
func gatherWords(first, second int, at func(i int) int) (g gather) {
	for i := range g {
		if p := 2 * at(i); p >= first && p+2 <= first+64 {
			g[i] = uint16(p-first) / 2
		} else {
			g[i] = 32 + uint16(p-second)/2
		}
	}
	return g
}

// quadGathers are the permutations of one format: the codes (two of them where a
// code takes a byte), the scales of four lanes each with the minima behind them,
// and the words of high bits.
type quadGathers struct{ codes, more, scales, high gather }

// gathersOf returns the permutations for blocks of size words whose nibbles begin
// at word codes and whose high bits at word high. The other 64 bytes are the last
// of the four blocks.
func gathersOf(size, codes, high int) quadGathers {
	second := 8*size - 64
	return quadGathers{
		codes:  gatherWords(0, second, func(i int) int { return i/8*size + codes + i%8 }),
		scales: gatherWords(0, second, func(i int) int { return i%16/4*size + i/16 }),
		high:   gatherWords(0, second, func(i int) int { return i/8*size + high + i%2 }),
	}
}

var (
	//lint:ignore U1000 the assembly reads it
	gatherQ4_0 = gathersOf(9, 1, 0)
	//lint:ignore U1000 the assembly reads it
	gatherQ4_1 = gathersOf(10, 2, 0)
	//lint:ignore U1000 the assembly reads it
	gatherQ5_0 = gathersOf(11, 3, 1)
	//lint:ignore U1000 the assembly reads it
	gatherQ5_1 = gathersOf(12, 4, 2)
	//lint:ignore U1000 the assembly reads it
	gatherQ8_0 = quadGathers{
		codes:  gatherWords(0, 70, func(i int) int { return i/8*17 + 1 + i%8 }),
		more:   gatherWords(18, 72, func(i int) int { return i/8*17 + 9 + i%8 }),
		scales: gatherWords(0, 68, func(i int) int { return i % 16 / 4 * 17 }),
	}
)

// quadConsts are constants of the kernels.
type quadConsts struct {
	nibbles, sixteens, topBits [32]byte
	ones                       [16]uint16

	// Where a byte finds its fifth bit in the four bytes of high bits, which repeat:
	// bits 0-15 belong to the low nibbles, bits 16-31 to the high ones.
	fifthLow, fifthHigh, fifthBits [32]byte
}

//lint:ignore U1000 the assembly reads it
var quadConst = func() (c quadConsts) {
	for i := range 32 {
		c.nibbles[i], c.sixteens[i], c.topBits[i] = 0x0f, 0x10, 0x80
		c.fifthLow[i], c.fifthHigh[i], c.fifthBits[i] = byte(i%16/8), byte(2+i%16/8), 1<<(i%8)
	}
	for i := range c.ones {
		c.ones[i] = 1
	}
	return c
}()

// iq4Bytes are the values of IQ4_NL's codes, raised by 128.
//
//lint:ignore U1000 the assembly reads it
var iq4Bytes = func() (b [16]byte) {
	for i, v := range iq4Codes {
		b[i] = byte(int(v) + 128)
	}
	return b
}()
