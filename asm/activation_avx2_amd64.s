//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"
#include "exp_avx2_amd64.h"

// func expSumAVX2(x []float32, shift float32) float32
TEXT ·expSumAVX2(SB), NOSPLIT, $0-36
	MOVQ         x_base+0(FP), DI
	MOVQ         x_len+8(FP), CX
	VBROADCASTSS shift+24(FP), Y13
	VXORPS       Y14, Y14, Y14
	VXORPS       Y15, Y15, Y15
	SUBQ         $16, CX
	JL           rest
loop16:
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y5
	VSUBPS  Y13, Y0, Y0
	VSUBPS  Y13, Y5, Y5
	EXP(Y0, Y1, Y2, Y3, Y4)
	EXP(Y5, Y6, Y7, Y8, Y9)
	VMOVUPS Y0, (DI)
	VMOVUPS Y5, 32(DI)
	VADDPS  Y0, Y14, Y14
	VADDPS  Y5, Y15, Y15
	ADDQ    $64, DI
	SUBQ    $16, CX
	JGE     loop16
rest:
	VADDPS  Y15, Y14, Y14
	ADDQ    $8, CX
	JL      tail
	VMOVUPS (DI), Y0
	VSUBPS  Y13, Y0, Y0
	EXP(Y0, Y1, Y2, Y3, Y4)
	VMOVUPS Y0, (DI)
	VADDPS  Y0, Y14, Y14
	ADDQ    $32, DI
	SUBQ    $8, CX
tail:
	ADDQ $8, CX
	JZ   done
	TAIL_Y(CX, AX, Y10)
	VMASKMOVPS (DI), Y10, Y0
	VSUBPS     Y13, Y0, Y0
	EXP(Y0, Y1, Y2, Y3, Y4)
	VMASKMOVPS Y0, Y10, (DI)
	VANDPS     Y10, Y0, Y0
	VADDPS     Y0, Y14, Y14
done:
	SUM_Y(Y14, X14, X1)
	VMOVSS X14, ret+32(FP)
	VZEROUPPER
	RET

// SWISH computes x = x/(1+exp(-x*(a+b*x*x))) with Y13 = -a, Y14 = -b and Y15 the
// bound of the square.
#define SWISH(x, z, n, f, k, o) \
	VMULPS      x, x, z           \
	VMINPS      Y15, z, z         \
	VFMADD213PS Y13, Y14, z       \
	VMULPS      x, z, z           \
	EXP(z, n, f, k, o)            \
	VADDPS      CONST(ONE), z, z  \
	VDIVPS      z, x, x

// func swishAVX2(x []float32, a, b float32)
TEXT ·swishAVX2(SB), NOSPLIT, $0-32
	MOVQ         x_base+0(FP), DI
	MOVQ         x_len+8(FP), CX
	VBROADCASTSS a+24(FP), Y13
	VBROADCASTSS b+28(FP), Y14
	VXORPS       Y0, Y0, Y0
	VSUBPS       Y13, Y0, Y13
	VSUBPS       Y14, Y0, Y14
	VMOVUPS      CONST(SQUARE_MAX), Y15
	SUBQ         $8, CX
	JL           tail
loop8:
	VMOVUPS (DI), Y0
	SWISH(Y0, Y1, Y2, Y3, Y4, Y5)
	VMOVUPS Y0, (DI)
	ADDQ    $32, DI
	SUBQ    $8, CX
	JGE     loop8
tail:
	ADDQ $8, CX
	JZ   done
	TAIL_Y(CX, AX, Y10)
	VMASKMOVPS (DI), Y10, Y0
	SWISH(Y0, Y1, Y2, Y3, Y4, Y5)
	VMASKMOVPS Y0, Y10, (DI)
done:
	VZEROUPPER
	RET

// SILU computes x = x/(1+exp(-x)), with Y13 = 0.
#define SILU(x, z, n, f, k, o) \
	VSUBPS x, Y13, z         \
	EXP(z, n, f, k, o)       \
	VADDPS CONST(ONE), z, z  \
	VDIVPS z, x, x

