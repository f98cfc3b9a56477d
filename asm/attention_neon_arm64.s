//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"
#include "exp_arm64.h"

// Offsets in a Panel.
#define PANEL_SUM   128
#define PANEL_DECAY 256
#define PANEL_LIMIT 384
#define PANEL_USED  512

// SIX_KEYS adds element i of the keys in V0 to V5 times four queries.
#define SIX_KEYS(i, q, s0, s1, s2, s3, s4, s5) \
	FMLA_4S_E(i, 0, q, s0) \
	FMLA_4S_E(i, 1, q, s1) \
	FMLA_4S_E(i, 2, q, s2) \
	FMLA_4S_E(i, 3, q, s3) \
	FMLA_4S_E(i, 4, q, s4) \
	FMLA_4S_E(i, 5, q, s5)

// SCORES adds element i of six keys times sixteen queries at R1, which are loaded
// a vector ahead.
#define SCORES(i) \
	FMOVQ (R1), F6                          \
	FMOVQ 16(R1), F7                        \
	SIX_KEYS(i, 6, 8, 12, 16, 20, 24, 28)   \
	FMOVQ 32(R1), F6                        \
	SIX_KEYS(i, 7, 9, 13, 17, 21, 25, 29)   \
	FMOVQ 48(R1), F7                        \
	SIX_KEYS(i, 6, 10, 14, 18, 22, 26, 30)  \
	SIX_KEYS(i, 7, 11, 15, 19, 23, 27, 31)  \
	ADD   $128, R1

// ZERO4 clears four neighbours.
#define ZERO4(a, b, c, d) \
	MOVI_2D_0(a) \
	MOVI_2D_0(b) \
	MOVI_2D_0(c) \
	MOVI_2D_0(d)

// func attentionScoresNEON(s, q, k []float32, p *Panel, keys, dim int)
//
// Six keys by sixteen queries: 24 sums in V8 to V31. For four values of each key
// there are 22 loads for 96 FMAs.
TEXT ·attentionScoresNEON(SB), NOSPLIT, $0-96
	MOVD s_base+0(FP), R0
	MOVD q_base+24(FP), R9
	MOVD k_base+48(FP), R2
	MOVD p+72(FP), R16
	MOVD keys+80(FP), R10
	MOVD dim+88(FP), R11
	LSL  $2, R11, R12         // bytes per key
	MOVD PANEL_USED(R16), R16
	LSL  $2, R16              // bytes of the queries in use
group:
	SUBS $6, R10
	BLT  done
	MOVD $0, R13              // bytes to the first of the queries
half:
	ADD  R13, R9, R1
	ADD  R12, R2, R3
	ADD  R12, R3, R4
	ADD  R12, R4, R5
	ADD  R12, R5, R6
	ADD  R12, R6, R7
	ZERO4(8, 9, 10, 11)
	ZERO4(12, 13, 14, 15)
	ZERO4(16, 17, 18, 19)
	ZERO4(20, 21, 22, 23)
	ZERO4(24, 25, 26, 27)
	ZERO4(28, 29, 30, 31)
	SUBS $4, R11, R14         // values left
	BLT  tail
loop4:
	FMOVQ.P 16(R2), F0
	FMOVQ.P 16(R3), F1
	FMOVQ.P 16(R4), F2
	FMOVQ.P 16(R5), F3
	FMOVQ.P 16(R6), F4
	FMOVQ.P 16(R7), F5
	SCORES(0)
	SCORES(1)
	SCORES(2)
	SCORES(3)
	SUBS $4, R14
	BGE  loop4
tail:
	ADDS $4, R14
	BEQ  store
loop1:
	FMOVS.P 4(R2), F0
	FMOVS.P 4(R3), F1
	FMOVS.P 4(R4), F2
	FMOVS.P 4(R5), F3
	FMOVS.P 4(R6), F4
	FMOVS.P 4(R7), F5
	SCORES(0)
	SUBS $1, R14
	BNE  loop1
store:
	SUB   R12, R2
	ADD   R13, R0, R15
	FSTPQ (F8, F9), (R15)
	FSTPQ (F10, F11), 32(R15)
	FSTPQ (F12, F13), 128(R15)
	FSTPQ (F14, F15), 160(R15)
	FSTPQ (F16, F17), 256(R15)
	FSTPQ (F18, F19), 288(R15)
	FSTPQ (F20, F21), 384(R15)
	FSTPQ (F22, F23), 416(R15)
	FSTPQ (F24, F25), 512(R15)
	FSTPQ (F26, F27), 544(R15)
	FSTPQ (F28, F29), 640(R15)
	FSTPQ (F30, F31), 672(R15)
	ADD   $64, R13
	CMP   R16, R13
	BLT   half
	MOVD  R7, R2              // behind the sixth key
	ADD   $768, R0
	B     group
done:
	RET

#define EXP2_MIN 18

// EXP2 computes x = 2^x for x <= 0, 0 below 2^-126, and clobbers V2 to V7.
#define EXP2(x) \
	FCMGT_4S(x, EXP2_MIN, 7) \
	FRINTN_4S(x, 2)          \
	FSUB_4S(2, x, 3)         \
	POWER(2, 3, 4, 5, 6)     \
	BIC_16B(7, 4, x)

