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

// One step of 1 to 12 rows.
#define STEPBF16_1(o, ob) LOAD_B512(ob); ROWBF16(o, 0, Z2, 2, 8, 9)
#define STEPBF16_2(o, ob) STEPBF16_1(o, ob); ROWBF16(o, 1, Z3, 3, 10, 11)
#define STEPBF16_3(o, ob) STEPBF16_2(o, ob); ROWBF16(o, 2, Z4, 4, 12, 13)
#define STEPBF16_4(o, ob) STEPBF16_3(o, ob); ROWBF16(o, 3, Z5, 5, 14, 15)
#define STEPBF16_5(o, ob) STEPBF16_4(o, ob); ROWBF16(o, 4, Z6, 6, 16, 17)
#define STEPBF16_6(o, ob) STEPBF16_5(o, ob); ROWBF16(o, 5, Z7, 7, 18, 19)
#define STEPBF16_7(o, ob) STEPBF16_6(o, ob); ROWBF16(o, 6, Z2, 2, 20, 21)
#define STEPBF16_8(o, ob) STEPBF16_7(o, ob); ROWBF16(o, 7, Z3, 3, 22, 23)
#define STEPBF16_9(o, ob) STEPBF16_8(o, ob); ROWBF16(o, 8, Z4, 4, 24, 25)
#define STEPBF16_10(o, ob) STEPBF16_9(o, ob); ROWBF16(o, 9, Z5, 5, 26, 27)
#define STEPBF16_11(o, ob) STEPBF16_10(o, ob); ROWBF16(o, 10, Z6, 6, 28, 29)
#define STEPBF16_12(o, ob) STEPBF16_11(o, ob); ROWBF16(o, 11, Z7, 7, 30, 31)

// func gemmBF16x12AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x12AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_12, STEPBF16_12, STORE512_12, 48)

// func gemmBF16x11AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x11AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_11, STEPBF16_11, STORE512_11, 44)

// func gemmBF16x10AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x10AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_10, STEPBF16_10, STORE512_10, 40)

// func gemmBF16x9AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x9AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_9, STEPBF16_9, STORE512_9, 36)

// func gemmBF16x8AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x8AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_8, STEPBF16_8, STORE512_8, 32)

// func gemmBF16x7AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x7AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_7, STEPBF16_7, STORE512_7, 28)

// func gemmBF16x6AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x6AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_6, STEPBF16_6, STORE512_6, 24)

// func gemmBF16x5AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x5AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_5, STEPBF16_5, STORE512_5, 20)

// func gemmBF16x4AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x4AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_4, STEPBF16_4, STORE512_4, 16)

// func gemmBF16x3AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x3AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_3, STEPBF16_3, STORE512_3, 12)

// func gemmBF16x2AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x2AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_2, STEPBF16_2, STORE512_2, 8)

// func gemmBF16x1AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F, AVX512-BF16
TEXT ·gemmBF16x1AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_1, STEPBF16_1, STORE512_1, 4)
