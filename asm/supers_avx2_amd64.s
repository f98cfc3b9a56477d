//go:build !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "encode_amd64.h"

// Products of blocks of 256 weights with supers, in 256-bit vectors for AVX2 and
// AVX-VNNI: a step takes one block, 32 codes to a vector. Codes times activations are
// summed in pairs to words (at most 63·127·2), which are multiplied with the
// scales of their groups and summed to dwords. See superArgs.
//
// Registers of all kernels:
//
//	AX, DI          the arguments, offset into the products
//	R8              weights, which are read from end to end
//	CX, R15         blocks and rows left
//	DX              offset into the rows of activations
//	R10...          rows of activations
//	Y0-Y3           sums, a product's each
//	Y4-Y7           a block's sums of dwords
//	Y8, Y9          codes
//	Y10, Y11        their scales, as words
//	Y12, Y13        temporary, more of them before Y8
//	Y14             Q6_K: bits
//	Y15             15 in every byte
//
// and on the stack, for the block, what is loaded once for every product:
#define SCALE 0   // scales: Q4_K, Q5_K a dword of two words each; Q6_K see there
#define D     32  // d, eight times
#define DMIN  64  // dmin, four times
#define MINS  80  // minima, eight words
#define FRAME 128

// acc += dot products of the words s and p. The numbers are those of the
// registers; p is lost.
#define DOT_AVXVNNI(s, p, acc, ns, np, nacc) VPDPWSSD_Y(ns, np, nacc)
#define DOT_AVX2(s, p, acc, ns, np, nacc) \
	VPMADDWD s, p, p     \
	VPADDD   p, acc, acc

// Two vectors of codes with their scales, times the activations from at on.
#define MULTIPLY(DOT, at, x, acc, nacc) \
	VPMADDUBSW Super_q+at(x)(DX*1), Y8, Y12      \
	VPMADDUBSW Super_q+at+32(x)(DX*1), Y9, Y13   \
	DOT(Y10, Y12, acc, 10, 12, nacc)             \
	DOT(Y11, Y13, acc, 11, 13, nacc)

#define EACH1(DOT, at) MULTIPLY(DOT, at, R10, Y4, 4)
#define EACH4(DOT, at) \
	MULTIPLY(DOT, at, R10, Y4, 4) \
	MULTIPLY(DOT, at, R11, Y5, 5) \
	MULTIPLY(DOT, at, R12, Y6, 6) \
	MULTIPLY(DOT, at, R13, Y7, 7)

// Q4_K and Q5_K. Scales and minima, 6 bits each, are in three dwords a, b, c: the
// first four scales and minima in the low bits of a and b, the other four as
// nibbles in c and high bits of a and b. Arranged as a, c, b, c>>4 and masked they
// are the eight scales and eight minima but for the high bits, which are in
// 0, a>>2, 0, b>>2.
#define SCALES(p) \
	VMOVDQU    (p), X8                                         \
	VPSHUFD    $0xed, X8, X9                                   \
	VPSHUFD    $0x84, X8, X10                                  \
	VPSRLVD    ·superTable+superTables_shiftScales(SB), X9, X9 \
	VPSRLD     $2, X10, X10                                    \
	VPAND      ·superTable+superTables_maskScales(SB), X9, X9  \
	VPAND      ·superTable+superTables_maskHigh(SB), X10, X10  \
	VPOR       X10, X9, X9                                     \
	VCVTPH2PS  X8, X8                                          \
	VPMOVZXBD  X9, Y10                                         \
	VPSRLDQ    $8, X9, X9                                      \
	VPSLLD     $16, Y10, Y11                                   \
	VPMOVZXBW  X9, X9                                          \
	VPOR       Y11, Y10, Y10                                   \
	VPSHUFD    $0x55, X8, X11                                  \
	VBROADCASTSS X8, Y8                                        \
	VMOVDQU    Y10, SCALE(SP)                                  \
	VMOVDQU    X9, MINS(SP)                                    \
	VMOVUPS    X11, DMIN(SP)                                   \
	VMOVUPS    Y8, D(SP)

#define NIBBLES(p, at) \
	VMOVDQU      at(p), Y8       \
	VPSRLW       $4, Y8, Y9      \
	VPAND        Y15, Y8, Y8     \
	VPAND        Y15, Y9, Y9

#define GROUPS(scale) \
	VPBROADCASTD SCALE+scale(SP), Y10   \
	VPBROADCASTD SCALE+scale+4(SP), Y11

