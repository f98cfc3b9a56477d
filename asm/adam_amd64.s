//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"

// STEP takes x, m, v and g in Z0 to Z3 to their next values.
#define STEP \
	VMULPS      Z8, Z1, Z1    \
	VFMADD231PS Z9, Z3, Z1    \
	VMULPS      Z10, Z2, Z2   \
	VMULPS      Z11, Z3, Z4   \
	VFMADD231PS Z4, Z3, Z2    \
	VSQRTPS     Z2, Z4        \
	VFMADD213PS Z14, Z13, Z4  \
	VMULPS      Z12, Z1, Z5   \
	VDIVPS      Z4, Z5, Z5    \
	VFMSUB213PS Z5, Z15, Z0

// func adamStepAVX512(a *Adam, x, m, v, g []float32)
// Requires: AVX512F, BMI2
TEXT ·adamStepAVX512(SB), NOSPLIT, $0-104
	MOVQ         a+0(FP), AX
	MOVQ         x_base+8(FP), DI
	MOVQ         x_len+16(FP), CX
	MOVQ         m_base+32(FP), SI
	MOVQ         v_base+56(FP), DX
	MOVQ         g_base+80(FP), R8
	VBROADCASTSS 0(AX), Z8
	VBROADCASTSS 4(AX), Z9
	VBROADCASTSS 8(AX), Z10
	VBROADCASTSS 12(AX), Z11
	VBROADCASTSS 16(AX), Z12
	VBROADCASTSS 20(AX), Z13
	VBROADCASTSS 24(AX), Z14
	VBROADCASTSS 28(AX), Z15
	XORL         BX, BX
	SUBQ         $16, CX
	JL           tail
loop16:
	VMOVUPS (DI)(BX*4), Z0
	VMOVUPS (SI)(BX*4), Z1
	VMOVUPS (DX)(BX*4), Z2
	VMOVUPS (R8)(BX*4), Z3
	STEP
	VMOVUPS Z0, (DI)(BX*4)
	VMOVUPS Z1, (SI)(BX*4)
	VMOVUPS Z2, (DX)(BX*4)
	ADDQ    $16, BX
	SUBQ    $16, CX
	JGE     loop16
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z (DI)(BX*4), K1, Z0
	VMOVUPS.Z (SI)(BX*4), K1, Z1
	VMOVUPS.Z (DX)(BX*4), K1, Z2
	VMOVUPS.Z (R8)(BX*4), K1, Z3
	STEP
	VMOVUPS   Z0, K1, (DI)(BX*4)
	VMOVUPS   Z1, K1, (SI)(BX*4)
	VMOVUPS   Z2, K1, (DX)(BX*4)
done:
	VZEROUPPER
	RET
