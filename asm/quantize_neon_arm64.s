//go:build !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "encode_arm64.h"

// Activations as int8, bit for bit what the generic versions write.
//
//	R1             values
//	V0 to V7       32 of them, then codes in V0 and V4
//	V16 to V23     temporary
//	F24, F25       scale and its inverse, F26 = 127, F27 = 1, F28 = +Inf

#define CONSTS \
	MOVW  $0x42fe0000, R2 \
	FMOVS R2, F26         \
	FMOVS $1.0, F27       \
	MOVW  $0x7f800000, R2 \
	FMOVS R2, F28

#define LOAD_32 \
	FLDPQ.P 32(R1), (F0, F1) \
	FLDPQ.P 32(R1), (F2, F3) \
	FLDPQ.P 32(R1), (F4, F5) \
	FLDPQ.P 32(R1), (F6, F7)

// MAX_32 leaves the greatest magnitudes of 32 values in the lanes of V16.
#define MAX_32 \
	FABS_4S(0, 16)      \
	FABS_4S(1, 17)      \
	FABS_4S(2, 18)      \
	FABS_4S(3, 19)      \
	FABS_4S(4, 20)      \
	FABS_4S(5, 21)      \
	FABS_4S(6, 22)      \
	FABS_4S(7, 23)      \
	FMAX_4S(17, 16, 16) \
	FMAX_4S(19, 18, 18) \
	FMAX_4S(21, 20, 20) \
	FMAX_4S(23, 22, 22) \
	FMAX_4S(18, 16, 16) \
	FMAX_4S(22, 20, 20) \
	FMAX_4S(20, 16, 16)

// SCALE computes a 127th of the greatest magnitude, which is in one of the lanes
// of V16, and the inverse of that, both 0 where the inverse is infinite. A NaN wins
// in FMAX and goes through.
#define SCALE \
	FMAXV_S(16, 16)          \
	FDIVS  F26, F16, F24     \
	FDIVS  F24, F27, F25     \
	FMOVS  ZR, F16           \
	FCMPS  F28, F25          \
	FCSELS NE, F24, F16, F24 \
	FCSELS NE, F25, F16, F25

// ROUND_16 leaves codes of sixteen values as dwords, and their sum in lane 0 of sum.
#define ROUND_16(a, b, c, d, sum) \
	FMUL_4S_E(0, 25, a, a) \
	FMUL_4S_E(0, 25, b, b) \
	FMUL_4S_E(0, 25, c, c) \
	FMUL_4S_E(0, 25, d, d) \
	FCVTNS_4S(a, a)        \
	FCVTNS_4S(b, b)        \
	FCVTNS_4S(c, c)        \
	FCVTNS_4S(d, d)        \
	ADD_4S(b, a, 16)       \
	ADD_4S(d, c, sum)      \
	ADD_4S(16, sum, sum)   \
	ADDV_S(sum, sum)

#define NARROW_32 \
	VUZP1 V1.H8, V0.H8, V0.H8    \
	VUZP1 V3.H8, V2.H8, V2.H8    \
	VUZP1 V5.H8, V4.H8, V4.H8    \
	VUZP1 V7.H8, V6.H8, V6.H8    \
	VUZP1 V2.B16, V0.B16, V0.B16 \
	VUZP1 V6.B16, V4.B16, V4.B16

// func quantizeInt8NEON(q *byte, scales *float32, sums *int32, x *float32, blocks int)
TEXT ·quantizeInt8NEON(SB), NOSPLIT, $0-40
	MOVD q+0(FP), R0
	MOVD scales+8(FP), R3
	MOVD sums+16(FP), R4
	MOVD x+24(FP), R1
	MOVD blocks+32(FP), R5
	CONSTS
block:
	LOAD_32
	MAX_32
	SCALE
	ROUND_16(0, 1, 2, 3, 17)
	ROUND_16(4, 5, 6, 7, 18)
	NARROW_32
	FMOVQ.P F0, 16(R0)
	FMOVQ.P F4, 16(R0)
	FMOVS.P F24, 4(R3)
	FMOVS.P F17, 4(R4)
	FMOVS.P F18, 4(R4)
	SUBS    $1, R5
	BNE     block
	RET

// func quantizeQuadsNEON(dst *Quad, x *float32, blocks int)
TEXT ·quantizeQuadsNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD blocks+16(FP), R5
	CONSTS
quad:
	MOVD $4, R6
block:
	LOAD_32
	MAX_32
	SCALE
	ROUND_16(0, 1, 2, 3, 17)
	ROUND_16(4, 5, 6, 7, 18)
	NARROW_32
	SADDLP_8H(0, 16)          // sums of two, then of four in both halves
	SADALP_8H(4, 16)
	SADDLP_4S(16, 16)
	NEG_4S(16, 16)
	VDUP  V24.S[0], V17.S4
	FMOVQ F0, Quad_q(R0)
	FMOVQ F4, Quad_q+64(R0)
	FMOVQ F17, Quad_d(R0)
	FMOVQ F16, Quad_negated(R0)
	ADD   $16, R0
	SUBS  $1, R5
	BEQ   done
	SUBS  $1, R6
	BNE   block
	ADD   $(Quad__size-64), R0
	B     quad
done:
	RET

// func quantizeSupersNEON(dst *Super, x *float32, n int)
TEXT ·quantizeSupersNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R5
	CONSTS
super:
	VEOR V24.B16, V24.B16, V24.B16
	MOVD $8, R6
max:
	LOAD_32
	MAX_32
	FMAX_4S(16, 24, 24)
	SUBS $1, R6
	BNE  max
	SUB  $1024, R1
	MOV_16B(24, 16)
	SCALE
	FMOVS F24, Super_d(R0)
	MOVD R0, R2
	ADD  $Super_sums16, R0, R3
	ADD  $Super_sums32, R0, R4
	MOVD $8, R6
block:
	LOAD_32
	ROUND_16(0, 1, 2, 3, 17)
	ROUND_16(4, 5, 6, 7, 18)
	NARROW_32
	FMOVQ.P F0, 16(R2)
	FMOVQ.P F4, 16(R2)
	FMOVS   F17, R7
	FMOVS   F18, R8
	MOVH.P  R7, 2(R3)
	MOVH.P  R8, 2(R3)
	ADD     R8, R7
	MOVH.P  R7, 2(R4)
	SUBS    $1, R6
	BNE     block
	ADD     $Super__size, R0
	SUBS    $1, R5
	BNE     super
	RET
