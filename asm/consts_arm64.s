//go:build !purego && !noasm

#include "textflag.h"

// Constants of the exponential, in the order of LOAD_EXP; the polynomials are
// those of consts_amd64.s.
DATA ·expConsts+0(SB)/4, $0x3fb8aa3b  // log2(e), rounded
DATA ·expConsts+4(SB)/4, $0x32a57060  // log2(e) less that
DATA ·expConsts+8(SB)/4, $0xc2aeac4f  // ln 2^-126: below, exp is 0
DATA ·expConsts+12(SB)/4, $0x42b17217 // above, exp is +Inf
DATA ·expConsts+16(SB)/4, $0x7f800000 // +Inf
DATA ·expConsts+20(SB)/4, $0x3f317218 // 2^f = 1 + f*(C1 + f*(C2 + ...)), |f| <= 1/2
DATA ·expConsts+24(SB)/4, $0x3e75fdee
DATA ·expConsts+28(SB)/4, $0x3d635774
DATA ·expConsts+32(SB)/4, $0x3c1d96a6
DATA ·expConsts+36(SB)/4, $0x3aaf9f2a
DATA ·expConsts+40(SB)/4, $0x3920fdde
DATA ·expConsts+44(SB)/4, $0x3f800000 // 1
GLOBL ·expConsts(SB), RODATA|NOPTR, $48

// Constants of GELU, in the order of LOAD_GELU.
DATA ·geluConsts+0(SB)/4, $0x41600000  // beyond, exp(-x*x/2) is below 2^-126
DATA ·geluConsts+4(SB)/4, $0x3e970a3d  // w = 1/(1+C*|x|)
DATA ·geluConsts+8(SB)/4, $0xbf000000  // -1/2
DATA ·geluConsts+12(SB)/4, $0xbf38aa3b // -log2(e)/2
DATA ·geluConsts+16(SB)/4, $0x37981527 // h = H0 + w*(H1 + ...)
DATA ·geluConsts+20(SB)/4, $0x3df02a83
DATA ·geluConsts+24(SB)/4, $0x3df991f7
DATA ·geluConsts+28(SB)/4, $0x3dac279e
DATA ·geluConsts+32(SB)/4, $0x3e2c11e6
DATA ·geluConsts+36(SB)/4, $0xbdf56306
DATA ·geluConsts+40(SB)/4, $0x3e8c1773
DATA ·geluConsts+44(SB)/4, $0xbe3d32ea
DATA ·geluConsts+48(SB)/4, $0x3d22b356
GLOBL ·geluConsts(SB), RODATA|NOPTR, $52

// In which of four bytes the fifth bits of the codes of a block are: bits 0-15
// belong to the low nibbles, bits 16-31 to the high ones.
DATA ·fifthBytes+0(SB)/8, $0
DATA ·fifthBytes+8(SB)/8, $0x0101010101010101
DATA ·fifthBytes+16(SB)/8, $0x0202020202020202
DATA ·fifthBytes+24(SB)/8, $0x0303030303030303
GLOBL ·fifthBytes(SB), RODATA|NOPTR, $32
