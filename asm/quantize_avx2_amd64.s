//go:build !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// Activations in int8, AVX2. See QuantizeQuads and QuantizeSupers.
//
//	DI, SI, CX   dst, x, elements of dst left
//	Y8           127
//	Y9           +Inf
//	Y10          all bits but the sign
//	Y11          1 in every byte
//	Y12          1 in every word
//	Y13          the order of dwords that undoes two packings
//	Y14          1

DATA quantized<>+0(SB)/4, $0x42fe0000
DATA quantized<>+4(SB)/4, $0x7f800000
DATA quantized<>+8(SB)/4, $0x7fffffff
DATA quantized<>+12(SB)/4, $0x01010101
DATA quantized<>+16(SB)/4, $0x00010001
DATA quantized<>+20(SB)/4, $0x3f800000
DATA quantized<>+24(SB)/8, $0x0000000400000000
DATA quantized<>+32(SB)/8, $0x0000000500000001
DATA quantized<>+40(SB)/8, $0x0000000600000002
DATA quantized<>+48(SB)/8, $0x0000000700000003
GLOBL quantized<>(SB), RODATA|NOPTR, $56

#define START \
	MOVQ dst+0(FP), DI                      \
	MOVQ x+8(FP), SI                        \
	MOVQ n+16(FP), CX                       \
	VBROADCASTSS quantized<>+0(SB), Y8      \
	VBROADCASTSS quantized<>+4(SB), Y9      \
	VBROADCASTSS quantized<>+8(SB), Y10     \
	VBROADCASTSS quantized<>+12(SB), Y11    \
	VBROADCASTSS quantized<>+16(SB), Y12    \
	VMOVDQU      quantized<>+24(SB), Y13    \
	VBROADCASTSS quantized<>+20(SB), Y14

// Y4 = the greatest magnitudes of 32 values at p, as integers.
#define GREATEST(p) \
	VPAND   (p), Y10, Y4      \
	VPAND   32(p), Y10, Y5    \
	VPAND   64(p), Y10, Y6    \
	VPAND   96(p), Y10, Y7    \
	VPMAXUD Y5, Y4, Y4        \
	VPMAXUD Y7, Y6, Y6        \
	VPMAXUD Y6, Y4, Y4

// Y4 = the scale, from the greatest magnitudes in y and x; Y5 = its inverse.
#define SCALE(y, x) \
	VEXTRACTI128 $1, y, X5        \
	VPMAXUD      X5, x, X4        \
	VPSHUFD      $0x4e, X4, X5    \
	VPMAXUD      X5, X4, X4       \
	VPSHUFD      $0xb1, X4, X5    \
	VPMAXUD      X5, X4, X4       \
	VBROADCASTSS X4, Y4           \
	VDIVPS       Y8, Y4, Y4       \
	VDIVPS       Y4, Y14, Y5      \
	VCMPPS       $0, Y9, Y5, Y6   \
	VANDNPS      Y4, Y6, Y4       \
	VANDNPS      Y5, Y6, Y5

// Y0 = 32 values at p times the inverse in inv, as bytes.
#define ROUND(p, inv) \
	VMULPS     (p), inv, Y0       \
	VMULPS     32(p), inv, Y1     \
	VMULPS     64(p), inv, Y2     \
	VMULPS     96(p), inv, Y3     \
	VCVTPS2DQ  Y0, Y0             \
	VCVTPS2DQ  Y1, Y1             \
	VCVTPS2DQ  Y2, Y2             \
	VCVTPS2DQ  Y3, Y3             \
	VPACKSSDW  Y1, Y0, Y0         \
	VPACKSSDW  Y3, Y2, Y2         \
	VPACKSSWB  Y2, Y0, Y0         \
	VPERMD     Y0, Y13, Y0

// s = the sums of four of the bytes in Y0.
#define FOURS(s) \
	VPMADDUBSW Y0, Y11, s         \
	VPMADDWD   Y12, s, s

// Block b of a quad.
#define BLOCK(b) \
	GREATEST(SI)                              \
	SCALE(Y4, X4)                             \
	ROUND(SI, Y5)                             \
	FOURS(Y1)                                 \
	VMOVDQU      X0, Quad_q+16*b(DI)          \
	VEXTRACTI128 $1, Y0, Quad_q+64+16*b(DI)   \
	VMOVUPS      X4, Quad_d+16*b(DI)          \
	VEXTRACTI128 $1, Y1, X2                   \
	VPADDD       X2, X1, X1                   \
	VPXOR        X3, X3, X3                   \
	VPSUBD       X1, X3, X1                   \
	VMOVDQU      X1, Quad_negated+16*b(DI)    \
	ADDQ         $128, SI

// func quantizeQuadsAVX2(dst *Quad, x *float32, n int)
TEXT ·quantizeQuadsAVX2(SB), NOSPLIT, $0-24
	START
quad:
	BLOCK(0)
	BLOCK(1)
	BLOCK(2)
	BLOCK(3)
	ADDQ $Quad__size, DI
	DECQ CX
	JNZ  quad
	VZEROUPPER
	RET

// 32 values at offset 4*i of a super, and s = the sums of four.
#define VALUES(i, s) \
	LEAQ    (4*(i))(SI), BX        \
	ROUND(BX, Y15)                \
	FOURS(s)                      \
	VMOVDQU Y0, Super_q+(i)(DI)

// 128 values, their sums of 16 in the dwords of x0 and x1, and of 32 in x2.
#define HALF(i, x0, x1, x2) \
	VALUES(i, Y4)                     \
	VALUES(i+32, Y5)                  \
	VALUES(i+64, Y6)                  \
	VALUES(i+96, Y7)                  \
	VPHADDD      Y5, Y4, Y4           \
	VPHADDD      Y7, Y6, Y6           \
	VPHADDD      Y6, Y4, Y4           \
	VEXTRACTI128 $1, Y4, X5           \
	VPADDD       X5, X4, x2           \
	VPUNPCKLDQ   X5, X4, x0           \
	VPUNPCKHDQ   X5, X4, x1

// func quantizeSupersAVX2(dst *Super, x *float32, n int)
TEXT ·quantizeSupersAVX2(SB), NOSPLIT, $16-24
	START
super:
	VPXOR Y15, Y15, Y15
	MOVQ  SI, BX
	MOVQ  $8, DX
greatest:
	GREATEST(BX)
	VPMAXUD Y4, Y15, Y15
	ADDQ    $128, BX
	DECQ    DX
	JNZ     greatest
	SCALE(Y15, X15)
	VMOVSS  X4, Super_d(DI)
	VMOVAPS Y5, Y15
	HALF(0, X1, X2, X3)
	VPACKSSDW X2, X1, X1
	VMOVDQU   X1, Super_sums16(DI)
	VMOVDQU   X3, sums-16(SP)
	HALF(128, X1, X2, X3)
	VPACKSSDW X2, X1, X1
	VMOVDQU   X1, Super_sums16+16(DI)
	VMOVDQU   sums-16(SP), X0
	VPACKSSDW X3, X0, X0
	VMOVDQU   X0, Super_sums32(DI)
	ADDQ      $1024, SI
	ADDQ      $Super__size, DI
	DECQ      CX
	JNZ       super
	VZEROUPPER
	RET