#define BLOCK_Q4_K(EACH, DOT, p) \
	SCALES(p)         \
	NIBBLES(p, 16)    \
	GROUPS(0)         \
	EACH(DOT, 0)      \
	NIBBLES(p, 48)    \
	GROUPS(8)         \
	EACH(DOT, 64)     \
	NIBBLES(p, 80)    \
	GROUPS(16)        \
	EACH(DOT, 128)    \
	NIBBLES(p, 112)   \
	GROUPS(24)        \
	EACH(DOT, 192)

// The fifth bits of 64 codes, wherever the two shifts find them in 32 bytes.
#define FIFTH(p, SHIFT, by, SHIFT1, by1) \
	VMOVDQU 16(p), Y12                                     \
	SHIFT1  $by1, Y12, Y13                                 \
	SHIFT   $by, Y12, Y12                                  \
	VPAND   ·superTable+superTables_sixteens(SB), Y12, Y12 \
	VPAND   ·superTable+superTables_sixteens(SB), Y13, Y13 \
	VPOR    Y12, Y8, Y8                                    \
	VPOR    Y13, Y9, Y9

#define BLOCK_Q5_K(EACH, DOT, p) \
	SCALES(p)         \
	NIBBLES(p, 48)    \
	FIFTH(p, VPSLLW, 4, VPSLLW, 3) \
	GROUPS(0)         \
	EACH(DOT, 0)      \
	NIBBLES(p, 80)    \
	FIFTH(p, VPSLLW, 2, VPSLLW, 1) \
	GROUPS(8)         \
	EACH(DOT, 64)     \
	NIBBLES(p, 112)   \
	FIFTH(p, VPSRLW, 0, VPSRLW, 1) \
	GROUPS(16)        \
	EACH(DOT, 128)    \
	NIBBLES(p, 144)   \
	FIFTH(p, VPSRLW, 2, VPSRLW, 3) \
	GROUPS(24)        \
	EACH(DOT, 192)

// acc += d times the sum of dwords, less dmin times the minima's.
#define FINISH_Q4_K(x, sum, acc) \
	VBROADCASTSS Super_d(x)(DX*1), Y8           \
	VMOVDQU      MINS(SP), X9                   \
	VPMADDWD     Super_sums32(x)(DX*1), X9, X9  \
	VMULPS       D(SP), Y8, Y10                 \
	VMULPS       DMIN(SP), X8, X11              \
	VCVTDQ2PS    sum, sum                       \
	VCVTDQ2PS    X9, X9                         \
	VFMADD231PS  Y10, sum, acc                  \
	VFNMADD231PS Y11, Y9, acc

// Q6_K: codes are 32 above what they mean; 32 times the scales times the sums of
// activations is taken off. On the stack are the scales as words (MINS) and their
// two halves in both lanes (SCALE, SCALE_HIGH), so that a vector of 32 codes finds
// those of its two groups by VPSHUFB.
#define SCALE_HIGH 96
#define MINS_Q6_K  128
#define FRAME_Q6_K 160

#define SCALES_Q6_K(p) \
	VPMOVSXBW    192(p), Y8          \
	VPBROADCASTW 208(p), X9          \
	VCVTPH2PS    X9, Y9              \
	VPERMQ       $0x44, Y8, Y10      \
	VPERMQ       $0xee, Y8, Y11      \
	VMOVDQU      Y8, MINS_Q6_K(SP)   \
	VMOVUPS      Y9, D(SP)           \
	VMOVDQU      Y10, SCALE(SP)      \
	VMOVDQU      Y11, SCALE_HIGH(SP)

#define GROUPS_Q6_K(half, pick) \
	VMOVDQU half(SP), Y11                                            \
	VPSHUFB ·superTable+superTables_pick+pick(SB), Y11, Y10          \
	VPSHUFB ·superTable+superTables_pick+pick+32(SB), Y11, Y11

// Two vectors of codes: LOW finds the nibbles, SHIFT the two high bits.
#define CODES_Q6_K(p, low, high, LOW, SHIFT, by, SHIFT1, by1) \
	VMOVDQU high(p), Y12      \
	VMOVDQU low(p), Y8        \
	VMOVDQU low+32(p), Y9     \
	SHIFT1  $by1, Y12, Y13    \
	SHIFT   $by, Y12, Y12     \
	LOW                       \
	VPAND   Y14, Y12, Y12     \
	VPAND   Y14, Y13, Y13     \
	VPAND   Y15, Y8, Y8       \
	VPAND   Y15, Y9, Y9       \
	VPOR    Y12, Y8, Y8       \
	VPOR    Y13, Y9, Y9

#define LOW_NIBBLES
#define HIGH_NIBBLES \
	VPSRLW $4, Y8, Y8 \
	VPSRLW $4, Y9, Y9

