//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"

// func dotAVX512(a, b []float32) float32
TEXT ·dotAVX512(SB), NOSPLIT, $0-52
	MOVQ   a_base+0(FP), SI
	MOVQ   a_len+8(FP), CX
	MOVQ   b_base+24(FP), DI
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	SUBQ   $64, CX
	JL     rest
loop64:
	VMOVUPS     (SI), Z4
	VMOVUPS     64(SI), Z5
	VMOVUPS     128(SI), Z6
	VMOVUPS     192(SI), Z7
	VFMADD231PS (DI), Z4, Z0
	VFMADD231PS 64(DI), Z5, Z1
	VFMADD231PS 128(DI), Z6, Z2
	VFMADD231PS 192(DI), Z7, Z3
	ADDQ        $256, SI
	ADDQ        $256, DI
	SUBQ        $64, CX
	JGE         loop64
rest:
	VADDPS Z2, Z0, Z0
	VADDPS Z3, Z1, Z1
	VADDPS Z1, Z0, Z0
	ADDQ   $48, CX
	JL     tail
loop16:
	VMOVUPS     (SI), Z4
	VFMADD231PS (DI), Z4, Z0
	ADDQ        $64, SI
	ADDQ        $64, DI
	SUBQ        $16, CX
	JGE         loop16
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z   (SI), K1, Z4
	VMOVUPS.Z   (DI), K1, Z5
	VFMADD231PS Z5, Z4, Z0
done:
	SUM_Z(Z0, Y0, X0, Y1, X1)
	VMOVSS X0, ret+48(FP)
	VZEROUPPER
	RET

// func axpyAVX512(y []float32, a float32, x []float32)
TEXT ·axpyAVX512(SB), NOSPLIT, $0-56
	MOVQ         y_base+0(FP), DI
	MOVQ         y_len+8(FP), CX
	VBROADCASTSS a+24(FP), Z2
	MOVQ         x_base+32(FP), SI
	SUBQ         $32, CX
	JL           rest
loop32:
	VMOVUPS     (DI), Z0
	VMOVUPS     64(DI), Z1
	VFMADD231PS (SI), Z2, Z0
	VFMADD231PS 64(SI), Z2, Z1
	VMOVUPS     Z0, (DI)
	VMOVUPS     Z1, 64(DI)
	ADDQ        $128, SI
	ADDQ        $128, DI
	SUBQ        $32, CX
	JGE         loop32
rest:
	ADDQ $16, CX
	JL   tail
	VMOVUPS     (DI), Z0
	VFMADD231PS (SI), Z2, Z0
	VMOVUPS     Z0, (DI)
	ADDQ        $64, SI
	ADDQ        $64, DI
	SUBQ        $16, CX
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z   (DI), K1, Z0
	VMOVUPS.Z   (SI), K1, Z1
	VFMADD231PS Z1, Z2, Z0
	VMOVUPS     Z0, K1, (DI)
done:
	VZEROUPPER
	RET

