//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"

// SCORES multiplies a value of a key with those of 16 queries, in Y0 and Y1, and
// adds the products to the key's two sums.
#define SCORES(a, t, s0, s1) \
	VBROADCASTSS a, t      \
	VFMADD231PS  Y0, t, s0 \
	VFMADD231PS  Y1, t, s1

// func attentionScoresAVX2(s, q, k []float32, p *Panel, keys, dim int)
//
// Six keys by 16 queries: 12 sums in Y4 to Y15, 8 loads for 12 FMAs; first one
// half of the queries, then the other, if any of it is in use.
TEXT ·attentionScoresAVX2(SB), NOSPLIT, $0-96
	MOVQ s_base+0(FP), DI
	MOVQ q_base+24(FP), BX
	MOVQ k_base+48(FP), SI
	MOVQ p+72(FP), R15
	MOVQ keys+80(FP), R8
	MOVQ dim+88(FP), R9
	MOVQ PANEL_USED(R15), R15
	SHLQ $2, R15             // bytes of the queries in use
	LEAQ (R9*4), R10         // bytes per key
	LEAQ (R10)(R10*2), R11   // of three
group:
	SUBQ $6, R8
	JL   done
	XORQ R13, R13            // bytes from the first query
half:
	LEAQ   (SI)(R11*1), R12  // keys 3 to 5
	MOVQ   SI, DX
	LEAQ   (BX)(R13*1), AX
	MOVQ   R9, CX
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	VXORPS Y12, Y12, Y12
	VXORPS Y13, Y13, Y13
	VXORPS Y14, Y14, Y14
	VXORPS Y15, Y15, Y15
	TESTQ  CX, CX
	JZ     store
loop:
	VMOVUPS (AX), Y0
	VMOVUPS 32(AX), Y1
	SCORES((DX), Y2, Y4, Y5)
	SCORES((DX)(R10*1), Y3, Y6, Y7)
	SCORES((DX)(R10*2), Y2, Y8, Y9)
	SCORES((R12), Y3, Y10, Y11)
	SCORES((R12)(R10*1), Y2, Y12, Y13)
	SCORES((R12)(R10*2), Y3, Y14, Y15)
	ADDQ    $128, AX
	ADDQ    $4, DX
	ADDQ    $4, R12
	DECQ    CX
	JNZ     loop
store:
	LEAQ    (DI)(R13*1), AX
	VMOVUPS Y4, (AX)
	VMOVUPS Y5, 32(AX)
	VMOVUPS Y6, 128(AX)
	VMOVUPS Y7, 160(AX)
	VMOVUPS Y8, 256(AX)
	VMOVUPS Y9, 288(AX)
	VMOVUPS Y10, 384(AX)
	VMOVUPS Y11, 416(AX)
	VMOVUPS Y12, 512(AX)
	VMOVUPS Y13, 544(AX)
	VMOVUPS Y14, 640(AX)
	VMOVUPS Y15, 672(AX)
	ADDQ    $64, R13
	CMPQ    R13, R15
	JL      half
	ADDQ    $768, DI
	LEAQ    (SI)(R11*2), SI
	JMP     group
done:
	VZEROUPPER
	RET

// EXP2 computes x = 2^x for x <= 0, 0 below 2^-126.
#define EXP2(x, n, f, k) \
	VCMPPS      $5, CONST(EXP2_MIN), x, k \
	VROUNDPS    $0, x, n                  \
	VSUBPS      n, x, f                   \
	VMOVUPS     CONST(EXP2_C6), x         \
	VFMADD213PS CONST(EXP2_C5), f, x      \
	VFMADD213PS CONST(EXP2_C4), f, x      \
	VFMADD213PS CONST(EXP2_C3), f, x      \
	VFMADD213PS CONST(EXP2_C2), f, x      \
	VFMADD213PS CONST(EXP2_C1), f, x      \
	VFMADD213PS CONST(ONE), f, x          \
	VCVTPS2DQ   n, n                      \
	VPSLLD      $23, n, n                 \
	VPADDD      n, x, x                   \
	VANDPS      k, x, x

