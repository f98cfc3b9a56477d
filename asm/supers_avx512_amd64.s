//go:build !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// Products of blocks of 256 weights with supers, AVX-512 VNNI: a step takes one
// block, 64 codes to a vector. Codes times activations are summed in pairs to words
// (at most 63·127·2), which are multiplied with the scales of their groups and
// summed to dwords. See superArgs.
//
// One row of activations meets four rows of weights at a time, which share what is
// loaded of it; heads of blocks, with their scales and minima, are unpacked for
// all four, a lane each, and the rows that come next are fetched into the L2 cache.
// Four rows of activations meet one row of weights.
//
// Registers of all kernels:
//
//	AX, DI          the arguments, products or an offset into them
//	BX, DX          offsets into the rows of weights and of activations
//	CX, R15         blocks and rows of weights left
//	SI              where to prefetch: the rows that come next
//	R8...           rows of weights
//	R10 to R13      rows of activations (one: R12; R13 then is the stride of R8...)
//	Z0-Z3           sums, a product's each
//	Z22-Z31         constants
//
// and, with one row of activations,
//
//	Z4              sums of minima, a lane for each row of weights
//	Z5, Z6          heads: scales and minima as bytes, d times that of activations
//	Z7, Z12-Z17     temporary
//	Z8-Z11          codes of activations
//
// or, with four,
//
//	Z4-Z7           sums of minima, in the lowest lane
//	Z8-Z11          codes of weights
//	Z12-Z15         their scales as words
//	Z16, X17, X18   d and dmin in all lanes; minima (Q6_K: scales) as words
//	Z19-Z21         temporary

// Q4_K and Q5_K. Scales and minima, 6 bits each, are in three dwords a, b, c: the
// first four scales and minima in the low bits of a and b, the other four as
// nibbles in c and high bits of a and b. Arranged as a, c, b, c>>4 and masked they
// are the eight scales and eight minima but for the high bits, which are in
// 0, a>>2, 0, b>>2. head has d and dmin, then a, b and c.
#define SCALES(head, scales, t, shifts, mask, high) \
	VPSHUFD    $0xed, head, scales       \
	VPSHUFD    $0x84, head, t            \
	VPSRLVD    shifts, scales, scales    \
	VPSRLD     $2, t, t                  \
	VPANDD     mask, scales, scales      \
	VPTERNLOGD $0xf8, high, t, scales

// 64 codes, the low or the high nibbles of 64 bytes: groups 0 and 2, 1 and 3, 4
// and 6, 5 and 7 one after the other, which is how activations are ordered.
#define LOW(p, at, codes) \
	VPANDD at(p)(BX*1), Z22, codes

#define HIGH(p, at, codes) \
	VPSRLW $4, at(p)(BX*1), codes   \
	VPANDD Z22, codes, codes

#define FIFTHS_Q4_K(p, fifths)
#define CODES0_Q4_K(p, fifths, codes, t) LOW(p, 16, codes)
#define CODES1_Q4_K(p, fifths, codes, t) HIGH(p, 16, codes)
#define CODES2_Q4_K(p, fifths, codes, t) LOW(p, 80, codes)
#define CODES3_Q4_K(p, fifths, codes, t) HIGH(p, 80, codes)

// Q5_K: fifth bits, of all codes in the same 32 bytes, are shifted to bit 4.
#define FIFTHS_Q5_K(p, fifths) VBROADCASTI64X4 16(p)(BX*1), fifths

#define FIFTH(SHIFT, by, fifths, codes, t) \
	SHIFT           ·superTable+superTables_shiftFifth+by(SB), fifths, t \
	VPTERNLOGD.BCST $0xf8, ·superTable+superTables_sixteens(SB), t, codes

#define CODES0_Q5_K(p, fifths, codes, t) \
	LOW(p, 48, codes)    \
	FIFTH(VPSLLVW, 0, fifths, codes, t)
