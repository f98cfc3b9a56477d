//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"

// Four rows of weights are read side by side, eight values of each a turn, so that
// a vector of activations is loaded once for four products. Every product has two
// sums, of the even and the odd vectors: eight or sixteen in flight.
//
// Registers:
//
//	R0, R1            rows of activations
//	R2 R3 R4 R5       rows of weights
//	R6, R7            values left, sums
//	V0 to V3          activations, two vectors of each row
//	V4 to V7          weights
//	V16 to V31        sums
//
// LOAD reads eight values of a row and widens them to a and b.

#define LOAD_F32(p, a, b)  FMOVQ.P 16(p), F(a); FMOVQ.P 16(p), F(b)
#define LOAD_F16(p, a, b)  FMOVQ.P 16(p), F(a); FCVTL2_4S(a, b); FCVTL_4S(a, a)
#define LOAD_BF16(p, a, b) FMOVQ.P 16(p), F(a); SHLL2_4S(a, b); SHLL_4S(a, a)

#define BEGIN \
	MOVD sums+0(FP), R7   \
	MOVD a+8(FP), R1      \
	MOVD w+16(FP), R2     \
	MOVD stride+24(FP), R6 \
	ADD  R6, R2, R3       \
	ADD  R6, R3, R4       \
	ADD  R6, R4, R5       \
	MOVD k+32(FP), R6     \
	MOVD (R1), R0

#define ZERO4(a, b, c, d) \
	MOVI_2D_0(a) \
	MOVI_2D_0(b) \
	MOVI_2D_0(c) \
	MOVI_2D_0(d)

#define ROW1(LOAD, p, a, b, s, t) \
	LOAD(p, a, b)     \
	FMLA_4S(0, a, s)  \
	FMLA_4S(1, b, t)

#define ROW2(LOAD, p, a, b, s, t, u, v) \
	ROW1(LOAD, p, a, b, s, t) \
	FMLA_4S(2, a, u)          \
	FMLA_4S(3, b, v)

// REDUCE adds the sums of four rows over their lanes and stores the results.
#define REDUCE(s0, s1, s2, s3, t0, t1, t2, t3) \
	FADD_4S(t0, s0, s0)   \
	FADD_4S(t1, s1, s1)   \
	FADD_4S(t2, s2, s2)   \
	FADD_4S(t3, s3, s3)   \
	FADDP_4S(s1, s0, s0)  \
	FADDP_4S(s3, s2, s2)  \
	FADDP_4S(s2, s0, s0)  \
	FMOVQ.P F(s0), 16(R7)

#define KERNEL1(LOAD) \
	BEGIN                          \
	ZERO4(16, 17, 18, 19)          \
	ZERO4(20, 21, 22, 23)          \
loop:                              \
	FLDPQ.P 32(R0), (F0, F1)       \
	ROW1(LOAD, R2, 4, 5, 16, 20)   \
	ROW1(LOAD, R3, 6, 7, 17, 21)   \
	ROW1(LOAD, R4, 4, 5, 18, 22)   \
	ROW1(LOAD, R5, 6, 7, 19, 23)   \
	SUBS $8, R6                    \
	BNE  loop                      \
	REDUCE(16, 17, 18, 19, 20, 21, 22, 23) \
	RET

#define KERNEL2(LOAD) \
	BEGIN                                  \
	MOVD 8(R1), R1                         \
	ZERO4(16, 17, 18, 19)                  \
	ZERO4(20, 21, 22, 23)                  \
	ZERO4(24, 25, 26, 27)                  \
	ZERO4(28, 29, 30, 31)                  \
loop:                                      \
	FLDPQ.P 32(R0), (F0, F1)               \
	FLDPQ.P 32(R1), (F2, F3)               \
	ROW2(LOAD, R2, 4, 5, 16, 20, 24, 28)   \
	ROW2(LOAD, R3, 6, 7, 17, 21, 25, 29)   \
	ROW2(LOAD, R4, 4, 5, 18, 22, 26, 30)   \
	ROW2(LOAD, R5, 6, 7, 19, 23, 27, 31)   \
	SUBS $8, R6                            \
	BNE  loop                              \
	REDUCE(16, 17, 18, 19, 20, 21, 22, 23) \
	REDUCE(24, 25, 26, 27, 28, 29, 30, 31) \
	RET

// func gemvF32x1NEON(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
TEXT ·gemvF32x1NEON(SB), NOSPLIT, $0-40
	KERNEL1(LOAD_F32)

// func gemvF32x2NEON(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
TEXT ·gemvF32x2NEON(SB), NOSPLIT, $0-40
	KERNEL2(LOAD_F32)

// func gemvF16x1NEON(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
TEXT ·gemvF16x1NEON(SB), NOSPLIT, $0-40
	KERNEL1(LOAD_F16)

// func gemvF16x2NEON(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
TEXT ·gemvF16x2NEON(SB), NOSPLIT, $0-40
	KERNEL2(LOAD_F16)

// func gemvBF16x1NEON(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
TEXT ·gemvBF16x1NEON(SB), NOSPLIT, $0-40
	KERNEL1(LOAD_BF16)

// func gemvBF16x2NEON(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
TEXT ·gemvBF16x2NEON(SB), NOSPLIT, $0-40
	KERNEL2(LOAD_BF16)