#define BLOCK_Q6_K(EACH, DOT, p) \
	SCALES_Q6_K(p)                \
	CODES_Q6_K(p, 0, 128, LOW_NIBBLES, VPSLLW, 4, VPSLLW, 2) \
	GROUPS_Q6_K(SCALE, 0)         \
	EACH(DOT, 0)                  \
	CODES_Q6_K(p, 0, 128, HIGH_NIBBLES, VPSRLW, 0, VPSRLW, 2) \
	GROUPS_Q6_K(SCALE, 64)        \
	EACH(DOT, 64)                 \
	CODES_Q6_K(p, 64, 160, LOW_NIBBLES, VPSLLW, 4, VPSLLW, 2) \
	GROUPS_Q6_K(SCALE_HIGH, 0)    \
	EACH(DOT, 128)                \
	CODES_Q6_K(p, 64, 160, HIGH_NIBBLES, VPSRLW, 0, VPSRLW, 2) \
	GROUPS_Q6_K(SCALE_HIGH, 64)   \
	EACH(DOT, 192)

#define FINISH_Q6_K(x, sum, acc) \
	VBROADCASTSS Super_d(x)(DX*1), Y8           \
	VMOVDQU      MINS_Q6_K(SP), Y9              \
	VPMADDWD     Super_sums16(x)(DX*1), Y9, Y9  \
	VMULPS       D(SP), Y8, Y10                 \
	VPSLLD       $5, Y9, Y9                     \
	VPSUBD       Y9, sum, sum                   \
	VCVTDQ2PS    sum, sum                       \
	VFMADD231PS  Y10, sum, acc

// Weights are prefetched into the L2 cache that far ahead.
#define AHEAD 6144

#define PREFETCH(p) \
	PREFETCHT1 AHEAD(p)      \
	PREFETCHT1 AHEAD+64(p)   \
	PREFETCHT1 AHEAD+128(p)  \
	PREFETCHT1 AHEAD+192(p)

// One row of activations.
#define KERNEL1(BLOCK, DOT, FINISH, size) \
	MOVQ a+0(FP), AX               \
	MOVQ superArgs_dst(AX), DI     \
	MOVQ superArgs_x(AX), R10      \
	MOVQ superArgs_w(AX), R8       \
	MOVQ superArgs_rows(AX), R15   \
	VMOVDQU ·superTable+superTables_nibbles(SB), Y15   \
	VMOVDQU ·superTable+superTables_highPairs(SB), Y14 \
row:                               \
	VXORPS Y0, Y0, Y0              \
	XORL   DX, DX                  \
	MOVQ   superArgs_blocks(AX), CX \
block:                             \
	PREFETCH(R8)                   \
	VPXOR Y4, Y4, Y4               \
	BLOCK(EACH1, DOT, R8)          \
	FINISH(R10, Y4, Y0)            \
	ADDQ $size, R8                 \
	ADDQ $Super__size, DX          \
	DECQ CX                        \
	JNZ  block                     \
	VHADDPS Y0, Y0, Y0             \
	VHADDPS Y0, Y0, Y0             \
	VEXTRACTF128 $1, Y0, X1        \
	VADDPS X1, X0, X0              \
	VMOVSS X0, (DI)                \
	ADDQ $4, DI                    \
	DECQ R15                       \
	JNZ  row                       \
	VZEROUPPER                     \
	RET

// Four rows of activations. Sums are added in the order of KERNEL1.
#define KERNEL4(BLOCK, DOT, FINISH, size) \
	MOVQ a+0(FP), AX               \
	MOVQ superArgs_x+0(AX), R10    \
	MOVQ superArgs_x+8(AX), R11    \
	MOVQ superArgs_x+16(AX), R12   \
	MOVQ superArgs_x+24(AX), R13   \
	MOVQ superArgs_w(AX), R8       \
	MOVQ superArgs_rows(AX), R15   \
	VMOVDQU ·superTable+superTables_nibbles(SB), Y15   \
	VMOVDQU ·superTable+superTables_highPairs(SB), Y14 \
	XORL DI, DI                    \
row:                               \
	VXORPS Y0, Y0, Y0              \
	VXORPS Y1, Y1, Y1              \
	VXORPS Y2, Y2, Y2              \
	VXORPS Y3, Y3, Y3              \
	XORL   DX, DX                  \
	MOVQ   superArgs_blocks(AX), CX \
