//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"

// SCORES multiplies a value of a key with those of the 32 queries, in Z0 and Z1,
// and adds the products to the key's two sums.
#define SCORES(a, t, s0, s1) \
	VBROADCASTSS a, t     \
	VFMADD231PS Z0, t, s0 \
	VFMADD231PS Z1, t, s1

// func attentionScoresAVX512(s, q, k []float32, p *Panel, keys, dim int)
//
// Twelve keys by 32 queries: 24 sums in Z8 to Z31, 14 loads for 24 FMAs; 16
// queries where no more are in use.
TEXT ·attentionScoresAVX512(SB), NOSPLIT, $0-96
	MOVQ s_base+0(FP), DI
	MOVQ q_base+24(FP), BX
	MOVQ k_base+48(FP), SI
	MOVQ p+72(FP), R15
	MOVQ keys+80(FP), R8
	MOVQ dim+88(FP), R9
	LEAQ (R9*4), R10         // bytes per key
	LEAQ (R10)(R10*2), R11   // of three
group:
	SUBQ   $12, R8
	JL     done
	CMPQ   PANEL_USED(R15), $16
	JLE    narrow
	LEAQ   (SI)(R11*1), R12  // keys 3, 6, 9
	LEAQ   (SI)(R11*2), R13
	LEAQ   (R12)(R11*2), DX
	MOVQ   BX, AX
	MOVQ   R9, CX
	VPXORD Z8, Z8, Z8
	VPXORD Z9, Z9, Z9
	VPXORD Z10, Z10, Z10
	VPXORD Z11, Z11, Z11
	VPXORD Z12, Z12, Z12
	VPXORD Z13, Z13, Z13
	VPXORD Z14, Z14, Z14
	VPXORD Z15, Z15, Z15
	VPXORD Z16, Z16, Z16
	VPXORD Z17, Z17, Z17
	VPXORD Z18, Z18, Z18
	VPXORD Z19, Z19, Z19
	VPXORD Z20, Z20, Z20
	VPXORD Z21, Z21, Z21
	VPXORD Z22, Z22, Z22
	VPXORD Z23, Z23, Z23
	VPXORD Z24, Z24, Z24
	VPXORD Z25, Z25, Z25
	VPXORD Z26, Z26, Z26
	VPXORD Z27, Z27, Z27
	VPXORD Z28, Z28, Z28
	VPXORD Z29, Z29, Z29
	VPXORD Z30, Z30, Z30
	VPXORD Z31, Z31, Z31
	TESTQ  CX, CX
	JZ     store
loop:
	VMOVUPS (AX), Z0
	VMOVUPS 64(AX), Z1
	SCORES((SI), Z2, Z8, Z9)
	SCORES((SI)(R10*1), Z3, Z10, Z11)
	SCORES((SI)(R10*2), Z4, Z12, Z13)
	SCORES((R12), Z5, Z14, Z15)
	SCORES((R12)(R10*1), Z6, Z16, Z17)
	SCORES((R12)(R10*2), Z7, Z18, Z19)
	SCORES((R13), Z2, Z20, Z21)
	SCORES((R13)(R10*1), Z3, Z22, Z23)
	SCORES((R13)(R10*2), Z4, Z24, Z25)
	SCORES((DX), Z5, Z26, Z27)
	SCORES((DX)(R10*1), Z6, Z28, Z29)
	SCORES((DX)(R10*2), Z7, Z30, Z31)
	ADDQ    $128, AX
	ADDQ    $4, SI
	ADDQ    $4, R12
	ADDQ    $4, R13
	ADDQ    $4, DX
	DECQ    CX
	JNZ     loop
store:
	VMOVUPS Z8, (DI)
	VMOVUPS Z9, 64(DI)
	VMOVUPS Z10, 128(DI)
	VMOVUPS Z11, 192(DI)
	VMOVUPS Z12, 256(DI)
	VMOVUPS Z13, 320(DI)
	VMOVUPS Z14, 384(DI)
	VMOVUPS Z15, 448(DI)
	VMOVUPS Z16, 512(DI)
	VMOVUPS Z17, 576(DI)
	VMOVUPS Z18, 640(DI)
	VMOVUPS Z19, 704(DI)
	VMOVUPS Z20, 768(DI)
	VMOVUPS Z21, 832(DI)
	VMOVUPS Z22, 896(DI)
	VMOVUPS Z23, 960(DI)
	VMOVUPS Z24, 1024(DI)
	VMOVUPS Z25, 1088(DI)
	VMOVUPS Z26, 1152(DI)
	VMOVUPS Z27, 1216(DI)
	VMOVUPS Z28, 1280(DI)
	VMOVUPS Z29, 1344(DI)
	VMOVUPS Z30, 1408(DI)
	VMOVUPS Z31, 1472(DI)
	ADDQ    $1536, DI
	SUBQ    R10, SI
	LEAQ    (SI)(R11*4), SI
	JMP     group

