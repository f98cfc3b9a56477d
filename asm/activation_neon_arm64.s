//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"
#include "exp_arm64.h"

// One vector a turn: a turn's chain is long, but turns do not depend on one
// another, and the 30 to 50 instructions of one leave room for several in the
// reorder buffers of out-of-order cores. What is left beyond whole vectors goes
// through lane 0 of the same instructions.

// func expSumNEON(x []float32, shift float32) float32
//
// V8 is the shift, V9 and V10 the sums.
TEXT ·expSumNEON(SB), NOSPLIT, $0-36
	MOVD  x_base+0(FP), R0
	MOVD  x_len+8(FP), R1
	FMOVS shift+24(FP), F8
	VDUP  V8.S[0], V8.S4
	LOAD_EXP
	VEOR  V9.B16, V9.B16, V9.B16
	VEOR  V10.B16, V10.B16, V10.B16
	SUBS  $8, R1
	BLT   rest
loop8:
	FLDPQ (R0), (F0, F11)
	FSUB_4S(8, 0, 0)
	FSUB_4S(8, 11, 11)
	EXP(0, 1, 2, 3, 4, 5, 6, 7)
	EXP(11, 1, 2, 3, 4, 5, 6, 7)
	FSTPQ.P (F0, F11), 32(R0)
	FADD_4S(0, 9, 9)
	FADD_4S(11, 10, 10)
	SUBS $8, R1
	BGE  loop8
rest:
	FADD_4S(10, 9, 9)
	FADDP_4S(9, 9, 9)
	FADDP_S(9, 9)
	ADDS $8, R1
	BEQ  done
loop1:
	FMOVS (R0), F0
	FSUB_4S(8, 0, 0)
	EXP(0, 1, 2, 3, 4, 5, 6, 7)
	FMOVS.P F0, 4(R0)
	FADDS   F0, F9, F9
	SUBS    $1, R1
	BNE     loop1
done:
	FMOVS F9, ret+32(FP)
	RET

// SWISH computes V0 = x/(1+exp(-x*(a+b*x*x))) for x in V0, with V8 = -a, V9 = -b
// and V10 the bound of the square.
#define SWISH \
	FMUL_4S(0, 0, 11)            \
	FMIN_4S(10, 11, 11)          \
	MOV_16B(8, 12)               \
	FMLA_4S(9, 11, 12)           \
	FMUL_4S(0, 12, 11)           \
	EXP(11, 1, 2, 3, 4, 5, 6, 7) \
	FADD_4S(ONE, 11, 11)         \
	FDIV_4S(11, 0, 0)

// func swishNEON(x []float32, a, b float32)
TEXT ·swishNEON(SB), NOSPLIT, $0-32
	MOVD  x_base+0(FP), R0
	MOVD  x_len+8(FP), R1
	FMOVS a+24(FP), F8
	FMOVS b+28(FP), F9
	FNEGS F8, F8
	FNEGS F9, F9
	VDUP  V8.S[0], V8.S4
	VDUP  V9.S[0], V9.S4
	MOVW  $0x67800000, R2    // 2^80, whose product with b is finite
	VDUP  R2, V10.S4
	LOAD_EXP
	SUBS  $4, R1
	BLT   tail
loop4:
	FMOVQ (R0), F0
	SWISH
	FMOVQ.P F0, 16(R0)
	SUBS    $4, R1
	BGE     loop4
tail:
	ADDS $4, R1
	BEQ  done
loop1:
	FMOVS (R0), F0
	SWISH
	FMOVS.P F0, 4(R0)
	SUBS    $1, R1
	BNE     loop1
done:
	RET

// SILU computes V0 = x/(1+exp(-x)) for x in V0.
#define SILU \
	FNEG_4S(0, 11)               \
	EXP(11, 1, 2, 3, 4, 5, 6, 7) \
	FADD_4S(ONE, 11, 11)         \
	FDIV_4S(11, 0, 0)

// func swiGLUNEON(gate, up []float32)
TEXT ·swiGLUNEON(SB), NOSPLIT, $0-48
	MOVD gate_base+0(FP), R0
	MOVD gate_len+8(FP), R1
	MOVD up_base+24(FP), R2
	LOAD_EXP
	SUBS $4, R1
	BLT  tail
