//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"
#include "encode_amd64.h"
#include "transpose_amd64.h"

// The order of words that takes them from the two halves of a register in turn.
DATA ·turns+0(SB)/8, $0x0011000100100000
DATA ·turns+8(SB)/8, $0x0013000300120002
DATA ·turns+16(SB)/8, $0x0015000500140004
DATA ·turns+24(SB)/8, $0x0017000700160006
DATA ·turns+32(SB)/8, $0x0019000900180008
DATA ·turns+40(SB)/8, $0x001b000b001a000a
DATA ·turns+48(SB)/8, $0x001d000d001c000c
DATA ·turns+56(SB)/8, $0x001f000f001e000e
GLOBL ·turns(SB), RODATA|NOPTR, $64

// MASKS makes low the mask of the lowest 16 of n <= 32 lanes and high that of the
// others. It clobbers AX.
#define MASKS(n, low, high) \
	MOVL   $-1, AX      \
	CMPQ   n, $32       \
	JGE    2(PC)        \
	BZHIL  n, AX, AX    \
	KMOVW  AX, low      \
	SHRL   $16, AX      \
	KMOVW  AX, high

#define STORE8(a, b, c, d) \
	LANES(a, b, c, d)               \
	VMOVDQU32 Z20, K1, (DI)(R10*1)  \
	VMOVDQU32 Z21, K1, (R12)(R10*1) \
	ADDQ      DX, R10

#define STORE16(a, b, c, d) \
	LANES(a, b, c, d)               \
	VMOVDQU32 Z20, K1, (DI)(R10*1)  \
	VMOVDQU32 Z21, K1, (R12)(R10*1) \
	VMOVDQU32 Z22, K1, (R13)(R10*1) \
	VMOVDQU32 Z23, K1, (R15)(R10*1) \
	ADDQ      DX, R10

// READ_F32 and READ_F16 widen 32 values of a row at R8 to z and Z24, or 16 where K2
// is 0.
#define READ_F32(z) \
	VMOVUPS   (R8)(AX*4), z          \
	VMOVUPS.Z 64(R8)(AX*4), K2, Z24

#define READ_F16(z) \
	VCVTPH2PS   (R8)(AX*2), z         \
	VCVTPH2PS.Z 32(R8)(AX*2), K2, Z24

// ROUND reads values of a row as pairs of bf16. n is the number of z.
#define ROUND(READ, row, z, n) \
	MOVQ (8*(row))(SI), R8     \
	READ(z)                    \
	VCVTNE2PS2BF16_Z(n, 24, n)

#define ROUND16(READ) \
	ROUND(READ, 0, Z0, 0)                              \
	ROUND(READ, 1, Z1, 1)                              \
	ROUND(READ, 2, Z2, 2)                              \
	ROUND(READ, 3, Z3, 3)                              \
	TRANSPOSE(Z0, Z1, Z2, Z3, Z16, Z17, Z18, Z19)      \
	ROUND(READ, 4, Z4, 4)                              \
	ROUND(READ, 5, Z5, 5)                              \
	ROUND(READ, 6, Z6, 6)                              \
	ROUND(READ, 7, Z7, 7)                              \
	TRANSPOSE(Z4, Z5, Z6, Z7, Z20, Z21, Z22, Z23)      \
	ROUND(READ, 8, Z8, 8)                              \
	ROUND(READ, 9, Z9, 9)                              \
	ROUND(READ, 10, Z10, 10)                           \
	ROUND(READ, 11, Z11, 11)                           \
	TRANSPOSE(Z8, Z9, Z10, Z11, Z16, Z17, Z18, Z19)    \
	ROUND(READ, 12, Z12, 12)                           \
	ROUND(READ, 13, Z13, 13)                           \
	ROUND(READ, 14, Z14, 14)                           \
	ROUND(READ, 15, Z15, 15)                           \
	TRANSPOSE(Z12, Z13, Z14, Z15, Z20, Z21, Z22, Z23)

#define PAIR16(READ) \
	MOVQ   dst+0(FP), DI       \
	MOVQ   pitch+8(FP), DX     \
	MOVQ   src+16(FP), SI      \
	MOVQ   n+24(FP), CX        \
	MOVQ   lanes+32(FP), R9    \
	TAIL_Z(R9, AX, K1)         \
	KXNORW K2, K2, K2          \
	SHLQ   $2, DX              \
	LEAQ   (DI)(DX*4), R12     \
	LEAQ   (R12)(DX*4), R13    \
	LEAQ   (R13)(DX*4), R15    \
	LEAQ   (DX)(DX*2), BX      \
	SHLQ   $2, BX              \
	XORL   R10, R10            \
	XORL   AX, AX              \
	SUBQ   $32, CX             \
	JL     half                \
