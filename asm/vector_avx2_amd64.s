//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"

// func dotAVX2(a, b []float32) float32
TEXT ·dotAVX2(SB), NOSPLIT, $0-52
	MOVQ   a_base+0(FP), SI
	MOVQ   a_len+8(FP), CX
	MOVQ   b_base+24(FP), DI
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	SUBQ   $32, CX
	JL     rest
loop32:
	VMOVUPS     (SI), Y4
	VMOVUPS     32(SI), Y5
	VMOVUPS     64(SI), Y6
	VMOVUPS     96(SI), Y7
	VFMADD231PS (DI), Y4, Y0
	VFMADD231PS 32(DI), Y5, Y1
	VFMADD231PS 64(DI), Y6, Y2
	VFMADD231PS 96(DI), Y7, Y3
	ADDQ        $128, SI
	ADDQ        $128, DI
	SUBQ        $32, CX
	JGE         loop32
rest:
	VADDPS Y2, Y0, Y0
	VADDPS Y3, Y1, Y1
	VADDPS Y1, Y0, Y0
	ADDQ   $24, CX
	JL     tail
loop8:
	VMOVUPS     (SI), Y4
	VFMADD231PS (DI), Y4, Y0
	ADDQ        $32, SI
	ADDQ        $32, DI
	SUBQ        $8, CX
	JGE         loop8
tail:
	ADDQ $8, CX
	JZ   done
	TAIL_Y(CX, AX, Y7)
	VMASKMOVPS  (SI), Y7, Y4
	VMASKMOVPS  (DI), Y7, Y5
	VFMADD231PS Y5, Y4, Y0
done:
	SUM_Y(Y0, X0, X1)
	VMOVSS X0, ret+48(FP)
	VZEROUPPER
	RET

// func axpyAVX2(y []float32, a float32, x []float32)
TEXT ·axpyAVX2(SB), NOSPLIT, $0-56
	MOVQ         y_base+0(FP), DI
	MOVQ         y_len+8(FP), CX
	VBROADCASTSS a+24(FP), Y2
	MOVQ         x_base+32(FP), SI
	SUBQ         $16, CX
	JL           rest
loop16:
	VMOVUPS     (DI), Y0
	VMOVUPS     32(DI), Y1
	VFMADD231PS (SI), Y2, Y0
	VFMADD231PS 32(SI), Y2, Y1
	VMOVUPS     Y0, (DI)
	VMOVUPS     Y1, 32(DI)
	ADDQ        $64, SI
	ADDQ        $64, DI
	SUBQ        $16, CX
	JGE         loop16
rest:
	ADDQ $8, CX
	JL   tail
	VMOVUPS     (DI), Y0
	VFMADD231PS (SI), Y2, Y0
	VMOVUPS     Y0, (DI)
	ADDQ        $32, SI
	ADDQ        $32, DI
	SUBQ        $8, CX
tail:
	ADDQ $8, CX
	JZ   done
	TAIL_Y(CX, AX, Y7)
	VMASKMOVPS  (DI), Y7, Y0
	VMASKMOVPS  (SI), Y7, Y1
	VFMADD231PS Y1, Y2, Y0
	VMASKMOVPS  Y0, Y7, (DI)
done:
	VZEROUPPER
	RET

// func addAVX2(y, x []float32)
TEXT ·addAVX2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ y_len+8(FP), CX
	MOVQ x_base+24(FP), SI
	SUBQ $16, CX
	JL   rest
loop16:
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VADDPS  (SI), Y0, Y0
	VADDPS  32(SI), Y1, Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
	JGE     loop16
rest:
	ADDQ $8, CX
	JL   tail
	VMOVUPS (DI), Y0
	VADDPS  (SI), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
tail:
	ADDQ $8, CX
	JZ   done
	TAIL_Y(CX, AX, Y7)
	VMASKMOVPS (DI), Y7, Y0
	VMASKMOVPS (SI), Y7, Y1
	VADDPS     Y1, Y0, Y0
	VMASKMOVPS Y0, Y7, (DI)
done:
	VZEROUPPER
	RET

// func scaleAVX2(dst []float32, a float32, x []float32)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-56
	MOVQ         dst_base+0(FP), DI
	MOVQ         dst_len+8(FP), CX
	VBROADCASTSS a+24(FP), Y2
	MOVQ         x_base+32(FP), SI
	SUBQ         $8, CX
	JL           tail