// WEIGHT turns the scores at addr less the maximum in Y0 into weights.
#define WEIGHT(addr, x, n, f, k) \
	VMOVUPS addr, x     \
	VSUBPS  Y0, x, x    \
	EXP2(x, n, f, k)

// func attentionSoftmaxAVX2(s []float32, p *Panel, keys int, masked bool)
//
// Eight queries at a time. Y0 is the new maximum, Y1 the old one and then the
// decay, Y2 and Y3 the sums of even and odd keys, Y12 the limits, Y13 the number
// of the key, Y14 minus one.
TEXT ·attentionSoftmaxAVX2(SB), NOSPLIT, $0-41
	MOVQ     s_base+0(FP), DI
	MOVQ     p+24(FP), BX
	MOVBQZX  masked+40(FP), R8
	MOVQ     PANEL_USED(BX), R9
	VPCMPEQD Y14, Y14, Y14
queries:
	VMOVUPS PANEL_MAX(BX), Y1
	VMOVAPS Y1, Y0
	MOVQ    DI, SI
	MOVQ    keys+32(FP), CX
	MOVQ    CX, DX
	VXORPS  Y2, Y2, Y2
	VXORPS  Y3, Y3, Y3
	TESTQ   CX, CX
	JZ      decay
	TESTQ   R8, R8
	JNZ     maskedMax
max:
	VMAXPS (SI), Y0, Y0
	ADDQ   $128, SI
	DECQ   DX
	JNZ    max
	JMP    decay
maskedMax:
	VMOVDQU PANEL_LIMIT(BX), Y12
	VPXOR   Y13, Y13, Y13
maskedMaxLoop:
	VPCMPGTD  Y13, Y12, Y4
	VMAXPS    (SI), Y0, Y5
	VBLENDVPS Y4, Y5, Y0, Y0
	VPSUBD    Y14, Y13, Y13
	ADDQ      $128, SI
	DECQ      DX
	JNZ       maskedMaxLoop

decay:
	VMOVUPS Y0, PANEL_MAX(BX)
	VSUBPS  Y0, Y1, Y1
	EXP2(Y1, Y4, Y5, Y6)
	VMOVUPS Y1, PANEL_DECAY(BX)
	MOVQ    DI, SI
	TESTQ   R8, R8
	JNZ     maskedWeights
	SUBQ    $2, CX
	JL      last
weights:
	WEIGHT((SI), Y4, Y5, Y6, Y7)
	WEIGHT(128(SI), Y8, Y9, Y10, Y11)
	VMOVUPS Y4, (SI)
	VMOVUPS Y8, 128(SI)
	VADDPS  Y4, Y2, Y2
	VADDPS  Y8, Y3, Y3
	ADDQ    $256, SI
	SUBQ    $2, CX
	JGE     weights
last:
	ADDQ    $2, CX
	JZ      sum
	WEIGHT((SI), Y4, Y5, Y6, Y7)
	VMOVUPS Y4, (SI)
	VADDPS  Y4, Y2, Y2
	JMP     sum

maskedWeights:
	VPXOR Y13, Y13, Y13
	SUBQ  $2, CX
	JL    maskedLast
maskedLoop:
	WEIGHT((SI), Y4, Y5, Y6, Y7)
	WEIGHT(128(SI), Y8, Y9, Y10, Y11)
	VPCMPGTD Y13, Y12, Y5
	VPSUBD   Y14, Y13, Y13
	VPCMPGTD Y13, Y12, Y9
	VPSUBD   Y14, Y13, Y13
	VANDPS   Y5, Y4, Y4
	VANDPS   Y9, Y8, Y8
	VMOVUPS  Y4, (SI)
	VMOVUPS  Y8, 128(SI)
	VADDPS   Y4, Y2, Y2
	VADDPS   Y8, Y3, Y3
	ADDQ     $256, SI
	SUBQ     $2, CX
	JGE      maskedLoop
