//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"
#include "exp_avx512_amd64.h"

// SLOPE computes s = σ(z), y = z*s and, in z, the slope s + y*(1-s) = s + y - y*s
// of z*σ(z), with Z8 the sign bit.
#define SLOPE(z, s, y, n, f, k) \
	VXORPS       Z8, z, s    \
	EXP(s, n, f, k)          \
	VADDPS       Z26, s, s   \
	VDIVPS       s, Z26, s   \
	VMULPS       s, z, y     \
	VSUBPS       s, Z26, z   \ // 1-s
	VFMADD213PS  s, y, z

// func swiGLUGradAVX512(dy, dup, gate, up []float32)
// Requires: AVX512F, AVX512DQ, BMI2
TEXT ·swiGLUGradAVX512(SB), NOSPLIT, $0-96
	MOVQ         dy_base+0(FP), DI
	MOVQ         dy_len+8(FP), CX
	MOVQ         dup_base+24(FP), DX
	MOVQ         gate_base+48(FP), SI
	MOVQ         up_base+72(FP), BX
	MOVL         $0x80000000, AX
	VPBROADCASTD AX, Z8
	LOAD_EXP
	SUBQ         $16, CX
	JL           tail
loop16:
	VMOVUPS (SI), Z0
	VMOVUPS (DI), Z5
	VMULPS  (BX), Z5, Z6
	SLOPE(Z0, Z1, Z2, Z3, Z4, K2)
	VMULPS  Z2, Z5, Z5
	VMULPS  Z0, Z6, Z6
	VMOVUPS Z5, (DX)
	VMOVUPS Z6, (DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	ADDQ    $64, BX
	ADDQ    $64, DX
	SUBQ    $16, CX
	JGE     loop16
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z (SI), K1, Z0
	VMOVUPS.Z (DI), K1, Z5
	VMOVUPS.Z (BX), K1, Z6
	VMULPS    Z6, Z5, Z6
	SLOPE(Z0, Z1, Z2, Z3, Z4, K2)
	VMULPS    Z2, Z5, Z5
	VMULPS    Z0, Z6, Z6
	VMOVUPS   Z5, K1, (DX)
	VMOVUPS   Z6, K1, (DI)
done:
	VZEROUPPER
	RET

// func swishGradAVX512(dy, x []float32, a float32)
// Requires: AVX512F, AVX512DQ, BMI2
TEXT ·swishGradAVX512(SB), NOSPLIT, $0-52
	MOVQ         dy_base+0(FP), DI
	MOVQ         dy_len+8(FP), CX
	MOVQ         x_base+24(FP), SI
	VBROADCASTSS a+48(FP), Z9
	MOVL         $0x80000000, AX
	VPBROADCASTD AX, Z8
	LOAD_EXP
	SUBQ         $16, CX
	JL           tail
loop16:
	VMULPS  (SI), Z9, Z0
	SLOPE(Z0, Z1, Z2, Z3, Z4, K2)
	VMULPS  (DI), Z0, Z0
	VMOVUPS Z0, (DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
	JGE     loop16
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z (SI), K1, Z0
	VMOVUPS.Z (DI), K1, Z5
	VMULPS    Z9, Z0, Z0
	SLOPE(Z0, Z1, Z2, Z3, Z4, K2)
	VMULPS    Z5, Z0, Z0
	VMOVUPS   Z0, K1, (DI)
done:
	VZEROUPPER
	RET
