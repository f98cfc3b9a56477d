//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"

// Four rows by twelve columns: 12 integer sums of a block and 12 sums in f32. For
// a block of 32 values there are 96 SDOT, 36 instructions for the scales and 12 for
// what the sums start from.
//
// Registers:
//
//	R0, R1    C and the bytes between its rows
//	R2, R3    D and the bytes between its rows
//	R4, R5    panel of A, the step in it
//	R6        panel of B, walking through all panels
//	R7, R8    blocks, blocks left
//	R9        panels left
//	R10, R11  scales of A and what stands behind them
//	R12, R13  scales and minima of B
//	R14       pairs of steps left
//	R16, R17  bytes of the values and of the scales of a panel of A
//	R19, R20  the same of a panel of B
//	V0, V1 to V3   a step of A and of B; in turn with V4, V5 to V7
//	V8 to V19      integer sums, three for each row
//	V20 to V31     sums

#define LOAD_STEP(a, b, c, d) \
	FMOVQ.P 16(R5), F(a) \
	FMOVQ   (R6), F(b)   \
	FMOVQ   16(R6), F(c) \
	FMOVQ   32(R6), F(d) \
	ADD     $48, R6

#define ROW(i, a, b, c, d, s) \
	SDOT_4S_E(i, a, b, s)   \
	SDOT_4S_E(i, a, c, s+1) \
	SDOT_4S_E(i, a, d, s+2)

#define STEP(a, b, c, d) \
	ROW(0, a, b, c, d, 8)  \
	ROW(1, a, b, c, d, 11) \
	ROW(2, a, b, c, d, 14) \
	ROW(3, a, b, c, d, 17)

#define TWO_STEPS \
	LOAD_STEP(0, 1, 2, 3) \
	LOAD_STEP(4, 5, 6, 7) \
	STEP(0, 1, 2, 3)      \
	STEP(4, 5, 6, 7)

// SDOT takes signed bytes. Those of B in PanelInt8 may have their top bit, which
// is flipped and so takes 128 away: the sums start 128 times the sum of A's bytes
// higher. V4 is all top bits, that is -128.

#define FLIPPED_STEP \
	LOAD_STEP(0, 1, 2, 3) \
	EOR_16B(4, 1, 1)      \
	EOR_16B(4, 2, 2)      \
	EOR_16B(4, 3, 3)      \
	STEP(0, 1, 2, 3)

#define TWO_FLIPPED_STEPS \
	FLIPPED_STEP \
	FLIPPED_STEP

#define START_ROW(i, s) \
	DUP_4S_E(i, 0, s)   \
	DUP_4S_E(i, 0, s+1) \
	DUP_4S_E(i, 0, s+2)

#define START \
	FMOVQ.P 16(R11), F0 \
	START_ROW(0, 8)     \
	START_ROW(1, 11)    \
	START_ROW(2, 14)    \
	START_ROW(3, 17)

#define START_FLIPPED \
	MOVD  $128, R15          \
	VDUP  R15, V4.B16        \
	MOVI_2D_0(7)             \
	FLDPQ (R5), (F0, F1)     \
	FLDPQ 32(R5), (F2, F3)   \
	SDOT_4S(4, 0, 7)         \
	SDOT_4S(4, 1, 7)         \
	SDOT_4S(4, 2, 7)         \
	SDOT_4S(4, 3, 7)         \
	FLDPQ 64(R5), (F0, F1)   \
	FLDPQ 96(R5), (F2, F3)   \
	SDOT_4S(4, 0, 7)         \
	SDOT_4S(4, 1, 7)         \
	SDOT_4S(4, 2, 7)         \
	SDOT_4S(4, 3, 7)         \
	FMOVQ.P 16(R11), F0      \
	SUB_4S(7, 0, 0)          \
	START_ROW(0, 8)          \
	START_ROW(1, 11)         \
	START_ROW(2, 14)         \
	START_ROW(3, 17)

#define ZERO3(s) \
	MOVI_2D_0(s)   \
	MOVI_2D_0(s+1) \
	MOVI_2D_0(s+2)

#define ZERO \
	ZERO3(8)  \
	ZERO3(11) \
	ZERO3(14) \
	ZERO3(17)

#define LOAD_COLUMNS(p) \
	FLDPQ   (p), (F1, F2) \
	FMOVQ   32(p), F3     \
	ADD     $48, p

