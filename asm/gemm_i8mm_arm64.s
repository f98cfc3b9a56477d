//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"
#include "gemm_arm64.h"

// The integer sums of a block take up the registers; the sums in f32 are in
// memory, where they are met once a block. For a block of 32 values and 8 x 12 sums
// there are 96 USMMLA, 40 zips, 24 copies of what the sums start from and 72
// instructions for the scales.
//
// Besides the registers of gemm_arm64.h:
//
//	R7, R8            blocks, blocks left
//	R10, R11          scales of A and what stands behind them
//	R12, R13          scales and minima of B
//	R14               pairs of steps left
//	R15               the sums in f32, in the order of the registers
//	R16, R17          bytes of the values and of the scales of a panel of A
//	R19, R20          the same of a panel of B

// START sets the sums of a pair of rows, element p of the values in v.

#define START_PAIR(i, v, s) \
	DUP_2D_E(i, v, s)   \
	DUP_2D_E(i, v, s+1) \
	DUP_2D_E(i, v, s+2) \
	DUP_2D_E(i, v, s+3) \
	DUP_2D_E(i, v, s+4) \
	DUP_2D_E(i, v, s+5)

#define START_4 \
	FMOVQ.P 16(R11), F0 \
	START_PAIR(0, 0, 8) \
	START_PAIR(1, 0, 14)

#define START_8 \
	FLDPQ.P 32(R11), (F0, F1) \
	START_PAIR(0, 0, 8)       \
	START_PAIR(1, 0, 14)      \
	START_PAIR(0, 1, 20)      \
	START_PAIR(1, 1, 26)

#define ZERO6(a) \
	MOVI_2D_0(a)   \
	MOVI_2D_0(a+1) \
	MOVI_2D_0(a+2) \
	MOVI_2D_0(a+3) \
	MOVI_2D_0(a+4) \
	MOVI_2D_0(a+5)

#define ZERO_4 \
	ZERO6(8)  \
	ZERO6(14)

#define ZERO_8 \
	ZERO_4    \
	ZERO6(20) \
	ZERO6(26)

// PAIRS_A brings the values of pairs of rows, four bytes each at p, to V4 and on.

#define PAIRS_A4(p) \
	FMOVQ.P 16(p), F0 \
	DUP_2D_E(0, 0, 4) \
	DUP_2D_E(1, 0, 5)

#define PAIRS_A8(p) \
	FLDPQ.P 32(p), (F0, F1) \
	DUP_2D_E(0, 0, 4)       \
	DUP_2D_E(1, 0, 5)       \
	DUP_2D_E(0, 1, 6)       \
	DUP_2D_E(1, 1, 7)

// SCALE adds the integer sum s times its scales, those of the rows in a and of the
// columns in b, to the sum at R15.
#define SCALE(a, b, s) \
	FMOVQ (16*(s-8))(R15), F0 \
	FMUL_4S(a, b, 3)          \
	SCVTF_4S(s, s)            \
	FMLA_4S(3, s, 0)          \
	FMOVQ F0, (16*(s-8))(R15)

// MIN adds the product of a and b likewise.
#define MIN(a, b, s) \
	FMOVQ (16*(s-8))(R15), F0 \
	FMLA_4S(a, b, 0)          \
	FMOVQ F0, (16*(s-8))(R15)

#define ROWS4(OP, b, s) \
	OP(4, b, s)   \
	OP(5, b, s+6)

#define ROWS8(OP, b, s) \
	ROWS4(OP, b, s) \
	OP(6, b, s+12)  \
	OP(7, b, s+18)

// COLUMNS_B passes over all sums with the values of four columns at p, and over
// their pairs.
#define COLUMNS_B(ROWS, OP, p, s) \
	FMOVQ.P 16(p), F2   \
	ZIP1_4S(2, 2, 1)    \
	ZIP2_4S(2, 2, 2)    \
	ROWS(OP, 1, s)      \
	ROWS(OP, 2, s+1)

#define ALL(ROWS, OP, p) \
	COLUMNS_B(ROWS, OP, p, 8)  \
	COLUMNS_B(ROWS, OP, p, 10) \
	COLUMNS_B(ROWS, OP, p, 12)

#define NO_MIN(PAIRS_A, ROWS)
#define ADD_MIN(PAIRS_A, ROWS) \
	PAIRS_A(R11)               \
	ALL(ROWS, MIN, R13)

// C = D + the sums of two rows.
#define STORE_ROWS(p) \
	FLDPQ (96*p)(R15), (F0, F1)    \
	STORE_PAIR(0)                  \
	FLDPQ (96*p+32)(R15), (F0, F1) \
	STORE_PAIR(16)                 \
	FLDPQ (96*p+64)(R15), (F0, F1) \
	STORE_PAIR(32)                 \
	NEXT_PAIR