// func addAVX512(y, x []float32)
TEXT ·addAVX512(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ y_len+8(FP), CX
	MOVQ x_base+24(FP), SI
	SUBQ $32, CX
	JL   rest
loop32:
	VMOVUPS (DI), Z0
	VMOVUPS 64(DI), Z1
	VADDPS  (SI), Z0, Z0
	VADDPS  64(SI), Z1, Z1
	VMOVUPS Z0, (DI)
	VMOVUPS Z1, 64(DI)
	ADDQ    $128, SI
	ADDQ    $128, DI
	SUBQ    $32, CX
	JGE     loop32
rest:
	ADDQ $16, CX
	JL   tail
	VMOVUPS (DI), Z0
	VADDPS  (SI), Z0, Z0
	VMOVUPS Z0, (DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z (DI), K1, Z0
	VMOVUPS.Z (SI), K1, Z1
	VADDPS    Z1, Z0, Z0
	VMOVUPS   Z0, K1, (DI)
done:
	VZEROUPPER
	RET

// func scaleAVX512(dst []float32, a float32, x []float32)
TEXT ·scaleAVX512(SB), NOSPLIT, $0-56
	MOVQ         dst_base+0(FP), DI
	MOVQ         dst_len+8(FP), CX
	VBROADCASTSS a+24(FP), Z2
	MOVQ         x_base+32(FP), SI
	SUBQ         $16, CX
	JL           tail
loop16:
	VMULPS  (SI), Z2, Z0
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
	VMULPS    Z0, Z2, Z0
	VMOVUPS   Z0, K1, (DI)
done:
	VZEROUPPER
	RET

// func maximumAVX512(x []float32) float32
TEXT ·maximumAVX512(SB), NOSPLIT, $0-28
	MOVQ         x_base+0(FP), SI
	MOVQ         x_len+8(FP), CX
	MOVL         $0xff800000, AX
	VPBROADCASTD AX, Z0
	VMOVAPS      Z0, Z1
	SUBQ         $32, CX
	JL           rest
loop32:
	VMAXPS (SI), Z0, Z0
	VMAXPS 64(SI), Z1, Z1
	ADDQ   $128, SI
	SUBQ   $32, CX
	JGE    loop32
rest:
	VMAXPS Z1, Z0, Z0
	ADDQ   $16, CX
	JL     tail
	VMAXPS (SI), Z0, Z0
	ADDQ   $64, SI
	SUBQ   $16, CX
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMAXPS (SI), Z0, K1, Z0
done:
	VEXTRACTF64X4 $1, Z0, Y1
	VMAXPS        Y1, Y0, Y0
	VEXTRACTF128  $1, Y0, X1
	VMAXPS        X1, X0, X0
	VPERMILPS     $0x4e, X0, X1
	VMAXPS        X1, X0, X0
	VPERMILPS     $0xb1, X0, X1
	VMAXPS        X1, X0, X0
	VMOVSS        X0, ret+24(FP)
	VZEROUPPER
	RET

// func dotRowsAVX512(dst, a, x []float32)
//
// Four rows at a time; every row is summed in the order of a single one.
TEXT ·dotRowsAVX512(SB), NOSPLIT, $0-72
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), R8
	MOVQ a_base+24(FP), SI
	MOVQ x_base+48(FP), BX
	MOVQ x_len+56(FP), R9
	LEAQ (R9*4), R10         // bytes per row
	MOVQ R9, CX
	ANDQ $15, CX
	TAIL_Z(CX, AX, K1)
	ANDQ $~15, R9
	SHLQ $2, R9              // bytes of the whole vectors of a row
	SUBQ $4, R8
	JL   rows1
rows4:
	LEAQ   (SI)(R10*1), R11
	LEAQ   (SI)(R10*2), R12
	LEAQ   (R11)(R10*2), R13
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	XORQ   DX, DX
	JMP    test4
loop4:
	VMOVUPS     (BX)(DX*1), Z4
	VFMADD231PS (SI)(DX*1), Z4, Z0
	VFMADD231PS (R11)(DX*1), Z4, Z1
	VFMADD231PS (R12)(DX*1), Z4, Z2
	VFMADD231PS (R13)(DX*1), Z4, Z3
	ADDQ        $64, DX
test4:
	CMPQ DX, R9
	JL   loop4
	CMPQ DX, R10
	JGE  sum4
	VMOVUPS.Z   (BX)(DX*1), K1, Z4
	VMOVUPS.Z   (SI)(DX*1), K1, Z5
	VMOVUPS.Z   (R11)(DX*1), K1, Z6
	VMOVUPS.Z   (R12)(DX*1), K1, Z7
	VMOVUPS.Z   (R13)(DX*1), K1, Z8
	VFMADD231PS Z5, Z4, Z0
	VFMADD231PS Z6, Z4, Z1
	VFMADD231PS Z7, Z4, Z2
	VFMADD231PS Z8, Z4, Z3
sum4:
	VEXTRACTF64X4 $1, Z0, Y4
	VEXTRACTF64X4 $1, Z1, Y5
	VEXTRACTF64X4 $1, Z2, Y6
	VEXTRACTF64X4 $1, Z3, Y7
	VADDPS        Y4, Y0, Y0
	VADDPS        Y5, Y1, Y1
	VADDPS        Y6, Y2, Y2
	VADDPS        Y7, Y3, Y3
	VHADDPS       Y1, Y0, Y0
	VHADDPS       Y3, Y2, Y2
	VHADDPS       Y2, Y0, Y0
	VEXTRACTF128  $1, Y0, X1
	VADDPS        X1, X0, X0
	VMOVUPS       X0, (DI)
	ADDQ          $16, DI
	LEAQ          (SI)(R10*4), SI
	SUBQ          $4, R8
	JGE           rows4
rows1:
	ADDQ $4, R8
	JZ   done
row1:
	VPXORD Z0, Z0, Z0
	XORQ   DX, DX
	JMP    test1
loop1:
	VMOVUPS     (BX)(DX*1), Z4
	VFMADD231PS (SI)(DX*1), Z4, Z0
	ADDQ        $64, DX
test1:
	CMPQ DX, R9
	JL   loop1
	CMPQ DX, R10
	JGE  sum1
	VMOVUPS.Z   (BX)(DX*1), K1, Z4
	VMOVUPS.Z   (SI)(DX*1), K1, Z5
	VFMADD231PS Z5, Z4, Z0
sum1:
	SUM_Z(Z0, Y0, X0, Y1, X1)
	VMOVSS X0, (DI)
	ADDQ   $4, DI
	ADDQ   R10, SI
	DECQ   R8
	JNZ    row1
done:
	VZEROUPPER
	RET

// func sumRowsAVX512(dst, w, a []float32)
//
// 128, 64 or up to 16 columns at a time stay in registers over all rows.
TEXT ·sumRowsAVX512(SB), NOSPLIT, $0-72
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ w_base+24(FP), BX
	MOVQ w_len+32(FP), R8
	MOVQ a_base+48(FP), SI
	LEAQ (CX*4), R10         // bytes per row
	LEAQ (BX)(R8*4), R8      // end of w
	SUBQ $128, CX
	JL   cols64
cols128:
	VMOVUPS (DI), Z0
	VMOVUPS 64(DI), Z1
	VMOVUPS 128(DI), Z2
	VMOVUPS 192(DI), Z3
	VMOVUPS 256(DI), Z4
	VMOVUPS 320(DI), Z5
	VMOVUPS 384(DI), Z6
	VMOVUPS 448(DI), Z7
	MOVQ    BX, DX
	MOVQ    SI, R9
	JMP     test128
loop128:
	VBROADCASTSS (DX), Z8
	VFMADD231PS  (R9), Z8, Z0
	VFMADD231PS  64(R9), Z8, Z1
	VFMADD231PS  128(R9), Z8, Z2
	VFMADD231PS  192(R9), Z8, Z3
	VFMADD231PS  256(R9), Z8, Z4
	VFMADD231PS  320(R9), Z8, Z5
	VFMADD231PS  384(R9), Z8, Z6
	VFMADD231PS  448(R9), Z8, Z7
	ADDQ         R10, R9
	ADDQ         $4, DX
test128:
	CMPQ    DX, R8
	JL      loop128
	VMOVUPS Z0, (DI)
	VMOVUPS Z1, 64(DI)
	VMOVUPS Z2, 128(DI)
	VMOVUPS Z3, 192(DI)
	VMOVUPS Z4, 256(DI)
	VMOVUPS Z5, 320(DI)
	VMOVUPS Z6, 384(DI)
	VMOVUPS Z7, 448(DI)
	ADDQ    $512, DI
	ADDQ    $512, SI
	SUBQ    $128, CX
	JGE     cols128
cols64:
	ADDQ    $64, CX
	JL      cols16
	VMOVUPS (DI), Z0
	VMOVUPS 64(DI), Z1
	VMOVUPS 128(DI), Z2
	VMOVUPS 192(DI), Z3
	MOVQ    BX, DX
	MOVQ    SI, R9
	JMP     test64
loop64:
	VBROADCASTSS (DX), Z8
	VFMADD231PS  (R9), Z8, Z0
	VFMADD231PS  64(R9), Z8, Z1
	VFMADD231PS  128(R9), Z8, Z2
	VFMADD231PS  192(R9), Z8, Z3
	ADDQ         R10, R9
	ADDQ         $4, DX
test64:
	CMPQ    DX, R8
	JL      loop64
	VMOVUPS Z0, (DI)
	VMOVUPS Z1, 64(DI)
	VMOVUPS Z2, 128(DI)
	VMOVUPS Z3, 192(DI)
	ADDQ    $256, DI
	ADDQ    $256, SI
	SUBQ    $64, CX
cols16:
	ADDQ  $64, CX
	JZ    done
	MOVL  $-1, AX
	KMOVW AX, K1
cols:
	CMPQ CX, $16
	JGE  full
	TAIL_Z(CX, AX, K1)
full:
	VMOVUPS.Z (DI), K1, Z0
	MOVQ      BX, DX
	MOVQ      SI, R9
	JMP       test16
loop16:
	VBROADCASTSS (DX), Z8
	VMOVUPS.Z    (R9), K1, Z1
	VFMADD231PS  Z1, Z8, Z0
	ADDQ         R10, R9
	ADDQ         $4, DX
test16:
	CMPQ    DX, R8
	JL      loop16
	VMOVUPS Z0, K1, (DI)
	ADDQ    $64, DI
	ADDQ    $64, SI
	SUBQ    $16, CX
	JG      cols
done:
	VZEROUPPER
	RET

// func sumAVX512(x []float32) float64
TEXT ·sumAVX512(SB), NOSPLIT, $0-32
	MOVQ   x_base+0(FP), SI
	MOVQ   x_len+8(FP), CX
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	SUBQ   $32, CX
	JL     rest
loop32:
	VCVTPS2PD (SI), Z4
	VCVTPS2PD 32(SI), Z5
	VCVTPS2PD 64(SI), Z6
	VCVTPS2PD 96(SI), Z7
	VADDPD    Z4, Z0, Z0
	VADDPD    Z5, Z1, Z1
	VADDPD    Z6, Z2, Z2
	VADDPD    Z7, Z3, Z3
	ADDQ      $128, SI
	SUBQ      $32, CX
	JGE       loop32
rest:
	ADDQ $24, CX
	JL   tail
loop8:
	VCVTPS2PD (SI), Z4
	VADDPD    Z4, Z0, Z0
	ADDQ      $32, SI
	SUBQ      $8, CX
	JGE       loop8
tail:
	ADDQ $8, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VCVTPS2PD.Z (SI), K1, Z4
	VADDPD      Z4, Z0, Z0
done:
	VADDPD        Z1, Z0, Z0
	VADDPD        Z3, Z2, Z2
	VADDPD        Z2, Z0, Z0
	VEXTRACTF64X4 $1, Z0, Y1
	VADDPD        Y1, Y0, Y0
	VEXTRACTF128  $1, Y0, X1
	VADDPD        X1, X0, X0
	VHADDPD       X0, X0, X0
	VMOVSD        X0, ret+24(FP)
	VZEROUPPER
	RET

// func sumSquaresAVX512(x []float32, c float64) float64
TEXT ·sumSquaresAVX512(SB), NOSPLIT, $0-40
	MOVQ         x_base+0(FP), SI
	MOVQ         x_len+8(FP), CX
	VBROADCASTSD c+24(FP), Z8
	VPXORD       Z0, Z0, Z0
	VPXORD       Z1, Z1, Z1
	VPXORD       Z2, Z2, Z2
	VPXORD       Z3, Z3, Z3
	SUBQ         $32, CX
	JL           rest
loop32:
	VCVTPS2PD   (SI), Z4
	VCVTPS2PD   32(SI), Z5
	VCVTPS2PD   64(SI), Z6
	VCVTPS2PD   96(SI), Z7
	VSUBPD      Z8, Z4, Z4
	VSUBPD      Z8, Z5, Z5
	VSUBPD      Z8, Z6, Z6
	VSUBPD      Z8, Z7, Z7
	VFMADD231PD Z4, Z4, Z0
	VFMADD231PD Z5, Z5, Z1
	VFMADD231PD Z6, Z6, Z2
	VFMADD231PD Z7, Z7, Z3
	ADDQ        $128, SI
	SUBQ        $32, CX
	JGE         loop32
rest:
	ADDQ $24, CX
	JL   tail
loop8:
	VCVTPS2PD   (SI), Z4
	VSUBPD      Z8, Z4, Z4
	VFMADD231PD Z4, Z4, Z0
	ADDQ        $32, SI
	SUBQ        $8, CX
	JGE         loop8
tail:
	ADDQ $8, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VCVTPS2PD.Z (SI), K1, Z4
	VSUBPD.Z    Z8, Z4, K1, Z4
	VFMADD231PD Z4, Z4, Z0
done:
	VADDPD        Z1, Z0, Z0
	VADDPD        Z3, Z2, Z2
	VADDPD        Z2, Z0, Z0
	VEXTRACTF64X4 $1, Z0, Y1
	VADDPD        Y1, Y0, Y0
	VEXTRACTF128  $1, Y0, X1
	VADDPD        X1, X0, X0
	VHADDPD       X0, X0, X0
	VMOVSD        X0, ret+32(FP)
	VZEROUPPER
	RET

// func normalizeAVX512(dst, x, w, b []float32, mean, scale float32)
TEXT ·normalizeAVX512(SB), NOSPLIT, $0-104
	MOVQ         dst_base+0(FP), DI
	MOVQ         x_base+24(FP), SI
	MOVQ         x_len+32(FP), CX
	MOVQ         w_base+48(FP), BX
	MOVQ         b_base+72(FP), R8
	MOVQ         b_len+80(FP), R9
	VBROADCASTSS mean+96(FP), Z1
	VBROADCASTSS scale+100(FP), Z2
	XORQ         DX, DX            // bytes done
	TESTQ        R9, R9
	JZ           unbiased
	SUBQ         $16, CX
	JL           tail
loop16:
	VMOVUPS     (SI)(DX*1), Z0
	VSUBPS      Z1, Z0, Z0
	VMULPS      Z2, Z0, Z0
	VMOVUPS     (BX)(DX*1), Z3
	VFMADD213PS (R8)(DX*1), Z3, Z0
	VMOVUPS     Z0, (DI)(DX*1)
	ADDQ        $64, DX
	SUBQ        $16, CX
	JGE         loop16
tail:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z   (SI)(DX*1), K1, Z0
	VMOVUPS.Z   (BX)(DX*1), K1, Z3
	VMOVUPS.Z   (R8)(DX*1), K1, Z4
	VSUBPS      Z1, Z0, Z0
	VMULPS      Z2, Z0, Z0
	VFMADD213PS Z4, Z3, Z0
	VMOVUPS     Z0, K1, (DI)(DX*1)
	JMP         done
unbiased:
	SUBQ $16, CX
	JL   tailUnbiased
loopUnbiased:
	VMOVUPS (SI)(DX*1), Z0
	VSUBPS  Z1, Z0, Z0
	VMULPS  Z2, Z0, Z0
	VMULPS  (BX)(DX*1), Z0, Z0
	VMOVUPS Z0, (DI)(DX*1)
	ADDQ    $64, DX
	SUBQ    $16, CX
	JGE     loopUnbiased
tailUnbiased:
	ADDQ $16, CX
	JZ   done
	TAIL_Z(CX, AX, K1)
	VMOVUPS.Z (SI)(DX*1), K1, Z0
	VMOVUPS.Z (BX)(DX*1), K1, Z3
	VSUBPS    Z1, Z0, Z0
	VMULPS    Z2, Z0, Z0
	VMULPS    Z3, Z0, Z0
	VMOVUPS   Z0, K1, (DI)(DX*1)
done:
	VZEROUPPER
	RET

// func rotateAVX512(x, cos, sin []float32)
TEXT ·rotateAVX512(SB), NOSPLIT, $0-72
	MOVQ x_base+0(FP), DI
	MOVQ x_len+8(FP), R8
	MOVQ cos_base+24(FP), SI
	MOVQ cos_len+32(FP), R9
	MOVQ sin_base+48(FP), BX
	LEAQ (DI)(R8*4), R8       // end of x
	MOVQ R9, CX
	ANDQ $15, CX
	TAIL_Z(CX, AX, K1)
	SHLQ $2, R9               // bytes of half a head
	MOVQ R9, R10
	ANDQ $~63, R10            // those in whole vectors
head:
	LEAQ (DI)(R9*1), R11      // second half
	XORQ DX, DX
	JMP  test16
loop16:
	VMOVUPS     (SI)(DX*1), Z0  // cos
	VMOVUPS     (BX)(DX*1), Z1  // sin
	VMOVUPS     (DI)(DX*1), Z2  // a
	VMOVUPS     (R11)(DX*1), Z3 // b
	VMULPS      Z1, Z3, Z4
	VMULPS      Z1, Z2, Z5
	VFMSUB213PS Z4, Z0, Z2      // a*cos - b*sin
	VFMADD213PS Z5, Z0, Z3      // b*cos + a*sin
	VMOVUPS     Z2, (DI)(DX*1)
	VMOVUPS     Z3, (R11)(DX*1)
	ADDQ        $64, DX
test16:
	CMPQ DX, R10
	JL   loop16
	CMPQ DX, R9
	JGE  next
	VMOVUPS.Z   (SI)(DX*1), K1, Z0
	VMOVUPS.Z   (BX)(DX*1), K1, Z1
	VMOVUPS.Z   (DI)(DX*1), K1, Z2
	VMOVUPS.Z   (R11)(DX*1), K1, Z3
	VMULPS      Z1, Z3, Z4
	VMULPS      Z1, Z2, Z5
	VFMSUB213PS Z4, Z0, Z2
	VFMADD213PS Z5, Z0, Z3
	VMOVUPS     Z2, K1, (DI)(DX*1)
	VMOVUPS     Z3, K1, (R11)(DX*1)
next:
	LEAQ (R11)(R9*1), DI
	CMPQ DI, R8
	JL   head
	VZEROUPPER
	RET
