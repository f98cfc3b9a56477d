// The exponential on four lanes. Its constants stay in registers; what is left of
// V0 to V15 belongs to the kernels, which put more constants where they need no
// bound of their own.

#define LOG2E    16
#define LOG2E_LO 17
#define EXP_MIN  18
#define EXP_MAX  19
#define INF      20
#define C1       21
#define C2       22
#define C3       23
#define C4       24
#define C5       25
#define C6       26
#define ONE      27

#define LOAD_EXP \
	MOVD    $·expConsts(SB), R9 \
	VLD1R.P 4(R9), [V16.S4] \
	VLD1R.P 4(R9), [V17.S4] \
	VLD1R.P 4(R9), [V18.S4] \
	VLD1R.P 4(R9), [V19.S4] \
	VLD1R.P 4(R9), [V20.S4] \
	VLD1R.P 4(R9), [V21.S4] \
	VLD1R.P 4(R9), [V22.S4] \
	VLD1R.P 4(R9), [V23.S4] \
	VLD1R.P 4(R9), [V24.S4] \
	VLD1R.P 4(R9), [V25.S4] \
	VLD1R.P 4(R9), [V26.S4] \
	VLD1R.P 4(R9), [V27.S4]

// SPLIT writes x*log2(e) as n + f with n whole and |f| <= 1/2; f is good to half
// a unit of 2^-25, as the fused products round it only.
#define SPLIT(x, n, f) \
	FMUL_4S(LOG2E, x, n)    \
	FRINTN_4S(n, n)         \
	FNEG_4S(n, f)           \
	FMLA_4S(LOG2E, x, f)    \
	FMLA_4S(LOG2E_LO, x, f)

// POWER computes p = 2^(n+f) and clobbers n, q and r. The polynomial is summed in
// pairs of terms (Estrin's scheme), which needs fewer copies of constants than
// Horner's, for FMLA overwrites its addend. n is added to the exponent.
#define POWER(n, f, p, q, r) \
	FMUL_4S(f, f, q)    \
	MOV_16B(C5, p)      \
	MOV_16B(C3, r)      \
	FMLA_4S(C6, f, p)   \
	FMLA_4S(C4, f, r)   \
	FMLA_4S(p, q, r)    \ // C3 + C4*f + f*f*(C5 + C6*f)
	MOV_16B(C1, p)      \
	FMLA_4S(C2, f, p)   \
	FMLA_4S(r, q, p)    \
	MOV_16B(ONE, r)     \
	FMLA_4S(p, f, r)    \
	FCVTNS_4S(n, n)     \
	SHL_4S(23, n, n)    \
	ADD_4S(n, r, p)

// EXP computes x = exp(x) and clobbers the rest.
#define EXP(x, n, f, p, q, r, low, high) \
	FCMGT_4S(x, EXP_MIN, low)  \
	FCMGT_4S(EXP_MAX, x, high) \
	SPLIT(x, n, f)             \
	POWER(n, f, p, q, r)       \
	BIC_16B(low, p, x)         \
	BIT_16B(high, INF, x)