narrow:
	LEAQ   (SI)(R11*1), R12
	LEAQ   (SI)(R11*2), R13
	LEAQ   (R12)(R11*2), DX
	MOVQ   BX, AX
	MOVQ   R9, CX
	VPXORD Z8, Z8, Z8
	VPXORD Z10, Z10, Z10
	VPXORD Z12, Z12, Z12
	VPXORD Z14, Z14, Z14
	VPXORD Z16, Z16, Z16
	VPXORD Z18, Z18, Z18
	VPXORD Z20, Z20, Z20
	VPXORD Z22, Z22, Z22
	VPXORD Z24, Z24, Z24
	VPXORD Z26, Z26, Z26
	VPXORD Z28, Z28, Z28
	VPXORD Z30, Z30, Z30
	TESTQ  CX, CX
	JZ     storeNarrow
loopNarrow:
	VMOVUPS          (AX), Z0
	VFMADD231PS.BCST (SI), Z0, Z8
	VFMADD231PS.BCST (SI)(R10*1), Z0, Z10
	VFMADD231PS.BCST (SI)(R10*2), Z0, Z12
	VFMADD231PS.BCST (R12), Z0, Z14
	VFMADD231PS.BCST (R12)(R10*1), Z0, Z16
	VFMADD231PS.BCST (R12)(R10*2), Z0, Z18
	VFMADD231PS.BCST (R13), Z0, Z20
	VFMADD231PS.BCST (R13)(R10*1), Z0, Z22
	VFMADD231PS.BCST (R13)(R10*2), Z0, Z24
	VFMADD231PS.BCST (DX), Z0, Z26
	VFMADD231PS.BCST (DX)(R10*1), Z0, Z28
	VFMADD231PS.BCST (DX)(R10*2), Z0, Z30
	ADDQ             $128, AX
	ADDQ             $4, SI
	ADDQ             $4, R12
	ADDQ             $4, R13
	ADDQ             $4, DX
	DECQ             CX
	JNZ              loopNarrow
storeNarrow:
	VMOVUPS Z8, (DI)
	VMOVUPS Z10, 128(DI)
	VMOVUPS Z12, 256(DI)
	VMOVUPS Z14, 384(DI)
	VMOVUPS Z16, 512(DI)
	VMOVUPS Z18, 640(DI)
	VMOVUPS Z20, 768(DI)
	VMOVUPS Z22, 896(DI)
	VMOVUPS Z24, 1024(DI)
	VMOVUPS Z26, 1152(DI)
	VMOVUPS Z28, 1280(DI)
	VMOVUPS Z30, 1408(DI)
	ADDQ    $1536, DI
	SUBQ    R10, SI
	LEAQ    (SI)(R11*4), SI
	JMP     group
done:
	VZEROUPPER
	RET

// EXP2 computes x = 2^x for x <= 0, 0 below 2^-126 and in the lanes that m does
// not mark. Z20 to Z25 hold the coefficients C1 to C6, Z26 one, Z27 -126.
#define EXP2(x, n, f, m, k) \
	VCMPPS      $5, Z27, x, m, k \
	VRNDSCALEPS $0, x, n         \
	VSUBPS      n, x, f          \
	VMOVAPS     Z25, x           \
	VFMADD213PS Z24, f, x        \
	VFMADD213PS Z23, f, x        \
	VFMADD213PS Z22, f, x        \
	VFMADD213PS Z21, f, x        \
	VFMADD213PS Z20, f, x        \
	VFMADD213PS Z26, f, x        \
	VSCALEFPS.Z n, x, k, x

// WEIGHT turns the scores at addr less the maximum in top into weights and adds
// them to sum.
#define WEIGHT(addr, top, m, x, n, f, k, sum) \
	VMOVUPS addr, x        \
	VSUBPS  top, x, x      \
	EXP2(x, n, f, m, k)    \
	VMOVUPS x, addr        \
	VADDPS  x, sum, sum

