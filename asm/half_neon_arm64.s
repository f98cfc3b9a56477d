//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"

// These take whole vectors of eight. FCVTL and FCVTN follow the control register,
// which Go leaves at IEEE halves, nearest and no flushing.

// func f16ToF32NEON(dst []float32, src []byte)
TEXT ·f16ToF32NEON(SB), NOSPLIT, $0-48
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R2
	MOVD src_base+24(FP), R1
	SUBS $8, R2
	BLT  done
loop8:
	FMOVQ.P 16(R1), F0
	FCVTL_4S(0, 1)
	FCVTL2_4S(0, 2)
	FSTPQ.P (F1, F2), 32(R0)
	SUBS    $8, R2
	BGE     loop8
done:
	RET

// func bf16ToF32NEON(dst []float32, src []byte)
//
// Each half goes above a zero.
TEXT ·bf16ToF32NEON(SB), NOSPLIT, $0-48
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R2
	MOVD src_base+24(FP), R1
	VEOR V3.B16, V3.B16, V3.B16
	SUBS $8, R2
	BLT  done
loop8:
	FMOVQ.P 16(R1), F0
	VZIP1   V0.H8, V3.H8, V1.H8
	VZIP2   V0.H8, V3.H8, V2.H8
	FSTPQ.P (F1, F2), 32(R0)
	SUBS    $8, R2
	BGE     loop8
done:
	RET

// func f32ToF16NEON(dst []byte, src []float32)
TEXT ·f32ToF16NEON(SB), NOSPLIT, $0-48
	MOVD dst_base+0(FP), R0
	MOVD src_base+24(FP), R1
	MOVD src_len+32(FP), R2
	SUBS $8, R2
	BLT  done
loop8:
	FLDPQ.P 32(R1), (F0, F1)
	FCVTN_4H(0, 2)
	FCVTN2_8H(1, 2)
	FMOVQ.P F2, 16(R0)
	SUBS    $8, R2
	BGE     loop8
done:
	RET

// ROUND leaves the half of x in the upper half of y. V16 = 1, V17 = 0x7fff, V18 =
// the quiet bit of a NaN, which is cut and gets that bit.
#define ROUND(x, y, t) \
	USHR_4S(16, x, y)   \
	AND_16B(16, y, y)   \
	ADD_4S(17, y, y)    \
	ADD_4S(x, y, y)     \
	FCMEQ_4S(x, x, t)   \
	ORR_16B(18, x, x)   \
	BIF_16B(t, x, y)

// func f32ToBF16NEON(dst []byte, src []float32)
TEXT ·f32ToBF16NEON(SB), NOSPLIT, $0-48
	MOVD dst_base+0(FP), R0
	MOVD src_base+24(FP), R1
	MOVD src_len+32(FP), R2
	MOVW $1, R3
	VDUP R3, V16.S4
	MOVW $0x7fff, R3
	VDUP R3, V17.S4
	MOVW $0x400000, R3
	VDUP R3, V18.S4
	SUBS $8, R2
	BLT  done
loop8:
	FLDPQ.P 32(R1), (F0, F1)
	ROUND(0, 2, 4)
	ROUND(1, 3, 5)
	VUZP2   V3.H8, V2.H8, V0.H8
	FMOVQ.P F0, 16(R0)
	SUBS    $8, R2
	BGE     loop8
done:
	RET
