//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"
#include "exp_avx512_amd64.h"

// func expSumAVX512(x []float32, shift float32) float32
TEXT ·expSumAVX512(SB), NOSPLIT, $0-36
	MOVQ         x_base+0(FP), DI
	MOVQ         x_len+8(FP), CX
	VBROADCASTSS shift+24(FP), Z8
	LOAD_EXP
	VPXORD       Z9, Z9, Z9
	VPXORD       Z10, Z10, Z10
	SUBQ         $32, CX
	JL           rest
loop32:
	VMOVUPS (DI), Z0
	VMOVUPS 64(DI), Z3
	VSUBPS  Z8, Z0, Z0
	VSUBPS  Z8, Z3, Z3
	EXP(Z0, Z1, Z2, K2)
	EXP(Z3, Z4, Z5, K3)
	VMOVUPS Z0, (DI)
	VMOVUPS Z3, 64(DI)
	VADDPS  Z0, Z9, Z9
	VADDPS  Z3, Z10, Z10
	ADDQ    $128, DI
	SUBQ    $32, CX
	JGE     loop32
rest:
	VADDPS  Z10, Z9, Z9
	ADDQ    $16, CX
	JL      tail
	VMOVUPS (DI), Z0
	VSUBPS  Z8, Z0, Z0
	EXP(Z0, Z1, Z2, K2)
	VMOVUPS Z0, (DI)
	VADDPS  Z0, Z9, Z9
	ADDQ    $64, DI
	SUBQ    $16, CX
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z (DI), K1, Z0
	VSUBPS    Z8, Z0, Z0
	EXP(Z0, Z1, Z2, K2)
	VMOVUPS   Z0, K1, (DI)
	VADDPS    Z0, Z9, K1, Z9
done:
	SUM_Z(Z9, Y9, X9, Y1, X1)
	VMOVSS X9, ret+32(FP)
	VZEROUPPER
	RET

// SWISH computes x = x/(1+exp(-x*(a+b*x*x))) with Z8 = -a, Z9 = -b and Z10 the
// bound of the square.
#define SWISH(x, z, n, f, k) \
	VMULPS      x, x, z     \
	VMINPS      Z10, z, z   \
	VFMADD213PS Z8, Z9, z   \
	VMULPS      x, z, z     \
	EXP(z, n, f, k)         \
	VADDPS      Z26, z, z   \
	VDIVPS      z, x, x

// func swishAVX512(x []float32, a, b float32)
TEXT ·swishAVX512(SB), NOSPLIT, $0-32
	MOVQ         x_base+0(FP), DI
	MOVQ         x_len+8(FP), CX
	VBROADCASTSS a+24(FP), Z8
	VBROADCASTSS b+28(FP), Z9
	VPXORD       Z0, Z0, Z0
	VSUBPS       Z8, Z0, Z8
	VSUBPS       Z9, Z0, Z9
	VBROADCASTSS CONST(SQUARE_MAX), Z10
	LOAD_EXP
	SUBQ         $16, CX
	JL           tail
loop16:
	VMOVUPS (DI), Z0
	SWISH(Z0, Z1, Z2, Z3, K2)
	VMOVUPS Z0, (DI)
	ADDQ    $64, DI
	SUBQ    $16, CX
	JGE     loop16
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z (DI), K1, Z0
	SWISH(Z0, Z1, Z2, Z3, K2)
	VMOVUPS   Z0, K1, (DI)
done:
	VZEROUPPER
	RET

// SILU computes x = x/(1+exp(-x)), with Z8 the sign bit.
#define SILU(x, z, n, f, k) \
	VXORPS Z8, x, z   \
	EXP(z, n, f, k)   \
	VADDPS Z26, z, z  \
	VDIVPS z, x, x

// func swiGLUAVX512(gate, up []float32)
TEXT ·swiGLUAVX512(SB), NOSPLIT, $0-48
	MOVQ         gate_base+0(FP), DI
	MOVQ         gate_len+8(FP), CX
	MOVQ         up_base+24(FP), SI
	MOVL         $0x80000000, AX
	VPBROADCASTD AX, Z8
	LOAD_EXP
	SUBQ         $16, CX
	JL           tail