// func swiGLUAVX2(gate, up []float32)
TEXT ·swiGLUAVX2(SB), NOSPLIT, $0-48
	MOVQ   gate_base+0(FP), DI
	MOVQ   gate_len+8(FP), CX
	MOVQ   up_base+24(FP), SI
	VXORPS Y13, Y13, Y13
	SUBQ   $8, CX
	JL     tail
loop8:
	VMOVUPS (DI), Y0
	SILU(Y0, Y1, Y2, Y3, Y4, Y5)
	VMULPS  (SI), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, DI
	ADDQ    $32, SI
	SUBQ    $8, CX
	JGE     loop8
tail:
	ADDQ $8, CX
	JZ   done
	TAIL_Y(CX, AX, Y10)
	VMASKMOVPS (DI), Y10, Y0
	VMASKMOVPS (SI), Y10, Y11
	SILU(Y0, Y1, Y2, Y3, Y4, Y5)
	VMULPS     Y11, Y0, Y0
	VMASKMOVPS Y0, Y10, (DI)
done:
	VZEROUPPER
	RET

// GELU computes x = max(x, 0) - t*q(t) with t = |x|, bounded. s + e is the square
// of t exactly; s enters the exponential in the place of x, and e, which is at
// most 2^-24*s, as a term of f.
#define GELU_Y(x, t, s, e, n, f, k) \
	VANDPS       CONST(ABS), x, t               \
	VMOVUPS      CONST(GELU_MAX), n             \
	VMINPS       t, n, t                        \
	VMULPS       t, t, s                        \
	VMOVAPS      s, e                           \
	VFMSUB231PS  t, t, e                        \
	VMULPS       CONST(GELU_NEG_HALF), s, s     \
	SPLIT(s, n, f, k)                           \
	VFMADD231PS  CONST(GELU_NEG_HALF_LOG2E), e, f \
	POWER(n, f, k, s)                           \
	VMOVUPS      CONST(ONE), n                  \
	VMOVAPS      n, e                           \
	VFMADD231PS  CONST(GELU_C), t, e            \
	VDIVPS       e, n, e                        \ // w
	VMOVUPS      CONST(GELU_H8), n              \
	VFMADD213PS  CONST(GELU_H7), e, n           \
	VFMADD213PS  CONST(GELU_H6), e, n           \
	VFMADD213PS  CONST(GELU_H5), e, n           \
	VFMADD213PS  CONST(GELU_H4), e, n           \
	VFMADD213PS  CONST(GELU_H3), e, n           \
	VFMADD213PS  CONST(GELU_H2), e, n           \
	VFMADD213PS  CONST(GELU_H1), e, n           \
	VFMADD213PS  CONST(GELU_H0), e, n           \
	VMULPS       s, n, n                        \ // q
	VXORPS       f, f, f                        \
	VMAXPS       x, f, x                        \
	VFNMADD231PS n, t, x

// func geluAVX2(x []float32)
TEXT ·geluAVX2(SB), NOSPLIT, $0-24
	MOVQ x_base+0(FP), DI
	MOVQ x_len+8(FP), CX
	SUBQ $8, CX
	JL   tail
loop8:
	VMOVUPS (DI), Y0
	GELU_Y(Y0, Y1, Y2, Y3, Y4, Y5, Y6)
	VMOVUPS Y0, (DI)
	ADDQ    $32, DI
	SUBQ    $8, CX
	JGE     loop8
tail:
	ADDQ $8, CX
	JZ   done
	TAIL_Y(CX, AX, Y10)
	VMASKMOVPS (DI), Y10, Y0
	GELU_Y(Y0, Y1, Y2, Y3, Y4, Y5, Y6)
	VMASKMOVPS Y0, Y10, (DI)
done:
	VZEROUPPER
	RET
