//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"

// Registers:
//
//	R0, R1, R2, R3   dst, q, scales, mins
//	R4, R5, R6       halves of a group, groups left, halves left
//	V0 to V3         sixteen values
//	V5, V6           a group's scale and minimum
//	V7               zero
//	V16, V17         temporary

// SCALED leaves the scale times sixteen values less zero in V0 to V3.
#define SCALED \
	FMOVQ.P 16(R1), F16     \
	VUXTL   V16.B8, V17.H8  \
	VUXTL2  V16.B16, V16.H8 \
	VUXTL   V17.H4, V0.S4   \
	VUXTL2  V17.H8, V1.S4   \
	VUXTL   V16.H4, V2.S4   \
	VUXTL2  V16.H8, V3.S4   \
	SUB_4S(7, 0, 0)         \
	SUB_4S(7, 1, 1)         \
	SUB_4S(7, 2, 2)         \
	SUB_4S(7, 3, 3)         \
	SCVTF_4S(0, 0)          \
	SCVTF_4S(1, 1)          \
	SCVTF_4S(2, 2)          \
	SCVTF_4S(3, 3)          \
	FMUL_4S(5, 0, 0)        \
	FMUL_4S(5, 1, 1)        \
	FMUL_4S(5, 2, 2)        \
	FMUL_4S(5, 3, 3)

#define STORE \
	FSTPQ.P (F0, F1), 32(R0) \
	FSTPQ.P (F2, F3), 32(R0)

// func widenInt8NEON(dst *float32, q *byte, scales *float32, zero int32, halves, n int)
TEXT ·widenInt8NEON(SB), NOSPLIT, $0-48
	MOVD  dst+0(FP), R0
	MOVD  q+8(FP), R1
	MOVD  scales+16(FP), R2
	MOVWU zero+24(FP), R6
	MOVD  halves+32(FP), R4
	MOVD  n+40(FP), R5
	VDUP  R6, V7.S4
group:
	VLD1R.P 4(R2), [V5.S4]
	MOVD    R4, R6
half:
	SCALED
	STORE
	SUBS $1, R6
	BNE  half
	SUBS $1, R5
	BNE  group
	RET

// func widenInt8MinNEON(dst *float32, q *byte, scales, mins *float32, zero int32, halves, n int)
TEXT ·widenInt8MinNEON(SB), NOSPLIT, $0-56
	MOVD  dst+0(FP), R0
	MOVD  q+8(FP), R1
	MOVD  scales+16(FP), R2
	MOVD  mins+24(FP), R3
	MOVWU zero+32(FP), R6
	MOVD  halves+40(FP), R4
	MOVD  n+48(FP), R5
	VDUP  R6, V7.S4
group:
	VLD1R.P 4(R2), [V5.S4]
	VLD1R.P 4(R3), [V6.S4]
	MOVD    R4, R6
half:
	SCALED
	FADD_4S(6, 0, 0)
	FADD_4S(6, 1, 1)
	FADD_4S(6, 2, 2)
	FADD_4S(6, 3, 3)
	STORE
	SUBS $1, R6
	BNE  half
	SUBS $1, R5
	BNE  group
	RET