// func attentionSoftmaxNEON(s []float32, p *Panel, keys int, masked bool)
//
// Eight queries at a time: V8 and V9 are the new maximum, V10 and V11 the old one
// and then the decay, V12 and V13 the sums, V14 and V15 the limits, V16 the number
// of the key, V17 one.
TEXT ·attentionSoftmaxNEON(SB), NOSPLIT, $0-41
	MOVD  s_base+0(FP), R0
	MOVD  p+24(FP), R1
	MOVD  keys+32(FP), R2
	MOVBU masked+40(FP), R3
	LOAD_EXP
	MOVW  $0xc2fc0000, R4     // -126
	VDUP  R4, V18.S4
	MOVW  $1, R4
	VDUP  R4, V17.S4
	MOVD  PANEL_USED(R1), R5  // queries left
group:
	FLDPQ (R1), (F10, F11)
	VMOV  V10.B16, V8.B16
	VMOV  V11.B16, V9.B16
	MOVD  R0, R6
	MOVD  R2, R7
	CBZ   R2, decay
	CBNZ  R3, maskedMax
max:
	FLDPQ (R6), (F0, F1)
	FMAX_4S(0, 8, 8)
	FMAX_4S(1, 9, 9)
	ADD   $128, R6
	SUBS  $1, R7
	BNE   max
	B     decay

maskedMax:
	FLDPQ PANEL_LIMIT(R1), (F14, F15)
	VEOR  V16.B16, V16.B16, V16.B16
maskedMaxLoop:
	FLDPQ (R6), (F0, F1)
	CMGT_4S(16, 14, 2)
	CMGT_4S(16, 15, 3)
	BIF_16B(2, 8, 0)
	BIF_16B(3, 9, 1)
	FMAX_4S(0, 8, 8)
	FMAX_4S(1, 9, 9)
	ADD_4S(17, 16, 16)
	ADD   $128, R6
	SUBS  $1, R7
	BNE   maskedMaxLoop

decay:
	FSUB_4S(8, 10, 10)
	FSUB_4S(9, 11, 11)
	EXP2(10)
	EXP2(11)
	FSTPQ (F8, F9), (R1)
	FSTPQ (F10, F11), PANEL_DECAY(R1)
	VEOR  V12.B16, V12.B16, V12.B16
	VEOR  V13.B16, V13.B16, V13.B16
	MOVD  R0, R6
	MOVD  R2, R7
	CBZ   R2, sum
	CBNZ  R3, maskedWeights
weights:
	FLDPQ (R6), (F0, F1)
	FSUB_4S(8, 0, 0)
	FSUB_4S(9, 1, 1)
	EXP2(0)
	EXP2(1)
	FADD_4S(0, 12, 12)
	FADD_4S(1, 13, 13)
	FSTPQ (F0, F1), (R6)
	ADD   $128, R6
	SUBS  $1, R7
	BNE   weights
	B     sum

maskedWeights:
	VEOR  V16.B16, V16.B16, V16.B16
maskedLoop:
	FLDPQ (R6), (F0, F1)
	FSUB_4S(8, 0, 0)
	FSUB_4S(9, 1, 1)
	EXP2(0)
	EXP2(1)
	CMGT_4S(16, 14, 2)
	CMGT_4S(16, 15, 3)
	AND_16B(2, 0, 0)
	AND_16B(3, 1, 1)
	FADD_4S(0, 12, 12)
	FADD_4S(1, 13, 13)
	FSTPQ (F0, F1), (R6)
	ADD_4S(17, 16, 16)
	ADD   $128, R6
	SUBS  $1, R7
	BNE   maskedLoop

sum:
	FLDPQ PANEL_SUM(R1), (F0, F1)
	FMLA_4S(0, 10, 12)
	FMLA_4S(1, 11, 13)
	FSTPQ (F12, F13), PANEL_SUM(R1)
	ADD   $32, R0
	ADD   $32, R1
	SUBS  $8, R5
	BGT   group
	RET

// VALUES adds eight columns of a value, in V2 and V3, times element i of four
// weights, to the sums of a query.
#define VALUES(i, w, s, t) \
	FMLA_4S_E(i, w, 2, s) \
	FMLA_4S_E(i, w, 3, t)

// DECAYED loads eight columns of a query's row and multiplies them by element i of
// four decays.
#define DECAYED(i, w, s, t) \
	FMOVQ (R9), F(s)      \
	FMOVQ 16(R9), F(t)    \
	FMUL_4S_E(i, w, s, s) \
	FMUL_4S_E(i, w, t, t) \
	ADD   R6, R9

#define STORE_ROW(s, t) \
	FMOVQ F(s), (R9)   \
	FMOVQ F(t), 16(R9) \
	ADD   R6, R9

