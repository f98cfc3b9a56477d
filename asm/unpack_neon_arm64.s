//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"
#include "blocks_arm64.h"

// Registers of the kernels:
//
//	R10, R11, R12   codes, scales and minima
//	R3, R7          blocks and how many are left
//
// Codes come out unsigned: FLIP adds 128 to those that are not.

#define LOAD_ARGS \
	MOVD q+0(FP), R10      \
	MOVD scales+8(FP), R11 \
	MOVD mins+16(FP), R12  \
	MOVD w+24(FP), R3      \
	MOVD blocks+32(FP), R7

#define NO_FLIP
#define FLIP \
	EOR_16B(24, 5, 5) \
	EOR_16B(24, 6, 6)

#define CONST_FLIP \
	MOVD $128, R1      \
	VDUP R1, V24.B16

#define NO_MIN
#define STORE_MIN FMOVS.P F16, 4(R12)

#define KERNEL32(UNPACK, FLIP_CODES, STORE_M) \
	LOAD_ARGS                 \
block:                        \
	UNPACK(3, 5, 6, 7, 16)    \
	FLIP_CODES                \
	FSTPQ.P (F5, F6), 32(R10) \
	FMOVS.P F7, 4(R11)        \
	STORE_M                   \
	SUBS $1, R7               \
	BNE  block                \
	RET

// func unpackQ4_0NEON(q *byte, scales, mins *float32, w *byte, blocks int)
TEXT ·unpackQ4_0NEON(SB), NOSPLIT, $0-40
	CONSTS_NIBBLES
	KERNEL32(UNPACK_Q4_0, NO_FLIP, NO_MIN)

// func unpackQ4_1NEON(q *byte, scales, mins *float32, w *byte, blocks int)
TEXT ·unpackQ4_1NEON(SB), NOSPLIT, $0-40
	CONSTS_NIBBLES
	KERNEL32(UNPACK_Q4_1, NO_FLIP, STORE_MIN)

// func unpackQ5_0NEON(q *byte, scales, mins *float32, w *byte, blocks int)
TEXT ·unpackQ5_0NEON(SB), NOSPLIT, $0-40
	CONSTS_FIFTH
	KERNEL32(UNPACK_Q5_0, NO_FLIP, NO_MIN)

// func unpackQ5_1NEON(q *byte, scales, mins *float32, w *byte, blocks int)
TEXT ·unpackQ5_1NEON(SB), NOSPLIT, $0-40
	CONSTS_FIFTH
	KERNEL32(UNPACK_Q5_1, NO_FLIP, STORE_MIN)

// func unpackQ8_0NEON(q *byte, scales, mins *float32, w *byte, blocks int)
TEXT ·unpackQ8_0NEON(SB), NOSPLIT, $0-40
	CONST_FLIP
	KERNEL32(UNPACK_Q8_0, FLIP, NO_MIN)

// func unpackIQ4_NLNEON(q *byte, scales, mins *float32, w *byte, blocks int)
TEXT ·unpackIQ4_NLNEON(SB), NOSPLIT, $0-40
	CONSTS_IQ4_NL
	CONST_FLIP
	KERNEL32(UNPACK_IQ4_NL, FLIP, NO_MIN)

// Eight scales times d, and eight minima times -dmin.
#define STORE_SCALES \
	SCVTF_4S(19, 19)          \
	SCVTF_4S(20, 20)          \
	FMUL_4S(12, 19, 19)       \
	FMUL_4S(12, 20, 20)       \
	FSTPQ.P (F19, F20), 32(R11) \
	SXTL_4S(14, 16)           \
	SXTL2_4S(14, 17)          \
	FNEG_4S(13, 13)           \
	SCVTF_4S(16, 16)          \
	SCVTF_4S(17, 17)          \
	FMUL_4S(13, 16, 16)       \
	FMUL_4S(13, 17, 17)       \
	FSTPQ.P (F16, F17), 32(R12)

// Sixteen scales times d.
#define STORE_SCALES_Q6_K \
	SCVTF_4S(19, 19)          \
	SCVTF_4S(20, 20)          \
	SCVTF_4S(21, 21)          \
	SCVTF_4S(22, 22)          \
	FMUL_4S(12, 19, 19)       \
	FMUL_4S(12, 20, 20)       \
	FMUL_4S(12, 21, 21)       \
	FMUL_4S(12, 22, 22)       \
	FSTPQ.P (F19, F20), 32(R11) \
	FSTPQ.P (F21, F22), 32(R11)

#define STORE_CODES \
	FSTPQ.P (F4, F5), 32(R10) \
	FSTPQ.P (F6, F7), 32(R10)

#define KERNEL256(MASK, HEAD, CODES, CODES64, STORE_ALL_SCALES, END) \
	MASK             \
	LOAD_ARGS        \
block:               \
	HEAD             \
	STORE_ALL_SCALES \
	CODES(0)         \
	STORE_CODES      \
	CODES64(64)      \
	STORE_CODES      \
	CODES(128)       \
	STORE_CODES      \
	CODES64(192)     \
	STORE_CODES      \
	END              \
	SUBS $1, R7      \
	BNE  block       \
	RET

// func unpackQ4_KNEON(q *byte, scales, mins *float32, w *byte, blocks int)
TEXT ·unpackQ4_KNEON(SB), NOSPLIT, $0-40
	KERNEL256(MASK_4BITS, SCALES, CODES_Q4_K, CODES_Q4_K, STORE_SCALES, END_Q45_K)

// func unpackQ5_KNEON(q *byte, scales, mins *float32, w *byte, blocks int)
TEXT ·unpackQ5_KNEON(SB), NOSPLIT, $0-40
	KERNEL256(MASK_5BITS, HEAD_Q5_K, CODES_Q5_K, CODES_Q5_K, STORE_SCALES, END_Q45_K)

// func unpackQ6_KNEON(q *byte, scales, mins *float32, w *byte, blocks int)
TEXT ·unpackQ6_KNEON(SB), NOSPLIT, $0-40
	KERNEL256(MASK_6BITS, HEAD_Q6_K, LOW_Q6_K, HIGH_Q6_K, STORE_SCALES_Q6_K, END_Q6_K)
