//go:build !purego && !noasm

#include "textflag.h"
#include "encode_amd64.h"

// Twelve sums cover two instructions a cycle of a latency of six, the longest
// (VDPBF16PS on Zen 5).

#define ZERO(a, b, c, d) \
	VXORPS a, a, a  \
	VXORPS b, b, b  \
	VXORPS c, c, c  \
	VXORPS d, d, d

#define ZEROES \
	ZERO(Y0, Y1, Y2, Y3)    \
	ZERO(Y4, Y5, Y6, Y7)    \
	ZERO(Y8, Y9, Y10, Y11)  \
	ZERO(Y12, Y13, Y14, Y15)

#define PROBE(TURN) \
	MOVQ n+0(FP), CX  \
	ZEROES            \
	JMP  test         \
	PCALIGN $32       \
loop:                 \
	TURN              \
	DECQ CX           \
test:                 \
	TESTQ CX, CX      \
	JG   loop         \
	VZEROUPPER        \
	RET

#define FMA512 \
	VFMADD231PS Z14, Z15, Z0   \
	VFMADD231PS Z14, Z15, Z1   \
	VFMADD231PS Z14, Z15, Z2   \
	VFMADD231PS Z14, Z15, Z3   \
	VFMADD231PS Z14, Z15, Z4   \
	VFMADD231PS Z14, Z15, Z5   \
	VFMADD231PS Z14, Z15, Z6   \
	VFMADD231PS Z14, Z15, Z7   \
	VFMADD231PS Z14, Z15, Z8   \
	VFMADD231PS Z14, Z15, Z9   \
	VFMADD231PS Z14, Z15, Z10  \
	VFMADD231PS Z14, Z15, Z11

#define FMA256 \
	VFMADD231PS Y14, Y15, Y0   \
	VFMADD231PS Y14, Y15, Y1   \
	VFMADD231PS Y14, Y15, Y2   \
	VFMADD231PS Y14, Y15, Y3   \
	VFMADD231PS Y14, Y15, Y4   \
	VFMADD231PS Y14, Y15, Y5   \
	VFMADD231PS Y14, Y15, Y6   \
	VFMADD231PS Y14, Y15, Y7   \
	VFMADD231PS Y14, Y15, Y8   \
	VFMADD231PS Y14, Y15, Y9   \
	VFMADD231PS Y14, Y15, Y10  \
	VFMADD231PS Y14, Y15, Y11

#define DOT_BF16 \
	VDPBF16PS_Z(14, 15, 0)   \
	VDPBF16PS_Z(14, 15, 1)   \
	VDPBF16PS_Z(14, 15, 2)   \
	VDPBF16PS_Z(14, 15, 3)   \
	VDPBF16PS_Z(14, 15, 4)   \
	VDPBF16PS_Z(14, 15, 5)   \
	VDPBF16PS_Z(14, 15, 6)   \
	VDPBF16PS_Z(14, 15, 7)   \
	VDPBF16PS_Z(14, 15, 8)   \
	VDPBF16PS_Z(14, 15, 9)   \
	VDPBF16PS_Z(14, 15, 10)  \
	VDPBF16PS_Z(14, 15, 11)

#define DOT_INT8 \
	VPDPBUSD Z14, Z15, Z0   \
	VPDPBUSD Z14, Z15, Z1   \
	VPDPBUSD Z14, Z15, Z2   \
	VPDPBUSD Z14, Z15, Z3   \
	VPDPBUSD Z14, Z15, Z4   \
	VPDPBUSD Z14, Z15, Z5   \
	VPDPBUSD Z14, Z15, Z6   \
	VPDPBUSD Z14, Z15, Z7   \
	VPDPBUSD Z14, Z15, Z8   \
	VPDPBUSD Z14, Z15, Z9   \
	VPDPBUSD Z14, Z15, Z10  \
	VPDPBUSD Z14, Z15, Z11

// func probeF32AVX512(n int)
// Requires: AVX512F
TEXT ·probeF32AVX512(SB), NOSPLIT, $0-8
	PROBE(FMA512)

// func probeF32AVX2(n int)
// Requires: AVX, FMA
TEXT ·probeF32AVX2(SB), NOSPLIT, $0-8
	PROBE(FMA256)

// func probeBF16AVX512(n int)
// Requires: AVX512F, AVX512-BF16
TEXT ·probeBF16AVX512(SB), NOSPLIT, $0-8
	PROBE(DOT_BF16)

// func probeInt8VNNI(n int)
// Requires: AVX512F, AVX512-VNNI
TEXT ·probeInt8VNNI(SB), NOSPLIT, $0-8
	PROBE(DOT_INT8)

// func probeReadAVX2(b *byte, n int)
// Requires: AVX
TEXT ·probeReadAVX2(SB), NOSPLIT, $0-16
	MOVQ b+0(FP), SI
	MOVQ n+8(FP), CX
loop:
	PREFETCHT0 2048(SI)
	PREFETCHT0 2112(SI)
	PREFETCHT0 2176(SI)
	PREFETCHT0 2240(SI)
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3
	VMOVUPS 128(SI), Y4
	VMOVUPS 160(SI), Y5
	VMOVUPS 192(SI), Y6
	VMOVUPS 224(SI), Y7
	ADDQ $256, SI
	SUBQ $256, CX
	JNZ  loop
	VZEROUPPER
	RET
