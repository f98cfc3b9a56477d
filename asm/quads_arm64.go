//go:build !purego && !noasm

package asm

func fastDots() bool { return useNEON }

// quantizeQuads leaves what is no whole block to the generic version.
func quantizeQuads(dst []Quad, x []float32) {
	blocks := len(x) / 32
	if !useNEON || blocks == 0 {
		quantizeQuadsGeneric(dst, x)
		return
	}
	whole := blocks &^ 3
	quantizeQuadsGeneric(dst[whole/4:], x[32*whole:])
	quantizeQuadsNEON(&dst[0], &x[0], blocks)
}

// quantizeQuadsNEON writes blocks of 32 values.
//
//go:noescape
func quantizeQuadsNEON(dst *Quad, x *float32, blocks int)

func dotQuads(f QuadFormat, a *quadArgs, n int) {
	switch {
	case useDotProd:
		dotQuadsSDOT(f, a, n)
	case useNEON:
		dotQuadsNEON(f, a, n)
	default:
		dotQuadsGeneric(f, a, n)
	}
}

func dotQuadsSDOT(f QuadFormat, a *quadArgs, n int) {
	switch one := n == 1; {
	case f == Q4_0 && one:
		dotQ4_0x1SDOT(a)
	case f == Q4_0:
		dotQ4_0x4SDOT(a)
	case f == Q4_1 && one:
		dotQ4_1x1SDOT(a)
	case f == Q4_1:
		dotQ4_1x4SDOT(a)
	case f == Q5_0 && one:
		dotQ5_0x1SDOT(a)
	case f == Q5_0:
		dotQ5_0x4SDOT(a)
	case f == Q5_1 && one:
		dotQ5_1x1SDOT(a)
	case f == Q5_1:
		dotQ5_1x4SDOT(a)
	case f == Q8_0 && one:
		dotQ8_0x1SDOT(a)
	case f == Q8_0:
		dotQ8_0x4SDOT(a)
	case f == IQ4_NL && one:
		dotIQ4_NLx1SDOT(a)
	case f == IQ4_NL:
		dotIQ4_NLx4SDOT(a)
	}
}

func dotQuadsNEON(f QuadFormat, a *quadArgs, n int) {
	switch one := n == 1; {
	case f == Q4_0 && one:
		dotQ4_0x1NEON(a)
	case f == Q4_0:
		dotQ4_0x4NEON(a)
	case f == Q4_1 && one:
		dotQ4_1x1NEON(a)
	case f == Q4_1:
		dotQ4_1x4NEON(a)
	case f == Q5_0 && one:
		dotQ5_0x1NEON(a)
	case f == Q5_0:
		dotQ5_0x4NEON(a)
	case f == Q5_1 && one:
		dotQ5_1x1NEON(a)
	case f == Q5_1:
		dotQ5_1x4NEON(a)
	case f == Q8_0 && one:
		dotQ8_0x1NEON(a)
	case f == Q8_0:
		dotQ8_0x4NEON(a)
	case f == IQ4_NL && one:
		dotIQ4_NLx1NEON(a)
	case f == IQ4_NL:
		dotIQ4_NLx4NEON(a)
	}
}

//go:noescape
func dotQ4_0x1SDOT(a *quadArgs)

//go:noescape
func dotQ4_0x4SDOT(a *quadArgs)

//go:noescape
func dotQ4_1x1SDOT(a *quadArgs)

//go:noescape
func dotQ4_1x4SDOT(a *quadArgs)

//go:noescape
func dotQ5_0x1SDOT(a *quadArgs)

//go:noescape
func dotQ5_0x4SDOT(a *quadArgs)

//go:noescape
func dotQ5_1x1SDOT(a *quadArgs)

//go:noescape
func dotQ5_1x4SDOT(a *quadArgs)

//go:noescape
func dotQ8_0x1SDOT(a *quadArgs)

//go:noescape
func dotQ8_0x4SDOT(a *quadArgs)

//go:noescape
func dotIQ4_NLx1SDOT(a *quadArgs)

//go:noescape
func dotIQ4_NLx4SDOT(a *quadArgs)

//go:noescape
func dotQ4_0x1NEON(a *quadArgs)

//go:noescape
func dotQ4_0x4NEON(a *quadArgs)

//go:noescape
func dotQ4_1x1NEON(a *quadArgs)

//go:noescape
func dotQ4_1x4NEON(a *quadArgs)

//go:noescape
func dotQ5_0x1NEON(a *quadArgs)

//go:noescape
func dotQ5_0x4NEON(a *quadArgs)

//go:noescape
func dotQ5_1x1NEON(a *quadArgs)

//go:noescape
func dotQ5_1x4NEON(a *quadArgs)

//go:noescape
func dotQ8_0x1NEON(a *quadArgs)

//go:noescape
func dotQ8_0x4NEON(a *quadArgs)

//go:noescape
func dotIQ4_NLx1NEON(a *quadArgs)

//go:noescape
func dotIQ4_NLx4NEON(a *quadArgs)