loop4:
	FMOVQ   (R0), F0
	FMOVQ.P 16(R2), F8
	SILU
	FMUL_4S(8, 0, 0)
	FMOVQ.P F0, 16(R0)
	SUBS    $4, R1
	BGE     loop4
tail:
	ADDS $4, R1
	BEQ  done
loop1:
	FMOVS   (R0), F0
	FMOVS.P 4(R2), F8
	SILU
	FMULS   F8, F0, F0
	FMOVS.P F0, 4(R0)
	SUBS    $1, R1
	BNE     loop1
done:
	RET

#define GELU_MAX            8
#define GELU_C              9
#define GELU_NEG_HALF       10
#define GELU_NEG_HALF_LOG2E 11
#define H0                  12
#define H1                  13
#define H2                  14
#define H3                  15
#define H4                  19
#define H5                  20
#define H6                  28
#define H7                  29
#define H8                  30

#define LOAD_GELU \
	LOAD_EXP                     \
	MOVD    $·geluConsts(SB), R9 \
	VLD1R.P 4(R9), [V8.S4]  \
	VLD1R.P 4(R9), [V9.S4]  \
	VLD1R.P 4(R9), [V10.S4] \
	VLD1R.P 4(R9), [V11.S4] \
	VLD1R.P 4(R9), [V12.S4] \
	VLD1R.P 4(R9), [V13.S4] \
	VLD1R.P 4(R9), [V14.S4] \
	VLD1R.P 4(R9), [V15.S4] \
	VLD1R.P 4(R9), [V19.S4] \
	VLD1R.P 4(R9), [V20.S4] \
	VLD1R.P 4(R9), [V28.S4] \
	VLD1R.P 4(R9), [V29.S4] \
	VLD1R.P 4(R9), [V30.S4]

// GELU computes V0 = max(x, 0) - t*q(t) with x in V0 and t = |x|, bounded, in V1.
// V2 + V3 is the square of t exactly; V2 enters the exponential in the place of x,
// and V3, which is at most 2^-24*V2, as a term of f.
#define GELU \
	FABS_4S(0, 1)                       \
	FMIN_4S(GELU_MAX, 1, 1)             \
	FMUL_4S(1, 1, 2)                    \
	FNEG_4S(2, 3)                       \
	FMLA_4S(1, 1, 3)                    \
	FMUL_4S(GELU_NEG_HALF, 2, 2)        \
	FCMGT_4S(2, EXP_MIN, 7)             \
	SPLIT(2, 4, 5)                      \
	FMLA_4S(GELU_NEG_HALF_LOG2E, 3, 5)  \
	POWER(4, 5, 2, 3, 6)                \
	BIC_16B(7, 2, 2)                    \
	MOV_16B(ONE, 3)                     \
	FMLA_4S(GELU_C, 1, 3)               \
	FDIV_4S(3, ONE, 3)                  \ // w
	FMUL_4S(3, 3, 4)                    \ // w*w
	MOV_16B(H0, 5)                      \
	MOV_16B(H2, 6)                      \
	FMLA_4S(H1, 3, 5)                   \
	FMLA_4S(H3, 3, 6)                   \
	FMLA_4S(6, 4, 5)                    \ // H0..H3
	MOV_16B(H4, 6)                      \
	MOV_16B(H6, 7)                      \
	FMLA_4S(H5, 3, 6)                   \
	FMLA_4S(H7, 3, 7)                   \
	FMLA_4S(7, 4, 6)                    \
	FMUL_4S(4, 4, 4)                    \
	FMLA_4S(H8, 4, 6)                   \ // H4..H8
	FMLA_4S(6, 4, 5)                    \
	FMUL_4S(2, 5, 5)                    \ // q
	MOVI_2D_0(6)                        \
	FMAX_4S(6, 0, 0)                    \
	FMLS_4S(5, 1, 0)

// func geluNEON(x []float32)
TEXT ·geluNEON(SB), NOSPLIT, $0-24
	MOVD x_base+0(FP), R0
	MOVD x_len+8(FP), R1
	LOAD_GELU
	SUBS $4, R1
	BLT  tail
loop4:
	FMOVQ (R0), F0
	GELU
	FMOVQ.P F0, 16(R0)
	SUBS    $4, R1
	BGE     loop4
tail:
	ADDS $4, R1
	BEQ  done
loop1:
	FMOVS (R0), F0
	GELU
	FMOVS.P F0, 4(R0)
	SUBS    $1, R1
	BNE     loop1
done:
	RET
