//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"

#define INF_BITS 0x7f800000

// MAX_X leaves the greatest of the four dwords of x in lane 0.
#define MAX_X(x, t) \
	VPSHUFD $0x4e, x, t \
	VPMAXUD t, x, x     \
	VPSHUFD $0xb1, x, t \
	VPMAXUD t, x, x

// SCALE takes the bits of the largest magnitude from X2, writes d at (DI) and
// leaves its inverse, or 0, in X5. Where the magnitude is not finite it goes to
// notFinite. X14 = 127, X15 = 1.
#define SCALE \
	VMOVD     X2, AX        \
	CMPL      AX, $INF_BITS \
	JCC       notFinite     \
	VDIVSS    X14, X2, X3   \
	VCVTPS2PH $0, X3, X4    \
	VPEXTRW   $0, X4, (DI)  \
	VDIVSS    X3, X15, X5   \
	VMOVD     X5, AX        \
	CMPL      AX, $INF_BITS \
	JNE       scaled        \
	VXORPS    X5, X5, X5

// NOT_FINITE writes a block of NaN.
#define NOT_FINITE \
	VXORPS  X0, X0, X0   \
	VMOVDQU X0, 2(DI)    \
	VMOVDQU X0, 18(DI)   \
	MOVW    $0x7e00, (DI)

// Rounding to nearest, ties away from zero, is cutting off after adding the
// greatest number below 1/2 with the sign of the value.
#define BELOW_HALF 0x3effffff

// func f32ToQ8AVX512(dst []byte, src []float32)
TEXT ·f32ToQ8AVX512(SB), NOSPLIT, $0-48
	MOVQ         dst_base+0(FP), DI
	MOVQ         src_base+24(FP), SI
	MOVQ         src_len+32(FP), CX
	MOVL         $0x42fe0000, AX    // 127
	VMOVD        AX, X14
	VMOVSS       CONST(ONE), X15
	VPBROADCASTD CONST(ABS), Z16
	VPTERNLOGD   $0x55, Z16, Z16, Z17 // the sign bit: not Z16
	MOVL         $BELOW_HALF, AX
	VPBROADCASTD AX, Z18
	SUBQ         $32, CX
	JL           done
block:
	VMOVUPS       (SI), Z0
	VMOVUPS       64(SI), Z1
	VPANDD        Z16, Z0, Z2
	VPANDD        Z16, Z1, Z3
	VPMAXUD       Z3, Z2, Z2
	VEXTRACTI64X4 $1, Z2, Y3
	VPMAXUD       Y3, Y2, Y2
	VEXTRACTI128  $1, Y2, X3
	VPMAXUD       X3, X2, X2
	MAX_X(X2, X3)
	SCALE
scaled:
	VBROADCASTSS X5, Z5
	VMULPS       Z5, Z0, Z0
	VMULPS       Z5, Z1, Z1
	VMOVDQA32    Z18, Z2
	VMOVDQA32    Z18, Z3
	VPTERNLOGD   $0xf8, Z17, Z0, Z2 // Z2 | Z0&Z17
	VPTERNLOGD   $0xf8, Z17, Z1, Z3
	VADDPS       Z2, Z0, Z0
	VADDPS       Z3, Z1, Z1
	VCVTTPS2DQ   Z0, Z0
	VCVTTPS2DQ   Z1, Z1
	VPMOVSDB     Z0, 2(DI)
	VPMOVSDB     Z1, 18(DI)
next:
	ADDQ $128, SI
	ADDQ $34, DI
	SUBQ $32, CX
	JGE  block
done:
	VZEROUPPER
	RET
notFinite:
	NOT_FINITE
	JMP next

