//go:build !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "quads_avx512_amd64.h"

// Products of blocks of 32 weights with quads, AVX-512 VNNI: a step takes four
// blocks of a row, a 128-bit lane each. See quadArgs.
//
// With one row of activations, four rows of weights share what is loaded of it, and
// memory is read in four streams. With four rows of activations the weights, once
// unpacked, serve all of them, and as many rows of weights share the loads as fit in
// the registers with their sums and one row's activations: two, or three where there
// are no minima and few constants. (Four by four rows would have to load activations
// anew for each product, more than the load ports yield.) Meanwhile the rows that come
// next are fetched into the L2 cache, so that reading does not stop at the ends of
// rows; fetched into L1 they would drive the activations out.
//
// Registers of all kernels:
//
//	AX              the arguments
//	BX, DX          offsets into the rows of weights and of activations
//	CX, R15         steps and rows of weights left
//	SI              where to prefetch: the rows that come next
//	R8...           rows of weights
//	Z0-Z7           sums, a product's each
//	Z8-Z15          weights unpacked: two vectors of codes, scales, minima
//	Z16, Z17        temporary
//	Z18, Z19        codes of activations
//	Z20, Z21, Z22   their scales; what sums start from; sums times scales
//	Z23-Z31         constants of the format

// acc += d·Z20 times the sums of products. Lanes of blocks that are not there
// have Z20 = d = 0.
#define MULTIPLY(MIN, lo, hi, d, m, acc) \
	VMOVDQA32   Z21, Z16       \
	VMULPS      Z20, d, Z17    \
	VPDPBUSD    Z18, lo, Z16   \
	VPDPBUSD    Z19, hi, Z16   \
	VCVTDQ2PS   Z16, Z16       \
	VFMADD231PS Z17, Z16, acc  \
	MIN(m, Z22, acc)

// One quad, or one block of it, of the activations at x.
#define LOAD(START, x) \
	VMOVUPS   Quad_d(x)(DX*1), Z20      \
	VMOVDQU64 Quad_q(x)(DX*1), Z18      \
	VMOVDQU64 Quad_q+64(x)(DX*1), Z19   \
	START(x, Z21, Z22, Z20)

#define LOAD1(START, x) \
	VMOVUPS Quad_d(x)(DX*1), X20        \
	VMOVDQU64 Quad_q(x)(DX*1), X18      \
	VMOVDQU64 Quad_q+64(x)(DX*1), X19   \
	START(x, X21, X22, X20)

// Four sums of lanes: X0 = sums of Z0, Z1, Z2, Z3. Clobbers Z18 to Z21.
#define REDUCE(z0, y0, x0, z1, y1, z2, y2, z3, y3) \
	VEXTRACTF64X4 $1, z0, Y18    \
	VEXTRACTF64X4 $1, z1, Y19    \
	VEXTRACTF64X4 $1, z2, Y20    \
	VEXTRACTF64X4 $1, z3, Y21    \
	VADDPS        Y18, y0, y0    \
	VADDPS        Y19, y1, y1    \
	VADDPS        Y20, y2, y2    \
	VADDPS        Y21, y3, y3    \
	VHADDPS       y1, y0, y0     \
	VHADDPS       y3, y2, y2     \
	VHADDPS       y2, y0, y0     \
	VEXTRACTF32X4 $1, y0, X18    \
	VADDPS        X18, x0, x0

// The cache lines that a step of the rows to come takes.
#define PREFETCH_3(p) \
	PREFETCHT1 (p)     \
	PREFETCHT1 64(p)   \
	PREFETCHT1 128(p)

#define PREFETCH_4(p) \
	PREFETCH_3(p)      \
	PREFETCHT1 192(p)

#define PREFETCH_5(p) \
	PREFETCH_4(p)      \
	PREFETCHT1 256(p)

#define PREFETCH_6(p) \
	PREFETCH_5(p)      \
	PREFETCHT1 320(p)

#define PREFETCH_7(p) \
	PREFETCH_6(p)      \
	PREFETCHT1 384(p)

#define PREFETCH_9(p) \
	PREFETCH_7(p)      \
	PREFETCHT1 448(p)  \
	PREFETCHT1 512(p)

