//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"

// func f16ToF32AVX512(dst []float32, src []byte)
TEXT ·f16ToF32AVX512(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	SUBQ $32, CX
	JL   rest
loop32:
	VCVTPH2PS (SI), Z0
	VCVTPH2PS 32(SI), Z1
	VMOVUPS   Z0, (DI)
	VMOVUPS   Z1, 64(DI)
	ADDQ      $64, SI
	ADDQ      $128, DI
	SUBQ      $32, CX
	JGE       loop32
rest:
	ADDQ      $16, CX
	JL        tail
	VCVTPH2PS (SI), Z0
	VMOVUPS   Z0, (DI)
	ADDQ      $32, SI
	ADDQ      $64, DI
	SUBQ      $16, CX
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VCVTPH2PS.Z (SI), K1, Z0
	VMOVUPS     Z0, K1, (DI)
done:
	VZEROUPPER
	RET

// func bf16ToF32AVX512(dst []float32, src []byte)
TEXT ·bf16ToF32AVX512(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	SUBQ $32, CX
	JL   rest
loop32:
	VPMOVZXWD (SI), Z0
	VPMOVZXWD 32(SI), Z1
	VPSLLD    $16, Z0, Z0
	VPSLLD    $16, Z1, Z1
	VMOVDQU32 Z0, (DI)
	VMOVDQU32 Z1, 64(DI)
	ADDQ      $64, SI
	ADDQ      $128, DI
	SUBQ      $32, CX
	JGE       loop32
rest:
	ADDQ      $16, CX
	JL        tail
	VPMOVZXWD (SI), Z0
	VPSLLD    $16, Z0, Z0
	VMOVDQU32 Z0, (DI)
	ADDQ      $32, SI
	ADDQ      $64, DI
	SUBQ      $16, CX
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VPMOVZXWD.Z (SI), K1, Z0
	VPSLLD      $16, Z0, Z0
	VMOVDQU32   Z0, K1, (DI)
done:
	VZEROUPPER
	RET

// func f32ToF16AVX512(dst []byte, src []float32)
TEXT ·f32ToF16AVX512(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ src_base+24(FP), SI
	MOVQ src_len+32(FP), CX
	SUBQ $16, CX
	JL   tail
loop16:
	VMOVUPS   (SI), Z0
	VCVTPS2PH $0, Z0, (DI)
	ADDQ      $64, SI
	ADDQ      $32, DI
	SUBQ      $16, CX
	JGE       loop16
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z (SI), K1, Z0
	VCVTPS2PH $0, Z0, K1, (DI)
done:
	VZEROUPPER
	RET

// ROUND_BF16 rounds the bits of x to its upper half, with Z8 = 1, Z9 = 0x7fff and
// Z10 = 0x40. A NaN is cut and gets its quiet bit.
#define ROUND_BF16(x, t, k) \
	VCMPPS $3, x, x, k        \
	VPSRLD $16, x, t          \
	VPANDD Z8, t, t           \
	VPADDD Z9, t, t           \
	VPADDD x, t, t            \
	VPSRLD $16, t, t          \
	VPSRLD $16, x, x          \
	VPORD  Z10, x, k, t

// func f32ToBF16AVX512(dst []byte, src []float32)
TEXT ·f32ToBF16AVX512(SB), NOSPLIT, $0-48
	MOVQ         dst_base+0(FP), DI
	MOVQ         src_base+24(FP), SI
	MOVQ         src_len+32(FP), CX
	MOVL         $1, AX
	VPBROADCASTD AX, Z8
	MOVL         $0x7fff, AX
	VPBROADCASTD AX, Z9
	MOVL         $0x40, AX
	VPBROADCASTD AX, Z10
	SUBQ         $16, CX
	JL           tail
loop16:
	VMOVDQU32 (SI), Z0
	ROUND_BF16(Z0, Z1, K2)
	VPMOVDW   Z1, (DI)
	ADDQ      $64, SI
	ADDQ      $32, DI
	SUBQ      $16, CX
	JGE       loop16
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVDQU32.Z (SI), K1, Z0
	ROUND_BF16(Z0, Z1, K2)
	VPMOVDW     Z1, K1, (DI)
done:
	VZEROUPPER
	RET