#define CODES1_Q5_K(p, fifths, codes, t) \
	HIGH(p, 48, codes)   \
	FIFTH(VPSLLVW, 64, fifths, codes, t)
#define CODES2_Q5_K(p, fifths, codes, t) \
	LOW(p, 112, codes)   \
	FIFTH(VPSRLVW, 128, fifths, codes, t)
#define CODES3_Q5_K(p, fifths, codes, t) \
	HIGH(p, 112, codes)  \
	FIFTH(VPSRLVW, 192, fifths, codes, t)

#define CONSTS \
	VMOVDQU64 ·superTable+superTables_spread+0(SB), Z31       \
	VMOVDQU64 ·superTable+superTables_spread+64(SB), Z30      \
	VMOVDQU64 ·superTable+superTables_spread+128(SB), Z29     \
	VMOVDQU64 ·superTable+superTables_spread+192(SB), Z28     \
	VBROADCASTI32X4 ·superTable+superTables_maskHigh(SB), Z27    \
	VBROADCASTI32X4 ·superTable+superTables_maskScales(SB), Z26  \
	VBROADCASTI32X4 ·superTable+superTables_shiftScales(SB), Z25 \
	VBROADCASTI32X4 ·superTable+superTables_spreadMins(SB), Z24  \
	VPBROADCASTD ·superTable+superTables_nibbles(SB), Z22

// The heads of blocks of four rows of weights, and their minima times sums of
// activations.
#define HEADS \
	VMOVDQU         (R8)(BX*1), X12               \
	VINSERTI32X4    $1, (R9)(BX*1), Z12, Z12      \
	VINSERTI32X4    $2, (R10)(BX*1), Z12, Z12     \
	VINSERTI32X4    $3, (R11)(BX*1), Z12, Z12     \
	VBROADCASTI32X4 Super_sums32(R12)(DX*1), Z15  \
	VMOVDQU64       ·superTable+superTables_lanesD(SB), Z6    \
	VMOVDQU64       ·superTable+superTables_lanesDmin(SB), Z7 \
	SCALES(Z12, Z5, Z13, Z25, Z26, Z27)           \
	VPERMW          Z12, Z6, Z6                   \
	VPERMW          Z12, Z7, Z7                   \
	VPSHUFB         Z24, Z5, Z14                  \
	VCVTPH2PS       Y6, Z6                        \
	VCVTPH2PS       Y7, Z7                        \
	VPMADDWD        Z15, Z14, Z14                 \
	VMULPS.BCST     Super_d(R12)(DX*1), Z6, Z6    \
	VMULPS.BCST     Super_d(R12)(DX*1), Z7, Z7    \
	VCVTDQ2PS       Z14, Z14                      \
	VFMADD231PS     Z7, Z14, Z4

// acc += the product of the block at p, whose head is in the lane that all names.
#define ROW_MIN(FIFTHS, CODES0, CODES1, CODES2, CODES3, p, all, acc) \
	FIFTHS(p, Z17)                  \
	VSHUFI32X4  $all, Z5, Z5, Z12   \
	CODES0(p, Z17, Z13, Z7)         \
	VPSHUFB     Z31, Z12, Z14       \
	VPMADDUBSW  Z8, Z13, Z13        \
	CODES1(p, Z17, Z16, Z7)         \
	VPMADDWD    Z14, Z13, Z15       \
	VPSHUFB     Z30, Z12, Z14       \
	VPMADDUBSW  Z9, Z16, Z16        \
	CODES2(p, Z17, Z13, Z7)         \
	VPDPWSSD    Z14, Z16, Z15       \
	VPSHUFB     Z29, Z12, Z14       \
	VPMADDUBSW  Z10, Z13, Z13       \
	CODES3(p, Z17, Z16, Z7)         \
	VPDPWSSD    Z14, Z13, Z15       \
	VPSHUFB     Z28, Z12, Z14       \
	VPMADDUBSW  Z11, Z16, Z16       \
	VSHUFF32X4  $all, Z6, Z6, Z12   \
	VPDPWSSD    Z14, Z16, Z15       \
	VCVTDQ2PS   Z15, Z15            \
	VFMADD231PS Z12, Z15, acc