// func attentionSoftmaxAVX512(s []float32, p *Panel, keys int, masked bool)
//
// Z0 and Z1 are the new maximum, Z2 and Z3 the old one, Z10 to Z13 the sums of
// even and odd keys, Z28 and Z29 the limits, Z30 the number of the key, Z31 one.
TEXT ·attentionSoftmaxAVX512(SB), NOSPLIT, $0-41
	MOVQ         s_base+0(FP), DI
	MOVQ         p+24(FP), BX
	MOVQ         keys+32(FP), CX
	MOVBQZX      masked+40(FP), R8
	VMOVUPS      PANEL_MAX(BX), Z2
	VMOVUPS      PANEL_MAX+64(BX), Z3
	VBROADCASTSS CONST(EXP2_C1), Z20
	VBROADCASTSS CONST(EXP2_C2), Z21
	VBROADCASTSS CONST(EXP2_C3), Z22
	VBROADCASTSS CONST(EXP2_C4), Z23
	VBROADCASTSS CONST(EXP2_C5), Z24
	VBROADCASTSS CONST(EXP2_C6), Z25
	VBROADCASTSS CONST(ONE), Z26
	VBROADCASTSS CONST(EXP2_MIN), Z27
	VMOVAPS      Z2, Z0
	VMOVAPS      Z3, Z1
	MOVL         $0xffff, AX
	KMOVW        AX, K1
	MOVQ         DI, SI
	MOVQ         CX, DX
	TESTQ        R8, R8
	JNZ          maskedMax
	TESTQ        DX, DX
	JZ           decay
max:
	VMAXPS (SI), Z0, Z0
	VMAXPS 64(SI), Z1, Z1
	ADDQ   $128, SI
	DECQ   DX
	JNZ    max
	JMP    decay

maskedMax:
	VMOVDQU32    PANEL_LIMIT(BX), Z28
	VMOVDQU32    PANEL_LIMIT+64(BX), Z29
	VPXORD       Z30, Z30, Z30
	MOVL         $1, AX
	VPBROADCASTD AX, Z31
	TESTQ        DX, DX
	JZ           decay
maskedMaxLoop:
	VPCMPGTD Z30, Z28, K2
	VPCMPGTD Z30, Z29, K3
	VMAXPS   (SI), Z0, K2, Z0
	VMAXPS   64(SI), Z1, K3, Z1
	VPADDD   Z31, Z30, Z30
	ADDQ     $128, SI
	DECQ     DX
	JNZ      maskedMaxLoop

decay:
	VMOVUPS Z0, PANEL_MAX(BX)
	VMOVUPS Z1, PANEL_MAX+64(BX)
	VSUBPS  Z0, Z2, Z2
	VSUBPS  Z1, Z3, Z3
	EXP2(Z2, Z4, Z5, K1, K4)
	EXP2(Z3, Z6, Z7, K1, K5)
	VMOVUPS Z2, PANEL_DECAY(BX)
	VMOVUPS Z3, PANEL_DECAY+64(BX)
	VPXORD  Z10, Z10, Z10
	VPXORD  Z11, Z11, Z11
	VPXORD  Z12, Z12, Z12
	VPXORD  Z13, Z13, Z13
	TESTQ   R8, R8
	JNZ     maskedWeights
	SUBQ    $2, CX
	JL      last
weights:
	WEIGHT((DI), Z0, K1, Z4, Z5, Z6, K2, Z10)
	WEIGHT(64(DI), Z1, K1, Z7, Z8, Z9, K3, Z11)
	WEIGHT(128(DI), Z0, K1, Z14, Z15, Z16, K4, Z12)
	WEIGHT(192(DI), Z1, K1, Z17, Z18, Z19, K5, Z13)
	ADDQ $256, DI
	SUBQ $2, CX
	JGE  weights
last:
	ADDQ $2, CX
	JZ   sum
	WEIGHT((DI), Z0, K1, Z4, Z5, Z6, K2, Z10)
	WEIGHT(64(DI), Z1, K1, Z7, Z8, Z9, K3, Z11)
	JMP  sum

maskedWeights:
	VPXORD Z30, Z30, Z30
	TESTQ  CX, CX
	JZ     sum
maskedLoop:
	VPCMPGTD Z30, Z28, K2
	VPCMPGTD Z30, Z29, K3
	WEIGHT((DI), Z0, K2, Z4, Z5, Z6, K4, Z10)
	WEIGHT(64(DI), Z1, K3, Z7, Z8, Z9, K5, Z11)
	VPADDD   Z31, Z30, Z30
	ADDQ     $128, DI
	DECQ     CX
	JZ       sum
	VPCMPGTD Z30, Z28, K2
	VPCMPGTD Z30, Z29, K3
	WEIGHT((DI), Z0, K2, Z4, Z5, Z6, K4, Z12)
	WEIGHT(64(DI), Z1, K3, Z7, Z8, Z9, K5, Z13)
	VPADDD   Z31, Z30, Z30
	ADDQ     $128, DI
	DECQ     CX
	JNZ      maskedLoop

