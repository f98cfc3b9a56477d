//go:build !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "encode_amd64.h"

// Products of blocks of 32 weights with quads, in 256-bit vectors for AVX2 and
// AVX-VNNI: a step takes two blocks of a row, a 128-bit lane each. See quadArgs.
//
// Registers of all kernels:
//
//	AX, DI          the arguments, offset into the products
//	R8              weights, which are read from end to end
//	CX, R15         steps and rows left
//	DX              offset into the rows of activations
//	R10...          rows of activations
//	Y0-Y3           sums, a product's each
//	Y4, Y5          codes of activations
//	Y6, Y7          their scales and negated sums
//	Y8, Y9          codes of weights
//	Y10, Y11        scales and minima
//	Y12, Y13        temporary; magnitudes of signed codes
//	Y14, Y15        15 in every byte, 1 in every word

// The parts of a format.
//
//	UNPACK2(p, size)  two blocks at p, size bytes apart: codes, d, m
//	UNPACK1(p)        one block, the rest of the registers being 0

// The f16 fields at a and b in four lanes each, as f32.
#define PAIR(a, b, x, y) \
	VPBROADCASTW a, x         \
	VPBROADCASTW b, X13       \
	VPUNPCKLQDQ  X13, x, x    \
	VCVTPH2PS    x, y

#define SINGLE(a, x) \
	VPBROADCASTW a, x         \
	VCVTPH2PS    x, x

#define NIBBLES2(p, at, size) \
	VMOVDQU     at(p), X8                \
	VINSERTI128 $1, at+size(p), Y8, Y8   \
	VPSRLW      $4, Y8, Y9               \
	VPAND       Y14, Y8, Y8              \
	VPAND       Y14, Y9, Y9

#define NIBBLES1(p, at) \
	VMOVDQU at(p), X8       \
	VPSRLW  $4, X8, X9      \
	VPAND   X14, X8, X8     \
	VPAND   X14, X9, X9

#define UNPACK2_Q4_0(p, size) \
	PAIR((p), size(p), X10, Y10) \
	NIBBLES2(p, 2, size)

#define UNPACK1_Q4_0(p) \
	SINGLE((p), X10)             \
	NIBBLES1(p, 2)

#define UNPACK2_Q4_1(p, size) \
	PAIR((p), size(p), X10, Y10)     \
	PAIR(2(p), 2+size(p), X11, Y11)  \
	NIBBLES2(p, 4, size)

#define UNPACK1_Q4_1(p) \
	SINGLE((p), X10)             \
	SINGLE(2(p), X11)            \
	NIBBLES1(p, 4)

// Q5_0 and Q5_1: the four bytes of fifth bits, in every dword of a lane, are
// spread so that a byte holds the one of its code, which becomes 16 or 0.
#define SPREAD(bits, low, high) \
	VPSHUFB  ·quadConst+quadConsts_fifthLow(SB), bits, low   \
	VPSHUFB  ·quadConst+quadConsts_fifthHigh(SB), bits, high \
	VPAND    ·quadConst+quadConsts_fifthBits(SB), low, low   \
	VPAND    ·quadConst+quadConsts_fifthBits(SB), high, high \
	VPCMPEQB ·quadConst+quadConsts_fifthBits(SB), low, low   \
	VPCMPEQB ·quadConst+quadConsts_fifthBits(SB), high, high \
	VPAND    ·quadConst+quadConsts_sixteens(SB), low, low    \
	VPAND    ·quadConst+quadConsts_sixteens(SB), high, high

#define FIFTH2(p, at, size) \
	VPBROADCASTD at(p), X12              \
	VPBROADCASTD at+size(p), X13         \
	VINSERTI128  $1, X13, Y12, Y12       \
	SPREAD(Y12, Y13, Y12)                \
	VPOR         Y13, Y8, Y8             \
	VPOR         Y12, Y9, Y9

#define FIFTH1(p, at) \
	VPBROADCASTD at(p), X12              \
	SPREAD(X12, X13, X12)                \
	VPOR         X13, X8, X8             \
	VPOR         X12, X9, X9

#define UNPACK2_Q5_0(p, size) \
	PAIR((p), size(p), X10, Y10)     \
	NIBBLES2(p, 6, size)             \
	FIFTH2(p, 2, size)

#define UNPACK1_Q5_0(p) \
	SINGLE((p), X10)                 \
	NIBBLES1(p, 6)                   \
	FIFTH1(p, 2)

