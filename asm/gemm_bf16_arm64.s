//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"
#include "gemm_arm64.h"

// For two steps of 8 x 12 sums there are 24 BFMMLA, 10 zips and 8 loads, in the
// place of 48 BFDOT. BFMMLA rounds each sum of two products and each sum to odd,
// which errs by up to one unit in the last place.
//
// R7 and R8 are the steps and the pairs of steps left.

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

// A step without a neighbour is zipped with zeros.

#define LAST_A4 \
	FMOVQ.P 16(R5), F0 \
	MOVI_2D_0(2)       \
	ZIP_A4

#define LAST_A8 \
	FLDPQ.P 32(R5), (F0, F1) \
	MOVI_2D_0(2)             \
	MOVI_2D_0(3)             \
	ZIP_A8

#define LAST_STEP(LAST_A, COLUMNS) \
	LAST_A                      \
	MOVI_2D_0(1)                \
	FMOVQ (R6), F0              \
	COLUMNS(BFMMLA_4S, 8, 9)    \
	FMOVQ 16(R6), F0            \
	COLUMNS(BFMMLA_4S, 10, 11)  \
	FMOVQ 32(R6), F0            \
	COLUMNS(BFMMLA_4S, 12, 13)  \
	ADD   $48, R6

// The sums of two rows.
#define STORE_ROWS(s) \
	MOV_16B(s, 0)    \
	MOV_16B(s+1, 1)  \
	STORE_PAIR(0)    \
	MOV_16B(s+2, 0)  \
	MOV_16B(s+3, 1)  \
	STORE_PAIR(16)   \
	MOV_16B(s+4, 0)  \
	MOV_16B(s+5, 1)  \
	STORE_PAIR(32)   \
	NEXT_PAIR

#define STORE_4 \
	STORE_ROWS(8)  \
	STORE_ROWS(14)

#define STORE_8 \
	STORE_4        \
	STORE_ROWS(20) \
	STORE_ROWS(26)

#define KERNEL(ZERO, LOAD_A, LAST_A, COLUMNS, STORE) \
	MOVD c+0(FP), R0                       \
	MOVD ldc+8(FP), R1                     \
	MOVD d+16(FP), R2                      \
	MOVD ldd+24(FP), R3                    \
	MOVD a+32(FP), R4                      \
	MOVD b+40(FP), R6                      \
	MOVD steps+48(FP), R7                  \
	MOVD panels+56(FP), R9                 \
	LSL  $2, R1                            \
	LSL  $2, R3                            \
panel:                                     \
	MOVD R4, R5                            \
	ZERO                                   \
	LSR  $1, R7, R8                        \
	CBZ  R8, last                          \
	PCALIGN $16                            \
two:                                       \
	TWO_STEPS(BFMMLA_4S, LOAD_A, COLUMNS)  \
	SUBS $1, R8                            \
	BNE  two                               \
last:                                      \
	TBZ  $0, R7, store                     \
	LAST_STEP(LAST_A, COLUMNS)             \
store:                                     \
	MOVD R0, R10                           \
	MOVD R2, R11                           \
	STORE                                  \
	ADD  $48, R0                           \
	ADD  $48, R2                           \
	SUBS $1, R9                            \
	BNE  panel                             \
	RET

// func gemmBF16x8BFMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: FEAT_BF16
TEXT ·gemmBF16x8BFMMLA(SB), NOSPLIT, $0-64
	KERNEL(ZERO_8, LOAD_A8, LAST_A8, COLUMNS8, STORE_8)

// func gemmBF16x4BFMMLA(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: FEAT_BF16
TEXT ·gemmBF16x4BFMMLA(SB), NOSPLIT, $0-64
	KERNEL(ZERO_4, LOAD_A4, LAST_A4, COLUMNS4, STORE_4)
