//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"
#include "encode_amd64.h"

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

// PAIR rounds and stores the rows in Z0 and Z1 and the lanes from 16 on in Z2, Z3.
#define PAIR \
	VCVTNE2PS2BF16_Z(0, 1, 0)     \
	VCVTNE2PS2BF16_Z(2, 3, 2)     \
	VPERMW    Z0, Z8, Z0          \
	VPERMW    Z2, Z8, Z2          \
	VMOVDQU32 Z0, K3, (DI)        \
	VMOVDQU32 Z2, K4, 64(DI)      \
	ADDQ      R8, DI

// func pairRowsAVX512BF16(dst *uint32, width int, src *float32, ld, rows, n int)
// Requires: AVX512BW, AVX512_BF16
TEXT ·pairRowsAVX512BF16(SB), NOSPLIT, $0-48
	MOVQ      dst+0(FP), DI
	MOVQ      width+8(FP), R8
	MOVQ      src+16(FP), SI
	MOVQ      ld+24(FP), DX
	MOVQ      rows+32(FP), CX
	MOVQ      n+40(FP), R9
	VMOVDQU32 ·turns(SB), Z8
	MASKS(R9, K1, K2)
	MASKS(R8, K3, K4)
	SHLQ      $2, R8
	SHLQ      $2, DX
	SUBQ      $2, CX
	JL        last
pair:
	VMOVUPS.Z (SI), K1, Z0
	VMOVUPS.Z 64(SI), K2, Z2
	VMOVUPS.Z (SI)(DX*1), K1, Z1
	VMOVUPS.Z 64(SI)(DX*1), K2, Z3
	PAIR
	LEAQ      (SI)(DX*2), SI
	SUBQ      $2, CX
	JGE       pair
last:
	ADDQ      $2, CX
	JZ        done
	VMOVUPS.Z (SI), K1, Z0
	VMOVUPS.Z 64(SI), K2, Z2
	VPXORD    Z1, Z1, Z1
	VPXORD    Z3, Z3, Z3
	PAIR
done:
	VZEROUPPER
	RET
