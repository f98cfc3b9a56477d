//go:build !purego && !noasm

#include "textflag.h"
#include "gemm_amd64.h"
#include "gemm_int8_amd64.h"

// Z8 to Z19 are the integer sums of a block, Z20 to Z31 the sums: two for each row.
// Z0 and Z1 hold weights.

// One step of one row, four values for each column.
#define ROW(s, r, t, c0, c1) \
	VPBROADCASTD (24*(s)+4*(r))(SI), t \
	VPDPBUSD     t, Z0, c0             \
	VPDPBUSD     t, Z1, c1

#define STEP(s) \
	VMOVUPS (128*(s))(BX), Z0     \
	VMOVUPS (128*(s)+64)(BX), Z1  \
	ROW(s, 0, Z2, Z8, Z9)         \
	ROW(s, 1, Z3, Z10, Z11)       \
	ROW(s, 2, Z4, Z12, Z13)       \
	ROW(s, 3, Z5, Z14, Z15)       \
	ROW(s, 4, Z6, Z16, Z17)       \
	ROW(s, 5, Z7, Z18, Z19)

#define STEPS8 STEP(0); STEP(1); STEP(2); STEP(3); STEP(4); STEP(5); STEP(6); STEP(7)

// The integer sums of a row start from what A says.
#define START_ROW(r, c0, c1) \
	VPBROADCASTD (4*(r))(AX)(R11*1), c0 \
	VMOVDQA32    c0, c1

#define START \
	START_ROW(0, Z8, Z9)    \
	START_ROW(1, Z10, Z11)  \
	START_ROW(2, Z12, Z13)  \
	START_ROW(3, Z14, Z15)  \
	START_ROW(4, Z16, Z17)  \
	START_ROW(5, Z18, Z19)

// The end of a block: the scales of B are in Z6 and Z7.
#define SCALE_ROW(r, c0, c1, f0, f1) \
	VMULPS.BCST (4*(r))(AX), Z6, Z2  \
	VMULPS.BCST (4*(r))(AX), Z7, Z3  \
	VCVTDQ2PS   c0, c0               \
	VCVTDQ2PS   c1, c1               \
	VFMADD231PS c0, Z2, f0           \
	VFMADD231PS c1, Z3, f1

#define SCALE \
	VMOVUPS (CX), Z6                     \
	VMOVUPS 64(CX), Z7                   \
	SCALE_ROW(0, Z8, Z9, Z20, Z21)       \
	SCALE_ROW(1, Z10, Z11, Z22, Z23)     \
	SCALE_ROW(2, Z12, Z13, Z24, Z25)     \
	SCALE_ROW(3, Z14, Z15, Z26, Z27)     \
	SCALE_ROW(4, Z16, Z17, Z28, Z29)     \
	SCALE_ROW(5, Z18, Z19, Z30, Z31)

// The minima of B times the scaled sums of A.
#define MIN_ROW(r, f0, f1) \
	VBROADCASTSS (4*(r))(AX)(R11*1), Z4  \
	VFMADD231PS  Z0, Z4, f0              \
	VFMADD231PS  Z1, Z4, f1

#define MIN \
	VMOVUPS (CX)(R12*1), Z0    \
	VMOVUPS 64(CX)(R12*1), Z1  \
	MIN_ROW(0, Z20, Z21)       \
	MIN_ROW(1, Z22, Z23)       \
	MIN_ROW(2, Z24, Z25)       \
	MIN_ROW(3, Z26, Z27)       \
	MIN_ROW(4, Z28, Z29)       \
	MIN_ROW(5, Z30, Z31)

#define ZERO_INTEGERS \
	ZERO512(Z8, Z9); ZERO512(Z10, Z11)  \
	ZERO512(Z12, Z13); ZERO512(Z14, Z15)  \
	ZERO512(Z16, Z17); ZERO512(Z18, Z19)

#define ZERO_SUMS \
	ZERO512(Z20, Z21); ZERO512(Z22, Z23)  \
	ZERO512(Z24, Z25); ZERO512(Z26, Z27)  \
	ZERO512(Z28, Z29); ZERO512(Z30, Z31)

#define STORE_SUMS \
	STORE512(Z20, Z21)             \
	STORE512(Z22, Z23)             \
	STORE512(Z24, Z25)             \
	STORE512(Z26, Z27)             \
	STORE512(Z28, Z29)             \
	STORE512(Z30, Z31)

// func gemmInt8VNNI(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: AVX512F, AVX512-VNNI
TEXT ·gemmInt8VNNI(SB), NOSPLIT, $0-64
	KERNEL_INT8(5, 8, 7, ZERO_SUMS, START, STEPS8, SCALE, NONE, NONE, STORE_SUMS)

// func gemmInt8MinVNNI(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: AVX512F, AVX512-VNNI
TEXT ·gemmInt8MinVNNI(SB), NOSPLIT, $0-64
	KERNEL_INT8(5, 8, 7, ZERO_SUMS, ZERO_INTEGERS, STEPS8, SCALE, MIN, SKIP_MIN, STORE_SUMS)
