//go:build !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "encode_arm64.h"
#include "blocks_arm64.h"

// Products of blocks of 32 weights with quads; see quadArgs. A step takes one
// block of each row. Each kernel comes with SDOT and with the products of 16 bits
// that every arm64 CPU has, five or six instructions for two. A block of Q4_0 takes
// 11 instructions with SDOT, 2 of them loads, besides 5 for the activations of four
// rows of weights.
//
// Registers of all kernels:
//
//	R0, R7, R8, R9    the arguments, rows of weights left, their stride, blocks left
//	R19, R20          blocks left in a quad, blocks in a row
//	R3 to R6          rows of weights
//	V0 to V4          activations: codes, scale, what sums start from, sums times scale
//	V5 V6 V7 V16      a row's weights: codes, scale, minimum
//	V24 to V27        those of a second row
//	V8 to V15         sums, one for each product
//	V17, V18          temporary
//	V19 to V23        constants of the format
//
// A weight is d(code - zero) + m. The parts of a format, besides those in
// blocks_arm64.h:
//
//	START(x)     what a sum of code products starts from, in V3: the quad's negated
//	             sums times zero; or 0, and where there is an m, V4 = sums times scale
//	MIN(m, acc)  adds m times the sum of activations

#define START_ZERO8(x)  FMOVQ Quad_negated(R(x)), F3; SHL_4S(3, 3, 3)
#define START_ZERO16(x) FMOVQ Quad_negated(R(x)), F3; SHL_4S(4, 3, 3)
#define START_0(x)      MOVI_2D_0(3)
#define START_MIN(x) \
	FMOVQ Quad_negated(R(x)), F4 \
	MOVI_2D_0(3)                 \
	SCVTF_4S(4, 4)               \
	FMUL_4S(2, 4, 4)

#define NO_MIN(m, acc)
#define SUB_MIN(m, acc) FMLS_4S(4, m, acc)

// Products with codes of up to 31, whose sums of four fit 16 bits, and with any.

#define SDOT_2(lo, hi) \
	SDOT_4S(0, lo, 17) \
	SDOT_4S(1, hi, 17)

#define SMALL_2(lo, hi) \
	SMULL_8H(0, lo, 18)  \
	SMLAL2_8H(0, lo, 18) \
	SMLAL_8H(1, hi, 18)  \
	SMLAL2_8H(1, hi, 18) \
	SADALP_4S(18, 17)

#define BYTES_2(lo, hi) \
	SMULL_8H(0, lo, 18)  \
	SMLAL2_8H(0, lo, 18) \
	SADALP_4S(18, 17)    \
	SMULL_8H(1, hi, 18)  \
	SMLAL2_8H(1, hi, 18) \
	SADALP_4S(18, 17)

// acc += d·V2 times the sums of products.
#define MULTIPLY(DOT, MIN, lo, hi, d, m, acc) \
	MOV_16B(3, 17)        \
	DOT(lo, hi)           \
	FMUL_4S(2, d, 18)     \
	SCVTF_4S(17, 17)      \
	FMLA_4S(18, 17, acc)  \
	MIN(m, acc)

#define LOAD(START, x) \
	FMOVQ Quad_q(R(x)), F0    \
	FMOVQ Quad_q+64(R(x)), F1 \
	FMOVQ Quad_d(R(x)), F2    \
	START(x)

#define ROW(UNPACK, DOT, MIN, p, acc) \
	UNPACK(p, 5, 6, 7, 16)                \
	MULTIPLY(DOT, MIN, 5, 6, 7, 16, acc)

#define REDUCE(a, b, c, d) \
	FADDP_4S(b, a, a) \
	FADDP_4S(d, c, c) \
	FADDP_4S(c, a, a)

#define BEGIN \
	MOVD a+0(FP), R0             \
	MOVD quadArgs_w(R0), R3      \
	MOVD quadArgs_rows(R0), R7   \
	MOVD quadArgs_stride(R0), R8 \
	MOVD quadArgs_quads(R0), R9  \
	MOVD quadArgs_rest(R0), R20  \
	ADD  R9<<2, R20, R20

// One row of activations times four rows of weights at a time. Rows that are not
// there repeat the last one; its products are not stored.
#define KERNEL1(UNPACK, START, DOT, MIN) \
	BEGIN                                \
	MOVD quadArgs_dst(R0), R1            \
rows:                                    \
	ADD  R8, R3, R4                      \
	CMP  $2, R7                          \
	CSEL LT, R3, R4, R4                  \
	ADD  R8, R4, R5                      \
	CMP  $3, R7                          \
	CSEL LT, R4, R5, R5                  \
	ADD  R8, R5, R6                      \
	CMP  $4, R7                          \
	CSEL LT, R5, R6, R6                  \
	MOVI_2D_0(8)                         \
	MOVI_2D_0(9)                         \
	MOVI_2D_0(10)                        \
	MOVI_2D_0(11)                        \
	MOVD quadArgs_x(R0), R2              \
	MOVD R20, R9                         \
quad:                                    \
	MOVD $4, R19                         \