#define UNPACK2_Q5_1(p, size) \
	PAIR((p), size(p), X10, Y10)     \
	PAIR(2(p), 2+size(p), X11, Y11)  \
	NIBBLES2(p, 8, size)             \
	FIFTH2(p, 4, size)

#define UNPACK1_Q5_1(p) \
	SINGLE((p), X10)                 \
	SINGLE(2(p), X11)                \
	NIBBLES1(p, 8)                   \
	FIFTH1(p, 4)

// Q8_0 and IQ4_NL: codes are signed. Activations take their signs, so that
// magnitudes are what is multiplied.
#define MAGNITUDES \
	VPABSB Y8, Y12 \
	VPABSB Y9, Y13

#define UNPACK2_Q8_0(p, size) \
	PAIR((p), size(p), X10, Y10)            \
	VMOVDQU     2(p), X8                    \
	VMOVDQU     18(p), X9                   \
	VINSERTI128 $1, 2+size(p), Y8, Y8       \
	VINSERTI128 $1, 18+size(p), Y9, Y9      \
	MAGNITUDES

#define UNPACK1_Q8_0(p) \
	SINGLE((p), X10)        \
	VMOVDQU 2(p), X8        \
	VMOVDQU 18(p), X9       \
	MAGNITUDES

#define UNPACK2_IQ4_NL(p, size) \
	UNPACK2_Q4_0(p, size)                             \
	VBROADCASTI128 ·iq4Codes(SB), Y13                 \
	VPSHUFB        Y8, Y13, Y8                        \
	VPSHUFB        Y9, Y13, Y9                        \
	MAGNITUDES

// The upper lanes name the first value, which meets activations of 0.
#define UNPACK1_IQ4_NL(p) \
	UNPACK1_Q4_0(p)                                   \
	VBROADCASTI128 ·iq4Codes(SB), Y13                 \
	VPSHUFB        Y8, Y13, Y8                        \
	VPSHUFB        Y9, Y13, Y9                        \
	MAGNITUDES

// Two blocks of activations from at on, or one.
#define LOAD2(x, at) \
	VMOVDQU Quad_q+at(x)(DX*1), Y4       \
	VMOVDQU Quad_q+64+at(x)(DX*1), Y5    \
	VMOVUPS Quad_d+at(x)(DX*1), Y6       \
	VMOVDQU Quad_negated+at(x)(DX*1), Y7

#define LOAD1(x) \
	VMOVDQU Quad_q(x)(DX*1), X4          \
	VMOVDQU Quad_q+64(x)(DX*1), X5       \
	VMOVUPS Quad_d(x)(DX*1), X6          \
	VMOVDQU Quad_negated(x)(DX*1), X7

// acc += d times the sums of products of unsigned codes above a zero of 2^shift.
// Sums of four products of codes up to 31 fit in words.
#define ZERO_AVX2(shift, acc) \
	VPMADDUBSW  Y4, Y8, Y4    \
	VPMADDUBSW  Y5, Y9, Y5    \
	VPSLLD      $shift, Y7, Y7 \
	VPADDW      Y5, Y4, Y4    \
	VMULPS      Y10, Y6, Y6   \
	VPMADDWD    Y15, Y4, Y4   \
	VPADDD      Y7, Y4, Y4    \
	VCVTDQ2PS   Y4, Y4        \
	VFMADD231PS Y6, Y4, acc

#define ZERO_AVXVNNI(shift, acc) \
	VPSLLD      $shift, Y7, Y7 \
	VMULPS      Y10, Y6, Y6    \
	VPDPBUSD_Y(4, 8, 7)        \
	VPDPBUSD_Y(5, 9, 7)        \
	VCVTDQ2PS   Y7, Y7         \
	VFMADD231PS Y6, Y7, acc

// Likewise with zero 0 and minima.
#define MIN_AVX2(shift, acc) \
	VPMADDUBSW   Y4, Y8, Y4    \
	VPMADDUBSW   Y5, Y9, Y5    \
	VCVTDQ2PS    Y7, Y7        \
	VPADDW       Y5, Y4, Y4    \
	VMULPS       Y6, Y7, Y7    \
	VPMADDWD     Y15, Y4, Y4   \
	VMULPS       Y10, Y6, Y6   \
	VCVTDQ2PS    Y4, Y4        \
	VFMADD231PS  Y6, Y4, acc   \
	VFNMADD231PS Y11, Y7, acc

