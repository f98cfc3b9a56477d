//go:build !purego && !noasm

#include "textflag.h"
#include "encode_amd64.h"
#include "gemm_amd64.h"

// One step of one row, two bf16 for each column: t (register tn) is its broadcast
// pair, c0 and c1 the numbers of its sums.
#define ROWBF16(o, r, t, tn, c0, c1) \
	VBROADCASTSS ((o)+4*(r))(SI), t \
	VDPBF16PS_Z(0, tn, c0)          \
	VDPBF16PS_Z(1, tn, c1)

#define STEPBF16_4(o, ob) \
	VMOVUPS (ob)(BX), Z0          \
	VMOVUPS ((ob)+64)(BX), Z1     \
	ROWBF16(o, 0, Z2, 2, 8, 9)    \
	ROWBF16(o, 1, Z3, 3, 10, 11)  \
	ROWBF16(o, 2, Z4, 4, 12, 13)  \
	ROWBF16(o, 3, Z5, 5, 14, 15)

#define STEPBF16_8(o, ob) \
	STEPBF16_4(o, ob)             \
	ROWBF16(o, 4, Z6, 6, 16, 17)  \
	ROWBF16(o, 5, Z7, 7, 18, 19)  \
	ROWBF16(o, 6, Z2, 2, 20, 21)  \
	ROWBF16(o, 7, Z3, 3, 22, 23)

#define STEPBF16_12(o, ob) \
	STEPBF16_8(o, ob)             \
	ROWBF16(o, 8, Z4, 4, 24, 25)  \
	ROWBF16(o, 9, Z5, 5, 26, 27)  \
	ROWBF16(o, 10, Z6, 6, 28, 29) \
	ROWBF16(o, 11, Z7, 7, 30, 31)

// func gemmBF16x12AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x12AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_24, STEPBF16_12, STORE512_12, 48)

// func gemmBF16x8AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x8AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_16, STEPBF16_8, STORE512_8, 32)

// func gemmBF16x4AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x4AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_8, STEPBF16_4, STORE512_4, 16)
