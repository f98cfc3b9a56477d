//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"

// Sixteen sums cover four instructions a cycle of a latency of four, the most that
// cores of this architecture have.

#define SIXTEEN(OP) \
	OP(16, 17, 0)  \
	OP(16, 17, 1)  \
	OP(16, 17, 2)  \
	OP(16, 17, 3)  \
	OP(16, 17, 4)  \
	OP(16, 17, 5)  \
	OP(16, 17, 6)  \
	OP(16, 17, 7)  \
	OP(16, 17, 8)  \
	OP(16, 17, 9)  \
	OP(16, 17, 10) \
	OP(16, 17, 11) \
	OP(16, 17, 12) \
	OP(16, 17, 13) \
	OP(16, 17, 14) \
	OP(16, 17, 15)

#define CLEAR(m, n, d) MOVI_2D_0(d)

#define PROBE(OP) \
	MOVD n+0(FP), R0                \
	VEOR V16.B16, V16.B16, V16.B16  \
	VEOR V17.B16, V17.B16, V17.B16  \
	SIXTEEN(CLEAR)                  \
	B    test                       \
	PCALIGN $16                     \
loop:                               \
	SIXTEEN(OP)                     \
	SUB  $1, R0                     \
test:                               \
	CMP  $0, R0                     \
	BGT  loop                       \
	RET

// func probeF32NEON(n int)
TEXT ·probeF32NEON(SB), NOSPLIT, $0-8
	PROBE(FMLA_4S)

// func probeBF16BFMMLA(n int)
// Requires: FEAT_BF16
TEXT ·probeBF16BFMMLA(SB), NOSPLIT, $0-8
	PROBE(BFMMLA_4S)

// func probeInt8SMMLA(n int)
// Requires: FEAT_I8MM
TEXT ·probeInt8SMMLA(SB), NOSPLIT, $0-8
	PROBE(SMMLA_4S)

// func probeInt8SDOT(n int)
// Requires: FEAT_DotProd
TEXT ·probeInt8SDOT(SB), NOSPLIT, $0-8
	PROBE(SDOT_4S)

// func probeReadNEON(b *byte, n int)
TEXT ·probeReadNEON(SB), NOSPLIT, $0-16
	MOVD b+0(FP), R0
	MOVD n+8(FP), R1
loop:
	PRFM    2048(R0), PLDL1KEEP
	PRFM    2112(R0), PLDL1KEEP
	PRFM    2176(R0), PLDL1KEEP
	PRFM    2240(R0), PLDL1KEEP
	FLDPQ.P 32(R0), (F0, F1)
	FLDPQ.P 32(R0), (F2, F3)
	FLDPQ.P 32(R0), (F4, F5)
	FLDPQ.P 32(R0), (F6, F7)
	FLDPQ.P 32(R0), (F0, F1)
	FLDPQ.P 32(R0), (F2, F3)
	FLDPQ.P 32(R0), (F4, F5)
	FLDPQ.P 32(R0), (F6, F7)
	SUBS    $256, R1
	BNE     loop
	RET
