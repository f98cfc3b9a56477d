//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"

// Registers of the f32 kernels:
//
//	R0, R1    C and the bytes between its rows
//	R2, R3    D and the bytes between its rows
//	R4, R5    panel of A, the step in it
//	R6        panel of B, walking through all panels
//	R7, R8    steps, steps left
//	R9        panels left
//	V0 V1, V5 V6   a step of A and the next one, in turn
//	V2 V3 V4       a step of B
//	V8 to V31      sums, three for each row
//
// A step's operands are loaded while the step before is computed: a vector of B as
// soon as that step is done with it, 16 FMAs ahead of its use (8 rows), so that
// cores that start instructions in order need not wait for it.

#define LOAD_ARGS \
	MOVD c+0(FP), R0       \
	MOVD ldc+8(FP), R1     \
	MOVD d+16(FP), R2      \
	MOVD ldd+24(FP), R3    \
	MOVD a+32(FP), R4      \
	MOVD b+40(FP), R6      \
	MOVD k+48(FP), R7      \
	MOVD panels+56(FP), R9 \
	LSL  $2, R1            \
	LSL  $2, R3

// COLUMN adds a vector of B times four rows of A.
#define COLUMN(b, a, s0, s1, s2, s3) \
	FMLA_4S_E(0, a, b, s0) \
	FMLA_4S_E(1, a, b, s1) \
	FMLA_4S_E(2, a, b, s2) \
	FMLA_4S_E(3, a, b, s3)

// The three columns of a step, A being in a and, for eight rows, z.

#define LEFT4(a, z)   COLUMN(2, a, 8, 11, 14, 17)
#define MIDDLE4(a, z) COLUMN(3, a, 9, 12, 15, 18)
#define RIGHT4(a, z)  COLUMN(4, a, 10, 13, 16, 19)

#define LEFT8(a, z)   LEFT4(a, z); COLUMN(2, z, 20, 23, 26, 29)
#define MIDDLE8(a, z) MIDDLE4(a, z); COLUMN(3, z, 21, 24, 27, 30)
#define RIGHT8(a, z)  RIGHT4(a, z); COLUMN(4, z, 22, 25, 28, 31)

#define EVEN_A4  FMOVQ.P 16(R5), F0
#define ODD_A4   FMOVQ.P 16(R5), F5

#define EVEN_A8 FLDPQ.P 32(R5), (F0, F1)
#define ODD_A8  FLDPQ.P 32(R5), (F5, F6)

// STEP computes a step and loads the next one.
#define STEP(NEXT_A, LEFT, MIDDLE, RIGHT, a, z) \
	NEXT_A              \
	LEFT(a, z)          \
	FMOVQ (R6), F2      \
	MIDDLE(a, z)        \
	FMOVQ 16(R6), F3    \
	RIGHT(a, z)         \
	FMOVQ 32(R6), F4    \
	ADD   $48, R6

#define LAST(LEFT, MIDDLE, RIGHT, a, z) \
	LEFT(a, z)   \
	MIDDLE(a, z) \
	RIGHT(a, z)

#define ZERO3(a, b, c) \
	MOVI_2D_0(a) \
	MOVI_2D_0(b) \
	MOVI_2D_0(c)

#define ZERO_4 \
	ZERO3(8, 9, 10)   \
	ZERO3(11, 12, 13) \
	ZERO3(14, 15, 16) \
	ZERO3(17, 18, 19)

#define ZERO_8 \
	ZERO_4            \
	ZERO3(20, 21, 22) \
	ZERO3(23, 24, 25) \
	ZERO3(26, 27, 28) \
	ZERO3(29, 30, 31)

// C = D + sums for one row, then on to the next one.
#define STORE(s0, s1, s2) \
	FMOVQ (R11), F0     \
	FMOVQ 16(R11), F1   \
	FMOVQ 32(R11), F2   \
	ADD   R3, R11       \
	FADD_4S(s0, 0, 0)   \
	FADD_4S(s1, 1, 1)   \
	FADD_4S(s2, 2, 2)   \
	FMOVQ F0, (R10)     \
	FMOVQ F1, 16(R10)   \
	FMOVQ F2, 32(R10)   \
	ADD   R1, R10

#define STORE_4 \
	STORE(8, 9, 10)   \
	STORE(11, 12, 13) \
	STORE(14, 15, 16) \
	STORE(17, 18, 19)

#define STORE_8 \
	STORE_4           \
	STORE(20, 21, 22) \
	STORE(23, 24, 25) \
	STORE(26, 27, 28) \
	STORE(29, 30, 31)

// The kernel takes two steps a turn, so that A changes its registers, and leaves
// one or two for the end, where no next one is loaded.
#define KERNEL(ZERO, EVEN_A, ODD_A, LEFT, MIDDLE, RIGHT, STORE_ALL) \
	LOAD_ARGS                                     \
panel:                                            \
	MOVD  R4, R5                                  \
	EVEN_A                                        \
	FLDPQ (R6), (F2, F3)                          \
	FMOVQ 32(R6), F4                              \
	ADD   $48, R6                                 \
	ZERO                                          \
	SUBS  $3, R7, R8                              \
	BLT   last                                    \
	PCALIGN $16                                   \
two:                                              \
	STEP(ODD_A, LEFT, MIDDLE, RIGHT, 0, 1)        \
	STEP(EVEN_A, LEFT, MIDDLE, RIGHT, 5, 6)       \
	SUBS  $2, R8                                  \
	BGE   two                                     \
last:                                             \
	TBNZ  $0, R8, even                            \
	LAST(LEFT, MIDDLE, RIGHT, 0, 1)               \
	B     store                                   \
even:                                             \
	STEP(ODD_A, LEFT, MIDDLE, RIGHT, 0, 1)        \
	LAST(LEFT, MIDDLE, RIGHT, 5, 6)               \
store:                                            \
	MOVD  R0, R10                                 \
	MOVD  R2, R11                                 \
	STORE_ALL                                     \
	ADD   $48, R0                                 \
	ADD   $48, R2                                 \
	SUBS  $1, R9                                  \
	BNE   panel                                   \
	RET

// func gemmF32x8NEON(c *float32, ldc int, d *float32, ldd int, a, b *float32, k, panels int)
TEXT ·gemmF32x8NEON(SB), NOSPLIT, $0-64
	KERNEL(ZERO_8, EVEN_A8, ODD_A8, LEFT8, MIDDLE8, RIGHT8, STORE_8)

// func gemmF32x4NEON(c *float32, ldc int, d *float32, ldd int, a, b *float32, k, panels int)
TEXT ·gemmF32x4NEON(SB), NOSPLIT, $0-64
	KERNEL(ZERO_4, EVEN_A4, ODD_A4, LEFT4, MIDDLE4, RIGHT4, STORE_4)
