//go:build !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// Products of blocks of 32 weights with quads, AVX-512 VNNI: a step takes four
// blocks of a row, a 128-bit lane each. See quadArgs.
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

// The parts of a format. A weight is d(code - zero) + m, code unsigned.
//
//	UNPACK(p, lo, hi, d, dy, m, my)  four blocks at p: their codes, d and m
//	UNPACK1(p, lo, hi, d, m)         one block, in X registers
//	START(x, init, s, d)             what a sum of code products starts from: the
//	                                 quad's negated sums times zero, a power of two;
//	                                 or, where there is an m, 0 and s = sums times d
//	MIN(m, s, acc)                   adds m times the sum of activations

#define NIBBLES(mask, lo, hi) \
	VPSRLW $4, lo, hi    \
	VPANDD mask, lo, lo   \
	VPANDD mask, hi, hi

#define START_ZERO8(x, init, s, d) VPSLLD $3, Quad_negated(x)(DX*1), init
#define START_ZERO16(x, init, s, d) VPSLLD $4, Quad_negated(x)(DX*1), init
#define START_ZERO128(x, init, s, d) VPSLLD $7, Quad_negated(x)(DX*1), init
#define START_MIN(x, init, s, d) \
	VPXORD    init, init, init             \
	VCVTDQ2PS Quad_negated(x)(DX*1), s     \
	VMULPS    d, s, s

#define NO_MIN(m, s, acc)
#define SUB_MIN(m, s, acc) VFNMADD231PS m, s, acc

// Codes and scales of four blocks of nibbles: 64 bytes from p on and 64 from
// p+second on have them all.
#define GATHER(p, second, lo, d, dy) \
	VMOVDQU64 (p)(BX*1), lo              \
	VMOVDQA64 lo, d                      \
	VPERMT2W  second(p)(BX*1), Z29, d    \
	VPERMT2W  second(p)(BX*1), Z30, lo   \

// Q4_0

#define CONSTS_Q4_0 \
	VPBROADCASTD ·quadConst+quadConsts_nibbles(SB), Z31             \
	VMOVDQU64 ·gatherQ4_0+quadGathers_codes(SB), Z30 \
	VMOVDQU64 ·gatherQ4_0+quadGathers_scales(SB), Z29

#define UNPACK_Q4_0(p, lo, hi, d, dy, m, my) \
	VMOVDQU64 (p)(BX*1), lo          \
	VPERMW    lo, Z29, d             \
	VPERMT2W  8(p)(BX*1), Z30, lo    \
	VCVTPH2PS dy, d                  \
	NIBBLES(Z31, lo, hi)

#define UNPACK1_Q4_0(p, lo, hi, d, m) \
	VPBROADCASTW (p)(BX*1), d        \
	VMOVDQU      2(p)(BX*1), lo      \
	VCVTPH2PS    d, d                \
	NIBBLES(X31, lo, hi)

// IQ4_NL: nibbles name values, 128 above what they mean.

#define CONSTS_IQ4_NL \
	CONSTS_Q4_0   \
	VBROADCASTI32X4 ·iq4Bytes(SB), Z28

#define NAMED(lo, hi) \
	VPSHUFB lo, Z28, lo \
	VPSHUFB hi, Z28, hi

#define UNPACK_IQ4_NL(p, lo, hi, d, dy, m, my) \
	UNPACK_Q4_0(p, lo, hi, d, dy, m, my) \
	NAMED(lo, hi)

#define UNPACK1_IQ4_NL(p, lo, hi, d, m) \
	UNPACK1_Q4_0(p, lo, hi, d, m)    \
	VPSHUFB lo, X28, lo              \
	VPSHUFB hi, X28, hi

// Q4_1

#define CONSTS_Q4_1 \
	VPBROADCASTD ·quadConst+quadConsts_nibbles(SB), Z31             \
	VMOVDQU64 ·gatherQ4_1+quadGathers_codes(SB), Z30 \
	VMOVDQU64 ·gatherQ4_1+quadGathers_scales(SB), Z29

#define SPLIT_MIN(d, dy, m, my) \
	VEXTRACTI64X4 $1, d, my  \
	VCVTPH2PS     dy, d      \
	VCVTPH2PS     my, m

#define UNPACK_Q4_1(p, lo, hi, d, dy, m, my) \
	GATHER(p, 16, lo, d, dy)         \
	SPLIT_MIN(d, dy, m, my)          \
	NIBBLES(Z31, lo, hi)

#define UNPACK1_Q4_1(p, lo, hi, d, m) \
	VPBROADCASTW (p)(BX*1), d        \
	VPBROADCASTW 2(p)(BX*1), m       \
	VMOVDQU      4(p)(BX*1), lo      \
	VCVTPH2PS    d, d                \
	VCVTPH2PS    m, m                \
	NIBBLES(X31, lo, hi)

