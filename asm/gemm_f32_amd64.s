//go:build !purego && !noasm

#include "textflag.h"
#include "gemm_amd64.h"

// One step of one row: t is its broadcast value, c0 and c1 its sums.
#define ROW512(o, r, t, c0, c1) \
	VBROADCASTSS ((o)+4*(r))(SI), t \
	VFMADD231PS  Z0, t, c0          \
	VFMADD231PS  Z1, t, c1

// One step of 1 to 12 rows.
#define STEP512_1(o, ob) LOAD_B512(ob); ROW512(o, 0, Z2, Z8, Z9)
#define STEP512_2(o, ob) STEP512_1(o, ob); ROW512(o, 1, Z3, Z10, Z11)
#define STEP512_3(o, ob) STEP512_2(o, ob); ROW512(o, 2, Z4, Z12, Z13)
#define STEP512_4(o, ob) STEP512_3(o, ob); ROW512(o, 3, Z5, Z14, Z15)
#define STEP512_5(o, ob) STEP512_4(o, ob); ROW512(o, 4, Z6, Z16, Z17)
#define STEP512_6(o, ob) STEP512_5(o, ob); ROW512(o, 5, Z7, Z18, Z19)
#define STEP512_7(o, ob) STEP512_6(o, ob); ROW512(o, 6, Z2, Z20, Z21)
#define STEP512_8(o, ob) STEP512_7(o, ob); ROW512(o, 7, Z3, Z22, Z23)
#define STEP512_9(o, ob) STEP512_8(o, ob); ROW512(o, 8, Z4, Z24, Z25)
#define STEP512_10(o, ob) STEP512_9(o, ob); ROW512(o, 9, Z5, Z26, Z27)
#define STEP512_11(o, ob) STEP512_10(o, ob); ROW512(o, 10, Z6, Z28, Z29)
#define STEP512_12(o, ob) STEP512_11(o, ob); ROW512(o, 11, Z7, Z30, Z31)

// func gemmF32x12AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F
TEXT ·gemmF32x12AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_12, STEP512_12, STORE512_12, 48)

// func gemmF32x11AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F
TEXT ·gemmF32x11AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_11, STEP512_11, STORE512_11, 44)

// func gemmF32x10AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F
TEXT ·gemmF32x10AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_10, STEP512_10, STORE512_10, 40)

// func gemmF32x9AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F
TEXT ·gemmF32x9AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_9, STEP512_9, STORE512_9, 36)

// func gemmF32x8AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F
TEXT ·gemmF32x8AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_8, STEP512_8, STORE512_8, 32)

// func gemmF32x7AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F
TEXT ·gemmF32x7AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_7, STEP512_7, STORE512_7, 28)

// func gemmF32x6AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F
TEXT ·gemmF32x6AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_6, STEP512_6, STORE512_6, 24)

// func gemmF32x5AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F
TEXT ·gemmF32x5AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_5, STEP512_5, STORE512_5, 20)

// func gemmF32x4AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F
TEXT ·gemmF32x4AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_4, STEP512_4, STORE512_4, 16)

// func gemmF32x3AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F
TEXT ·gemmF32x3AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_3, STEP512_3, STORE512_3, 12)

// func gemmF32x2AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F
TEXT ·gemmF32x2AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_2, STEP512_2, STORE512_2, 8)

// func gemmF32x1AVX512(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX512F
TEXT ·gemmF32x1AVX512(SB), NOSPLIT, $0-64
	KERNEL512(ZERO512_1, STEP512_1, STORE512_1, 4)

#define ROW256(o, r, t, c0, c1) \
	VBROADCASTSS ((o)+4*(r))(SI), t \
	VFMADD231PS  Y0, t, c0          \
	VFMADD231PS  Y1, t, c1

#define STEP256_4(o, ob) \
	VMOVUPS (ob)(BX), Y0         \
	VMOVUPS ((ob)+32)(BX), Y1    \
	ROW256(o, 0, Y2, Y4, Y5)     \
	ROW256(o, 1, Y3, Y6, Y7)     \
	ROW256(o, 2, Y2, Y8, Y9)     \
	ROW256(o, 3, Y3, Y10, Y11)

#define STEP256_6(o, ob) \
	STEP256_4(o, ob)             \
	ROW256(o, 4, Y2, Y12, Y13)   \
	ROW256(o, 5, Y3, Y14, Y15)

#define STORE256(c0, c1) \
	VADDPS  (R15), c0, c0    \
	VADDPS  32(R15), c1, c1  \
	VMOVUPS c0, (R13)        \
	VMOVUPS c1, 32(R13)      \
	ADDQ    R9, R15          \
	ADDQ    R8, R13

#define STORE256_4 \
	STORE256(Y4, Y5)    \
	STORE256(Y6, Y7)    \
	STORE256(Y8, Y9)    \
	STORE256(Y10, Y11)

#define STORE256_6 \
	STORE256_4          \
	STORE256(Y12, Y13)  \
	STORE256(Y14, Y15)

#define ZERO256_4(a, b, c, d) \
	VXORPS a, a, a  \
	VXORPS b, b, b  \
	VXORPS c, c, c  \
	VXORPS d, d, d

#define ZERO256_8 \
	ZERO256_4(Y4, Y5, Y6, Y7)  \
	ZERO256_4(Y8, Y9, Y10, Y11)

#define ZERO256_12 \
	ZERO256_8                  \
	ZERO256_4(Y12, Y13, Y14, Y15)

#define KERNEL256(ZERO, STEP, STORE, a) \
	LOAD_ARGS                \
panel:                       \
	FETCH_C(a/4, 32)         \
	MOVQ R10, SI             \
	MOVQ R11, CX             \
	ZERO                     \
	SUBQ $4, CX              \
	JLT  tail                \
	PCALIGN $32              \
four:                        \
	PREFETCHT0 2048(SI)      \
	PREFETCHT0 2112(SI)      \
	STEP(0, 0)               \
	STEP(a, 64)              \
	STEP(2*a, 128)           \
	STEP(3*a, 192)           \
	ADDQ $(4*a), SI          \
	ADDQ $256, BX            \
	SUBQ $4, CX              \
	JGE  four                \
tail:                        \
	ADDQ $4, CX              \
	JZ   store               \
one:                         \
	STEP(0, 0)               \
	ADDQ $a, SI              \
	ADDQ $64, BX             \
	DECQ CX                  \
	JNZ  one                 \
store:                       \
	MOVQ DI, R13             \
	MOVQ DX, R15             \
	STORE                    \
	ADDQ $64, DI             \
	ADDQ $64, DX             \
	DECQ R12                 \
	JNZ  panel               \
	VZEROUPPER               \
	RET

// func gemmF32x6AVX2(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX2, FMA
TEXT ·gemmF32x6AVX2(SB), NOSPLIT, $0-64
	KERNEL256(ZERO256_12, STEP256_6, STORE256_6, 24)

// func gemmF32x4AVX2(c *float32, ldc int, d *float32, ldd int, a, b *uint32, steps, panels int)
// Requires: AVX2, FMA
TEXT ·gemmF32x4AVX2(SB), NOSPLIT, $0-64
	KERNEL256(ZERO256_8, STEP256_4, STORE256_4, 16)