#define MIN_AVXVNNI(shift, acc) \
	VPXOR        Y12, Y12, Y12 \
	VCVTDQ2PS    Y7, Y7        \
	VPDPBUSD_Y(4, 8, 12)       \
	VMULPS       Y6, Y7, Y7    \
	VPDPBUSD_Y(5, 9, 12)       \
	VMULPS       Y10, Y6, Y6   \
	VCVTDQ2PS    Y12, Y12      \
	VFMADD231PS  Y6, Y12, acc  \
	VFNMADD231PS Y11, Y7, acc

// Likewise for signed codes, of which two products fit in a word.
#define SIGNED_AVX2(shift, acc) \
	VPSIGNB     Y8, Y4, Y4    \
	VPSIGNB     Y9, Y5, Y5    \
	VPMADDUBSW  Y4, Y12, Y4   \
	VPMADDUBSW  Y5, Y13, Y5   \
	VMULPS      Y10, Y6, Y6   \
	VPMADDWD    Y15, Y4, Y4   \
	VPMADDWD    Y15, Y5, Y5   \
	VPADDD      Y5, Y4, Y4    \
	VCVTDQ2PS   Y4, Y4        \
	VFMADD231PS Y6, Y4, acc

#define SIGNED_AVXVNNI(shift, acc) \
	VPSIGNB     Y8, Y4, Y4    \
	VPSIGNB     Y9, Y5, Y5    \
	VPXOR       Y7, Y7, Y7    \
	VMULPS      Y10, Y6, Y6   \
	VPDPBUSD_Y(4, 12, 7)      \
	VPDPBUSD_Y(5, 13, 7)      \
	VCVTDQ2PS   Y7, Y7        \
	VFMADD231PS Y6, Y7, acc

// Weights are prefetched into the L2 cache that far ahead.
#define AHEAD 6144

#define PREFETCH_Q4(p) \
	PREFETCHT1 AHEAD(p)     \
	PREFETCHT1 AHEAD+64(p)

#define PREFETCH_Q8(p) \
	PREFETCH_Q4(p)          \
	PREFETCHT1 AHEAD+128(p)

#define EACH2_x1(MULTIPLY, shift, at) \
	LOAD2(R10, at)  \
	MULTIPLY(shift, Y0)

#define EACH1_x1(MULTIPLY, shift) \
	LOAD1(R10)      \
	MULTIPLY(shift, Y0)

#define EACH2_x4(MULTIPLY, shift, at) \
	LOAD2(R10, at)      \
	MULTIPLY(shift, Y0) \
	LOAD2(R11, at)      \
	MULTIPLY(shift, Y1) \
	LOAD2(R12, at)      \
	MULTIPLY(shift, Y2) \
	LOAD2(R13, at)      \
	MULTIPLY(shift, Y3)

#define EACH1_x4(MULTIPLY, shift) \
	LOAD1(R10)          \
	MULTIPLY(shift, Y0) \
	LOAD1(R11)          \
	MULTIPLY(shift, Y1) \
	LOAD1(R12)          \
	MULTIPLY(shift, Y2) \
	LOAD1(R13)          \
	MULTIPLY(shift, Y3)

// The sums of a row of weights.
#define ROW(UNPACK2, UNPACK1, EACH2, EACH1, MULTIPLY, PREFETCH, shift, size) \
	XORL DX, DX                        \
	MOVQ quadArgs_quads(AX), CX        \
	SUBQ $1, CX                        \
	JLT  tail                          \
quad:                                  \
	PREFETCH(R8)                       \
	UNPACK2(R8, size)                  \
	EACH2(MULTIPLY, shift, 0)          \
	ADDQ $(2*size), R8                 \
	UNPACK2(R8, size)                  \
	EACH2(MULTIPLY, shift, 32)         \
	ADDQ $(2*size), R8                 \
	ADDQ $Quad__size, DX               \
	SUBQ $1, CX                        \
	JGE  quad                          \
tail:                                  \
	MOVQ quadArgs_rest(AX), CX         \
	SUBQ $1, CX                        \
	JLT  sum                           \
block:                                 \
	UNPACK1(R8)                        \
	EACH1(MULTIPLY, shift)             \
	ADDQ $size, R8                     \
	ADDQ $16, DX                       \
	SUBQ $1, CX                        \
	JGE  block                         \
sum:

