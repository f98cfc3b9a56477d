//go:build !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "encode_arm64.h"
#include "blocks_arm64.h"

// Products of blocks of 256 weights with supers; see superArgs. A step takes 64
// values of a block. Each kernel comes with SDOT and with the products of 16 bits
// that every arm64 CPU has, whose sums of four fit, as codes are below 64.
// Sixty-four values of Q4_K take 15 instructions with SDOT, 3 of them loads; the
// scales and the end of a block 42.
//
// Registers of all kernels:
//
//	R0, R7, R8, R9    the arguments, rows of weights left, blocks in a row, blocks left
//	R3                weights, which are read from end to end
//	R10 to R13        rows of activations
//	V0 to V3          activations
//	V4 to V7          codes
//	V8 to V11         sums, one for each product
//	V12 to V15, V19 to V25   see blocks_arm64.h
//	V26 to V29        integer sums
//	V16 V17 V18 V30 V31      temporary
//
// FINISH takes a sum times d, less what minima or zeros contribute.

// t += products of two vectors each.

#define SDOT_2(x, y, v, w, t) \
	SDOT_4S(x, v, t) \
	SDOT_4S(y, w, t)

#define SMULL_2(x, y, v, w, t) \
	SMULL_8H(x, v, 18)  \
	SMLAL2_8H(x, v, 18) \
	SMLAL_8H(y, w, 18)  \
	SMLAL2_8H(y, w, 18) \
	SADALP_4S(18, t)

#define SDOT_1(x, v, t) SDOT_4S(x, v, t)

#define SMULL_1(x, v, t) \
	SMULL_8H(x, v, 18)  \
	SMLAL2_8H(x, v, 18) \
	SADALP_4S(18, t)

// PRODUCTS adds the products of 64 codes with activations, times the scales of
// their groups, which are elements i and on of s, to two sums.

#define PRODUCTS_32(DOT2, DOT1, x, at, s, i, a, b) \
	FLDPQ at+Super_q(R(x)), (F0, F1)    \
	FLDPQ at+32+Super_q(R(x)), (F2, F3) \
	MOVI_2D_0(16)                       \
	MOVI_2D_0(17)                       \
	DOT2(0, 1, 4, 5, 16)                \
	DOT2(2, 3, 6, 7, 17)                \
	MLA_4S_E(i, s, 16, a)               \
	MLA_4S_E(i+1, s, 17, b)

#define PRODUCT_16(DOT1, x, v, t, i, s, a) \
	MOVI_2D_0(t)         \
	DOT1(x, v, t)        \
	MLA_4S_E(i, s, t, a)

#define PRODUCTS_16(DOT2, DOT1, x, at, s, i, a, b) \
	FLDPQ at+Super_q(R(x)), (F0, F1)    \
	FLDPQ at+32+Super_q(R(x)), (F2, F3) \
	PRODUCT_16(DOT1, 0, 4, 16, 0, s, a) \
	PRODUCT_16(DOT1, 1, 5, 17, 1, s, b) \
	PRODUCT_16(DOT1, 2, 6, 16, 2, s, a) \
	PRODUCT_16(DOT1, 3, 7, 17, 3, s, b)

// Minima times sums of activations are taken off.
#define FINISH_MIN(x, a, sum) \
	FMOVQ Super_sums32(R(x)), F16 \
	FMOVS Super_d(R(x)), F18      \
	SMULL_4S(16, 14, 17)          \
	SMLAL2_4S(16, 14, 17)         \
	FMUL_4S_E(0, 18, 12, 30)      \
	FMUL_4S_E(0, 18, 13, 31)      \
	SCVTF_4S(a, a)                \
	SCVTF_4S(17, 17)              \
	FMLA_4S(30, a, sum)           \
	FMLS_4S(31, 17, sum)

// Codes of Q6_K are 32 above what they mean, which the scales times the sums of
// activations take off again.
#define FINISH_Q6_K(x, a, sum) \
	FLDPQ Super_sums16(R(x)), (F0, F1) \
	FMOVS Super_d(R(x)), F18           \
	SMULL_4S(0, 14, 17)                \
	SMLAL2_4S(0, 14, 17)               \
	SMLAL_4S(1, 15, 17)                \
	SMLAL2_4S(1, 15, 17)               \
	FMUL_4S_E(0, 18, 12, 30)           \
	SHL_4S(5, 17, 17)                  \
	SUB_4S(17, a, a)                   \
	SCVTF_4S(a, a)                     \
	FMLA_4S(30, a, sum)