// One row of activations times four rows of weights at a time. Rows that are not
// there repeat the last one; its products are not stored.
#define KERNEL1(UNPACK, UNPACK1, START, MIN, PREFETCH1, size) \
	MOVQ a+0(FP), AX                 \
	MOVQ quadArgs_dst(AX), DI        \
	MOVQ quadArgs_x(AX), R12         \
	MOVQ quadArgs_w(AX), R8          \
	MOVQ quadArgs_rows(AX), R15      \
	MOVQ quadArgs_stride(AX), R13    \
	LEAQ (R8)(R13*4), SI             \
rows:                                \
	LEAQ    (R8)(R13*1), R9          \
	CMPQ    R15, $2                  \
	CMOVQLT R8, R9                   \
	LEAQ    (R9)(R13*1), R10         \
	CMPQ    R15, $3                  \
	CMOVQLT R9, R10                  \
	LEAQ    (R10)(R13*1), R11        \
	CMPQ    R15, $4                  \
	CMOVQLT R10, R11                 \
	VPXORD Z0, Z0, Z0                \
	VPXORD Z1, Z1, Z1                \
	VPXORD Z2, Z2, Z2                \
	VPXORD Z3, Z3, Z3                \
	XORL   BX, BX                    \
	XORL   DX, DX                    \
	MOVQ   quadArgs_quads(AX), CX    \
	SUBQ   $1, CX                    \
	JLT    tail                      \
quad:                                \
	PREFETCH1(SI)                    \
	ADDQ $(16*size), SI              \
	LOAD(START, R12)                 \
	UNPACK(R8, Z8, Z9, Z10, Y10, Z11, Y11) \
	MULTIPLY(MIN, Z8, Z9, Z10, Z11, Z0) \
	UNPACK(R9, Z12, Z13, Z14, Y14, Z15, Y15) \
	MULTIPLY(MIN, Z12, Z13, Z14, Z15, Z1) \
	UNPACK(R10, Z8, Z9, Z10, Y10, Z11, Y11) \
	MULTIPLY(MIN, Z8, Z9, Z10, Z11, Z2) \
	UNPACK(R11, Z12, Z13, Z14, Y14, Z15, Y15) \
	MULTIPLY(MIN, Z12, Z13, Z14, Z15, Z3) \
	ADDQ $(4*size), BX               \
	ADDQ $256, DX                    \
	SUBQ $1, CX                      \
	JGE  quad                        \
tail:                                \
	MOVQ quadArgs_rest(AX), CX       \
	SUBQ $1, CX                      \
	JLT  sum                         \
block:                               \
	LOAD1(START, R12)                \
	UNPACK1(R8, X8, X9, X10, X11)    \
	MULTIPLY(MIN, Z8, Z9, Z10, Z11, Z0) \
	UNPACK1(R9, X12, X13, X14, X15)  \
	MULTIPLY(MIN, Z12, Z13, Z14, Z15, Z1) \
	UNPACK1(R10, X8, X9, X10, X11)   \
	MULTIPLY(MIN, Z8, Z9, Z10, Z11, Z2) \
	UNPACK1(R11, X12, X13, X14, X15) \
	MULTIPLY(MIN, Z12, Z13, Z14, Z15, Z3) \
	ADDQ $size, BX                   \
	ADDQ $16, DX                     \
	SUBQ $1, CX                      \
	JGE  block                       \
sum:                                 \
	REDUCE(Z0, Y0, X0, Z1, Y1, Z2, Y2, Z3, Y3) \
	MOVL    $4, DX                   \
	CMPQ    R15, DX                  \
	CMOVQLT R15, DX                  \
	MOVL    $15, CX                  \
	BZHIL   DX, CX, CX               \
	KMOVW   CX, K1                   \
	VMOVUPS X0, K1, (DI)             \
	ADDQ $16, DI                     \
	LEAQ (R8)(R13*4), R8             \
	SUBQ $4, R15                     \
	JG   rows                        \
	VZEROUPPER                       \
	RET

// What the kernels of four rows of activations read first, and where their sums go.
#define ARGS4 \
	MOVQ a+0(FP), AX                 \
	MOVQ quadArgs_x+0(AX), R10       \
	MOVQ quadArgs_x+8(AX), R11       \
	MOVQ quadArgs_x+16(AX), R12      \
	MOVQ quadArgs_x+24(AX), R13      \
	MOVQ quadArgs_w(AX), R8          \
	MOVQ quadArgs_rows(AX), R15