#define ROW_Q4_K(p, all, acc) ROW_MIN(FIFTHS_Q4_K, CODES0_Q4_K, CODES1_Q4_K, CODES2_Q4_K, CODES3_Q4_K, p, all, acc)
#define ROW_Q5_K(p, all, acc) ROW_MIN(FIFTHS_Q5_K, CODES0_Q5_K, CODES1_Q5_K, CODES2_Q5_K, CODES3_Q5_K, p, all, acc)

// X0 less the sums of minima of four rows of weights, in the lanes of Z4.
#define TAKE_MINS1 \
	VEXTRACTF64X4 $1, Z4, Y5     \
	VHADDPS       Y5, Y4, Y4     \
	VHADDPS       Y4, Y4, Y4     \
	VEXTRACTF128  $1, Y4, X5     \
	VUNPCKLPS     X5, X4, X4     \
	VSUBPS        X4, X0, X0

// A block of one row of weights.
#define UNPACK_MIN(FIFTHS, CODES0, CODES1, CODES2, CODES3, p) \
	VMOVDQU32  (p)(BX*1), X16                   \
	SCALES(X16, X17, X19, X25, X26, X27)        \
	VCVTPH2PS  X16, X16                         \
	VSHUFI32X4 $0, Z17, Z17, Z20                \
	FIFTHS(p, Z21)                              \
	CODES0(p, Z21, Z8, Z19)                     \
	CODES1(p, Z21, Z9, Z19)                     \
	CODES2(p, Z21, Z10, Z19)                    \
	CODES3(p, Z21, Z11, Z19)                    \
	VPSHUFB    X24, X17, X18                    \
	VPSHUFB    Z31, Z20, Z12                    \
	VPSHUFB    Z30, Z20, Z13                    \
	VPSHUFB    Z29, Z20, Z14                    \
	VPSHUFB    Z28, Z20, Z15                    \
	VPSHUFD    $0x55, X16, X17                  \
	VBROADCASTSS X16, Z16

#define UNPACK_Q4_K(p) UNPACK_MIN(FIFTHS_Q4_K, CODES0_Q4_K, CODES1_Q4_K, CODES2_Q4_K, CODES3_Q4_K, p)
#define UNPACK_Q5_K(p) UNPACK_MIN(FIFTHS_Q5_K, CODES0_Q5_K, CODES1_Q5_K, CODES2_Q5_K, CODES3_Q5_K, p)

// Z19 = the sums of codes and scales times the activations at x.
#define PRODUCTS(x) \
	VPMADDUBSW Super_q+0(x)(DX*1), Z8, Z19    \
	VPMADDUBSW Super_q+64(x)(DX*1), Z9, Z20   \
	VPMADDWD   Z12, Z19, Z19                  \
	VPMADDUBSW Super_q+128(x)(DX*1), Z10, Z21 \
	VPDPWSSD   Z13, Z20, Z19                  \
	VPMADDUBSW Super_q+192(x)(DX*1), Z11, Z20 \
	VPDPWSSD   Z14, Z21, Z19                  \
	VPDPWSSD   Z15, Z20, Z19

#define MULTIPLY_MIN(x, acc, mins) \
	PRODUCTS(x)                                 \
	VPMADDWD    Super_sums32(x)(DX*1), X18, X21 \
	VMULPS.BCST Super_d(x)(DX*1), Z16, Z20      \
	VCVTDQ2PS   Z19, Z19                        \
	VFMADD231PS Z20, Z19, acc                   \
	VMULPS.BCST Super_d(x)(DX*1), X17, X20      \
	VCVTDQ2PS   X21, X21                        \
	VFMADD231PS Z20, Z21, mins

// X0 less the sums of minima of four rows of activations.
#define TAKE_MINS4 \
	VHADDPS X5, X4, X4   \
	VHADDPS X7, X6, X6   \
	VHADDPS X6, X4, X4   \
	VSUBPS  X4, X0, X0