// Q5_0 and Q5_1: the fifth bits, brought to every lane, are spread so that a byte
// holds the one of its code.

#define CONSTS_FIFTH \
	VPBROADCASTD ·quadConst+quadConsts_nibbles(SB), Z31           \
	VBROADCASTI32X4 ·quadConst+quadConsts_fifthLow(SB), Z27       \
	VBROADCASTI32X4 ·quadConst+quadConsts_fifthHigh(SB), Z26      \
	VPBROADCASTQ ·quadConst+quadConsts_fifthBits(SB), Z25         \
	VPBROADCASTD ·quadConst+quadConsts_sixteens(SB), Z24

#define CONSTS_Q5_0 \
	CONSTS_FIFTH                                     \
	VMOVDQU64 ·gatherQ5_0+quadGathers_codes(SB), Z30 \
	VMOVDQU64 ·gatherQ5_0+quadGathers_scales(SB), Z29 \
	VMOVDQU64 ·gatherQ5_0+quadGathers_high(SB), Z28

#define CONSTS_Q5_1 \
	CONSTS_FIFTH                                     \
	VMOVDQU64 ·gatherQ5_1+quadGathers_codes(SB), Z30 \
	VMOVDQU64 ·gatherQ5_1+quadGathers_scales(SB), Z29 \
	VMOVDQU64 ·gatherQ5_1+quadGathers_high(SB), Z28

// Adds 16 to the codes whose fifth bit is set. bits and t may be one.
#define FIFTH(bits, t, low, high, mask, sixteen, lo, hi) \
	VPSHUFB  low, bits, t       \
	VPTESTMB mask, t, K1        \
	VPSHUFB  high, bits, t      \
	VPTESTMB mask, t, K2        \
	VPADDB   sixteen, lo, K1, lo \
	VPADDB   sixteen, hi, K2, hi

#define GATHER_FIFTH(p, second, lo, hi, d, dy) \
	VMOVDQU64 (p)(BX*1), lo              \
	VMOVDQA64 lo, d                      \
	VMOVDQA64 lo, Z16                    \
	VPERMT2W  second(p)(BX*1), Z29, d    \
	VPERMT2W  second(p)(BX*1), Z28, Z16  \
	VPERMT2W  second(p)(BX*1), Z30, lo   \
	NIBBLES(Z31, lo, hi)                      \
	FIFTH(Z16, Z17, Z27, Z26, Z25, Z24, lo, hi)

#define UNPACK_Q5_0(p, lo, hi, d, dy, m, my) \
	GATHER_FIFTH(p, 24, lo, hi, d, dy)   \
	VCVTPH2PS dy, d

#define UNPACK_Q5_1(p, lo, hi, d, dy, m, my) \
	GATHER_FIFTH(p, 32, lo, hi, d, dy)   \
	SPLIT_MIN(d, dy, m, my)

#define UNPACK1_Q5_0(p, lo, hi, d, m) \
	VPBROADCASTW (p)(BX*1), d            \
	VPBROADCASTD 2(p)(BX*1), X16         \
	VMOVDQU      6(p)(BX*1), lo          \
	VCVTPH2PS    d, d                    \
	NIBBLES(X31, lo, hi)                      \
	FIFTH(X16, X17, X27, X26, X25, X24, lo, hi)

#define UNPACK1_Q5_1(p, lo, hi, d, m) \
	VPBROADCASTW (p)(BX*1), d            \
	VPBROADCASTW 2(p)(BX*1), m           \
	VPBROADCASTD 4(p)(BX*1), X16         \
	VMOVDQU      8(p)(BX*1), lo          \
	VCVTPH2PS    d, d                    \
	VCVTPH2PS    m, m                    \
	NIBBLES(X31, lo, hi)                      \
	FIFTH(X16, X17, X27, X26, X25, X24, lo, hi)

// Q8_0: codes are signed; flipping the top bit adds 128.

#define CONSTS_Q8_0 \
	VPBROADCASTD ·quadConst+quadConsts_topBits(SB), Z31             \
	VMOVDQU64 ·gatherQ8_0+quadGathers_codes(SB), Z30 \
	VMOVDQU64 ·gatherQ8_0+quadGathers_scales(SB), Z29 \
	VMOVDQU64 ·gatherQ8_0+quadGathers_more(SB), Z28

#define UNPACK_Q8_0(p, lo, hi, d, dy, m, my) \
	VMOVDQU64 (p)(BX*1), lo          \
	VMOVDQU64 18(p)(BX*1), hi        \
	VMOVDQA64 lo, d                  \
	VPERMT2W  68(p)(BX*1), Z29, d    \
	VPERMT2W  70(p)(BX*1), Z30, lo   \
	VPERMT2W  72(p)(BX*1), Z28, hi   \
	VCVTPH2PS dy, d                  \
	VPXORD    Z31, lo, lo            \
	VPXORD    Z31, hi, hi