// SCALE adds the integer sums of row i times their scales to its sums.
#define SCALE(i, s, t) \
	FMUL_4S_E(i, 0, 1, 4)  \
	FMUL_4S_E(i, 0, 2, 5)  \
	FMUL_4S_E(i, 0, 3, 6)  \
	SCVTF_4S(s, s)         \
	SCVTF_4S(s+1, s+1)     \
	SCVTF_4S(s+2, s+2)     \
	FMLA_4S(4, s, t)       \
	FMLA_4S(5, s+1, t+1)   \
	FMLA_4S(6, s+2, t+2)

#define MIN(i, t) \
	FMLA_4S_E(i, 0, 1, t)   \
	FMLA_4S_E(i, 0, 2, t+1) \
	FMLA_4S_E(i, 0, 3, t+2)

#define NO_MIN
#define ADD_MIN \
	FMOVQ.P 16(R11), F0 \
	LOAD_COLUMNS(R13)   \
	MIN(0, 20)          \
	MIN(1, 23)          \
	MIN(2, 26)          \
	MIN(3, 29)

// C = D + sums for one row, then on to the next one.
#define STORE(t) \
	FMOVQ (R11), F0     \
	FMOVQ 16(R11), F1   \
	FMOVQ 32(R11), F2   \
	ADD   R3, R11       \
	FADD_4S(t, 0, 0)    \
	FADD_4S(t+1, 1, 1)  \
	FADD_4S(t+2, 2, 2)  \
	FMOVQ F0, (R10)     \
	FMOVQ F1, 16(R10)   \
	FMOVQ F2, 32(R10)   \
	ADD   R1, R10

// The kernel for blocks of 1<<shift values, that is pairs of steps; next is where
// the panel of B ends.
#define KERNEL(shift, pairs, START_ALL, TWO, MINIMA, next) \
	MOVD c+0(FP), R0            \
	MOVD ldc+8(FP), R1          \
	MOVD d+16(FP), R2           \
	MOVD ldd+24(FP), R3         \
	MOVD a+32(FP), R4           \
	MOVD b+40(FP), R6           \
	MOVD k+48(FP), R16          \
	MOVD panels+56(FP), R9      \
	LSL  $2, R1                 \
	LSL  $2, R3                 \
	LSR  $shift, R16, R7        \
	LSL  $2, R16                \
	LSL  $4, R7, R17            \
	ADD  R16<<1, R16, R19       \
	ADD  R17<<1, R17, R20       \
panel:                          \
	MOVD R4, R5                 \
	ADD  R16, R4, R10           \
	ADD  R17, R10, R11          \
	ADD  R19, R6, R12           \
	ADD  R20, R12, R13          \
	MOVD R7, R8                 \
	ZERO3(20)                   \
	ZERO3(23)                   \
	ZERO3(26)                   \
	ZERO3(29)                   \
block:                          \
	START_ALL                   \
	MOVD $pairs, R14            \
two:                            \
	TWO                         \
	SUBS $1, R14                \
	BNE  two                    \
	FMOVQ.P 16(R10), F0         \
	LOAD_COLUMNS(R12)           \
	SCALE(0, 8, 20)             \
	SCALE(1, 11, 23)            \
	SCALE(2, 14, 26)            \
	SCALE(3, 17, 29)            \
	MINIMA                      \
	SUBS $1, R8                 \
	BNE  block                  \
	MOVD next, R6               \
	MOVD R0, R10                \
	MOVD R2, R11                \
	STORE(20)                   \
	STORE(23)                   \
	STORE(26)                   \
	STORE(29)                   \
	ADD  $48, R0                \
	ADD  $48, R2                \
	SUBS $1, R9                 \
	BNE  panel                  \
	RET

// func gemmInt8x4SDOT(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: FEAT_DotProd
TEXT ·gemmInt8x4SDOT(SB), NOSPLIT, $0-64
	KERNEL(5, 4, START_FLIPPED, TWO_FLIPPED_STEPS, NO_MIN, R12)

// func gemmInt8Minx4SDOT(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: FEAT_DotProd
TEXT ·gemmInt8Minx4SDOT(SB), NOSPLIT, $0-64
	KERNEL(5, 4, ZERO, TWO_STEPS, ADD_MIN, R13)

// func gemmInt8x16x4SDOT(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: FEAT_DotProd
TEXT ·gemmInt8x16x4SDOT(SB), NOSPLIT, $0-64
	KERNEL(4, 2, START, TWO_STEPS, NO_MIN, R12)