#define BEGIN(MASK) \
	MASK                          \
	MOVD a+0(FP), R0              \
	MOVD superArgs_w(R0), R3      \
	MOVD superArgs_rows(R0), R7   \
	MOVD superArgs_blocks(R0), R8

// One row of activations: the groups have two integer sums, in turn.
#define KERNEL1(MASK, HEAD, CODES, CODES64, PRODUCTS, s1, s2, s3, step, DOT2, DOT1, FINISH, END) \
	BEGIN(MASK)                                       \
	MOVD superArgs_dst(R0), R1                        \
row:                                                  \
	MOVI_2D_0(8)                                      \
	MOVD superArgs_x(R0), R10                         \
	MOVD R8, R9                                       \
block:                                                \
	HEAD                                              \
	MOVI_2D_0(26)                                     \
	MOVI_2D_0(27)                                     \
	CODES(0)                                          \
	PRODUCTS(DOT2, DOT1, 10, 0, 19, 0, 26, 27)        \
	CODES64(64)                                       \
	PRODUCTS(DOT2, DOT1, 10, 64, s1, step, 26, 27)    \
	CODES(128)                                        \
	PRODUCTS(DOT2, DOT1, 10, 128, s2, 0, 26, 27)      \
	CODES64(192)                                      \
	PRODUCTS(DOT2, DOT1, 10, 192, s3, step, 26, 27)   \
	ADD_4S(27, 26, 26)                                \
	FINISH(10, 26, 8)                                 \
	END                                               \
	ADD  $Super__size, R10                            \
	SUBS $1, R9                                       \
	BNE  block                                        \
	FADDP_4S(8, 8, 8)                                 \
	FADDP_S(8, 8)                                     \
	FMOVS.P F8, 4(R1)                                 \
	SUBS $1, R7                                       \
	BNE  row                                          \
	RET

// Four rows of activations.

#define FOUR(PRODUCTS, DOT2, DOT1, at, s, i) \
	PRODUCTS(DOT2, DOT1, 10, at, s, i, 26, 26) \
	PRODUCTS(DOT2, DOT1, 11, at, s, i, 27, 27) \
	PRODUCTS(DOT2, DOT1, 12, at, s, i, 28, 28) \
	PRODUCTS(DOT2, DOT1, 13, at, s, i, 29, 29)

#define KERNEL4(MASK, HEAD, CODES, CODES64, PRODUCTS, s1, s2, s3, step, DOT2, DOT1, FINISH, END) \
	BEGIN(MASK)                                  \
	LDP  superArgs_dst(R0), (R14, R15)           \
	LDP  superArgs_dst+16(R0), (R1, R17)         \
row:                                             \
	MOVI_2D_0(8)                                 \
	MOVI_2D_0(9)                                 \
	MOVI_2D_0(10)                                \
	MOVI_2D_0(11)                                \
	LDP  superArgs_x(R0), (R10, R11)             \
	LDP  superArgs_x+16(R0), (R12, R13)          \
	MOVD R8, R9                                  \
block:                                           \
	HEAD                                         \
	MOVI_2D_0(26)                                \
	MOVI_2D_0(27)                                \
	MOVI_2D_0(28)                                \
	MOVI_2D_0(29)                                \
	CODES(0)                                     \
	FOUR(PRODUCTS, DOT2, DOT1, 0, 19, 0)         \
	CODES64(64)                                  \
	FOUR(PRODUCTS, DOT2, DOT1, 64, s1, step)     \
	CODES(128)                                   \
	FOUR(PRODUCTS, DOT2, DOT1, 128, s2, 0)       \
	CODES64(192)                                 \
	FOUR(PRODUCTS, DOT2, DOT1, 192, s3, step)    \
	FINISH(10, 26, 8)                            \
	FINISH(11, 27, 9)                            \
	FINISH(12, 28, 10)                           \
	FINISH(13, 29, 11)                           \
	END                                          \
	ADD  $Super__size, R10                       \
	ADD  $Super__size, R11                       \
	ADD  $Super__size, R12                       \
	ADD  $Super__size, R13                       \
	SUBS $1, R9                                  \
	BNE  block                                   \
	FADDP_4S(9, 8, 8)                            \
	FADDP_4S(11, 10, 10)                         \
	FADDP_4S(10, 8, 8)                           \
	VST1.P V8.S[0], 4(R14)                       \
	VST1.P V8.S[1], 4(R15)                       \
	VST1.P V8.S[2], 4(R1)                        \
	VST1.P V8.S[3], 4(R17)                       \
	SUBS $1, R7                                  \
	BNE  row                                     \
	RET