#define START \
	MOVQ a+0(FP), AX                   \
	MOVQ quadArgs_x+0(AX), R10         \
	MOVQ quadArgs_x+8(AX), R11         \
	MOVQ quadArgs_x+16(AX), R12        \
	MOVQ quadArgs_x+24(AX), R13        \
	MOVQ quadArgs_w(AX), R8            \
	MOVQ quadArgs_rows(AX), R15        \
	VMOVDQU ·quadConst+quadConsts_nibbles(SB), Y14 \
	VMOVDQU ·quadConst+quadConsts_ones(SB), Y15    \
	XORL DI, DI

// One row of activations.
#define KERNEL1(UNPACK2, UNPACK1, MULTIPLY, PREFETCH, shift, size) \
	START                              \
	MOVQ quadArgs_dst(AX), R9          \
row:                                   \
	VXORPS Y0, Y0, Y0                  \
	ROW(UNPACK2, UNPACK1, EACH2_x1, EACH1_x1, MULTIPLY, PREFETCH, shift, size) \
	VHADDPS Y0, Y0, Y0                 \
	VHADDPS Y0, Y0, Y0                 \
	VEXTRACTF128 $1, Y0, X1            \
	VADDPS X1, X0, X0                  \
	VMOVSS X0, (R9)(DI*1)              \
	ADDQ $4, DI                        \
	DECQ R15                           \
	JNZ  row                           \
	VZEROUPPER                         \
	RET

// Four rows of activations. Sums are added in the order of KERNEL1.
#define KERNEL4(UNPACK2, UNPACK1, MULTIPLY, PREFETCH, shift, size) \
	START                              \
row:                                   \
	VXORPS Y0, Y0, Y0                  \
	VXORPS Y1, Y1, Y1                  \
	VXORPS Y2, Y2, Y2                  \
	VXORPS Y3, Y3, Y3                  \
	ROW(UNPACK2, UNPACK1, EACH2_x4, EACH1_x4, MULTIPLY, PREFETCH, shift, size) \
	VHADDPS Y1, Y0, Y0                 \
	VHADDPS Y3, Y2, Y2                 \
	VHADDPS Y2, Y0, Y0                 \
	VEXTRACTF128 $1, Y0, X1            \
	VADDPS X1, X0, X0                  \
	MOVQ quadArgs_dst+0(AX), R9        \
	MOVQ quadArgs_dst+8(AX), BX        \
	MOVQ quadArgs_dst+16(AX), CX       \
	MOVQ quadArgs_dst+24(AX), DX       \
	VMOVSS     X0, (R9)(DI*1)          \
	VEXTRACTPS $1, X0, (BX)(DI*1)      \
	VEXTRACTPS $2, X0, (CX)(DI*1)      \
	VEXTRACTPS $3, X0, (DX)(DI*1)      \
	ADDQ $4, DI                        \
	DECQ R15                           \
	JNZ  row                           \
	VZEROUPPER                         \
	RET

// func dotQ4_0x1AVX2(a *quadArgs)
TEXT ·dotQ4_0x1AVX2(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK2_Q4_0, UNPACK1_Q4_0, ZERO_AVX2, PREFETCH_Q4, 3, 18)

// func dotQ4_0x4AVX2(a *quadArgs)
TEXT ·dotQ4_0x4AVX2(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK2_Q4_0, UNPACK1_Q4_0, ZERO_AVX2, PREFETCH_Q4, 3, 18)

// func dotQ4_0x1AVXVNNI(a *quadArgs)
TEXT ·dotQ4_0x1AVXVNNI(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK2_Q4_0, UNPACK1_Q4_0, ZERO_AVXVNNI, PREFETCH_Q4, 3, 18)

// func dotQ4_0x4AVXVNNI(a *quadArgs)
TEXT ·dotQ4_0x4AVXVNNI(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK2_Q4_0, UNPACK1_Q4_0, ZERO_AVXVNNI, PREFETCH_Q4, 3, 18)

// func dotQ4_1x1AVX2(a *quadArgs)
TEXT ·dotQ4_1x1AVX2(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK2_Q4_1, UNPACK1_Q4_1, MIN_AVX2, PREFETCH_Q4, 0, 20)

// func dotQ4_1x4AVX2(a *quadArgs)
TEXT ·dotQ4_1x4AVX2(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK2_Q4_1, UNPACK1_Q4_1, MIN_AVX2, PREFETCH_Q4, 0, 20)

// func dotQ4_1x1AVXVNNI(a *quadArgs)
TEXT ·dotQ4_1x1AVXVNNI(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK2_Q4_1, UNPACK1_Q4_1, MIN_AVXVNNI, PREFETCH_Q4, 0, 20)