// Q6_K: codes are 32 above what they mean; 32 times the scales times the sums of
// activations is taken off.

#define CONSTS_Q6_K \
	VMOVDQU64 ·superTable+superTables_spreadWords+0(SB), Z31   \
	VMOVDQU64 ·superTable+superTables_spreadWords+64(SB), Z30  \
	VMOVDQU64 ·superTable+superTables_spreadWords+128(SB), Z29 \
	VMOVDQU64 ·superTable+superTables_spreadWords+192(SB), Z28 \
	VMOVDQU64 ·superTable+superTables_shiftLeft(SB), Z27       \
	VMOVDQU64 ·superTable+superTables_shiftRight(SB), Z26      \
	VPBROADCASTD ·superTable+superTables_highPairs(SB), Z25    \
	VPBROADCASTD ·superTable+superTables_nibbles(SB), Z22

// 128 codes; t and u are lost.
#define CODES_Q6_K(p, low, high, a, b, t, u) \
	VMOVDQU64       low(p)(BX*1), a      \
	VBROADCASTI64X4 high(p)(BX*1), t     \
	VPSRLW          $4, a, b             \
	VPSLLVW         Z27, t, u            \
	VPANDD          Z22, a, a            \
	VPANDD          Z22, b, b            \
	VPSRLVW         Z26, t, t            \
	VPTERNLOGD      $0xf8, Z25, u, a     \
	VPTERNLOGD      $0xf8, Z25, t, b

#define NO_HEADS
#define TAKE_NOTHING

#define ROW_Q6_K(p, all, acc) \
	VPMOVSXBW    192(p)(BX*1), Y12                 \
	CODES_Q6_K(p, 0, 128, Z13, Z14, Z15, Z16)      \
	VPERMW       Z12, Z31, Z15                     \
	VPMADDUBSW   Z8, Z13, Z13                      \
	VPMADDWD     Z15, Z13, Z17                     \
	VPERMW       Z12, Z30, Z15                     \
	VPMADDUBSW   Z9, Z14, Z14                      \
	VPDPWSSD     Z15, Z14, Z17                     \
	CODES_Q6_K(p, 64, 160, Z13, Z14, Z15, Z16)     \
	VPERMW       Z12, Z29, Z15                     \
	VPMADDUBSW   Z10, Z13, Z13                     \
	VPDPWSSD     Z15, Z13, Z17                     \
	VPERMW       Z12, Z28, Z15                     \
	VPMADDUBSW   Z11, Z14, Z14                     \
	VPBROADCASTW 208(p)(BX*1), Y16                 \
	VPDPWSSD     Z15, Z14, Z17                     \
	VPMADDWD     Super_sums16(R12)(DX*1), Y12, Y12 \
	VCVTPH2PS    Y16, Z16                          \
	VPSLLD       $5, Y12, Y12                      \
	VMULPS.BCST  Super_d(R12)(DX*1), Z16, Z16      \
	VPSUBD       Z12, Z17, Z17                     \
	VCVTDQ2PS    Z17, Z17                          \
	VFMADD231PS  Z16, Z17, acc

#define UNPACK_Q6_K(p) \
	VPMOVSXBW    192(p)(BX*1), Y18             \
	VPBROADCASTW 208(p)(BX*1), Y16             \
	CODES_Q6_K(p, 0, 128, Z8, Z9, Z19, Z20)    \
	CODES_Q6_K(p, 64, 160, Z10, Z11, Z19, Z20) \
	VPERMW       Z18, Z31, Z12                 \
	VPERMW       Z18, Z30, Z13                 \
	VPERMW       Z18, Z29, Z14                 \
	VPERMW       Z18, Z28, Z15                 \
	VCVTPH2PS    Y16, Z16