loop16:
	VMOVUPS (DI), Z0
	SILU(Z0, Z1, Z2, Z3, K2)
	VMULPS  (SI), Z0, Z0
	VMOVUPS Z0, (DI)
	ADDQ    $64, DI
	ADDQ    $64, SI
	SUBQ    $16, CX
	JGE     loop16
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z (DI), K1, Z0
	VMOVUPS.Z (SI), K1, Z4
	SILU(Z0, Z1, Z2, Z3, K2)
	VMULPS    Z4, Z0, Z0
	VMOVUPS   Z0, K1, (DI)
done:
	VZEROUPPER
	RET

// GELU computes x = max(x, 0) - t*q(t) with t = |x|, bounded. s + e is the square
// of t exactly; s enters the exponential in the place of x, and e, which is at
// most 2^-24*s, as a term of f.
#define GELU_Z(x, t, s, e, n, f, k) \
	VANDPS       Z8, x, t                      \
	VMINPS       t, Z9, t                      \
	VMULPS       t, t, s                       \
	VMOVAPS      s, e                          \
	VFMSUB231PS  t, t, e                       \
	VMULPS       Z11, s, s                     \
	SPLIT(s, n, f, k)                          \
	VFMADD231PS  Z12, e, f                     \
	POWER(n, f, k, s)                          \
	VMOVAPS      Z26, e                        \
	VFMADD231PS  Z10, t, e                     \
	VDIVPS       e, Z26, e                     \ // w
	VMOVAPS      Z13, n                        \
	VFMADD213PS  Z14, e, n                     \
	VFMADD213PS  Z15, e, n                     \
	VFMADD213PS  Z27, e, n                     \
	VFMADD213PS  Z28, e, n                     \
	VFMADD213PS  Z29, e, n                     \
	VFMADD213PS  Z30, e, n                     \
	VFMADD213PS  Z31, e, n                     \
	VFMADD213PS.BCST CONST(GELU_H0), e, n      \
	VMULPS       s, n, n                       \ // q
	VPXORD       f, f, f                       \
	VMAXPS       x, f, x                       \
	VFNMADD231PS n, t, x

// func geluAVX512(x []float32)
TEXT ·geluAVX512(SB), NOSPLIT, $0-24
	MOVQ         x_base+0(FP), DI
	MOVQ         x_len+8(FP), CX
	LOAD_EXP
	VBROADCASTSS CONST(ABS), Z8
	VBROADCASTSS CONST(GELU_MAX), Z9
	VBROADCASTSS CONST(GELU_C), Z10
	VBROADCASTSS CONST(GELU_NEG_HALF), Z11
	VBROADCASTSS CONST(GELU_NEG_HALF_LOG2E), Z12
	VBROADCASTSS CONST(GELU_H8), Z13
	VBROADCASTSS CONST(GELU_H7), Z14
	VBROADCASTSS CONST(GELU_H6), Z15
	VBROADCASTSS CONST(GELU_H5), Z27
	VBROADCASTSS CONST(GELU_H4), Z28
	VBROADCASTSS CONST(GELU_H3), Z29
	VBROADCASTSS CONST(GELU_H2), Z30
	VBROADCASTSS CONST(GELU_H1), Z31
	SUBQ         $16, CX
	JL           tail
loop16:
	VMOVUPS (DI), Z0
	GELU_Z(Z0, Z1, Z2, Z3, Z4, Z5, K2)
	VMOVUPS Z0, (DI)
	ADDQ    $64, DI
	SUBQ    $16, CX
	JGE     loop16
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z (DI), K1, Z0
	GELU_Z(Z0, Z1, Z2, Z3, Z4, Z5, K2)
	VMOVUPS   Z0, K1, (DI)
done:
	VZEROUPPER
	RET
