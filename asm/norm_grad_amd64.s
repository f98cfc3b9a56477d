//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"

// func normGradSumsAVX512(dy, w, x []float32, mean float32) (sum, dot float32)
// Requires: AVX512F, BMI2
TEXT ·normGradSumsAVX512(SB), NOSPLIT, $0-88
	MOVQ         dy_base+0(FP), DI
	MOVQ         w_base+24(FP), DX
	MOVQ         x_base+48(FP), SI
	MOVQ         x_len+56(FP), CX
	VBROADCASTSS mean+72(FP), Z8
	VPXORD       Z0, Z0, Z0
	VPXORD       Z1, Z1, Z1
	VPXORD       Z2, Z2, Z2
	VPXORD       Z3, Z3, Z3
	SUBQ         $32, CX
	JL           rest
loop32:
	VMOVUPS     (DI), Z4
	VMOVUPS     64(DI), Z5
	VMULPS      (DX), Z4, Z4
	VMULPS      64(DX), Z5, Z5
	VMOVUPS     (SI), Z6
	VMOVUPS     64(SI), Z7
	VSUBPS      Z8, Z6, Z6
	VSUBPS      Z8, Z7, Z7
	VADDPS      Z4, Z0, Z0
	VADDPS      Z5, Z1, Z1
	VFMADD231PS Z6, Z4, Z2
	VFMADD231PS Z7, Z5, Z3
	ADDQ        $128, DI
	ADDQ        $128, DX
	ADDQ        $128, SI
	SUBQ        $32, CX
	JGE         loop32
rest:
	VADDPS      Z1, Z0, Z0
	VADDPS      Z3, Z2, Z2
	ADDQ        $16, CX
	JL          tail
	VMOVUPS     (DI), Z4
	VMULPS      (DX), Z4, Z4
	VMOVUPS     (SI), Z6
	VSUBPS      Z8, Z6, Z6
	VADDPS      Z4, Z0, Z0
	VFMADD231PS Z6, Z4, Z2
	ADDQ        $64, DI
	ADDQ        $64, DX
	ADDQ        $64, SI
	SUBQ        $16, CX
tail:
	ADDQ        $16, CX
	JZ          done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z   (DI), K1, Z4
	VMOVUPS.Z   (DX), K1, Z5
	VMOVUPS.Z   (SI), K1, Z6
	VMULPS      Z5, Z4, Z4
	VSUBPS      Z8, Z6, Z6
	VADDPS      Z4, Z0, Z0
	VFMADD231PS Z6, Z4, Z2
done:
	SUM_Z(Z0, Y0, X0, Y1, X1)
	SUM_Z(Z2, Y2, X2, Y3, X3)
	VMOVSS X0, sum+80(FP)
	VMOVSS X2, dot+84(FP)
	VZEROUPPER
	RET

// ROW computes the gradients in Z4 and Z5 from dy in Z0, w in Z1 and x in Z2.
#define ROW \
	VSUBPS       Z8, Z2, Z2    \
	VMULPS       Z9, Z2, Z2    \ // u
	VMULPS       Z1, Z0, Z1    \
	VFMADD231PS  Z9, Z1, Z4    \
	VFNMADD231PS Z10, Z2, Z4   \
	VSUBPS       Z11, Z4, Z4   \
	VFMADD231PS  Z0, Z2, Z5

// func normGradAVX512(dx, dw, dy, w, x []float32, mean, r, slope, shift float32)
// Requires: AVX512F, BMI2
TEXT ·normGradAVX512(SB), NOSPLIT, $0-136
	MOVQ         dx_base+0(FP), DI
	MOVQ         dw_base+24(FP), R8
	MOVQ         dy_base+48(FP), R9
	MOVQ         w_base+72(FP), DX
	MOVQ         x_base+96(FP), SI
	MOVQ         x_len+104(FP), CX
	VBROADCASTSS mean+120(FP), Z8
	VBROADCASTSS r+124(FP), Z9
	VBROADCASTSS slope+128(FP), Z10
	VBROADCASTSS shift+132(FP), Z11
	XORL         BX, BX
	SUBQ         $16, CX
	JL           tail
loop16:
	VMOVUPS (R9)(BX*4), Z0
	VMOVUPS (DX)(BX*4), Z1
	VMOVUPS (SI)(BX*4), Z2
	VMOVUPS (DI)(BX*4), Z4
	VMOVUPS (R8)(BX*4), Z5
	ROW
	VMOVUPS Z4, (DI)(BX*4)
	VMOVUPS Z5, (R8)(BX*4)
	ADDQ    $16, BX
	SUBQ    $16, CX
	JGE     loop16
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z (R9)(BX*4), K1, Z0
	VMOVUPS.Z (DX)(BX*4), K1, Z1
	VMOVUPS.Z (SI)(BX*4), K1, Z2
	VMOVUPS.Z (DI)(BX*4), K1, Z4
	VMOVUPS.Z (R8)(BX*4), K1, Z5
	ROW
	VMOVUPS Z4, K1, (DI)(BX*4)
	VMOVUPS Z5, K1, (R8)(BX*4)
done:
	VZEROUPPER
	RET