block:                                   \
	LOAD(START, 2)                       \
	ROW(UNPACK, DOT, MIN, 3, 8)          \
	ROW(UNPACK, DOT, MIN, 4, 9)          \
	ROW(UNPACK, DOT, MIN, 5, 10)         \
	ROW(UNPACK, DOT, MIN, 6, 11)         \
	ADD  $16, R2                         \
	SUBS $1, R9                          \
	BEQ  sum                             \
	SUBS $1, R19                         \
	BNE  block                           \
	ADD  $(Quad__size-64), R2            \
	B    quad                            \
sum:                                     \
	REDUCE(8, 9, 10, 11)                 \
	MOVD R6, R3                          \
	SUBS $4, R7                          \
	BLT  last                            \
	FMOVQ.P F8, 16(R1)                   \
	BNE  rows                            \
	RET                                  \
last:                                    \
	VST1.P V8.S[0], 4(R1)                \
	ADDS $3, R7                          \
	BEQ  done                            \
	VST1.P V8.S[1], 4(R1)                \
	SUBS $1, R7                          \
	BEQ  done                            \
	VST1.P V8.S[2], 4(R1)                \
done:                                    \
	RET

// Four rows of activations times two rows of weights at a time, likewise.
#define PAIR(START, DOT, MIN, x, a, b) \
	LOAD(START, x)                             \
	MULTIPLY(DOT, MIN, 5, 6, 7, 16, a)         \
	MULTIPLY(DOT, MIN, 24, 25, 26, 27, b)      \
	ADD $16, R(x)

#define KERNEL4(UNPACK, START, DOT, MIN) \
	BEGIN                                \
	LDP  quadArgs_dst(R0), (R14, R15)    \
	LDP  quadArgs_dst+16(R0), (R16, R17) \
rows:                                    \
	ADD  R8, R3, R4                      \
	CMP  $2, R7                          \
	CSEL LT, R3, R4, R4                  \
	MOVI_2D_0(8)                         \
	MOVI_2D_0(9)                         \
	MOVI_2D_0(10)                        \
	MOVI_2D_0(11)                        \
	MOVI_2D_0(12)                        \
	MOVI_2D_0(13)                        \
	MOVI_2D_0(14)                        \
	MOVI_2D_0(15)                        \
	LDP  quadArgs_x(R0), (R10, R11)      \
	LDP  quadArgs_x+16(R0), (R12, R13)   \
	MOVD R20, R9                         \
quad:                                    \
	MOVD $4, R19                         \
block:                                   \
	UNPACK(3, 5, 6, 7, 16)               \
	UNPACK(4, 24, 25, 26, 27)            \
	PAIR(START, DOT, MIN, 10, 8, 12)     \
	PAIR(START, DOT, MIN, 11, 9, 13)     \
	PAIR(START, DOT, MIN, 12, 10, 14)    \
	PAIR(START, DOT, MIN, 13, 11, 15)    \
	SUBS $1, R9                          \
	BEQ  sum                             \
	SUBS $1, R19                         \
	BNE  block                           \
	ADD  $(Quad__size-64), R10           \
	ADD  $(Quad__size-64), R11           \
	ADD  $(Quad__size-64), R12           \
	ADD  $(Quad__size-64), R13           \
	B    quad                            \
sum:                                     \
	REDUCE(8, 9, 10, 11)                 \
	REDUCE(12, 13, 14, 15)               \
	VST1.P V8.S[0], 4(R14)               \
	VST1.P V8.S[1], 4(R15)               \
	VST1.P V8.S[2], 4(R16)               \
	VST1.P V8.S[3], 4(R17)               \
	SUBS $2, R7                          \
	BLT  done                            \
	VST1.P V12.S[0], 4(R14)              \
	VST1.P V12.S[1], 4(R15)              \
	VST1.P V12.S[2], 4(R16)              \
	VST1.P V12.S[3], 4(R17)              \
	MOVD R4, R3                          \
	BNE  rows                            \
done:                                    \
	RET

// func dotQ4_0x1NEON(a *quadArgs)
TEXT ·dotQ4_0x1NEON(SB), NOSPLIT, $0-8
	CONSTS_NIBBLES
	KERNEL1(UNPACK_Q4_0, START_ZERO8, SMALL_2, NO_MIN)

// func dotQ4_0x4NEON(a *quadArgs)
TEXT ·dotQ4_0x4NEON(SB), NOSPLIT, $0-8
	CONSTS_NIBBLES
	KERNEL4(UNPACK_Q4_0, START_ZERO8, SMALL_2, NO_MIN)

// func dotQ4_1x1NEON(a *quadArgs)
TEXT ·dotQ4_1x1NEON(SB), NOSPLIT, $0-8
	CONSTS_NIBBLES
	KERNEL1(UNPACK_Q4_1, START_MIN, SMALL_2, SUB_MIN)

// func dotQ4_1x4NEON(a *quadArgs)
TEXT ·dotQ4_1x4NEON(SB), NOSPLIT, $0-8
	CONSTS_NIBBLES
	KERNEL4(UNPACK_Q4_1, START_MIN, SMALL_2, SUB_MIN)

