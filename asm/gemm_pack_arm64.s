//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"

// Registers of the packing kernels:
//
//	R0, R1       dst, bytes between its steps
//	R2 to R5     the rows
//	R6           steps left
//
// LOAD reads four steps of a row and widens them to dwords.

#define LOAD_DWORD(p, v) FMOVQ.P 16(p), F(v)
#define LOAD_F16(p, v)   FMOVD.P 8(p), F(v); FCVTL_4S(v, v)
#define LOAD_BF16(p, v)  FMOVD.P 8(p), F(v); SHLL_4S(v, v)

// Four rows by four steps are transposed in registers: first pairs of rows, then
// pairs of pairs.
#define KERNEL(LOAD) \
	MOVD dst+0(FP), R0           \
	MOVD pitch+8(FP), R1         \
	MOVD src+16(FP), R2          \
	MOVD n+24(FP), R6            \
	LSL  $2, R1                  \
	LDP  16(R2), (R4, R5)        \
	LDP  (R2), (R2, R3)          \
four:                            \
	LOAD(R2, 0)                  \
	LOAD(R3, 1)                  \
	LOAD(R4, 2)                  \
	LOAD(R5, 3)                  \
	VZIP1 V1.S4, V0.S4, V4.S4    \
	VZIP2 V1.S4, V0.S4, V5.S4    \
	VZIP1 V3.S4, V2.S4, V6.S4    \
	VZIP2 V3.S4, V2.S4, V7.S4    \
	VZIP1 V6.D2, V4.D2, V0.D2    \
	VZIP2 V6.D2, V4.D2, V1.D2    \
	VZIP1 V7.D2, V5.D2, V2.D2    \
	VZIP2 V7.D2, V5.D2, V3.D2    \
	FMOVQ F0, (R0)               \
	ADD  R1, R0                  \
	FMOVQ F1, (R0)               \
	ADD  R1, R0                  \
	FMOVQ F2, (R0)               \
	ADD  R1, R0                  \
	FMOVQ F3, (R0)               \
	ADD  R1, R0                  \
	SUBS $4, R6                  \
	BNE  four                    \
	RET

// func interleave4NEON(dst *uint32, pitch int, src *unsafe.Pointer, n int)
TEXT ·interleave4NEON(SB), NOSPLIT, $0-32
	KERNEL(LOAD_DWORD)

// func interleaveF16x4NEON(dst *uint32, pitch int, src *unsafe.Pointer, n int)
TEXT ·interleaveF16x4NEON(SB), NOSPLIT, $0-32
	KERNEL(LOAD_F16)

// func interleaveBF16x4NEON(dst *uint32, pitch int, src *unsafe.Pointer, n int)
TEXT ·interleaveBF16x4NEON(SB), NOSPLIT, $0-32
	KERNEL(LOAD_BF16)
