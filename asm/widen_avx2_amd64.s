//go:build !purego && !noasm

#include "textflag.h"

// Registers:
//
//	DI, SI, R8, R9   dst, q, scales, mins
//	CX, DX, BX       groups left, halves of a group, halves left
//	Y0, Y1           a group's scale and minimum
//	Y2               zero
//	Y4, Y5           values

// Y4 and Y5 = 16 values less zero.
#define LOAD \
	VPMOVZXBD (SI), Y4      \
	VPMOVZXBD 8(SI), Y5     \
	VPSUBD    Y2, Y4, Y4    \
	VPSUBD    Y2, Y5, Y5    \
	VCVTDQ2PS Y4, Y4        \
	VCVTDQ2PS Y5, Y5

#define STORE \
	VMOVUPS Y4, (DI)        \
	VMOVUPS Y5, 32(DI)      \
	ADDQ    $16, SI         \
	ADDQ    $64, DI

// func widenInt8AVX2(dst *float32, q *byte, scales *float32, zero int32, halves, n int)
TEXT ·widenInt8AVX2(SB), NOSPLIT, $0-48
	MOVQ         dst+0(FP), DI
	MOVQ         q+8(FP), SI
	MOVQ         scales+16(FP), R8
	MOVL         zero+24(FP), AX
	VMOVD        AX, X2
	VPBROADCASTD X2, Y2
	MOVQ         halves+32(FP), DX
	MOVQ         n+40(FP), CX
group:
	VBROADCASTSS (R8), Y0
	MOVQ         DX, BX
half:
	LOAD
	VMULPS       Y0, Y4, Y4
	VMULPS       Y0, Y5, Y5
	STORE
	DECQ         BX
	JNZ          half
	ADDQ         $4, R8
	DECQ         CX
	JNZ          group
	VZEROUPPER
	RET

// func widenInt8MinAVX2(dst *float32, q *byte, scales, mins *float32, zero int32, halves, n int)
TEXT ·widenInt8MinAVX2(SB), NOSPLIT, $0-56
	MOVQ         dst+0(FP), DI
	MOVQ         q+8(FP), SI
	MOVQ         scales+16(FP), R8
	MOVQ         mins+24(FP), R9
	MOVL         zero+32(FP), AX
	VMOVD        AX, X2
	VPBROADCASTD X2, Y2
	MOVQ         halves+40(FP), DX
	MOVQ         n+48(FP), CX
group:
	VBROADCASTSS (R8), Y0
	VBROADCASTSS (R9), Y1
	MOVQ         DX, BX
half:
	LOAD
	VMULPS       Y0, Y4, Y4
	VMULPS       Y0, Y5, Y5
	VADDPS       Y1, Y4, Y4
	VADDPS       Y1, Y5, Y5
	STORE
	DECQ         BX
	JNZ          half
	ADDQ         $4, R8
	ADDQ         $4, R9
	DECQ         CX
	JNZ          group
	VZEROUPPER
	RET
