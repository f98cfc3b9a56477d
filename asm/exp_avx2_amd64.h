// exp in the lanes of AVX registers.

// SPLIT writes x*log2(e) as n + f with n whole and |f| <= 1/2; f is good to half
// a unit of 2^-25, as the fused products round it only. k marks the lanes that are
// not below the least argument.
#define SPLIT(x, n, f, k) \
	VCMPPS      $5, CONST(EXP_MIN), x, k  \ // not less than, or NaN
	VMOVUPS     CONST(LOG2E), f           \
	VMULPS      f, x, n                   \
	VROUNDPS    $0, n, n                  \
	VFMSUB213PS n, x, f                   \
	VFMADD231PS CONST(LOG2E_LO), x, f

// POWER computes p = 2^(n+f), 0 in the lanes that k does not mark. n is added to
// the exponent. It clobbers n.
#define POWER(n, f, k, p) \
	VMOVUPS     CONST(EXP2_C6), p        \
	VFMADD213PS CONST(EXP2_C5), f, p     \
	VFMADD213PS CONST(EXP2_C4), f, p     \
	VFMADD213PS CONST(EXP2_C3), f, p     \
	VFMADD213PS CONST(EXP2_C2), f, p     \
	VFMADD213PS CONST(EXP2_C1), f, p     \
	VFMADD213PS CONST(ONE), f, p         \
	VCVTPS2DQ   n, n                     \
	VPSLLD      $23, n, n                \
	VPADDD      n, p, p                  \
	VANDPS      k, p, p

// EXP computes x = exp(x).
#define EXP(x, n, f, k, o) \
	VCMPPS    $0x1e, CONST(EXP_MAX), x, o  \ // greater than, and no NaN
	SPLIT(x, n, f, k)                      \
	POWER(n, f, k, x)                      \
	VBLENDVPS o, CONST(INF), x, x