#define MULTIPLY_Q6_K(x, acc, mins) \
	PRODUCTS(x)                                 \
	VPMADDWD    Super_sums16(x)(DX*1), Y18, Y21 \
	VMULPS.BCST Super_d(x)(DX*1), Z16, Z20      \
	VPSLLD      $5, Y21, Y21                    \
	VPSUBD      Z21, Z19, Z19                   \
	VCVTDQ2PS   Z19, Z19                        \
	VFMADD231PS Z20, Z19, acc

// Four sums of lanes: X0 = sums of Z0, Z1, Z2, Z3.
#define REDUCE \
	VEXTRACTF64X4 $1, Z0, Y12    \
	VEXTRACTF64X4 $1, Z1, Y13    \
	VEXTRACTF64X4 $1, Z2, Y14    \
	VEXTRACTF64X4 $1, Z3, Y15    \
	VADDPS        Y12, Y0, Y0    \
	VADDPS        Y13, Y1, Y1    \
	VADDPS        Y14, Y2, Y2    \
	VADDPS        Y15, Y3, Y3    \
	VHADDPS       Y1, Y0, Y0     \
	VHADDPS       Y3, Y2, Y2     \
	VHADDPS       Y2, Y0, Y0     \
	VEXTRACTF128  $1, Y0, X12    \
	VADDPS        X12, X0, X0

#define CLEAR \
	VPXORD Z0, Z0, Z0  \
	VPXORD Z1, Z1, Z1  \
	VPXORD Z2, Z2, Z2  \
	VPXORD Z3, Z3, Z3  \
	VPXORD Z4, Z4, Z4  \
	VPXORD Z5, Z5, Z5  \
	VPXORD Z6, Z6, Z6  \
	VPXORD Z7, Z7, Z7

// The lines that a block of four rows to come takes.
#define PREFETCH_9(p) \
	PREFETCHT1 (p)     \
	PREFETCHT1 64(p)   \
	PREFETCHT1 128(p)  \
	PREFETCHT1 192(p)  \
	PREFETCHT1 256(p)  \
	PREFETCHT1 320(p)  \
	PREFETCHT1 384(p)  \
	PREFETCHT1 448(p)  \
	PREFETCHT1 512(p)

#define PREFETCH_11(p) \
	PREFETCH_9(p)      \
	PREFETCHT1 576(p)  \
	PREFETCHT1 640(p)

#define PREFETCH_14(p) \
	PREFETCH_11(p)     \
	PREFETCHT1 704(p)  \
	PREFETCHT1 768(p)  \
	PREFETCHT1 832(p)

// One row of activations times four rows of weights at a time. Rows that are not
// there repeat the last one; its products are not stored.
#define KERNEL1(HEADS, ROW, TAKE, PREFETCH, size) \
	MOVQ a+0(FP), AX                 \
	MOVQ superArgs_dst(AX), DI       \
	MOVQ superArgs_x(AX), R12        \
	MOVQ superArgs_w(AX), R8         \
	MOVQ superArgs_rows(AX), R15     \
	MOVQ superArgs_blocks(AX), R13   \
	IMULQ $size, R13                 \
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
	CLEAR                            \
	XORL BX, BX                      \
	XORL DX, DX                      \
	MOVQ superArgs_blocks(AX), CX    \
block:                               \
	PREFETCH(SI)                     \
	VMOVDQU64 Super_q+0(R12)(DX*1), Z8     \
	VMOVDQU64 Super_q+64(R12)(DX*1), Z9    \
	VMOVDQU64 Super_q+128(R12)(DX*1), Z10  \
	VMOVDQU64 Super_q+192(R12)(DX*1), Z11  \
	HEADS                            \
	ROW(R8, 0x00, Z0)                \
	ROW(R9, 0x55, Z1)                \
	ROW(R10, 0xaa, Z2)               \
	ROW(R11, 0xff, Z3)               \
	ADDQ $(4*size), SI               \
	ADDQ $size, BX                   \
	ADDQ $Super__size, DX            \
	DECQ CX                          \
	JNZ  block                       \
	REDUCE                           \
	TAKE                             \
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