maskedLast:
	ADDQ     $2, CX
	JZ       sum
	WEIGHT((SI), Y4, Y5, Y6, Y7)
	VPCMPGTD Y13, Y12, Y5
	VANDPS   Y5, Y4, Y4
	VMOVUPS  Y4, (SI)
	VADDPS   Y4, Y2, Y2

sum:
	VADDPS      Y3, Y2, Y2
	VFMADD231PS PANEL_SUM(BX), Y1, Y2
	VMOVUPS     Y2, PANEL_SUM(BX)
	ADDQ        $32, BX
	ADDQ        $32, DI
	SUBQ        $8, R9
	JG          queries
	VZEROUPPER
	RET

// DECAYS broadcasts the decays of four queries.
#define DECAYS \
	VBROADCASTSS PANEL_DECAY(AX), Y0    \
	VBROADCASTSS PANEL_DECAY+4(AX), Y1  \
	VBROADCASTSS PANEL_DECAY+8(AX), Y2  \
	VBROADCASTSS PANEL_DECAY+12(AX), Y3

// START loads eight columns of four queries' rows, times their decays.
#define START(at, a0, a1, a2, a3) \
	VMULPS at(R9), Y0, a0          \
	VMULPS at(R9)(R11*1), Y1, a1   \
	VMULPS at(R9)(R11*2), Y2, a2   \
	VMULPS at(R9)(R12*1), Y3, a3

#define STORE(at, a0, a1, a2, a3) \
	VMOVUPS a0, at(R9)         \
	VMOVUPS a1, at(R9)(R11*1)  \
	VMOVUPS a2, at(R9)(R11*2)  \
	VMOVUPS a3, at(R9)(R12*1)

// VALUES3 adds 24 columns of a value, in Y0 to Y2, times a query's weight.
#define VALUES3(weight, a0, a1, a2) \
	VBROADCASTSS weight, Y3     \
	VFMADD231PS  Y0, Y3, a0     \
	VFMADD231PS  Y1, Y3, a1     \
	VFMADD231PS  Y2, Y3, a2

#define VALUES2(weight, t, a0, a1) \
	VBROADCASTSS weight, t     \
	VFMADD231PS  Y0, t, a0     \
	VFMADD231PS  Y1, t, a1

#define VALUES1(weight, t, a) \
	VBROADCASTSS weight, t    \
	VFMADD231PS  Y0, t, a

// func attentionValuesAVX2(o, s, v []float32, p *Panel, keys, dim int)
//
// Four queries by 24 or 16 columns: 12 or 8 sums, 7 or 6 loads for as many FMAs;
// eight queries by the 8 or fewer columns that may be left. 32 columns are split
// evenly, since 4 sums alone could not hide the latency of the FMA.
TEXT ·attentionValuesAVX2(SB), NOSPLIT, $0-96
	MOVQ     o_base+0(FP), DI
	MOVQ     v_base+48(FP), SI
	MOVQ     p+72(FP), R15
	MOVQ     PANEL_USED(R15), R15
	SHLQ     $2, R15
	MOVQ     dim+88(FP), R8   // columns left
	LEAQ     (R8*4), R10      // bytes per value
	LEAQ     15(R8), R11
	ANDQ     $~15, R11
	SHLQ     $2, R11          // bytes per row of o
	LEAQ     (R11)(R11*2), R12
columns:
	MOVQ DI, R9
	XORQ BX, BX               // 4 * number of the first query
	CMPQ R8, $16
	JL   narrow
	CMPQ R8, $24
	JL   rows2
	MOVQ R8, AX
	ANDQ $~7, AX
	CMPQ AX, $32
	JE   rows2

rows3:
	MOVQ  p+72(FP), AX
	ADDQ  BX, AX
	DECAYS
	START(0, Y4, Y7, Y10, Y13)
	START(32, Y5, Y8, Y11, Y14)
	START(64, Y6, Y9, Y12, Y15)
	MOVQ  s_base+24(FP), AX
	ADDQ  BX, AX
	MOVQ  SI, DX
	MOVQ  keys+80(FP), CX
	TESTQ CX, CX
	JZ    store3
