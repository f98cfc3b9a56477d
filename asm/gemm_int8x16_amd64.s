//go:build !purego && !noasm

#include "textflag.h"
#include "gemm_amd64.h"

// Blocks of 16 have so few products that scaling them takes half as long. Since two
// of them share a scale of A, their sums are added up with the scales of B first,
// in registers of their own: a tile of 4 rows and 32 columns takes 3 operations for
// the 16 products of two blocks, where one of 6 rows would take 4.
//
// Registers:
//
//	DI, R8    C and the bytes between its rows
//	DX, R9    D and the bytes between its rows
//	R10, SI   panel of A, the values in it
//	AX, R11   its scales, the bytes from them to what integer sums start from
//	BX, CX    panel of B, its scales
//	R12       blocks left
//	Z0, Z1    weights, then their scales
//	Z8-Z15    integer sums of a block, Z16-Z23 scaled sums of two blocks, Z24-Z31
//	          sums: two for each row

#define ROW(s, r, t, c0, c1) \
	VPBROADCASTD (16*(s)+4*(r))(SI), t \
	VPDPBUSD     t, Z0, c0             \
	VPDPBUSD     t, Z1, c1

#define STEP(s) \
	VMOVUPS (128*(s))(BX), Z0     \
	VMOVUPS (128*(s)+64)(BX), Z1  \
	ROW(s, 0, Z2, Z8, Z9)         \
	ROW(s, 1, Z3, Z10, Z11)       \
	ROW(s, 2, Z4, Z12, Z13)       \
	ROW(s, 3, Z5, Z14, Z15)

#define START_ROW(r, c0, c1) \
	VPBROADCASTD (4*(r))(AX)(R11*1), c0 \
	VMOVDQA32    c0, c1

// The integer sums of one block, as floats, and its scales.
#define BLOCK \
	START_ROW(0, Z8, Z9)    \
	START_ROW(1, Z10, Z11)  \
	START_ROW(2, Z12, Z13)  \
	START_ROW(3, Z14, Z15)  \
	STEP(0)                 \
	STEP(1)                 \
	STEP(2)                 \
	STEP(3)                 \
	VMOVUPS   (CX), Z0      \
	VMOVUPS   64(CX), Z1    \
	VCVTDQ2PS Z8, Z8        \
	VCVTDQ2PS Z9, Z9        \
	VCVTDQ2PS Z10, Z10      \
	VCVTDQ2PS Z11, Z11      \
	VCVTDQ2PS Z12, Z12      \
	VCVTDQ2PS Z13, Z13      \
	VCVTDQ2PS Z14, Z14      \
	VCVTDQ2PS Z15, Z15      \
	ADDQ      $512, BX      \
	ADDQ      $128, CX      \
	ADDQ      $64, SI       \
	ADDQ      $16, AX

#define FIRST_BLOCK \
	BLOCK                   \
	VMULPS Z0, Z8, Z16      \
	VMULPS Z1, Z9, Z17      \
	VMULPS Z0, Z10, Z18     \
	VMULPS Z1, Z11, Z19     \
	VMULPS Z0, Z12, Z20     \
	VMULPS Z1, Z13, Z21     \
	VMULPS Z0, Z14, Z22     \
	VMULPS Z1, Z15, Z23

#define SECOND_BLOCK \
	BLOCK                      \
	VFMADD231PS Z0, Z8, Z16    \
	VFMADD231PS Z1, Z9, Z17    \
	VFMADD231PS Z0, Z10, Z18   \
	VFMADD231PS Z1, Z11, Z19   \
	VFMADD231PS Z0, Z12, Z20   \
	VFMADD231PS Z1, Z13, Z21   \
	VFMADD231PS Z0, Z14, Z22   \
	VFMADD231PS Z1, Z15, Z23

// The scale of A is that of the block before AX.
#define SCALE \
	VBROADCASTSS -16(AX), Z2   \
	VBROADCASTSS -12(AX), Z3   \
	VBROADCASTSS -8(AX), Z4    \
	VBROADCASTSS -4(AX), Z5    \
	VFMADD231PS  Z2, Z16, Z24  \
	VFMADD231PS  Z2, Z17, Z25  \
	VFMADD231PS  Z3, Z18, Z26  \
	VFMADD231PS  Z3, Z19, Z27  \
	VFMADD231PS  Z4, Z20, Z28  \
	VFMADD231PS  Z4, Z21, Z29  \
	VFMADD231PS  Z5, Z22, Z30  \
	VFMADD231PS  Z5, Z23, Z31

// func gemmInt8x16VNNI(c *float32, ldc int, d *float32, ldd int, a, b *uint32, k, panels int)
// Requires: AVX512F, AVX512-VNNI
TEXT ·gemmInt8x16VNNI(SB), NOSPLIT, $0-64
	MOVQ c+0(FP), DI
	MOVQ ldc+8(FP), R8
	MOVQ d+16(FP), DX
	MOVQ ldd+24(FP), R9
	MOVQ a+32(FP), R10
	MOVQ b+40(FP), BX
	MOVQ k+48(FP), R11 // 4 rows of 4 bytes for every 16 values
	SHLQ $2, R8
	SHLQ $2, R9
panel:
	FETCH_C(4, 64)
	MOVQ R10, SI
	LEAQ (R10)(R11*4), AX
	MOVQ R11, CX
	SHLQ $5, CX
	ADDQ BX, CX
	MOVQ R11, R12
	SHRQ $4, R12
	ZERO512(Z24, Z25); ZERO512(Z26, Z27)
	ZERO512(Z28, Z29); ZERO512(Z30, Z31)
	SUBQ $2, R12
	JLT  single
	PCALIGN $32
pair:
	PREFETCHT0 2048(SI)
	PREFETCHT0 2112(SI)
	FIRST_BLOCK
	SECOND_BLOCK
	SCALE
	SUBQ $2, R12
	JGE  pair
single:
	ADDQ $2, R12
	JZ   store
	FIRST_BLOCK
	SCALE
store:
	MOVQ CX, BX
	MOVQ DI, R13
	MOVQ DX, R15
	STORE512(Z24, Z25)
	STORE512(Z26, Z27)
	STORE512(Z28, Z29)
	STORE512(Z30, Z31)
	ADDQ $128, DI
	ADDQ $128, DX
	DECQ panels+56(FP)
	JNZ  panel
	VZEROUPPER
	RET
