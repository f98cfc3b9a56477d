//go:build !purego && !noasm

#include "textflag.h"

// Registers of the packing kernels:
//
//	DI, DX, BX     dst, bytes between its steps, three times that
//	R8 R9 R10 R11  the four rows
//	CX             steps left

#define LOAD_ARGS \
	MOVQ dst+0(FP), DI     \
	MOVQ pitch+8(FP), DX   \
	MOVQ src+16(FP), SI    \
	MOVQ n+24(FP), CX      \
	MOVQ 0(SI), R8         \
	MOVQ 8(SI), R9         \
	MOVQ 16(SI), R10       \
	MOVQ 24(SI), R11       \
	SHLQ $2, DX            \
	LEAQ (DX)(DX*2), BX

// Four rows a..d of dwords become, in every 128-bit lane, four steps e..h:
// lane l of e is step 4l, of f step 4l+1, and so on. a..d are overwritten.
#define TRANSPOSE(a, b, c, d, e, f, g, h) \
	VUNPCKLPS b, a, e  \
	VUNPCKHPS b, a, g  \
	VUNPCKLPS d, c, f  \
	VUNPCKHPS d, c, h  \
	VUNPCKLPD f, e, a  \
	VUNPCKHPD f, e, b  \
	VUNPCKLPD h, g, c  \
	VUNPCKHPD h, g, d

// Stores four steps, in the given lane of a..d.
#define STORE_LANE(EXTRACT, lane, a, b, c, d) \
	EXTRACT $lane, a, (DI)          \
	EXTRACT $lane, b, (DI)(DX*1)    \
	EXTRACT $lane, c, (DI)(DX*2)    \
	EXTRACT $lane, d, (DI)(BX*1)    \
	LEAQ    (DI)(DX*4), DI

#define STORE_LOW \
	VMOVUPS X0, (DI)        \
	VMOVUPS X1, (DI)(DX*1)  \
	VMOVUPS X2, (DI)(DX*2)  \
	VMOVUPS X3, (DI)(BX*1)  \
	LEAQ    (DI)(DX*4), DI

#define ADVANCE(bytes) \
	ADDQ $(bytes), R8   \
	ADDQ $(bytes), R9   \
	ADDQ $(bytes), R10  \
	ADDQ $(bytes), R11

// LOAD reads one vector of values from a row and widens them to dwords; size is
// that of one value in memory.
#define KERNEL512(LOAD, size) \
	LOAD_ARGS                     \
	SUBQ $16, CX                  \
	JLT  tail                     \
sixteen:                          \
	LOAD(R8, Z0)                  \
	LOAD(R9, Z1)                  \
	LOAD(R10, Z2)                 \
	LOAD(R11, Z3)                 \
	TRANSPOSE(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7) \
	STORE_LOW                     \
	STORE_LANE(VEXTRACTF32X4, 1, Z0, Z1, Z2, Z3) \
	STORE_LANE(VEXTRACTF32X4, 2, Z0, Z1, Z2, Z3) \
	STORE_LANE(VEXTRACTF32X4, 3, Z0, Z1, Z2, Z3) \
	ADVANCE(16*size)              \
	SUBQ $16, CX                  \
	JGE  sixteen                  \
tail:                             \
	ADDQ $16, CX                  \
	JZ   done                     \
four:                             \
	LOAD(R8, X0)                  \
	LOAD(R9, X1)                  \
	LOAD(R10, X2)                 \
	LOAD(R11, X3)                 \
	TRANSPOSE(X0, X1, X2, X3, X4, X5, X6, X7) \
	STORE_LOW                     \
	ADVANCE(4*size)               \
	SUBQ $4, CX                   \
	JNZ  four                     \
done:                             \
	VZEROUPPER                    \
	RET

#define KERNEL256(LOAD, size) \
	LOAD_ARGS                     \
	SUBQ $8, CX                   \
	JLT  tail                     \
eight:                            \
	LOAD(R8, Y0)                  \
	LOAD(R9, Y1)                  \
	LOAD(R10, Y2)                 \
	LOAD(R11, Y3)                 \
	TRANSPOSE(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7) \
	STORE_LOW                     \
	STORE_LANE(VEXTRACTF128, 1, Y0, Y1, Y2, Y3) \
	ADVANCE(8*size)               \
	SUBQ $8, CX                   \
	JGE  eight                    \
tail:                             \
	ADDQ $8, CX                   \
	JZ   done                     \
four:                             \
	LOAD(R8, X0)                  \
	LOAD(R9, X1)                  \
	LOAD(R10, X2)                 \
	LOAD(R11, X3)                 \
	TRANSPOSE(X0, X1, X2, X3, X4, X5, X6, X7) \
	STORE_LOW                     \
	ADVANCE(4*size)               \
	SUBQ $4, CX                   \
	JNZ  four                     \
done:                             \
	VZEROUPPER                    \
	RET

#define LOAD_DWORD(p, v) VMOVUPS (p), v
#define LOAD_F16(p, v)   VCVTPH2PS (p), v
#define LOAD_BF16(p, v)  VPMOVZXWD (p), v; VPSLLD $16, v, v

// func interleave4AVX512(dst *uint32, pitch int, src *Four, n int)
// Requires: AVX512F
TEXT ·interleave4AVX512(SB), NOSPLIT, $0-32
	KERNEL512(LOAD_DWORD, 4)

// func interleave4F16AVX512(dst *float32, pitch int, src *Four, n int)
// Requires: AVX512F, F16C
TEXT ·interleave4F16AVX512(SB), NOSPLIT, $0-32
	KERNEL512(LOAD_F16, 2)

// func interleave4BF16AVX512(dst *float32, pitch int, src *Four, n int)
// Requires: AVX512F
TEXT ·interleave4BF16AVX512(SB), NOSPLIT, $0-32
	KERNEL512(LOAD_BF16, 2)

// func interleave4AVX2(dst *uint32, pitch int, src *Four, n int)
// Requires: AVX
TEXT ·interleave4AVX2(SB), NOSPLIT, $0-32
	KERNEL256(LOAD_DWORD, 4)

// func interleave4F16AVX2(dst *float32, pitch int, src *Four, n int)
// Requires: AVX, F16C
TEXT ·interleave4F16AVX2(SB), NOSPLIT, $0-32
	KERNEL256(LOAD_F16, 2)

// func interleave4BF16AVX2(dst *float32, pitch int, src *Four, n int)
// Requires: AVX2
TEXT ·interleave4BF16AVX2(SB), NOSPLIT, $0-32
	KERNEL256(LOAD_BF16, 2)
