//go:build !purego && !noasm

#include "textflag.h"
#include "encode_amd64.h"
#include "gemm_amd64.h"
#include "gemm_int8_amd64.h"

// Y4 to Y9 are the integer sums of a block, Y10 to Y15 the sums, one for each row.
// Y0 holds weights, Y1 an activation, Y3 ones.

// The products of unsigned bytes below 128 with signed ones fit in 16 bits in pairs.
#define DOT_AVX2(c, n) \
	VPMADDUBSW Y1, Y0, Y2  \
	VPMADDWD   Y3, Y2, Y2  \
	VPADDD     Y2, c, c

#define DOT_VNNI(c, n) \
	VPDPBUSD_Y(1, 0, n)

#define ROW(DOT, s, r, c, n) \
	VPBROADCASTD (24*(s)+4*(r))(SI), Y1 \
	DOT(c, n)

#define STEP(DOT, s) \
	VMOVUPS (32*(s))(BX), Y0  \
	ROW(DOT, s, 0, Y4, 4) \
	ROW(DOT, s, 1, Y5, 5) \
	ROW(DOT, s, 2, Y6, 6) \
	ROW(DOT, s, 3, Y7, 7) \
	ROW(DOT, s, 4, Y8, 8) \
	ROW(DOT, s, 5, Y9, 9)

#define STEPS4(DOT) STEP(DOT, 0); STEP(DOT, 1); STEP(DOT, 2); STEP(DOT, 3)
#define STEPS8(DOT) STEPS4(DOT); STEP(DOT, 4); STEP(DOT, 5); STEP(DOT, 6); STEP(DOT, 7)

#define STEPS4_AVX2 STEPS4(DOT_AVX2)
#define STEPS8_AVX2 STEPS8(DOT_AVX2)
#define STEPS4_VNNI STEPS4(DOT_VNNI)
#define STEPS8_VNNI STEPS8(DOT_VNNI)

#define START \
	VPBROADCASTD 0(AX)(R11*1), Y4 \
	VPBROADCASTD 4(AX)(R11*1), Y5 \
	VPBROADCASTD 8(AX)(R11*1), Y6 \
	VPBROADCASTD 12(AX)(R11*1), Y7 \
	VPBROADCASTD 16(AX)(R11*1), Y8 \
	VPBROADCASTD 20(AX)(R11*1), Y9

#define SCALE_ROW(r, c, f) \
	VBROADCASTSS (4*(r))(AX), Y1  \
	VMULPS       Y0, Y1, Y1       \
	VCVTDQ2PS    c, c             \
	VFMADD231PS  c, Y1, f

#define SCALE \
	VMOVUPS (CX), Y0  \
	SCALE_ROW(0, Y4, Y10) \
	SCALE_ROW(1, Y5, Y11) \
	SCALE_ROW(2, Y6, Y12) \
	SCALE_ROW(3, Y7, Y13) \
	SCALE_ROW(4, Y8, Y14) \
	SCALE_ROW(5, Y9, Y15)

#define MIN_ROW(r, f) \
	VBROADCASTSS (4*(r))(AX)(R11*1), Y1  \
	VFMADD231PS  Y0, Y1, f

#define MIN \
	VMOVUPS (CX)(R12*1), Y0  \
	MIN_ROW(0, Y10) \
	MIN_ROW(1, Y11) \
	MIN_ROW(2, Y12) \
	MIN_ROW(3, Y13) \
	MIN_ROW(4, Y14) \
	MIN_ROW(5, Y15)

#define ZERO6(a, b, c, d, e, f) \
	VPXOR a, a, a  \
	VPXOR b, b, b  \
	VPXOR c, c, c  \
	VPXOR d, d, d  \
	VPXOR e, e, e  \
	VPXOR f, f, f

#define ZERO_INTEGERS ZERO6(Y4, Y5, Y6, Y7, Y8, Y9)
#define ZERO_SUMS     ZERO6(Y10, Y11, Y12, Y13, Y14, Y15)

#define STORE_ROW(f) \
	VADDPS  (R15), f, f  \
	VMOVUPS f, (R13)     \
	ADDQ    R9, R15      \
	ADDQ    R8, R13

#define STORE_SUMS \
	STORE_ROW(Y10) \
	STORE_ROW(Y11) \
	STORE_ROW(Y12) \
	STORE_ROW(Y13) \
	STORE_ROW(Y14) \
	STORE_ROW(Y15)

// Every 16-bit lane of Y3 is one.
#define ONES \
	VPCMPEQW Y3, Y3, Y3  \
	VPSRLW   $15, Y3, Y3

// func gemmInt8AVXVNNI(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: AVX2, FMA, AVX-VNNI
TEXT ·gemmInt8AVXVNNI(SB), NOSPLIT, $0-64
	KERNEL_INT8(5, 8, 5, ZERO_SUMS, START, STEPS8_VNNI, SCALE, NONE, NONE, STORE_SUMS)

// func gemmInt8MinAVXVNNI(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: AVX2, FMA, AVX-VNNI
TEXT ·gemmInt8MinAVXVNNI(SB), NOSPLIT, $0-64
	KERNEL_INT8(5, 8, 5, ZERO_SUMS, ZERO_INTEGERS, STEPS8_VNNI, SCALE, MIN, SKIP_MIN, STORE_SUMS)

// func gemmInt8x16AVXVNNI(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: AVX2, FMA, AVX-VNNI
TEXT ·gemmInt8x16AVXVNNI(SB), NOSPLIT, $0-64
	KERNEL_INT8(4, 4, 5, ZERO_SUMS, START, STEPS4_VNNI, SCALE, NONE, NONE, STORE_SUMS)

// func gemmInt8MinAVX2(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: AVX2, FMA
TEXT ·gemmInt8MinAVX2(SB), NOSPLIT, $0-64
	ONES
	KERNEL_INT8(5, 8, 5, ZERO_SUMS, ZERO_INTEGERS, STEPS8_AVX2, SCALE, MIN, SKIP_MIN, STORE_SUMS)

// func gemmInt8x16AVX2(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: AVX2, FMA
TEXT ·gemmInt8x16AVX2(SB), NOSPLIT, $0-64
	ONES
	KERNEL_INT8(4, 4, 5, ZERO_SUMS, START, STEPS4_AVX2, SCALE, NONE, NONE, STORE_SUMS)
