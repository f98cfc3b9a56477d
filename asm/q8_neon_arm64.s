//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"

// func f32ToQ8NEON(dst []byte, src []float32)
//
// V0 to V7 are a block, F16 = 127, F17 = 1. A magnitude's bits are compared as an
// integer, in which NaN is beyond Inf.
TEXT ·f32ToQ8NEON(SB), NOSPLIT, $0-48
	MOVD  dst_base+0(FP), R0
	MOVD  src_base+24(FP), R1
	MOVD  src_len+32(FP), R2
	MOVW  $0x7f800000, R3
	FMOVS $1.0, F17
	MOVW  $0x42fe0000, R4
	FMOVS R4, F16
	CBZ   R2, done
block:
	FLDPQ.P 32(R1), (F0, F1)
	FLDPQ.P 32(R1), (F2, F3)
	FLDPQ.P 32(R1), (F4, F5)
	FLDPQ.P 32(R1), (F6, F7)
	FABS_4S(0, 20)
	FABS_4S(1, 21)
	FABS_4S(2, 22)
	FABS_4S(3, 23)
	FABS_4S(4, 24)
	FABS_4S(5, 25)
	FABS_4S(6, 26)
	FABS_4S(7, 27)
	VUMAX   V24.S4, V20.S4, V20.S4
	VUMAX   V25.S4, V21.S4, V21.S4
	VUMAX   V26.S4, V22.S4, V22.S4
	VUMAX   V27.S4, V23.S4, V23.S4
	VUMAX   V22.S4, V20.S4, V20.S4
	VUMAX   V23.S4, V21.S4, V21.S4
	VUMAX   V21.S4, V20.S4, V20.S4
	UMAXV_S(20, 20)
	FMOVS   F20, R4
	CMPW    R3, R4
	BHS     notFinite
	FDIVS   F16, F20, F20     // d
	FDIVS   F20, F17, F21     // its inverse
	FCVTSH  F20, F20
	FMOVS   F20, R4
	MOVH.P  R4, 2(R0)
	FMOVS   F21, R4
	CMPW    R3, R4
	BNE     scaled
	FMOVS   ZR, F21
scaled:
	FMUL_4S_E(0, 21, 0, 0)
	FMUL_4S_E(0, 21, 1, 1)
	FMUL_4S_E(0, 21, 2, 2)
	FMUL_4S_E(0, 21, 3, 3)
	FMUL_4S_E(0, 21, 4, 4)
	FMUL_4S_E(0, 21, 5, 5)
	FMUL_4S_E(0, 21, 6, 6)
	FMUL_4S_E(0, 21, 7, 7)
	FCVTAS_4S(0, 0)
	FCVTAS_4S(1, 1)
	FCVTAS_4S(2, 2)
	FCVTAS_4S(3, 3)
	FCVTAS_4S(4, 4)
	FCVTAS_4S(5, 5)
	FCVTAS_4S(6, 6)
	FCVTAS_4S(7, 7)
	VUZP1   V1.H8, V0.H8, V0.H8
	VUZP1   V3.H8, V2.H8, V2.H8
	VUZP1   V5.H8, V4.H8, V4.H8
	VUZP1   V7.H8, V6.H8, V6.H8
	VUZP1   V2.B16, V0.B16, V0.B16
	VUZP1   V6.B16, V4.B16, V4.B16
	FMOVQ.P F0, 16(R0)
	FMOVQ.P F4, 16(R0)
	SUBS    $32, R2
	BNE     block
done:
	RET
notFinite:
	MOVD    $0x7e00, R4
	MOVH.P  R4, 2(R0)
	STP.P   (ZR, ZR), 16(R0)
	STP.P   (ZR, ZR), 16(R0)
	SUBS    $32, R2
	BNE     block
	RET

// WIDEN turns the codes in x into four vectors from a on, times the scale in V16.
#define WIDEN(x, a, b, c, d) \
	SXTL_8H(x, 18)       \
	SXTL2_8H(x, 19)      \
	SXTL_4S(18, a)       \
	SXTL2_4S(18, b)      \
	SXTL_4S(19, c)       \
	SXTL2_4S(19, d)      \
	SCVTF_4S(a, a)       \
	SCVTF_4S(b, b)       \
	SCVTF_4S(c, c)       \
	SCVTF_4S(d, d)       \
	FMUL_4S(16, a, a)    \
	FMUL_4S(16, b, b)    \
	FMUL_4S(16, c, c)    \
	FMUL_4S(16, d, d)

// func q8ToF32NEON(dst []float32, src []byte)
TEXT ·q8ToF32NEON(SB), NOSPLIT, $0-48
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R2
	MOVD src_base+24(FP), R1
	CBZ  R2, done
block:
	LD1R_4H(1, 16)
	FMOVQ.P 16(R1), F20
	FMOVQ.P 16(R1), F21
	FCVTL_4S(16, 16)
	WIDEN(20, 0, 1, 2, 3)
	WIDEN(21, 4, 5, 6, 7)
	FSTPQ.P (F0, F1), 32(R0)
	FSTPQ.P (F2, F3), 32(R0)
	FSTPQ.P (F4, F5), 32(R0)
	FSTPQ.P (F6, F7), 32(R0)
	SUBS    $32, R2
	BNE     block
done:
	RET