// func q8ToF32AVX512(dst []float32, src []byte)
TEXT ·q8ToF32AVX512(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	SUBQ $32, CX
	JL   done
block:
	VPBROADCASTW (SI), Y2
	VCVTPH2PS    Y2, Z2
	VPMOVSXBD    2(SI), Z0
	VPMOVSXBD    18(SI), Z1
	VCVTDQ2PS    Z0, Z0
	VCVTDQ2PS    Z1, Z1
	VMULPS       Z2, Z0, Z0
	VMULPS       Z2, Z1, Z1
	VMOVUPS      Z0, (DI)
	VMOVUPS      Z1, 64(DI)
	ADDQ         $34, SI
	ADDQ         $128, DI
	SUBQ         $32, CX
	JGE          block
done:
	VZEROUPPER
	RET

// ROUND_Y rounds x to whole numbers, with Y12 the sign bit and Y13 what is added.
#define ROUND_Y(x, t) \
	VMULPS     Y5, x, x   \
	VANDPS     Y12, x, t  \
	VORPS      Y13, t, t  \
	VADDPS     t, x, x    \
	VCVTTPS2DQ x, x

// func f32ToQ8AVX2(dst []byte, src []float32)
TEXT ·f32ToQ8AVX2(SB), NOSPLIT, $0-48
	MOVQ         dst_base+0(FP), DI
	MOVQ         src_base+24(FP), SI
	MOVQ         src_len+32(FP), CX
	MOVL         $0x42fe0000, AX      // 127
	VMOVD        AX, X14
	VMOVSS       CONST(ONE), X15
	VPCMPEQD     Y12, Y12, Y12
	VPSLLD       $31, Y12, Y12
	MOVL         $BELOW_HALF, AX
	VMOVD        AX, X13
	VPBROADCASTD X13, Y13
	SUBQ         $32, CX
	JL           done
block:
	VMOVUPS      (SI), Y0
	VMOVUPS      32(SI), Y1
	VMOVUPS      64(SI), Y6
	VMOVUPS      96(SI), Y7
	VANDNPS      Y0, Y12, Y2
	VANDNPS      Y1, Y12, Y3
	VANDNPS      Y6, Y12, Y4
	VANDNPS      Y7, Y12, Y5
	VPMAXUD      Y3, Y2, Y2
	VPMAXUD      Y5, Y4, Y4
	VPMAXUD      Y4, Y2, Y2
	VEXTRACTI128 $1, Y2, X3
	VPMAXUD      X3, X2, X2
	MAX_X(X2, X3)
	SCALE
scaled:
	VBROADCASTSS X5, Y5
	ROUND_Y(Y0, Y2)
	ROUND_Y(Y1, Y2)
	ROUND_Y(Y6, Y2)
	ROUND_Y(Y7, Y2)
	VPACKSSDW    Y1, Y0, Y0 // lanes 0a 1a 0b 1b
	VPACKSSDW    Y7, Y6, Y6
	VPACKSSWB    Y6, Y0, Y0 // 0a 1a 6a 7a 0b 1b 6b 7b, four bytes each
	VEXTRACTI128 $1, Y0, X1
	VPUNPCKLDQ   X1, X0, X2 // 0a 0b 1a 1b
	VPUNPCKHDQ   X1, X0, X3 // 6a 6b 7a 7b
	VMOVDQU      X2, 2(DI)
	VMOVDQU      X3, 18(DI)
next:
	ADDQ $128, SI
	ADDQ $34, DI
	SUBQ $32, CX
	JGE  block
done:
	VZEROUPPER
	RET
notFinite:
	NOT_FINITE
	JMP next

// func q8ToF32AVX2(dst []float32, src []byte)
TEXT ·q8ToF32AVX2(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	SUBQ $32, CX
	JL   done
block:
	VPBROADCASTW (SI), X4
	VCVTPH2PS    X4, Y4
	VPMOVSXBD    2(SI), Y0
	VPMOVSXBD    10(SI), Y1
	VPMOVSXBD    18(SI), Y2
	VPMOVSXBD    26(SI), Y3
	VCVTDQ2PS    Y0, Y0
	VCVTDQ2PS    Y1, Y1
	VCVTDQ2PS    Y2, Y2
	VCVTDQ2PS    Y3, Y3
	VMULPS       Y4, Y0, Y0
	VMULPS       Y4, Y1, Y1
	VMULPS       Y4, Y2, Y2
	VMULPS       Y4, Y3, Y3
	VMOVUPS      Y0, (DI)
	VMOVUPS      Y1, 32(DI)
	VMOVUPS      Y2, 64(DI)
	VMOVUPS      Y3, 96(DI)
	ADDQ         $34, SI
	ADDQ         $128, DI
	SUBQ         $32, CX
	JGE          block
done:
	VZEROUPPER
	RET