loop:                       \
	ROUND16(READ)              \
	STORE16(Z0, Z4, Z8, Z12)   \
	STORE16(Z1, Z5, Z9, Z13)   \
	STORE16(Z2, Z6, Z10, Z14)  \
	STORE16(Z3, Z7, Z11, Z15)  \
	ADDQ   BX, R10             \
	ADDQ   $32, AX             \
	SUBQ   $32, CX             \
	JGE    loop                \
half:                       \
	ADDQ   $32, CX             \
	JZ     done                \
	KXORW  K2, K2, K2          \
	ROUND16(READ)              \
	STORE8(Z0, Z4, Z8, Z12)    \
	STORE8(Z1, Z5, Z9, Z13)    \
	STORE8(Z2, Z6, Z10, Z14)   \
	STORE8(Z3, Z7, Z11, Z15)   \
done:                       \
	VZEROUPPER                 \
	RET

// func pairRowsAVX512BF16(dst *uint32, width, size int, src *float32, ld, rows, lanes, panels int)
// Requires: AVX512BW, AVX512_BF16, BMI2
//
// R10 and R11 go through the panels of a step from DI and SI. K1 and K2 are the lanes
// of its first row, K5 and K6 of its second, K3 and K4 of the panel.
TEXT ·pairRowsAVX512BF16(SB), NOSPLIT, $0-64
	MOVQ      dst+0(FP), DI
	MOVQ      width+8(FP), R8
	MOVQ      size+16(FP), R12
	MOVQ      src+24(FP), SI
	MOVQ      ld+32(FP), DX
	MOVQ      rows+40(FP), CX
	MOVQ      lanes+48(FP), R9
	VMOVDQU32 ·turns(SB), Z8
	MASKS(R9, K1, K2)
	MASKS(R8, K3, K4)
	KMOVW     K1, K5
	KMOVW     K2, K6
	SHLQ      $2, R8
	SHLQ      $2, R12
	SHLQ      $2, DX
step:
	CMPQ      CX, $1
	JNE       pair
	KXORW     K5, K5, K5
	KXORW     K6, K6, K6
pair:
	MOVQ      panels+56(FP), BX
	MOVQ      DI, R10
	MOVQ      SI, R11
	CMPQ      R8, $64
	JGT       wide
narrow:
	VMOVUPS.Z (R11), K1, Z0
	VMOVUPS.Z (R11)(DX*1), K5, Z1
	VCVTNE2PS2BF16_Z(0, 1, 0)
	VPERMW    Z0, Z8, Z0
	VMOVDQU32 Z0, K3, (R10)
	ADDQ      R8, R11
	ADDQ      R12, R10
	DECQ      BX
	JNZ       narrow
	JMP       next
wide:
	VMOVUPS.Z (R11), K1, Z0
	VMOVUPS.Z 64(R11), K2, Z2
	VMOVUPS.Z (R11)(DX*1), K5, Z1
	VMOVUPS.Z 64(R11)(DX*1), K6, Z3
	VCVTNE2PS2BF16_Z(0, 1, 0)
	VCVTNE2PS2BF16_Z(2, 3, 2)
	VPERMW    Z0, Z8, Z0
	VPERMW    Z2, Z8, Z2
	VMOVDQU32 Z0, K3, (R10)
	VMOVDQU32 Z2, K4, 64(R10)
	ADDQ      R8, R11
	ADDQ      R12, R10
	DECQ      BX
	JNZ       wide
next:
	ADDQ      R8, DI
	LEAQ      (SI)(DX*2), SI
	SUBQ      $2, CX
	JG        step
	VZEROUPPER
	RET

// func pairValues16AVX512BF16(dst *uint32, pitch int, src *[16]unsafe.Pointer, n, lanes int)
// Requires: AVX512F, AVX512_BF16, BMI2
TEXT ·pairValues16AVX512BF16(SB), NOSPLIT, $0-40
	PAIR16(READ_F32)

// func pairF16x16AVX512BF16(dst *uint32, pitch int, src *[16]unsafe.Pointer, n, lanes int)
// Requires: AVX512F, AVX512_BF16, BMI2
TEXT ·pairF16x16AVX512BF16(SB), NOSPLIT, $0-40
	PAIR16(READ_F16)