keys3:
	VMOVUPS (DX), Y0
	VMOVUPS 32(DX), Y1
	VMOVUPS 64(DX), Y2
	VALUES3((AX), Y4, Y5, Y6)
	VALUES3(4(AX), Y7, Y8, Y9)
	VALUES3(8(AX), Y10, Y11, Y12)
	VALUES3(12(AX), Y13, Y14, Y15)
	ADDQ    $128, AX
	ADDQ    R10, DX
	DECQ    CX
	JNZ     keys3
store3:
	STORE(0, Y4, Y7, Y10, Y13)
	STORE(32, Y5, Y8, Y11, Y14)
	STORE(64, Y6, Y9, Y12, Y15)
	LEAQ (R9)(R11*4), R9
	ADDQ $16, BX
	CMPQ BX, R15
	JL   rows3
	ADDQ $96, DI
	ADDQ $96, SI
	SUBQ $24, R8
	JMP  columns

rows2:
	MOVQ  p+72(FP), AX
	ADDQ  BX, AX
	DECAYS
	START(0, Y4, Y6, Y8, Y10)
	START(32, Y5, Y7, Y9, Y11)
	MOVQ  s_base+24(FP), AX
	ADDQ  BX, AX
	MOVQ  SI, DX
	MOVQ  keys+80(FP), CX
	TESTQ CX, CX
	JZ    store2
keys2:
	VMOVUPS (DX), Y0
	VMOVUPS 32(DX), Y1
	VALUES2((AX), Y2, Y4, Y5)
	VALUES2(4(AX), Y3, Y6, Y7)
	VALUES2(8(AX), Y12, Y8, Y9)
	VALUES2(12(AX), Y13, Y10, Y11)
	ADDQ    $128, AX
	ADDQ    R10, DX
	DECQ    CX
	JNZ     keys2
store2:
	STORE(0, Y4, Y6, Y8, Y10)
	STORE(32, Y5, Y7, Y9, Y11)
	LEAQ (R9)(R11*4), R9
	ADDQ $16, BX
	CMPQ BX, R15
	JL   rows2
	ADDQ $64, DI
	ADDQ $64, SI
	SUBQ $16, R8
	JMP  columns

narrow:
	TESTQ    R8, R8
	JZ       done
	VPCMPEQD Y15, Y15, Y15
	CMPQ     R8, $8
	JGE      rows1
	MOVQ     R8, CX
	TAIL_Y(CX, AX, Y15)
rows1:
	LEAQ  (R9)(R11*4), R13    // queries 4 to 7
	MOVQ  p+72(FP), AX
	ADDQ  BX, AX
	DECAYS
	START(0, Y4, Y5, Y6, Y7)
	ADDQ  $16, AX
	DECAYS
	XCHGQ R9, R13
	START(0, Y8, Y9, Y10, Y11)
	MOVQ  s_base+24(FP), AX
	ADDQ  BX, AX
	MOVQ  SI, DX
	MOVQ  keys+80(FP), CX
	TESTQ CX, CX
	JZ    store1
keys1:
	VMASKMOVPS (DX), Y15, Y0
	VALUES1((AX), Y1, Y4)
	VALUES1(4(AX), Y2, Y5)
	VALUES1(8(AX), Y3, Y6)
	VALUES1(12(AX), Y12, Y7)
	VALUES1(16(AX), Y13, Y8)
	VALUES1(20(AX), Y14, Y9)
	VALUES1(24(AX), Y1, Y10)
	VALUES1(28(AX), Y2, Y11)
	ADDQ       $128, AX
	ADDQ       R10, DX
	DECQ       CX
	JNZ        keys1
store1:
	STORE(0, Y8, Y9, Y10, Y11)
	XCHGQ R9, R13
	STORE(0, Y4, Y5, Y6, Y7)
	LEAQ  (R9)(R11*8), R9
	ADDQ  $32, BX
	CMPQ  BX, R15
	JL    rows1
	ADDQ  $32, DI
	ADDQ  $32, SI
	SUBQ  $8, R8
	JG    columns
done:
	VZEROUPPER
	RET