sum:
	VADDPS      Z12, Z10, Z10
	VADDPS      Z13, Z11, Z11
	VFMADD231PS PANEL_SUM(BX), Z2, Z10
	VFMADD231PS PANEL_SUM+64(BX), Z3, Z11
	VMOVUPS     Z10, PANEL_SUM(BX)
	VMOVUPS     Z11, PANEL_SUM+64(BX)
	VZEROUPPER
	RET

// VALUES2 adds 32 columns of a value, in Z0 and Z1, times a query's weight.
#define VALUES2(weight, t, a0, a1) \
	VBROADCASTSS weight, t  \
	VFMADD231PS  Z0, t, a0  \
	VFMADD231PS  Z1, t, a1

// func attentionValuesAVX512(o, s, v []float32, p *Panel, keys, dim int)
//
// Eight queries by 32 columns: 16 sums in Z16 to Z31, 10 loads for 16 FMAs; 16
// columns where no more are left. K1 and K2 mask the loads of the two halves of a
// value's columns.
TEXT ·attentionValuesAVX512(SB), NOSPLIT, $0-96
	MOVQ  o_base+0(FP), DI
	MOVQ  v_base+48(FP), SI
	MOVQ  dim+88(FP), R8
	MOVQ  p+72(FP), R15
	MOVQ  PANEL_USED(R15), R15
	SHLQ  $2, R15
	LEAQ  (R8*4), R10        // bytes per value
	LEAQ  15(R8), R11
	ANDQ  $~15, R11
	SHLQ  $2, R11            // bytes per row of o
	LEAQ  (R11)(R11*2), R12  // of three
	MOVL  $0xffff, AX
	KMOVW AX, K1
	KMOVW AX, K2
	SUBQ  $16, R8            // columns left after the first half
	JLE   narrow

wide:
	CMPQ R8, $16
	JGE  wideFull
	TAIL_Z(R8, AX, K2)
wideFull:
	MOVQ DI, R9
	XORQ BX, BX              // 4 * number of the first query
wideRows:
	LEAQ (R9)(R12*1), R13    // queries 3 to 5
	LEAQ (R9)(R12*2), DX     // 6 and 7
	MOVQ p+72(FP), AX
	ADDQ BX, AX
	VBROADCASTSS PANEL_DECAY(AX), Z2
	VBROADCASTSS PANEL_DECAY+4(AX), Z3
	VBROADCASTSS PANEL_DECAY+8(AX), Z4
	VBROADCASTSS PANEL_DECAY+12(AX), Z5
	VBROADCASTSS PANEL_DECAY+16(AX), Z6
	VBROADCASTSS PANEL_DECAY+20(AX), Z7
	VBROADCASTSS PANEL_DECAY+24(AX), Z8
	VBROADCASTSS PANEL_DECAY+28(AX), Z9
	VMULPS (R9), Z2, Z16
	VMULPS 64(R9), Z2, Z17
	VMULPS (R9)(R11*1), Z3, Z18
	VMULPS 64(R9)(R11*1), Z3, Z19
	VMULPS (R9)(R11*2), Z4, Z20
	VMULPS 64(R9)(R11*2), Z4, Z21
	VMULPS (R13), Z5, Z22
	VMULPS 64(R13), Z5, Z23
	VMULPS (R13)(R11*1), Z6, Z24
	VMULPS 64(R13)(R11*1), Z6, Z25
	VMULPS (R13)(R11*2), Z7, Z26
	VMULPS 64(R13)(R11*2), Z7, Z27
	VMULPS (DX), Z8, Z28
	VMULPS 64(DX), Z8, Z29
	VMULPS (DX)(R11*1), Z9, Z30
	VMULPS 64(DX)(R11*1), Z9, Z31
	MOVQ  s_base+24(FP), AX
	ADDQ  BX, AX
	MOVQ  SI, DX
	MOVQ  keys+80(FP), CX
	TESTQ CX, CX
	JZ    wideStore
wideKeys:
	VMOVUPS.Z (DX), K1, Z0
	VMOVUPS.Z 64(DX), K2, Z1
	VALUES2((AX), Z2, Z16, Z17)
	VALUES2(4(AX), Z3, Z18, Z19)
	VALUES2(8(AX), Z4, Z20, Z21)
	VALUES2(12(AX), Z5, Z22, Z23)
	VALUES2(16(AX), Z6, Z24, Z25)
	VALUES2(20(AX), Z7, Z26, Z27)
	VALUES2(24(AX), Z8, Z28, Z29)
	VALUES2(28(AX), Z9, Z30, Z31)
	ADDQ      $128, AX
	ADDQ      R10, DX
	DECQ      CX
	JNZ       wideKeys
