//go:build !purego && !noasm

#include "textflag.h"

// The AVX2 versions take whole vectors of eight: there are no masked loads of
// halves.

// func f16ToF32AVX2(dst []float32, src []byte)
TEXT ·f16ToF32AVX2(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	SUBQ $8, CX
	JL   done
loop8:
	VCVTPH2PS (SI), Y0
	VMOVUPS   Y0, (DI)
	ADDQ      $16, SI
	ADDQ      $32, DI
	SUBQ      $8, CX
	JGE       loop8
done:
	VZEROUPPER
	RET

// func bf16ToF32AVX2(dst []float32, src []byte)
TEXT ·bf16ToF32AVX2(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	SUBQ $8, CX
	JL   done
loop8:
	VPMOVZXWD (SI), Y0
	VPSLLD    $16, Y0, Y0
	VMOVDQU   Y0, (DI)
	ADDQ      $16, SI
	ADDQ      $32, DI
	SUBQ      $8, CX
	JGE       loop8
done:
	VZEROUPPER
	RET

// func f32ToF16AVX2(dst []byte, src []float32)
TEXT ·f32ToF16AVX2(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ src_base+24(FP), SI
	MOVQ src_len+32(FP), CX
	SUBQ $8, CX
	JL   done
loop8:
	VMOVUPS   (SI), Y0
	VCVTPS2PH $0, Y0, (DI)
	ADDQ      $32, SI
	ADDQ      $16, DI
	SUBQ      $8, CX
	JGE       loop8
done:
	VZEROUPPER
	RET

// func f32ToBF16AVX2(dst []byte, src []float32)
//
// Y8 = 1, Y9 = 0x7fff, Y10 = 0x40. A NaN is cut and gets its quiet bit.
TEXT ·f32ToBF16AVX2(SB), NOSPLIT, $0-48
	MOVQ     dst_base+0(FP), DI
	MOVQ     src_base+24(FP), SI
	MOVQ     src_len+32(FP), CX
	VPCMPEQD Y0, Y0, Y0
	VPSRLD   $31, Y0, Y8
	VPSRLD   $17, Y0, Y9
	VPSLLD   $6, Y8, Y10
	SUBQ     $8, CX
	JL       done
loop8:
	VMOVDQU      (SI), Y0
	VCMPPS       $3, Y0, Y0, Y2
	VPSRLD       $16, Y0, Y3
	VPAND        Y8, Y3, Y1
	VPADDD       Y9, Y1, Y1
	VPADDD       Y0, Y1, Y1
	VPSRLD       $16, Y1, Y1
	VPOR         Y10, Y3, Y3
	VBLENDVPS    Y2, Y3, Y1, Y1
	VEXTRACTI128 $1, Y1, X2
	VPACKUSDW    X2, X1, X1
	VMOVDQU      X1, (DI)
	ADDQ         $32, SI
	ADDQ         $16, DI
	SUBQ         $8, CX
	JGE          loop8
done:
	VZEROUPPER
	RET
