//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"
#include "exp_avx2_amd64.h"

// SLOPE computes s = σ(z), y = z*s and, in z, the slope s + y*(1-s) of z*σ(z), with
// Y13 zero and Y12 one.
#define SLOPE(z, s, y, n, f, k) \
	VSUBPS       z, Y13, s   \
	EXP(s, n, f, k, y)       \
	VADDPS       Y12, s, s   \
	VDIVPS       s, Y12, s   \
	VMULPS       s, z, y     \
	VSUBPS       s, Y12, z   \
	VFMADD213PS  s, y, z

// func swiGLUGradAVX2(dy, dup, gate, up []float32)
// Requires: AVX2, FMA
TEXT ·swiGLUGradAVX2(SB), NOSPLIT, $0-96
	MOVQ    dy_base+0(FP), DI
	MOVQ    dy_len+8(FP), CX
	MOVQ    dup_base+24(FP), DX
	MOVQ    gate_base+48(FP), SI
	MOVQ    up_base+72(FP), BX
	VXORPS  Y13, Y13, Y13
	VMOVUPS CONST(ONE), Y12
	SUBQ    $8, CX
	JL      done
loop8:
	VMOVUPS (SI), Y0
	VMOVUPS (DI), Y5
	VMULPS  (BX), Y5, Y6
	SLOPE(Y0, Y1, Y2, Y3, Y4, Y7)
	VMULPS  Y2, Y5, Y5
	VMULPS  Y0, Y6, Y6
	VMOVUPS Y5, (DX)
	VMOVUPS Y6, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	ADDQ    $32, BX
	ADDQ    $32, DX
	SUBQ    $8, CX
	JGE     loop8
done:
	VZEROUPPER
	RET

// func swishGradAVX2(dy, x []float32, a float32)
// Requires: AVX2, FMA
TEXT ·swishGradAVX2(SB), NOSPLIT, $0-52
	MOVQ         dy_base+0(FP), DI
	MOVQ         dy_len+8(FP), CX
	MOVQ         x_base+24(FP), SI
	VBROADCASTSS a+48(FP), Y11
	VXORPS       Y13, Y13, Y13
	VMOVUPS      CONST(ONE), Y12
	SUBQ         $8, CX
	JL           done
loop8:
	VMULPS  (SI), Y11, Y0
	SLOPE(Y0, Y1, Y2, Y3, Y4, Y7)
	VMULPS  (DI), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
	JGE     loop8
done:
	VZEROUPPER
	RET