loop8:
	VMULPS  (SI), Y2, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
	JGE     loop8
tail:
	ADDQ $8, CX
	JZ   done
	TAIL_Y(CX, AX, Y7)
	VMASKMOVPS (SI), Y7, Y0
	VMULPS     Y0, Y2, Y0
	VMASKMOVPS Y0, Y7, (DI)
done:
	VZEROUPPER
	RET

// func maximumAVX2(x []float32) float32
TEXT ·maximumAVX2(SB), NOSPLIT, $0-28
	MOVQ         x_base+0(FP), SI
	MOVQ         x_len+8(FP), CX
	MOVL         $0xff800000, AX
	MOVL         AX, X2
	VPBROADCASTD X2, Y2
	VMOVAPS      Y2, Y0
	VMOVAPS      Y2, Y1
	SUBQ         $16, CX
	JL           rest
loop16:
	VMAXPS (SI), Y0, Y0
	VMAXPS 32(SI), Y1, Y1
	ADDQ   $64, SI
	SUBQ   $16, CX
	JGE    loop16
rest:
	VMAXPS Y1, Y0, Y0
	ADDQ   $8, CX
	JL     tail
	VMAXPS (SI), Y0, Y0
	ADDQ   $32, SI
	SUBQ   $8, CX
tail:
	ADDQ $8, CX
	JZ   done
	TAIL_Y(CX, AX, Y7)
	VMASKMOVPS (SI), Y7, Y1
	VBLENDVPS  Y7, Y1, Y2, Y1
	VMAXPS     Y1, Y0, Y0
done:
	VEXTRACTF128 $1, Y0, X1
	VMAXPS       X1, X0, X0
	VPERMILPS    $0x4e, X0, X1
	VMAXPS       X1, X0, X0
	VPERMILPS    $0xb1, X0, X1
	VMAXPS       X1, X0, X0
	VMOVSS       X0, ret+24(FP)
	VZEROUPPER
	RET

// func dotRowsAVX2(dst, a, x []float32)
//
// Four rows at a time; every row is summed in the order of a single one.
TEXT ·dotRowsAVX2(SB), NOSPLIT, $0-72
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), R8
	MOVQ a_base+24(FP), SI
	MOVQ x_base+48(FP), BX
	MOVQ x_len+56(FP), R9
	LEAQ (R9*4), R10         // bytes per row
	MOVQ R9, CX
	ANDQ $7, CX
	TAIL_Y(CX, AX, Y15)
	ANDQ $~7, R9
	SHLQ $2, R9              // bytes of the whole vectors of a row
	SUBQ $4, R8
	JL   rows1
rows4:
	LEAQ   (SI)(R10*1), R11
	LEAQ   (SI)(R10*2), R12
	LEAQ   (R11)(R10*2), R13
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	XORQ   DX, DX
	JMP    test4
loop4:
	VMOVUPS     (BX)(DX*1), Y4
	VFMADD231PS (SI)(DX*1), Y4, Y0
	VFMADD231PS (R11)(DX*1), Y4, Y1
	VFMADD231PS (R12)(DX*1), Y4, Y2
	VFMADD231PS (R13)(DX*1), Y4, Y3
	ADDQ        $32, DX
test4:
	CMPQ DX, R9
	JL   loop4
	CMPQ DX, R10
	JGE  sum4
	VMASKMOVPS  (BX)(DX*1), Y15, Y4
	VMASKMOVPS  (SI)(DX*1), Y15, Y5
	VMASKMOVPS  (R11)(DX*1), Y15, Y6
	VMASKMOVPS  (R12)(DX*1), Y15, Y7
	VMASKMOVPS  (R13)(DX*1), Y15, Y8
	VFMADD231PS Y5, Y4, Y0
	VFMADD231PS Y6, Y4, Y1
	VFMADD231PS Y7, Y4, Y2
	VFMADD231PS Y8, Y4, Y3
sum4:
	VHADDPS      Y1, Y0, Y0
	VHADDPS      Y3, Y2, Y2
	VHADDPS      Y2, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0
	VMOVUPS      X0, (DI)
	ADDQ         $16, DI
	LEAQ         (SI)(R10*4), SI
	SUBQ         $4, R8
	JGE          rows4
rows1:
	ADDQ $4, R8
	JZ   done