#define DST4 \
	MOVQ quadArgs_dst+0(AX), R9      \
	MOVQ quadArgs_dst+8(AX), BX      \
	MOVQ quadArgs_dst+16(AX), CX     \
	MOVQ quadArgs_dst+24(AX), DX

// Four rows of activations times two rows of weights at a time, likewise.
#define PAIR(MIN, a, b) \
	MULTIPLY(MIN, Z8, Z9, Z10, Z11, a)   \
	MULTIPLY(MIN, Z12, Z13, Z14, Z15, b)

#define KERNEL4(UNPACK, UNPACK1, START, MIN, PREFETCH4, size) \
	ARGS4                            \
	MOVQ quadArgs_stride(AX), R9     \
	XORL DI, DI                      \
	LEAQ (R8)(R9*2), SI              \
	ADDQ R8, R9                      \
rows:                                \
	CMPQ    R15, $2                  \
	CMOVQLT R8, R9                   \
	VPXORD Z0, Z0, Z0                \
	VPXORD Z1, Z1, Z1                \
	VPXORD Z2, Z2, Z2                \
	VPXORD Z3, Z3, Z3                \
	VPXORD Z4, Z4, Z4                \
	VPXORD Z5, Z5, Z5                \
	VPXORD Z6, Z6, Z6                \
	VPXORD Z7, Z7, Z7                \
	XORL   BX, BX                    \
	XORL   DX, DX                    \
	MOVQ   quadArgs_quads(AX), CX    \
	SUBQ   $1, CX                    \
	JLT    tail                      \
quad:                                \
	PREFETCH4(SI)                    \
	ADDQ $(8*size), SI               \
	UNPACK(R8, Z8, Z9, Z10, Y10, Z11, Y11) \
	UNPACK(R9, Z12, Z13, Z14, Y14, Z15, Y15) \
	LOAD(START, R10)                 \
	PAIR(MIN, Z0, Z4)                \
	LOAD(START, R11)                 \
	PAIR(MIN, Z1, Z5)                \
	LOAD(START, R12)                 \
	PAIR(MIN, Z2, Z6)                \
	LOAD(START, R13)                 \
	PAIR(MIN, Z3, Z7)                \
	ADDQ $(4*size), BX               \
	ADDQ $256, DX                    \
	SUBQ $1, CX                      \
	JGE  quad                        \
tail:                                \
	MOVQ quadArgs_rest(AX), CX       \
	SUBQ $1, CX                      \
	JLT  sum                         \
block:                               \
	UNPACK1(R8, X8, X9, X10, X11)    \
	UNPACK1(R9, X12, X13, X14, X15)  \
	LOAD1(START, R10)                \
	PAIR(MIN, Z0, Z4)                \
	LOAD1(START, R11)                \
	PAIR(MIN, Z1, Z5)                \
	LOAD1(START, R12)                \
	PAIR(MIN, Z2, Z6)                \
	LOAD1(START, R13)                \
	PAIR(MIN, Z3, Z7)                \
	ADDQ $size, BX                   \
	ADDQ $16, DX                     \
	SUBQ $1, CX                      \
	JGE  block                       \
sum:                                 \
	REDUCE(Z0, Y0, X0, Z1, Y1, Z2, Y2, Z3, Y3) \
	REDUCE(Z4, Y4, X4, Z5, Y5, Z6, Y6, Z7, Y7) \
	VUNPCKLPS X4, X0, X1             \
	VUNPCKHPS X4, X0, X2             \
	DST4                             \
	VMOVSS     X1, (R9)(DI*1)        \
	VEXTRACTPS $2, X1, (BX)(DI*1)    \
	VMOVSS     X2, (CX)(DI*1)        \
	VEXTRACTPS $2, X2, (DX)(DI*1)    \
	SUBQ $2, R15                     \
	JLT  done                        \
	VMOVLPS X1, (R9)(DI*1)           \
	VMOVHPS X1, (BX)(DI*1)           \
	VMOVLPS X2, (CX)(DI*1)           \
	VMOVHPS X2, (DX)(DI*1)           \
	ADDQ $8, DI                      \
	MOVQ quadArgs_stride(AX), R9     \
	LEAQ (R8)(R9*2), R8              \
	ADDQ R8, R9                      \
	TESTQ R15, R15                   \
	JG   rows                        \