#define UNPACK1_Q8_0(p, lo, hi, d, m) \
	VPBROADCASTW (p)(BX*1), d        \
	VPXORD       2(p)(BX*1), X31, lo \
	VPXORD       18(p)(BX*1), X31, hi \
	VCVTPH2PS    d, d

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

// Four sums of lanes: X0 = sums of Z0, Z1, Z2, Z3. Clobbers Z16, Z17.
#define REDUCE(z0, y0, x0, z1, y1, z2, y2, z3, y3) \
	VEXTRACTF64X4 $1, z0, Y8    \
	VEXTRACTF64X4 $1, z1, Y9    \
	VEXTRACTF64X4 $1, z2, Y10   \
	VEXTRACTF64X4 $1, z3, Y11   \
	VADDPS        Y8, y0, y0    \
	VADDPS        Y9, y1, y1    \
	VADDPS        Y10, y2, y2   \
	VADDPS        Y11, y3, y3   \
	VHADDPS       y1, y0, y0    \
	VHADDPS       y3, y2, y2    \
	VHADDPS       y2, y0, y0    \
	VEXTRACTF128  $1, y0, X8    \
	VADDPS        X8, x0, x0

// The lines that a step of the rows to come takes.

#define PREFETCH_3(p) \
	PREFETCHT1 (p) \
	PREFETCHT1 64(p) \
	PREFETCHT1 128(p)

#define PREFETCH_5(p) \
	PREFETCHT1 (p) \
	PREFETCHT1 64(p) \
	PREFETCHT1 128(p) \
	PREFETCHT1 192(p) \
	PREFETCHT1 256(p)

#define PREFETCH_6(p) \
	PREFETCHT1 (p) \
	PREFETCHT1 64(p) \
	PREFETCHT1 128(p) \
	PREFETCHT1 192(p) \
	PREFETCHT1 256(p) \
	PREFETCHT1 320(p)

#define PREFETCH_9(p) \
	PREFETCHT1 (p) \
	PREFETCHT1 64(p) \
	PREFETCHT1 128(p) \
	PREFETCHT1 192(p) \
	PREFETCHT1 256(p) \
	PREFETCHT1 320(p) \
	PREFETCHT1 384(p) \
	PREFETCHT1 448(p) \
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

// Four rows of activations times two rows of weights at a time, likewise.
#define PAIR(MIN, a, b) \
	MULTIPLY(MIN, Z8, Z9, Z10, Z11, a)   \
	MULTIPLY(MIN, Z12, Z13, Z14, Z15, b)

#define KERNEL4(UNPACK, UNPACK1, START, MIN, PREFETCH4, size) \
	MOVQ a+0(FP), AX                 \
	MOVQ quadArgs_x+0(AX), R10       \
	MOVQ quadArgs_x+8(AX), R11       \
	MOVQ quadArgs_x+16(AX), R12      \
	MOVQ quadArgs_x+24(AX), R13      \
	MOVQ quadArgs_w(AX), R8          \
	MOVQ quadArgs_rows(AX), R15      \
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
	MOVQ quadArgs_dst+0(AX), R9      \
	MOVQ quadArgs_dst+8(AX), BX      \
	MOVQ quadArgs_dst+16(AX), CX     \
	MOVQ quadArgs_dst+24(AX), DX     \
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

// func dotQ4_0x1AVX512(a *quadArgs)
TEXT ·dotQ4_0x1AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q4_0
	KERNEL1(UNPACK_Q4_0, UNPACK1_Q4_0, START_ZERO8, NO_MIN, PREFETCH_5, 18)

// func dotQ4_0x4AVX512(a *quadArgs)
TEXT ·dotQ4_0x4AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q4_0
	KERNEL4(UNPACK_Q4_0, UNPACK1_Q4_0, START_ZERO8, NO_MIN, PREFETCH_3, 18)

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
	KERNEL4(UNPACK_Q8_0, UNPACK1_Q8_0, START_ZERO128, NO_MIN, PREFETCH_5, 34)

// func dotIQ4_NLx1AVX512(a *quadArgs)
TEXT ·dotIQ4_NLx1AVX512(SB), NOSPLIT, $0-8
	CONSTS_IQ4_NL
	KERNEL1(UNPACK_IQ4_NL, UNPACK1_IQ4_NL, START_ZERO128, NO_MIN, PREFETCH_5, 18)

// func dotIQ4_NLx4AVX512(a *quadArgs)
TEXT ·dotIQ4_NLx4AVX512(SB), NOSPLIT, $0-8
	CONSTS_IQ4_NL
	KERNEL4(UNPACK_IQ4_NL, UNPACK1_IQ4_NL, START_ZERO128, NO_MIN, PREFETCH_3, 18)