// GATHER loads four rows' values at R9 into the lanes of s, multiplied by decays.
#define GATHER(decays, s) \
	LD1_S(0, 6, 9, s)    \
	LD1_S(1, 6, 9, s)    \
	LD1_S(2, 6, 9, s)    \
	LD1_S(3, 6, 9, s)    \
	FMUL_4S(decays, s, s)

#define SCATTER(s) \
	ST1_S(0, 6, 9, s) \
	ST1_S(1, 6, 9, s) \
	ST1_S(2, 6, 9, s) \
	ST1_S(3, 6, 9, s)

// func attentionValuesNEON(o, s, v []float32, p *Panel, keys, dim int)
//
// Eight queries by eight columns: 16 sums in V16 to V31, four loads for 16 FMAs.
// What is left of the columns goes one by one for all queries, in use or not.
TEXT ·attentionValuesNEON(SB), NOSPLIT, $0-96
	MOVD o_base+0(FP), R0
	MOVD s_base+24(FP), R1
	MOVD v_base+48(FP), R2
	MOVD p+72(FP), R3
	MOVD keys+80(FP), R4
	MOVD dim+88(FP), R5
	MOVD PANEL_USED(R3), R8
	ADD  $PANEL_DECAY, R3
	ADD  $15, R5, R6
	AND  $~15, R6
	LSL  $2, R6               // bytes per row of o
	LSL  $2, R5, R7           // bytes per value
	SUBS $8, R5
	BLT  rest
columns:
	MOVD R0, R10              // rows of o
	MOVD R1, R11              // weights
	MOVD R3, R12              // decays
	MOVD R8, R13              // queries left
rows:
	FLDPQ.P 32(R12), (F0, F1)
	MOVD R10, R9
	DECAYED(0, 0, 16, 17)
	DECAYED(1, 0, 18, 19)
	DECAYED(2, 0, 20, 21)
	DECAYED(3, 0, 22, 23)
	DECAYED(0, 1, 24, 25)
	DECAYED(1, 1, 26, 27)
	DECAYED(2, 1, 28, 29)
	DECAYED(3, 1, 30, 31)
	MOVD R11, R14
	MOVD R2, R15
	MOVD R4, R16
	CBZ  R4, store
keys:
	FLDPQ (R14), (F0, F1)
	FLDPQ (R15), (F2, F3)
	VALUES(0, 0, 16, 17)
	VALUES(1, 0, 18, 19)
	VALUES(2, 0, 20, 21)
	VALUES(3, 0, 22, 23)
	VALUES(0, 1, 24, 25)
	VALUES(1, 1, 26, 27)
	VALUES(2, 1, 28, 29)
	VALUES(3, 1, 30, 31)
	ADD   $128, R14
	ADD   R7, R15
	SUBS  $1, R16
	BNE   keys
store:
	MOVD R10, R9
	STORE_ROW(16, 17)
	STORE_ROW(18, 19)
	STORE_ROW(20, 21)
	STORE_ROW(22, 23)
	STORE_ROW(24, 25)
	STORE_ROW(26, 27)
	STORE_ROW(28, 29)
	STORE_ROW(30, 31)
	MOVD R9, R10
	ADD  $32, R11
	SUBS $8, R13
	BGT  rows
	ADD  $32, R0
	ADD  $32, R2
	SUBS $8, R5
	BGE  columns
rest:
	ADDS $8, R5
	BEQ  done
column:
	FLDPQ (R3), (F0, F1)
	FLDPQ 32(R3), (F2, F3)
	FLDPQ 64(R3), (F4, F5)
	FLDPQ 96(R3), (F6, F7)
	MOVD  R0, R9
	GATHER(0, 16)
	GATHER(1, 17)
	GATHER(2, 18)
	GATHER(3, 19)
	GATHER(4, 20)
	GATHER(5, 21)
	GATHER(6, 22)
	GATHER(7, 23)
	MOVD R1, R14
	MOVD R2, R15
	MOVD R4, R16
	CBZ  R4, scatter
columnKeys:
	FMOVS   (R15), F8
	FLDPQ.P 32(R14), (F0, F1)
	FLDPQ.P 32(R14), (F2, F3)
	FLDPQ.P 32(R14), (F4, F5)
	FLDPQ.P 32(R14), (F6, F7)
	FMLA_4S_E(0, 8, 0, 16)
	FMLA_4S_E(0, 8, 1, 17)
	FMLA_4S_E(0, 8, 2, 18)
	FMLA_4S_E(0, 8, 3, 19)
	FMLA_4S_E(0, 8, 4, 20)
	FMLA_4S_E(0, 8, 5, 21)
	FMLA_4S_E(0, 8, 6, 22)
	FMLA_4S_E(0, 8, 7, 23)
	ADD     R7, R15
	SUBS    $1, R16
	BNE     columnKeys
scatter:
	MOVD R0, R9
	SCATTER(16)
	SCATTER(17)
	SCATTER(18)
	SCATTER(19)
	SCATTER(20)
	SCATTER(21)
	SCATTER(22)
	SCATTER(23)
	ADD  $4, R0
	ADD  $4, R2
	SUBS $1, R5
	BNE  column
done:
	RET
