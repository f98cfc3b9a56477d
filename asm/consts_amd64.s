//go:build !purego && !noasm

#include "textflag.h"
#include "vector_amd64.h"

// Eight times the same value, so that AVX2 can take it from memory.
#define CONST8(at, bits) \
	DATA ·f32consts+(at)(SB)/8, $((bits)<<32|(bits))    \
	DATA ·f32consts+(at+8)(SB)/8, $((bits)<<32|(bits))  \
	DATA ·f32consts+(at+16)(SB)/8, $((bits)<<32|(bits)) \
	DATA ·f32consts+(at+24)(SB)/8, $((bits)<<32|(bits))

CONST8(LOG2E, 0x3fb8aa3b)
CONST8(LOG2E_LO, 0x32a57060)
CONST8(EXP_MIN, 0xc2aeac4f)
CONST8(EXP_MAX, 0x42b17217)
CONST8(EXP2_MIN, 0xc2fc0000)

// Minimax in the relative error, 2^-25.9 with these roundings.
CONST8(EXP2_C1, 0x3f317218)
CONST8(EXP2_C2, 0x3e75fdee)
CONST8(EXP2_C3, 0x3d635774)
CONST8(EXP2_C4, 0x3c1d96a6)
CONST8(EXP2_C5, 0x3aaf9f2a)
CONST8(EXP2_C6, 0x3920fdde)

CONST8(ONE, 0x3f800000)
CONST8(INF, 0x7f800000)
CONST8(ABS, 0x7fffffff)
CONST8(SQUARE_MAX, 0x67800000)
CONST8(GELU_MAX, 0x41600000)
CONST8(GELU_C, 0x3e970a3d)
CONST8(GELU_NEG_HALF_LOG2E, 0xbf38aa3b)
CONST8(GELU_NEG_HALF, 0xbf000000)

// Minimax in the relative error for 0 <= x <= 13.3, 2^-24.6 with these roundings.
CONST8(GELU_H0, 0x37981527)
CONST8(GELU_H1, 0x3df02a83)
CONST8(GELU_H2, 0x3df991f7)
CONST8(GELU_H3, 0x3dac279e)
CONST8(GELU_H4, 0x3e2c11e6)
CONST8(GELU_H5, 0xbdf56306)
CONST8(GELU_H6, 0x3e8c1773)
CONST8(GELU_H7, 0xbe3d32ea)
CONST8(GELU_H8, 0x3d22b356)

CONST8(EXP_INF, 0x42b20000)
GLOBL ·f32consts(SB), RODATA|NOPTR, $CONSTS

DATA ·f32tail+0(SB)/8, $-1
DATA ·f32tail+8(SB)/8, $-1
DATA ·f32tail+16(SB)/8, $-1
DATA ·f32tail+24(SB)/8, $-1
GLOBL ·f32tail(SB), RODATA|NOPTR, $64
