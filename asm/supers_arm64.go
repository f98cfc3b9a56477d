//go:build !purego && !noasm

package asm

func quantizeSupers(_ SuperFormat, dst []Super, x []float32) {
	if useNEON && len(dst) > 0 {
		quantizeSupersNEON(&dst[0], &x[0], len(dst))
		return
	}
	quantizeSupersGeneric(dst, x)
}

//go:noescape
func quantizeSupersNEON(dst *Super, x *float32, n int)

func dotSupers(f SuperFormat, a *superArgs, n int) {
	switch {
	case useDotProd:
		dotSupersSDOT(f, a, n)
	case useNEON:
		dotSupersNEON(f, a, n)
	default:
		dotSupersGeneric(f, a, n)
	}
}

func dotSupersSDOT(f SuperFormat, a *superArgs, n int) {
	switch one := n == 1; {
	case f == Q4_K && one:
		dotQ4_Kx1SDOT(a)
	case f == Q4_K:
		dotQ4_Kx4SDOT(a)
	case f == Q5_K && one:
		dotQ5_Kx1SDOT(a)
	case f == Q5_K:
		dotQ5_Kx4SDOT(a)
	case f == Q6_K && one:
		dotQ6_Kx1SDOT(a)
	case f == Q6_K:
		dotQ6_Kx4SDOT(a)
	}
}

func dotSupersNEON(f SuperFormat, a *superArgs, n int) {
	switch one := n == 1; {
	case f == Q4_K && one:
		dotQ4_Kx1NEON(a)
	case f == Q4_K:
		dotQ4_Kx4NEON(a)
	case f == Q5_K && one:
		dotQ5_Kx1NEON(a)
	case f == Q5_K:
		dotQ5_Kx4NEON(a)
	case f == Q6_K && one:
		dotQ6_Kx1NEON(a)
	case f == Q6_K:
		dotQ6_Kx4NEON(a)
	}
}

//go:noescape
func dotQ4_Kx1SDOT(a *superArgs)

//go:noescape
func dotQ4_Kx4SDOT(a *superArgs)

//go:noescape
func dotQ5_Kx1SDOT(a *superArgs)

//go:noescape
func dotQ5_Kx4SDOT(a *superArgs)

//go:noescape
func dotQ6_Kx1SDOT(a *superArgs)

//go:noescape
func dotQ6_Kx4SDOT(a *superArgs)

//go:noescape
func dotQ4_Kx1NEON(a *superArgs)

//go:noescape
func dotQ4_Kx4NEON(a *superArgs)

//go:noescape
func dotQ5_Kx1NEON(a *superArgs)

//go:noescape
func dotQ5_Kx4NEON(a *superArgs)

//go:noescape
func dotQ6_Kx1NEON(a *superArgs)

//go:noescape
func dotQ6_Kx4NEON(a *superArgs)