row1:
	VXORPS Y0, Y0, Y0
	XORQ   DX, DX
	JMP    test1
loop1:
	VMOVUPS     (BX)(DX*1), Y4
	VFMADD231PS (SI)(DX*1), Y4, Y0
	ADDQ        $32, DX
test1:
	CMPQ DX, R9
	JL   loop1
	CMPQ DX, R10
	JGE  sum1
	VMASKMOVPS  (BX)(DX*1), Y15, Y4
	VMASKMOVPS  (SI)(DX*1), Y15, Y5
	VFMADD231PS Y5, Y4, Y0
sum1:
	SUM_Y(Y0, X0, X1)
	VMOVSS X0, (DI)
	ADDQ   $4, DI
	ADDQ   R10, SI
	DECQ   R8
	JNZ    row1
done:
	VZEROUPPER
	RET

// func sumRowsAVX2(dst, w, a []float32)
//
// 64, 32 or up to 8 columns at a time stay in registers over all rows.
TEXT ·sumRowsAVX2(SB), NOSPLIT, $0-72
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ w_base+24(FP), BX
	MOVQ w_len+32(FP), R8
	MOVQ a_base+48(FP), SI
	LEAQ (CX*4), R10         // bytes per row
	LEAQ (BX)(R8*4), R8      // end of w
	SUBQ $64, CX
	JL   cols32
cols64:
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	VMOVUPS 128(DI), Y4
	VMOVUPS 160(DI), Y5
	VMOVUPS 192(DI), Y6
	VMOVUPS 224(DI), Y7
	MOVQ    BX, DX
	MOVQ    SI, R9
	JMP     test64
loop64:
	VBROADCASTSS (DX), Y8
	VFMADD231PS  (R9), Y8, Y0
	VFMADD231PS  32(R9), Y8, Y1
	VFMADD231PS  64(R9), Y8, Y2
	VFMADD231PS  96(R9), Y8, Y3
	VFMADD231PS  128(R9), Y8, Y4
	VFMADD231PS  160(R9), Y8, Y5
	VFMADD231PS  192(R9), Y8, Y6
	VFMADD231PS  224(R9), Y8, Y7
	ADDQ         R10, R9
	ADDQ         $4, DX
test64:
	CMPQ    DX, R8
	JL      loop64
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	VMOVUPS Y4, 128(DI)
	VMOVUPS Y5, 160(DI)
	VMOVUPS Y6, 192(DI)
	VMOVUPS Y7, 224(DI)
	ADDQ    $256, DI
	ADDQ    $256, SI
	SUBQ    $64, CX
	JGE     cols64
cols32:
	ADDQ    $32, CX
	JL      cols8
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	MOVQ    BX, DX
	MOVQ    SI, R9
	JMP     test32
loop32:
	VBROADCASTSS (DX), Y8
	VFMADD231PS  (R9), Y8, Y0
	VFMADD231PS  32(R9), Y8, Y1
	VFMADD231PS  64(R9), Y8, Y2
	VFMADD231PS  96(R9), Y8, Y3
	ADDQ         R10, R9
	ADDQ         $4, DX
test32:
	CMPQ    DX, R8
	JL      loop32
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	ADDQ    $128, DI
	ADDQ    $128, SI
	SUBQ    $32, CX
cols8:
	ADDQ     $32, CX
	JZ       done
	VPCMPEQD Y7, Y7, Y7
cols:
	MOVQ CX, R11
	CMPQ CX, $8
	JGE  full
	TAIL_Y(R11, AX, Y7)
full:
	VMASKMOVPS (DI), Y7, Y0
	MOVQ       BX, DX
	MOVQ       SI, R9
	JMP        test8
loop8:
	VBROADCASTSS (DX), Y8
	VMASKMOVPS   (R9), Y7, Y1
	VFMADD231PS  Y1, Y8, Y0
	ADDQ         R10, R9
	ADDQ         $4, DX
test8:
	CMPQ       DX, R8
	JL         loop8
	VMASKMOVPS Y0, Y7, (DI)
	ADDQ       $32, DI
	ADDQ       $32, SI
	SUBQ       $8, CX
	JG         cols
done:
	VZEROUPPER
	RET

// SUM_PD adds Y0 to Y3 and their lanes into X0.
#define SUM_PD \
	VADDPD       Y1, Y0, Y0  \
	VADDPD       Y3, Y2, Y2  \
	VADDPD       Y2, Y0, Y0  \
	VEXTRACTF128 $1, Y0, X1  \
	VADDPD       X1, X0, X0  \
	VHADDPD      X0, X0, X0