block:                             \
	PREFETCH(R8)                   \
	VPXOR Y4, Y4, Y4               \
	VPXOR Y5, Y5, Y5               \
	VPXOR Y6, Y6, Y6               \
	VPXOR Y7, Y7, Y7               \
	BLOCK(EACH4, DOT, R8)          \
	FINISH(R10, Y4, Y0)            \
	FINISH(R11, Y5, Y1)            \
	FINISH(R12, Y6, Y2)            \
	FINISH(R13, Y7, Y3)            \
	ADDQ $size, R8                 \
	ADDQ $Super__size, DX          \
	DECQ CX                        \
	JNZ  block                     \
	VHADDPS Y1, Y0, Y0             \
	VHADDPS Y3, Y2, Y2             \
	VHADDPS Y2, Y0, Y0             \
	VEXTRACTF128 $1, Y0, X1        \
	VADDPS X1, X0, X0              \
	MOVQ superArgs_dst+0(AX), R9   \
	MOVQ superArgs_dst+8(AX), BX   \
	MOVQ superArgs_dst+16(AX), CX  \
	MOVQ superArgs_dst+24(AX), DX  \
	VMOVSS     X0, (R9)(DI*1)      \
	VEXTRACTPS $1, X0, (BX)(DI*1)  \
	VEXTRACTPS $2, X0, (CX)(DI*1)  \
	VEXTRACTPS $3, X0, (DX)(DI*1)  \
	ADDQ $4, DI                    \
	DECQ R15                       \
	JNZ  row                       \
	VZEROUPPER                     \
	RET

// func dotQ4_Kx1AVX2(a *superArgs)
TEXT ·dotQ4_Kx1AVX2(SB), NOSPLIT, $FRAME-8
	KERNEL1(BLOCK_Q4_K, DOT_AVX2, FINISH_Q4_K, 144)

// func dotQ4_Kx4AVX2(a *superArgs)
TEXT ·dotQ4_Kx4AVX2(SB), NOSPLIT, $FRAME-8
	KERNEL4(BLOCK_Q4_K, DOT_AVX2, FINISH_Q4_K, 144)

// func dotQ4_Kx1AVXVNNI(a *superArgs)
TEXT ·dotQ4_Kx1AVXVNNI(SB), NOSPLIT, $FRAME-8
	KERNEL1(BLOCK_Q4_K, DOT_AVXVNNI, FINISH_Q4_K, 144)

// func dotQ4_Kx4AVXVNNI(a *superArgs)
TEXT ·dotQ4_Kx4AVXVNNI(SB), NOSPLIT, $FRAME-8
	KERNEL4(BLOCK_Q4_K, DOT_AVXVNNI, FINISH_Q4_K, 144)

// func dotQ5_Kx1AVX2(a *superArgs)
TEXT ·dotQ5_Kx1AVX2(SB), NOSPLIT, $FRAME-8
	KERNEL1(BLOCK_Q5_K, DOT_AVX2, FINISH_Q4_K, 176)

// func dotQ5_Kx4AVX2(a *superArgs)
TEXT ·dotQ5_Kx4AVX2(SB), NOSPLIT, $FRAME-8
	KERNEL4(BLOCK_Q5_K, DOT_AVX2, FINISH_Q4_K, 176)

// func dotQ5_Kx1AVXVNNI(a *superArgs)
TEXT ·dotQ5_Kx1AVXVNNI(SB), NOSPLIT, $FRAME-8
	KERNEL1(BLOCK_Q5_K, DOT_AVXVNNI, FINISH_Q4_K, 176)

// func dotQ5_Kx4AVXVNNI(a *superArgs)
TEXT ·dotQ5_Kx4AVXVNNI(SB), NOSPLIT, $FRAME-8
	KERNEL4(BLOCK_Q5_K, DOT_AVXVNNI, FINISH_Q4_K, 176)

// func dotQ6_Kx1AVX2(a *superArgs)
TEXT ·dotQ6_Kx1AVX2(SB), NOSPLIT, $FRAME_Q6_K-8
	KERNEL1(BLOCK_Q6_K, DOT_AVX2, FINISH_Q6_K, 210)

// func dotQ6_Kx4AVX2(a *superArgs)
TEXT ·dotQ6_Kx4AVX2(SB), NOSPLIT, $FRAME_Q6_K-8
	KERNEL4(BLOCK_Q6_K, DOT_AVX2, FINISH_Q6_K, 210)

// func dotQ6_Kx1AVXVNNI(a *superArgs)
TEXT ·dotQ6_Kx1AVXVNNI(SB), NOSPLIT, $FRAME_Q6_K-8
	KERNEL1(BLOCK_Q6_K, DOT_AVXVNNI, FINISH_Q6_K, 210)

// func dotQ6_Kx4AVXVNNI(a *superArgs)
TEXT ·dotQ6_Kx4AVXVNNI(SB), NOSPLIT, $FRAME_Q6_K-8
	KERNEL4(BLOCK_Q6_K, DOT_AVXVNNI, FINISH_Q6_K, 210)