#define STORE_4 \
	STORE_ROWS(0) \
	STORE_ROWS(1)

#define STORE_8 \
	STORE_4       \
	STORE_ROWS(2) \
	STORE_ROWS(3)

// The kernel for blocks of 1<<shift values, that is pairs of steps; next is where
// the panel of B ends.
#define KERNEL(rows, shift, pairs, START, LOAD_A, COLUMNS, PAIRS_A, ROWS, MINIMA, next, STORE) \
	MOVD c+0(FP), R0                      \
	MOVD ldc+8(FP), R1                    \
	MOVD d+16(FP), R2                     \
	MOVD ldd+24(FP), R3                   \
	MOVD a+32(FP), R4                     \
	MOVD b+40(FP), R6                     \
	MOVD k+48(FP), R16                    \
	MOVD panels+56(FP), R9                \
	MOVD $sums-384(SP), R15               \
	LSL  $2, R1                           \
	LSL  $2, R3                           \
	LSR  $shift, R16, R7                  \
	ADD  R16<<1, R16, R19                 \
	LSL  $2, R19                          \ // 12k
	ADD  R7<<1, R7, R20                   \
	LSL  $4, R20                          \ // 48 bytes a block
	MOVD $rows, R17                       \
	MUL  R17, R16                         \
	MUL  R7, R17                          \
	LSL  $2, R17                          \
panel:                                    \
	MOVD R4, R5                           \
	ADD  R16, R4, R10                     \
	ADD  R17, R10, R11                    \
	ADD  R19, R6, R12                     \
	ADD  R20, R12, R13                    \
	MOVD R7, R8                           \
	MOVD R15, R14                         \
	ADD  $(48*rows), R15, R21             \
clear:                                    \
	STP.P (ZR, ZR), 16(R14)               \
	CMP  R21, R14                         \
	BLO  clear                            \
block:                                    \
	START                                 \
	MOVD $pairs, R14                      \
two:                                      \
	TWO_STEPS(USMMLA_4S, LOAD_A, COLUMNS) \
	SUBS $1, R14                          \
	BNE  two                              \
	PAIRS_A(R10)                          \
	ALL(ROWS, SCALE, R12)                 \
	MINIMA(PAIRS_A, ROWS)                 \
	SUBS $1, R8                           \
	BNE  block                            \
	MOVD next, R6                         \
	MOVD R0, R10                          \
	MOVD R2, R11                          \
	STORE                                 \
	ADD  $48, R0                          \
	ADD  $48, R2                          \
	SUBS $1, R9                           \
	BNE  panel                            \
	RET

// func gemmInt8x8USMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: FEAT_I8MM
TEXT ·gemmInt8x8USMMLA(SB), NOSPLIT, $384-64
	KERNEL(8, 5, 4, START_8, LOAD_A8, COLUMNS8, PAIRS_A8, ROWS8, NO_MIN, R12, STORE_8)

// func gemmInt8x4USMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: FEAT_I8MM
TEXT ·gemmInt8x4USMMLA(SB), NOSPLIT, $384-64
	KERNEL(4, 5, 4, START_4, LOAD_A4, COLUMNS4, PAIRS_A4, ROWS4, NO_MIN, R12, STORE_4)

// func gemmInt8Minx8USMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: FEAT_I8MM
TEXT ·gemmInt8Minx8USMMLA(SB), NOSPLIT, $384-64
	KERNEL(8, 5, 4, ZERO_8, LOAD_A8, COLUMNS8, PAIRS_A8, ROWS8, ADD_MIN, R13, STORE_8)

// func gemmInt8Minx4USMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: FEAT_I8MM
TEXT ·gemmInt8Minx4USMMLA(SB), NOSPLIT, $384-64
	KERNEL(4, 5, 4, ZERO_4, LOAD_A4, COLUMNS4, PAIRS_A4, ROWS4, ADD_MIN, R13, STORE_4)

// func gemmInt8x16x8USMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: FEAT_I8MM
TEXT ·gemmInt8x16x8USMMLA(SB), NOSPLIT, $384-64
	KERNEL(8, 4, 2, START_8, LOAD_A8, COLUMNS8, PAIRS_A8, ROWS8, NO_MIN, R12, STORE_8)

// func gemmInt8x16x4USMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: FEAT_I8MM
TEXT ·gemmInt8x16x4USMMLA(SB), NOSPLIT, $384-64
	KERNEL(4, 4, 2, START_4, LOAD_A4, COLUMNS4, PAIRS_A4, ROWS4, NO_MIN, R12, STORE_4)