// func sumAVX2(x []float32) float64
TEXT ·sumAVX2(SB), NOSPLIT, $0-32
	MOVQ   x_base+0(FP), SI
	MOVQ   x_len+8(FP), CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	SUBQ   $16, CX
	JL     rest
loop16:
	VCVTPS2PD (SI), Y4
	VCVTPS2PD 16(SI), Y5
	VCVTPS2PD 32(SI), Y6
	VCVTPS2PD 48(SI), Y7
	VADDPD    Y4, Y0, Y0
	VADDPD    Y5, Y1, Y1
	VADDPD    Y6, Y2, Y2
	VADDPD    Y7, Y3, Y3
	ADDQ      $64, SI
	SUBQ      $16, CX
	JGE       loop16
rest:
	ADDQ $12, CX
	JL   tail
loop4:
	VCVTPS2PD (SI), Y4
	VADDPD    Y4, Y0, Y0
	ADDQ      $16, SI
	SUBQ      $4, CX
	JGE       loop4
tail:
	ADDQ $4, CX
	JZ   done
	TAIL_Y(CX, AX, Y7)
	VMASKMOVPS (SI), X7, X4
	VCVTPS2PD  X4, Y4
	VADDPD     Y4, Y0, Y0
done:
	SUM_PD
	VMOVSD X0, ret+24(FP)
	VZEROUPPER
	RET

// func sumSquaresAVX2(x []float32, c float64) float64
TEXT ·sumSquaresAVX2(SB), NOSPLIT, $0-40
	MOVQ         x_base+0(FP), SI
	MOVQ         x_len+8(FP), CX
	VBROADCASTSD c+24(FP), Y8
	VXORPS       Y0, Y0, Y0
	VXORPS       Y1, Y1, Y1
	VXORPS       Y2, Y2, Y2
	VXORPS       Y3, Y3, Y3
	SUBQ         $16, CX
	JL           rest
loop16:
	VCVTPS2PD   (SI), Y4
	VCVTPS2PD   16(SI), Y5
	VCVTPS2PD   32(SI), Y6
	VCVTPS2PD   48(SI), Y7
	VSUBPD      Y8, Y4, Y4
	VSUBPD      Y8, Y5, Y5
	VSUBPD      Y8, Y6, Y6
	VSUBPD      Y8, Y7, Y7
	VFMADD231PD Y4, Y4, Y0
	VFMADD231PD Y5, Y5, Y1
	VFMADD231PD Y6, Y6, Y2
	VFMADD231PD Y7, Y7, Y3
	ADDQ        $64, SI
	SUBQ        $16, CX
	JGE         loop16
rest:
	ADDQ $12, CX
	JL   tail
loop4:
	VCVTPS2PD   (SI), Y4
	VSUBPD      Y8, Y4, Y4
	VFMADD231PD Y4, Y4, Y0
	ADDQ        $16, SI
	SUBQ        $4, CX
	JGE         loop4
tail:
	ADDQ $4, CX
	JZ   done
	TAIL_Y(CX, AX, Y7)
	VMASKMOVPS  (SI), X7, X4
	VCVTPS2PD   X4, Y4
	VSUBPD      Y8, Y4, Y4
	VPMOVSXDQ   X7, Y7
	VANDPD      Y7, Y4, Y4
	VFMADD231PD Y4, Y4, Y0
done:
	SUM_PD
	VMOVSD X0, ret+32(FP)
	VZEROUPPER
	RET

// func normalizeAVX2(dst, x, w, b []float32, mean, scale float32)
TEXT ·normalizeAVX2(SB), NOSPLIT, $0-104
	MOVQ         dst_base+0(FP), DI
	MOVQ         x_base+24(FP), SI
	MOVQ         x_len+32(FP), CX
	MOVQ         w_base+48(FP), BX
	MOVQ         b_base+72(FP), R8
	MOVQ         b_len+80(FP), R9
	VBROADCASTSS mean+96(FP), Y1
	VBROADCASTSS scale+100(FP), Y2
	XORQ         DX, DX            // bytes done
	TESTQ        R9, R9
	JZ           unbiased
	SUBQ         $8, CX
	JL           tail