done:                                \
	VZEROUPPER                       \
	RET

// Four rows of activations times three rows of weights at a time, for formats without
// minima and with at most four constants. Registers differ: Z0 to Z11 are the sums, Z12
// to Z15 and Z23 to Z27 the weights; AX is the third row meanwhile.
#define TRIPLE(a, b, c) \
	MULTIPLY(NO_MIN, Z12, Z23, Z24, Z24, a)  \
	MULTIPLY(NO_MIN, Z13, Z25, Z26, Z26, b)  \
	MULTIPLY(NO_MIN, Z14, Z27, Z15, Z15, c)

#define STORE_ROW(x) \
	VMOVSS     x, (R9)(DI*1)         \
	VEXTRACTPS $1, x, (BX)(DI*1)     \
	VEXTRACTPS $2, x, (CX)(DI*1)     \
	VEXTRACTPS $3, x, (DX)(DI*1)     \
	ADDQ $4, DI

#define KERNEL4X3(UNPACK, UNPACK1, START, PREFETCH, size) \
	ARGS4                            \
	XORL DI, DI                      \
rows:                                \
	MOVQ    quadArgs_quads(AX), CX   \
	MOVQ    quadArgs_stride(AX), DX  \
	LEAQ    (R8)(DX*1), R9           \
	LEAQ    (R8)(DX*2), AX           \
	LEAQ    (AX)(DX*1), SI           \
	CMPQ    R15, $2                  \
	CMOVQLT R8, R9                   \
	CMPQ    R15, $3                  \
	CMOVQLT R9, AX                   \
	VPXORD Z0, Z0, Z0                \
	VPXORD Z1, Z1, Z1                \
	VPXORD Z2, Z2, Z2                \
	VPXORD Z3, Z3, Z3                \
	VPXORD Z4, Z4, Z4                \
	VPXORD Z5, Z5, Z5                \
	VPXORD Z6, Z6, Z6                \
	VPXORD Z7, Z7, Z7                \
	VPXORD Z8, Z8, Z8                \
	VPXORD Z9, Z9, Z9                \
	VPXORD Z10, Z10, Z10             \
	VPXORD Z11, Z11, Z11             \
	XORL   BX, BX                    \
	XORL   DX, DX                    \
	SUBQ   $1, CX                    \
	JLT    tail                      \
quad:                                \
	PREFETCH(SI)                     \
	ADDQ $(12*size), SI              \
	UNPACK(R8, Z12, Z23, Z24, Y24, NONE, NONE) \
	UNPACK(R9, Z13, Z25, Z26, Y26, NONE, NONE) \
	UNPACK(AX, Z14, Z27, Z15, Y15, NONE, NONE) \
	LOAD(START, R10)                 \
	TRIPLE(Z0, Z4, Z8)               \
	LOAD(START, R11)                 \
	TRIPLE(Z1, Z5, Z9)               \
	LOAD(START, R12)                 \
	TRIPLE(Z2, Z6, Z10)              \
	LOAD(START, R13)                 \
	TRIPLE(Z3, Z7, Z11)              \
	ADDQ $(4*size), BX               \
	ADDQ $256, DX                    \
	SUBQ $1, CX                      \
	JGE  quad                        \
tail:                                \
	MOVQ a+0(FP), CX                 \
	MOVQ quadArgs_rest(CX), CX       \
	SUBQ $1, CX                      \
	JLT  sum                         \
block:                               \
	UNPACK1(R8, X12, X23, X24, NONE) \
	UNPACK1(R9, X13, X25, X26, NONE) \
	UNPACK1(AX, X14, X27, X15, NONE) \
	LOAD1(START, R10)                \
	TRIPLE(Z0, Z4, Z8)               \
	LOAD1(START, R11)                \
	TRIPLE(Z1, Z5, Z9)               \
	LOAD1(START, R12)                \
	TRIPLE(Z2, Z6, Z10)              \
	LOAD1(START, R13)                \
	TRIPLE(Z3, Z7, Z11)              \
	ADDQ $size, BX                   \
	ADDQ $16, DX                     \
	SUBQ $1, CX                      \
	JGE  block                       \