// func dotQ4_Kx1NEON(a *superArgs)
TEXT ·dotQ4_Kx1NEON(SB), NOSPLIT, $0-8
	KERNEL1(MASK_4BITS, SCALES, CODES_Q4_K, CODES_Q4_K, PRODUCTS_32, 19, 20, 20, 2, SMULL_2, SMULL_1, FINISH_MIN, END_Q45_K)

// func dotQ4_Kx4NEON(a *superArgs)
TEXT ·dotQ4_Kx4NEON(SB), NOSPLIT, $0-8
	KERNEL4(MASK_4BITS, SCALES, CODES_Q4_K, CODES_Q4_K, PRODUCTS_32, 19, 20, 20, 2, SMULL_2, SMULL_1, FINISH_MIN, END_Q45_K)

// func dotQ5_Kx1NEON(a *superArgs)
TEXT ·dotQ5_Kx1NEON(SB), NOSPLIT, $0-8
	KERNEL1(MASK_5BITS, HEAD_Q5_K, CODES_Q5_K, CODES_Q5_K, PRODUCTS_32, 19, 20, 20, 2, SMULL_2, SMULL_1, FINISH_MIN, END_Q45_K)

// func dotQ5_Kx4NEON(a *superArgs)
TEXT ·dotQ5_Kx4NEON(SB), NOSPLIT, $0-8
	KERNEL4(MASK_5BITS, HEAD_Q5_K, CODES_Q5_K, CODES_Q5_K, PRODUCTS_32, 19, 20, 20, 2, SMULL_2, SMULL_1, FINISH_MIN, END_Q45_K)

// func dotQ6_Kx1NEON(a *superArgs)
TEXT ·dotQ6_Kx1NEON(SB), NOSPLIT, $0-8
	KERNEL1(MASK_6BITS, HEAD_Q6_K, LOW_Q6_K, HIGH_Q6_K, PRODUCTS_16, 20, 21, 22, 0, SMULL_2, SMULL_1, FINISH_Q6_K, END_Q6_K)

// func dotQ6_Kx4NEON(a *superArgs)
TEXT ·dotQ6_Kx4NEON(SB), NOSPLIT, $0-8
	KERNEL4(MASK_6BITS, HEAD_Q6_K, LOW_Q6_K, HIGH_Q6_K, PRODUCTS_16, 20, 21, 22, 0, SMULL_2, SMULL_1, FINISH_Q6_K, END_Q6_K)

// func dotQ4_Kx1SDOT(a *superArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ4_Kx1SDOT(SB), NOSPLIT, $0-8
	KERNEL1(MASK_4BITS, SCALES, CODES_Q4_K, CODES_Q4_K, PRODUCTS_32, 19, 20, 20, 2, SDOT_2, SDOT_1, FINISH_MIN, END_Q45_K)

// func dotQ4_Kx4SDOT(a *superArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ4_Kx4SDOT(SB), NOSPLIT, $0-8
	KERNEL4(MASK_4BITS, SCALES, CODES_Q4_K, CODES_Q4_K, PRODUCTS_32, 19, 20, 20, 2, SDOT_2, SDOT_1, FINISH_MIN, END_Q45_K)

// func dotQ5_Kx1SDOT(a *superArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ5_Kx1SDOT(SB), NOSPLIT, $0-8
	KERNEL1(MASK_5BITS, HEAD_Q5_K, CODES_Q5_K, CODES_Q5_K, PRODUCTS_32, 19, 20, 20, 2, SDOT_2, SDOT_1, FINISH_MIN, END_Q45_K)

// func dotQ5_Kx4SDOT(a *superArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ5_Kx4SDOT(SB), NOSPLIT, $0-8
	KERNEL4(MASK_5BITS, HEAD_Q5_K, CODES_Q5_K, CODES_Q5_K, PRODUCTS_32, 19, 20, 20, 2, SDOT_2, SDOT_1, FINISH_MIN, END_Q45_K)

// func dotQ6_Kx1SDOT(a *superArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ6_Kx1SDOT(SB), NOSPLIT, $0-8
	KERNEL1(MASK_6BITS, HEAD_Q6_K, LOW_Q6_K, HIGH_Q6_K, PRODUCTS_16, 20, 21, 22, 0, SDOT_2, SDOT_1, FINISH_Q6_K, END_Q6_K)

// func dotQ6_Kx4SDOT(a *superArgs)
// Requires: FEAT_DotProd
TEXT ·dotQ6_Kx4SDOT(SB), NOSPLIT, $0-8
	KERNEL4(MASK_6BITS, HEAD_Q6_K, LOW_Q6_K, HIGH_Q6_K, PRODUCTS_16, 20, 21, 22, 0, SDOT_2, SDOT_1, FINISH_Q6_K, END_Q6_K)