loop8:
	VMOVUPS     (SI)(DX*1), Y0
	VSUBPS      Y1, Y0, Y0
	VMULPS      Y2, Y0, Y0
	VMOVUPS     (BX)(DX*1), Y3
	VFMADD213PS (R8)(DX*1), Y3, Y0
	VMOVUPS     Y0, (DI)(DX*1)
	ADDQ        $32, DX
	SUBQ        $8, CX
	JGE         loop8
tail:
	ADDQ $8, CX
	JZ   done
	TAIL_Y(CX, AX, Y7)
	VMASKMOVPS  (SI)(DX*1), Y7, Y0
	VMASKMOVPS  (BX)(DX*1), Y7, Y3
	VMASKMOVPS  (R8)(DX*1), Y7, Y4
	VSUBPS      Y1, Y0, Y0
	VMULPS      Y2, Y0, Y0
	VFMADD213PS Y4, Y3, Y0
	VMASKMOVPS  Y0, Y7, (DI)(DX*1)
	JMP         done
unbiased:
	SUBQ $8, CX
	JL   tailUnbiased
loopUnbiased:
	VMOVUPS (SI)(DX*1), Y0
	VSUBPS  Y1, Y0, Y0
	VMULPS  Y2, Y0, Y0
	VMULPS  (BX)(DX*1), Y0, Y0
	VMOVUPS Y0, (DI)(DX*1)
	ADDQ    $32, DX
	SUBQ    $8, CX
	JGE     loopUnbiased
tailUnbiased:
	ADDQ $8, CX
	JZ   done
	TAIL_Y(CX, AX, Y7)
	VMASKMOVPS (SI)(DX*1), Y7, Y0
	VMASKMOVPS (BX)(DX*1), Y7, Y3
	VSUBPS     Y1, Y0, Y0
	VMULPS     Y2, Y0, Y0
	VMULPS     Y3, Y0, Y0
	VMASKMOVPS Y0, Y7, (DI)(DX*1)
done:
	VZEROUPPER
	RET

// func rotateAVX2(x, cos, sin []float32)
TEXT ·rotateAVX2(SB), NOSPLIT, $0-72
	MOVQ x_base+0(FP), DI
	MOVQ x_len+8(FP), R8
	MOVQ cos_base+24(FP), SI
	MOVQ cos_len+32(FP), R9
	MOVQ sin_base+48(FP), BX
	LEAQ (DI)(R8*4), R8       // end of x
	MOVQ R9, CX
	ANDQ $7, CX
	TAIL_Y(CX, AX, Y7)
	SHLQ $2, R9               // bytes of half a head
	MOVQ R9, R10
	ANDQ $~31, R10            // those in whole vectors
head:
	LEAQ (DI)(R9*1), R11      // second half
	XORQ DX, DX
	JMP  test8
loop8:
	VMOVUPS     (SI)(DX*1), Y0  // cos
	VMOVUPS     (BX)(DX*1), Y1  // sin
	VMOVUPS     (DI)(DX*1), Y2  // a
	VMOVUPS     (R11)(DX*1), Y3 // b
	VMULPS      Y1, Y3, Y4
	VMULPS      Y1, Y2, Y5
	VFMSUB213PS Y4, Y0, Y2      // a*cos - b*sin
	VFMADD213PS Y5, Y0, Y3      // b*cos + a*sin
	VMOVUPS     Y2, (DI)(DX*1)
	VMOVUPS     Y3, (R11)(DX*1)
	ADDQ        $32, DX
test8:
	CMPQ DX, R10
	JL   loop8
	CMPQ DX, R9
	JGE  next
	VMASKMOVPS  (SI)(DX*1), Y7, Y0
	VMASKMOVPS  (BX)(DX*1), Y7, Y1
	VMASKMOVPS  (DI)(DX*1), Y7, Y2
	VMASKMOVPS  (R11)(DX*1), Y7, Y3
	VMULPS      Y1, Y3, Y4
	VMULPS      Y1, Y2, Y5
	VFMSUB213PS Y4, Y0, Y2
	VFMADD213PS Y5, Y0, Y3
	VMASKMOVPS  Y2, Y7, (DI)(DX*1)
	VMASKMOVPS  Y3, Y7, (R11)(DX*1)
next:
	LEAQ (R11)(R9*1), DI
	CMPQ DI, R8
	JL   head
	VZEROUPPER
	RET