// func dotQ4_1x4AVXVNNI(a *quadArgs)
TEXT ·dotQ4_1x4AVXVNNI(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK2_Q4_1, UNPACK1_Q4_1, MIN_AVXVNNI, PREFETCH_Q4, 0, 20)

// func dotQ5_0x1AVX2(a *quadArgs)
TEXT ·dotQ5_0x1AVX2(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK2_Q5_0, UNPACK1_Q5_0, ZERO_AVX2, PREFETCH_Q4, 4, 22)

// func dotQ5_0x4AVX2(a *quadArgs)
TEXT ·dotQ5_0x4AVX2(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK2_Q5_0, UNPACK1_Q5_0, ZERO_AVX2, PREFETCH_Q4, 4, 22)

// func dotQ5_0x1AVXVNNI(a *quadArgs)
TEXT ·dotQ5_0x1AVXVNNI(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK2_Q5_0, UNPACK1_Q5_0, ZERO_AVXVNNI, PREFETCH_Q4, 4, 22)

// func dotQ5_0x4AVXVNNI(a *quadArgs)
TEXT ·dotQ5_0x4AVXVNNI(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK2_Q5_0, UNPACK1_Q5_0, ZERO_AVXVNNI, PREFETCH_Q4, 4, 22)

// func dotQ5_1x1AVX2(a *quadArgs)
TEXT ·dotQ5_1x1AVX2(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK2_Q5_1, UNPACK1_Q5_1, MIN_AVX2, PREFETCH_Q4, 0, 24)

// func dotQ5_1x4AVX2(a *quadArgs)
TEXT ·dotQ5_1x4AVX2(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK2_Q5_1, UNPACK1_Q5_1, MIN_AVX2, PREFETCH_Q4, 0, 24)

// func dotQ5_1x1AVXVNNI(a *quadArgs)
TEXT ·dotQ5_1x1AVXVNNI(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK2_Q5_1, UNPACK1_Q5_1, MIN_AVXVNNI, PREFETCH_Q4, 0, 24)

// func dotQ5_1x4AVXVNNI(a *quadArgs)
TEXT ·dotQ5_1x4AVXVNNI(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK2_Q5_1, UNPACK1_Q5_1, MIN_AVXVNNI, PREFETCH_Q4, 0, 24)

// func dotQ8_0x1AVX2(a *quadArgs)
TEXT ·dotQ8_0x1AVX2(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK2_Q8_0, UNPACK1_Q8_0, SIGNED_AVX2, PREFETCH_Q8, 0, 34)

// func dotQ8_0x4AVX2(a *quadArgs)
TEXT ·dotQ8_0x4AVX2(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK2_Q8_0, UNPACK1_Q8_0, SIGNED_AVX2, PREFETCH_Q8, 0, 34)

// func dotQ8_0x1AVXVNNI(a *quadArgs)
TEXT ·dotQ8_0x1AVXVNNI(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK2_Q8_0, UNPACK1_Q8_0, SIGNED_AVXVNNI, PREFETCH_Q8, 0, 34)

// func dotQ8_0x4AVXVNNI(a *quadArgs)
TEXT ·dotQ8_0x4AVXVNNI(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK2_Q8_0, UNPACK1_Q8_0, SIGNED_AVXVNNI, PREFETCH_Q8, 0, 34)

// func dotIQ4_NLx1AVX2(a *quadArgs)
TEXT ·dotIQ4_NLx1AVX2(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK2_IQ4_NL, UNPACK1_IQ4_NL, SIGNED_AVX2, PREFETCH_Q4, 0, 18)

// func dotIQ4_NLx4AVX2(a *quadArgs)
TEXT ·dotIQ4_NLx4AVX2(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK2_IQ4_NL, UNPACK1_IQ4_NL, SIGNED_AVX2, PREFETCH_Q4, 0, 18)

// func dotIQ4_NLx1AVXVNNI(a *quadArgs)
TEXT ·dotIQ4_NLx1AVXVNNI(SB), NOSPLIT, $0-8
	KERNEL1(UNPACK2_IQ4_NL, UNPACK1_IQ4_NL, SIGNED_AVXVNNI, PREFETCH_Q4, 0, 18)

// func dotIQ4_NLx4AVXVNNI(a *quadArgs)
TEXT ·dotIQ4_NLx4AVXVNNI(SB), NOSPLIT, $0-8
	KERNEL4(UNPACK2_IQ4_NL, UNPACK1_IQ4_NL, SIGNED_AVXVNNI, PREFETCH_Q4, 0, 18)
