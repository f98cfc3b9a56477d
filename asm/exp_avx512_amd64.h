// exp in the lanes of AVX-512 registers.

// Constants that stay in registers: Z16 log2(e), Z17 its rest, Z18 and Z19 the
// bounds of the argument, Z20 to Z25 the coefficients C1 to C6, Z26 one.
#define LOAD_EXP \
	VBROADCASTSS CONST(LOG2E), Z16    \
	VBROADCASTSS CONST(LOG2E_LO), Z17 \
	VBROADCASTSS CONST(EXP_MIN), Z18  \
	VBROADCASTSS CONST(EXP_INF), Z19  \
	VBROADCASTSS CONST(EXP2_C1), Z20  \
	VBROADCASTSS CONST(EXP2_C2), Z21  \
	VBROADCASTSS CONST(EXP2_C3), Z22  \
	VBROADCASTSS CONST(EXP2_C4), Z23  \
	VBROADCASTSS CONST(EXP2_C5), Z24  \
	VBROADCASTSS CONST(EXP2_C6), Z25  \
	VBROADCASTSS CONST(ONE), Z26

// SPLIT writes x*log2(e) as n + f with n whole and |f| <= 1/2; f is good to half
// a unit of 2^-25, as the fused products round it only. k marks the lanes that are
// not below the least argument.
#define SPLIT(x, n, f, k) \
	VCMPPS      $5, Z18, x, k \ // not less than, or NaN
	VMULPS      Z16, x, n     \
	VRNDSCALEPS $0, n, n      \
	VMOVAPS     n, f          \
	VFMSUB231PS Z16, x, f     \
	VFMADD231PS Z17, x, f

// POWER computes p = 2^(n+f), 0 in the lanes that k does not mark.
#define POWER(n, f, k, p) \
	VMOVAPS     Z25, p      \
	VFMADD213PS Z24, f, p   \
	VFMADD213PS Z23, f, p   \
	VFMADD213PS Z22, f, p   \
	VFMADD213PS Z21, f, p   \
	VFMADD213PS Z20, f, p   \
	VFMADD213PS Z26, f, p   \
	VSCALEFPS.Z n, p, k, p

// EXP computes x = exp(x). VMINPS takes a NaN from its first operand, x.
#define EXP(x, n, f, k) \
	VMINPS x, Z19, x    \
	SPLIT(x, n, f, k)   \
	POWER(n, f, k, x)