// func dotQ5_0x1NEON(a *quadArgs)
TEXT ·dotQ5_0x1NEON(SB), NOSPLIT, $0-8
	CONSTS_FIFTH
	KERNEL1(UNPACK_Q5_0, START_ZERO16, SMALL_2, NO_MIN)

// func dotQ5_0x4NEON(a *quadArgs)
TEXT ·dotQ5_0x4NEON(SB), NOSPLIT, $0-8
	CONSTS_FIFTH
	KERNEL4(UNPACK_Q5_0, START_ZERO16, SMALL_2, NO_MIN)

// func dotQ5_1x1NEON(a *quadArgs)
TEXT ·dotQ5_1x1NEON(SB), NOSPLIT, $0-8
	CONSTS_FIFTH
	KERNEL1(UNPACK_Q5_1, START_MIN, SMALL_2, SUB_MIN)

// func dotQ5_1x4NEON(a *quadArgs)
TEXT ·dotQ5_1x4NEON(SB), NOSPLIT, $0-8
	CONSTS_FIFTH
	KERNEL4(UNPACK_Q5_1, START_MIN, SMALL_2, SUB_MIN)

// func dotQ8_0x1NEON(a *quadArgs)
TEXT ·dotQ8_0x1NEON(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK_Q8_0, START_0, BYTES_2, NO_MIN)

// func dotQ8_0x4NEON(a *quadArgs)
TEXT ·dotQ8_0x4NEON(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK_Q8_0, START_0, BYTES_2, NO_MIN)

// func dotIQ4_NLx1NEON(a *quadArgs)
TEXT ·dotIQ4_NLx1NEON(SB), NOSPLIT, $0-8
	CONSTS_IQ4_NL
	KERNEL1(UNPACK_IQ4_NL, START_0, BYTES_2, NO_MIN)

// func dotIQ4_NLx4NEON(a *quadArgs)
TEXT ·dotIQ4_NLx4NEON(SB), NOSPLIT, $0-8
	CONSTS_IQ4_NL
	KERNEL4(UNPACK_IQ4_NL, START_0, BYTES_2, NO_MIN)

// func dotQ4_0x1SDOT(a *quadArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ4_0x1SDOT(SB), NOSPLIT, $0-8
	CONSTS_NIBBLES
	KERNEL1(UNPACK_Q4_0, START_ZERO8, SDOT_2, NO_MIN)

// func dotQ4_0x4SDOT(a *quadArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ4_0x4SDOT(SB), NOSPLIT, $0-8
	CONSTS_NIBBLES
	KERNEL4(UNPACK_Q4_0, START_ZERO8, SDOT_2, NO_MIN)

// func dotQ4_1x1SDOT(a *quadArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ4_1x1SDOT(SB), NOSPLIT, $0-8
	CONSTS_NIBBLES
	KERNEL1(UNPACK_Q4_1, START_MIN, SDOT_2, SUB_MIN)

// func dotQ4_1x4SDOT(a *quadArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ4_1x4SDOT(SB), NOSPLIT, $0-8
	CONSTS_NIBBLES
	KERNEL4(UNPACK_Q4_1, START_MIN, SDOT_2, SUB_MIN)

// func dotQ5_0x1SDOT(a *quadArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ5_0x1SDOT(SB), NOSPLIT, $0-8
	CONSTS_FIFTH
	KERNEL1(UNPACK_Q5_0, START_ZERO16, SDOT_2, NO_MIN)

// func dotQ5_0x4SDOT(a *quadArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ5_0x4SDOT(SB), NOSPLIT, $0-8
	CONSTS_FIFTH
	KERNEL4(UNPACK_Q5_0, START_ZERO16, SDOT_2, NO_MIN)

// func dotQ5_1x1SDOT(a *quadArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ5_1x1SDOT(SB), NOSPLIT, $0-8
	CONSTS_FIFTH
	KERNEL1(UNPACK_Q5_1, START_MIN, SDOT_2, SUB_MIN)

// func dotQ5_1x4SDOT(a *quadArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ5_1x4SDOT(SB), NOSPLIT, $0-8
	CONSTS_FIFTH
	KERNEL4(UNPACK_Q5_1, START_MIN, SDOT_2, SUB_MIN)

// func dotQ8_0x1SDOT(a *quadArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ8_0x1SDOT(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK_Q8_0, START_0, SDOT_2, NO_MIN)

// func dotQ8_0x4SDOT(a *quadArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ8_0x4SDOT(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK_Q8_0, START_0, SDOT_2, NO_MIN)

// func dotIQ4_NLx1SDOT(a *quadArgs)
// Requires: FEAT_DotProd
TEXT ·dotIQ4_NLx1SDOT(SB), NOSPLIT, $0-8
	CONSTS_IQ4_NL
	KERNEL1(UNPACK_IQ4_NL, START_0, SDOT_2, NO_MIN)

// func dotIQ4_NLx4SDOT(a *quadArgs)
// Requires: FEAT_DotProd
TEXT ·dotIQ4_NLx4SDOT(SB), NOSPLIT, $0-8
	CONSTS_IQ4_NL
	KERNEL4(UNPACK_IQ4_NL, START_0, SDOT_2, NO_MIN)