// How far ahead weights are prefetched where rows are read one after the other.
#define AHEAD 6144

// Four rows of activations times one row of weights. Sums are added in the order
// of KERNEL1.
#define KERNEL4(UNPACK, MULTIPLY, TAKE, size) \
	MOVQ a+0(FP), AX                 \
	MOVQ superArgs_x+0(AX), R10      \
	MOVQ superArgs_x+8(AX), R11      \
	MOVQ superArgs_x+16(AX), R12     \
	MOVQ superArgs_x+24(AX), R13     \
	MOVQ superArgs_w(AX), R8         \
	MOVQ superArgs_rows(AX), R15     \
	XORL DI, DI                      \
	XORL BX, BX                      \
row:                                 \
	CLEAR                            \
	XORL DX, DX                      \
	MOVQ superArgs_blocks(AX), CX    \
block:                               \
	PREFETCHT1 AHEAD(R8)(BX*1)       \
	PREFETCHT1 AHEAD+64(R8)(BX*1)    \
	PREFETCHT1 AHEAD+128(R8)(BX*1)   \
	PREFETCHT1 AHEAD+192(R8)(BX*1)   \
	UNPACK(R8)                       \
	MULTIPLY(R10, Z0, Z4)            \
	MULTIPLY(R11, Z1, Z5)            \
	MULTIPLY(R12, Z2, Z6)            \
	MULTIPLY(R13, Z3, Z7)            \
	ADDQ $size, BX                   \
	ADDQ $Super__size, DX            \
	DECQ CX                          \
	JNZ  block                       \
	REDUCE                           \
	TAKE                             \
	MOVQ superArgs_dst+0(AX), R9     \
	MOVQ superArgs_dst+8(AX), CX     \
	VMOVSS     X0, (R9)(DI*1)        \
	VEXTRACTPS $1, X0, (CX)(DI*1)    \
	MOVQ superArgs_dst+16(AX), R9    \
	MOVQ superArgs_dst+24(AX), CX    \
	VEXTRACTPS $2, X0, (R9)(DI*1)    \
	VEXTRACTPS $3, X0, (CX)(DI*1)    \
	ADDQ $4, DI                      \
	DECQ R15                         \
	JNZ  row                         \
	VZEROUPPER                       \
	RET

// func dotQ4_Kx1AVX512(a *superArgs)
TEXT ·dotQ4_Kx1AVX512(SB), NOSPLIT, $0-8
	CONSTS
	KERNEL1(HEADS, ROW_Q4_K, TAKE_MINS1, PREFETCH_9, 144)

// func dotQ4_Kx4AVX512(a *superArgs)
TEXT ·dotQ4_Kx4AVX512(SB), NOSPLIT, $0-8
	CONSTS
	KERNEL4(UNPACK_Q4_K, MULTIPLY_MIN, TAKE_MINS4, 144)

// func dotQ5_Kx1AVX512(a *superArgs)
TEXT ·dotQ5_Kx1AVX512(SB), NOSPLIT, $0-8
	CONSTS
	KERNEL1(HEADS, ROW_Q5_K, TAKE_MINS1, PREFETCH_11, 176)

// func dotQ5_Kx4AVX512(a *superArgs)
TEXT ·dotQ5_Kx4AVX512(SB), NOSPLIT, $0-8
	CONSTS
	KERNEL4(UNPACK_Q5_K, MULTIPLY_MIN, TAKE_MINS4, 176)

// func dotQ6_Kx1AVX512(a *superArgs)
TEXT ·dotQ6_Kx1AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q6_K
	KERNEL1(NO_HEADS, ROW_Q6_K, TAKE_NOTHING, PREFETCH_14, 210)

// func dotQ6_Kx4AVX512(a *superArgs)
TEXT ·dotQ6_Kx4AVX512(SB), NOSPLIT, $0-8
	CONSTS_Q6_K
	KERNEL4(UNPACK_Q6_K, MULTIPLY_Q6_K, TAKE_NOTHING, 210)