wideStore:
	LEAQ    (R9)(R12*2), DX
	VMOVUPS Z16, (R9)
	VMOVUPS Z17, 64(R9)
	VMOVUPS Z18, (R9)(R11*1)
	VMOVUPS Z19, 64(R9)(R11*1)
	VMOVUPS Z20, (R9)(R11*2)
	VMOVUPS Z21, 64(R9)(R11*2)
	VMOVUPS Z22, (R13)
	VMOVUPS Z23, 64(R13)
	VMOVUPS Z24, (R13)(R11*1)
	VMOVUPS Z25, 64(R13)(R11*1)
	VMOVUPS Z26, (R13)(R11*2)
	VMOVUPS Z27, 64(R13)(R11*2)
	VMOVUPS Z28, (DX)
	VMOVUPS Z29, 64(DX)
	VMOVUPS Z30, (DX)(R11*1)
	VMOVUPS Z31, 64(DX)(R11*1)
	LEAQ    (R9)(R11*8), R9
	ADDQ    $32, BX
	CMPQ    BX, R15
	JL      wideRows
	ADDQ    $128, DI
	ADDQ    $128, SI
	SUBQ    $32, R8
	JG      wide

narrow:
	ADDQ $16, R8             // columns left
	JLE  done
	CMPQ R8, $16
	JGE  narrowFull
	TAIL_Z(R8, AX, K1)
narrowFull:
	MOVQ DI, R9
	XORQ BX, BX
narrowRows:
	LEAQ (R9)(R12*1), R13
	LEAQ (R9)(R12*2), DX
	MOVQ p+72(FP), AX
	ADDQ BX, AX
	VBROADCASTSS PANEL_DECAY(AX), Z16
	VBROADCASTSS PANEL_DECAY+4(AX), Z17
	VBROADCASTSS PANEL_DECAY+8(AX), Z18
	VBROADCASTSS PANEL_DECAY+12(AX), Z19
	VBROADCASTSS PANEL_DECAY+16(AX), Z20
	VBROADCASTSS PANEL_DECAY+20(AX), Z21
	VBROADCASTSS PANEL_DECAY+24(AX), Z22
	VBROADCASTSS PANEL_DECAY+28(AX), Z23
	VMULPS (R9), Z16, Z16
	VMULPS (R9)(R11*1), Z17, Z17
	VMULPS (R9)(R11*2), Z18, Z18
	VMULPS (R13), Z19, Z19
	VMULPS (R13)(R11*1), Z20, Z20
	VMULPS (R13)(R11*2), Z21, Z21
	VMULPS (DX), Z22, Z22
	VMULPS (DX)(R11*1), Z23, Z23
	MOVQ  s_base+24(FP), AX
	ADDQ  BX, AX
	MOVQ  SI, DX
	MOVQ  keys+80(FP), CX
	TESTQ CX, CX
	JZ    narrowStore
narrowKeys:
	VMOVUPS.Z (DX), K1, Z0
	VFMADD231PS.BCST (AX), Z0, Z16
	VFMADD231PS.BCST 4(AX), Z0, Z17
	VFMADD231PS.BCST 8(AX), Z0, Z18
	VFMADD231PS.BCST 12(AX), Z0, Z19
	VFMADD231PS.BCST 16(AX), Z0, Z20
	VFMADD231PS.BCST 20(AX), Z0, Z21
	VFMADD231PS.BCST 24(AX), Z0, Z22
	VFMADD231PS.BCST 28(AX), Z0, Z23
	ADDQ      $128, AX
	ADDQ      R10, DX
	DECQ      CX
	JNZ       narrowKeys
narrowStore:
	LEAQ    (R9)(R12*2), DX
	VMOVUPS Z16, (R9)
	VMOVUPS Z17, (R9)(R11*1)
	VMOVUPS Z18, (R9)(R11*2)
	VMOVUPS Z19, (R13)
	VMOVUPS Z20, (R13)(R11*1)
	VMOVUPS Z21, (R13)(R11*2)
	VMOVUPS Z22, (DX)
	VMOVUPS Z23, (DX)(R11*1)
	LEAQ    (R9)(R11*8), R9
	ADDQ    $32, BX
	CMPQ    BX, R15
	JL      narrowRows
done:
	VZEROUPPER
	RET