sum:                                 \
	REDUCE(Z0, Y0, X0, Z1, Y1, Z2, Y2, Z3, Y3)     \
	REDUCE(Z4, Y4, X4, Z5, Y5, Z6, Y6, Z7, Y7)     \
	REDUCE(Z8, Y8, X8, Z9, Y9, Z10, Y10, Z11, Y11) \
	MOVQ a+0(FP), AX                 \
	DST4                             \
	STORE_ROW(X0)                    \
	DECQ R15                         \
	JZ   done                        \
	STORE_ROW(X4)                    \
	DECQ R15                         \
	JZ   done                        \
	STORE_ROW(X8)                    \
	MOVQ quadArgs_stride(AX), DX     \
	LEAQ (DX)(DX*2), DX              \
	ADDQ DX, R8                      \
	DECQ R15                         \
	JNZ  rows                        \
done:                                \
	VZEROUPPER                       \
	RET

// func dotQ4_0x1AVX512(a *quadArgs)
TEXT ·dotQ4_0x1AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q4_0
	KERNEL1(UNPACK_Q4_0, UNPACK1_Q4_0, START_ZERO8, NO_MIN, PREFETCH_5, 18)

// func dotQ4_0x4AVX512(a *quadArgs)
TEXT ·dotQ4_0x4AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q4_0
	KERNEL4X3(UNPACK_Q4_0, UNPACK1_Q4_0, START_ZERO8, PREFETCH_4, 18)

// func dotQ4_1x1AVX512(a *quadArgs)
TEXT ·dotQ4_1x1AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q4_1
	KERNEL1(UNPACK_Q4_1, UNPACK1_Q4_1, START_MIN, SUB_MIN, PREFETCH_5, 20)

// func dotQ4_1x4AVX512(a *quadArgs)
TEXT ·dotQ4_1x4AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q4_1
	KERNEL4(UNPACK_Q4_1, UNPACK1_Q4_1, START_MIN, SUB_MIN, PREFETCH_3, 20)

// func dotQ5_0x1AVX512(a *quadArgs)
TEXT ·dotQ5_0x1AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q5_0
	KERNEL1(UNPACK_Q5_0, UNPACK1_Q5_0, START_ZERO16, NO_MIN, PREFETCH_6, 22)

// func dotQ5_0x4AVX512(a *quadArgs)
TEXT ·dotQ5_0x4AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q5_0
	KERNEL4(UNPACK_Q5_0, UNPACK1_Q5_0, START_ZERO16, NO_MIN, PREFETCH_3, 22)

// func dotQ5_1x1AVX512(a *quadArgs)
TEXT ·dotQ5_1x1AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q5_1
	KERNEL1(UNPACK_Q5_1, UNPACK1_Q5_1, START_MIN, SUB_MIN, PREFETCH_6, 24)

// func dotQ5_1x4AVX512(a *quadArgs)
TEXT ·dotQ5_1x4AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q5_1
	KERNEL4(UNPACK_Q5_1, UNPACK1_Q5_1, START_MIN, SUB_MIN, PREFETCH_3, 24)

// func dotQ8_0x1AVX512(a *quadArgs)
TEXT ·dotQ8_0x1AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q8_0
	KERNEL1(UNPACK_Q8_0, UNPACK1_Q8_0, START_ZERO128, NO_MIN, PREFETCH_9, 34)

// func dotQ8_0x4AVX512(a *quadArgs)
TEXT ·dotQ8_0x4AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q8_0
	KERNEL4X3(UNPACK_Q8_0, UNPACK1_Q8_0, START_ZERO128, PREFETCH_7, 34)

// func dotIQ4_NLx1AVX512(a *quadArgs)
TEXT ·dotIQ4_NLx1AVX512(SB), NOSPLIT, $0-8
	CONSTS_IQ4_NL
	KERNEL1(UNPACK_IQ4_NL, UNPACK1_IQ4_NL, START_ZERO128, NO_MIN, PREFETCH_5, 18)

// func dotIQ4_NLx4AVX512(a *quadArgs)
TEXT ·dotIQ4_NLx4AVX512(SB), NOSPLIT, $0-8
	CONSTS_IQ4_NL
	KERNEL4X3(UNPACK_IQ4_NL, UNPACK1_IQ4_NL, START_ZERO128, PREFETCH_4, 18)
