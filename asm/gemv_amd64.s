//go:build !purego && !noasm

#include "textflag.h"

// Four rows of weights are read side by side, so that a vector of activations is
// loaded once for four products: one row at a time is slower, since several rows
// of activations do not fit in L1.
//
// Registers:
//
//	SI, R12, R13, R15  rows of activations
//	R8, R9, R10, R11   rows of weights
//	AX, CX             the value, values left
//	DI                 sums
//
// The sums of row i of the activations are in Z(16+4i) and on (Y(4+4i)), the
// activations in Z0 and on, weights in Z4 to Z7 (Y12 to Y15).

#define LOAD_F32(p, v)  VMOVUPS (p)(AX*4), v
#define LOAD_F16(p, v)  VCVTPH2PS (p)(AX*2), v
#define LOAD_BF16(p, v) VPMOVZXWD (p)(AX*2), v; VPSLLD $16, v, v

#define BEGIN \
	MOVQ sums+0(FP), DI      \
	MOVQ a+8(FP), BX         \
	MOVQ w+16(FP), R8        \
	MOVQ stride+24(FP), DX   \
	MOVQ k+32(FP), CX        \
	LEAQ (R8)(DX*1), R9      \
	LEAQ (R8)(DX*2), R10     \
	LEAQ (R9)(DX*2), R11     \
	MOVQ (BX), SI            \
	XORL AX, AX

#define NEXT(lanes) \
	ADDQ $lanes, AX  \
	SUBQ $lanes, CX  \
	JNZ  loop

#define ZERO512(a, b, c, d) \
	VPXORD a, a, a  \
	VPXORD b, b, b  \
	VPXORD c, c, c  \
	VPXORD d, d, d

#define ZERO256(a, b, c, d) \
	VXORPS a, a, a  \
	VXORPS b, b, b  \
	VXORPS c, c, c  \
	VXORPS d, d, d

// The lanes of four sums are added up and stored as sums 4*i and on; ax is the
// low part of a.
#define REDUCE256(i, a, b, c, d, ax) \
	VHADDPS b, a, a             \
	VHADDPS d, c, c             \
	VHADDPS c, a, a             \
	VEXTRACTF128 $1, a, X3      \
	VADDPS  X3, ax, ax          \
	VMOVUPS ax, (16*i)(DI)

// Registers from Z16 on have no VEX form: their halves meet in Y0 to Y3.
#define REDUCE512(i, a, b, c, d, ya, yb, yc, yd) \
	VEXTRACTF64X4 $1, a, Y0  \
	VEXTRACTF64X4 $1, b, Y1  \
	VEXTRACTF64X4 $1, c, Y2  \
	VEXTRACTF64X4 $1, d, Y3  \
	VADDPS ya, Y0, Y0        \
	VADDPS yb, Y1, Y1        \
	VADDPS yc, Y2, Y2        \
	VADDPS yd, Y3, Y3        \
	REDUCE256(i, Y0, Y1, Y2, Y3, X0)

#define ROW1(LOAD, p, w, x0, c0) \
	LOAD(p, w)              \
	VFMADD231PS x0, w, c0

#define ROW2(LOAD, p, w, x0, x1, c0, c1) \
	LOAD(p, w)              \
	VFMADD231PS x0, w, c0   \
	VFMADD231PS x1, w, c1

#define ROW4(LOAD, p, w, c0, c1, c2, c3) \
	LOAD(p, w)              \
	VFMADD231PS Z0, w, c0   \
	VFMADD231PS Z1, w, c1   \
	VFMADD231PS Z2, w, c2   \
	VFMADD231PS Z3, w, c3

#define KERNEL512_1(LOAD) \
	BEGIN                               \
	ZERO512(Z16, Z17, Z18, Z19)         \
loop:                                   \
	VMOVUPS (SI)(AX*4), Z0              \
	ROW1(LOAD, R8, Z4, Z0, Z16)         \
	ROW1(LOAD, R9, Z5, Z0, Z17)         \
	ROW1(LOAD, R10, Z6, Z0, Z18)        \
	ROW1(LOAD, R11, Z7, Z0, Z19)        \
	NEXT(16)                            \
	REDUCE512(0, Z16, Z17, Z18, Z19, Y16, Y17, Y18, Y19) \
	VZEROUPPER                          \
	RET

#define KERNEL512_2(LOAD) \
	BEGIN                               \
	MOVQ 8(BX), R12                     \
	ZERO512(Z16, Z17, Z18, Z19)         \
	ZERO512(Z20, Z21, Z22, Z23)         \
loop:                                   \
	VMOVUPS (SI)(AX*4), Z0              \
	VMOVUPS (R12)(AX*4), Z1             \
	ROW2(LOAD, R8, Z4, Z0, Z1, Z16, Z20)  \
	ROW2(LOAD, R9, Z5, Z0, Z1, Z17, Z21)  \
	ROW2(LOAD, R10, Z6, Z0, Z1, Z18, Z22) \
	ROW2(LOAD, R11, Z7, Z0, Z1, Z19, Z23) \
	NEXT(16)                            \
	REDUCE512(0, Z16, Z17, Z18, Z19, Y16, Y17, Y18, Y19) \
	REDUCE512(1, Z20, Z21, Z22, Z23, Y20, Y21, Y22, Y23) \
	VZEROUPPER                          \
	RET

#define KERNEL512_4(LOAD) \
	BEGIN                               \
	MOVQ 8(BX), R12                     \
	MOVQ 16(BX), R13                    \
	MOVQ 24(BX), R15                    \
	ZERO512(Z16, Z17, Z18, Z19)         \
	ZERO512(Z20, Z21, Z22, Z23)         \
	ZERO512(Z24, Z25, Z26, Z27)         \
	ZERO512(Z28, Z29, Z30, Z31)         \
loop:                                   \
	VMOVUPS (SI)(AX*4), Z0              \
	VMOVUPS (R12)(AX*4), Z1             \
	VMOVUPS (R13)(AX*4), Z2             \
	VMOVUPS (R15)(AX*4), Z3             \
	ROW4(LOAD, R8, Z4, Z16, Z20, Z24, Z28)  \
	ROW4(LOAD, R9, Z5, Z17, Z21, Z25, Z29)  \
	ROW4(LOAD, R10, Z6, Z18, Z22, Z26, Z30) \
	ROW4(LOAD, R11, Z7, Z19, Z23, Z27, Z31) \
	NEXT(16)                            \
	REDUCE512(0, Z16, Z17, Z18, Z19, Y16, Y17, Y18, Y19) \
	REDUCE512(1, Z20, Z21, Z22, Z23, Y20, Y21, Y22, Y23) \
	REDUCE512(2, Z24, Z25, Z26, Z27, Y24, Y25, Y26, Y27) \
	REDUCE512(3, Z28, Z29, Z30, Z31, Y28, Y29, Y30, Y31) \
	VZEROUPPER                          \
	RET

#define KERNEL256_1(LOAD) \
	BEGIN                               \
	ZERO256(Y4, Y5, Y6, Y7)             \
loop:                                   \
	VMOVUPS (SI)(AX*4), Y0              \
	ROW1(LOAD, R8, Y12, Y0, Y4)         \
	ROW1(LOAD, R9, Y13, Y0, Y5)         \
	ROW1(LOAD, R10, Y14, Y0, Y6)        \
	ROW1(LOAD, R11, Y15, Y0, Y7)        \
	NEXT(8)                             \
	REDUCE256(0, Y4, Y5, Y6, Y7, X4)    \
	VZEROUPPER                          \
	RET

#define KERNEL256_2(LOAD) \
	BEGIN                               \
	MOVQ 8(BX), R12                     \
	ZERO256(Y4, Y5, Y6, Y7)             \
	ZERO256(Y8, Y9, Y10, Y11)           \
loop:                                   \
	VMOVUPS (SI)(AX*4), Y0              \
	VMOVUPS (R12)(AX*4), Y1             \
	ROW2(LOAD, R8, Y12, Y0, Y1, Y4, Y8)    \
	ROW2(LOAD, R9, Y13, Y0, Y1, Y5, Y9)    \
	ROW2(LOAD, R10, Y14, Y0, Y1, Y6, Y10)  \
	ROW2(LOAD, R11, Y15, Y0, Y1, Y7, Y11)  \
	NEXT(8)                             \
	REDUCE256(0, Y4, Y5, Y6, Y7, X4)    \
	REDUCE256(1, Y8, Y9, Y10, Y11, X8)  \
	VZEROUPPER                          \
	RET

// func gemvF32x1AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX512F, AVX512VL
TEXT ·gemvF32x1AVX512(SB), NOSPLIT, $0-40
	KERNEL512_1(LOAD_F32)

// func gemvF32x2AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX512F, AVX512VL
TEXT ·gemvF32x2AVX512(SB), NOSPLIT, $0-40
	KERNEL512_2(LOAD_F32)

// func gemvF32x4AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX512F, AVX512VL
TEXT ·gemvF32x4AVX512(SB), NOSPLIT, $0-40
	KERNEL512_4(LOAD_F32)

// func gemvF16x1AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX512F, AVX512VL, F16C
TEXT ·gemvF16x1AVX512(SB), NOSPLIT, $0-40
	KERNEL512_1(LOAD_F16)

// func gemvF16x2AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX512F, AVX512VL, F16C
TEXT ·gemvF16x2AVX512(SB), NOSPLIT, $0-40
	KERNEL512_2(LOAD_F16)

// func gemvF16x4AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX512F, AVX512VL, F16C
TEXT ·gemvF16x4AVX512(SB), NOSPLIT, $0-40
	KERNEL512_4(LOAD_F16)

// func gemvBF16x1AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX512F, AVX512VL
TEXT ·gemvBF16x1AVX512(SB), NOSPLIT, $0-40
	KERNEL512_1(LOAD_BF16)

// func gemvBF16x2AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX512F, AVX512VL
TEXT ·gemvBF16x2AVX512(SB), NOSPLIT, $0-40
	KERNEL512_2(LOAD_BF16)

// func gemvBF16x4AVX512(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX512F, AVX512VL
TEXT ·gemvBF16x4AVX512(SB), NOSPLIT, $0-40
	KERNEL512_4(LOAD_BF16)

// func gemvF32x1AVX2(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX2, FMA
TEXT ·gemvF32x1AVX2(SB), NOSPLIT, $0-40
	KERNEL256_1(LOAD_F32)

// func gemvF32x2AVX2(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX2, FMA
TEXT ·gemvF32x2AVX2(SB), NOSPLIT, $0-40
	KERNEL256_2(LOAD_F32)

// func gemvF16x1AVX2(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX2, FMA, F16C
TEXT ·gemvF16x1AVX2(SB), NOSPLIT, $0-40
	KERNEL256_1(LOAD_F16)

// func gemvF16x2AVX2(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX2, FMA, F16C
TEXT ·gemvF16x2AVX2(SB), NOSPLIT, $0-40
	KERNEL256_2(LOAD_F16)

// func gemvBF16x1AVX2(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX2, FMA
TEXT ·gemvBF16x1AVX2(SB), NOSPLIT, $0-40
	KERNEL256_1(LOAD_BF16)

// func gemvBF16x2AVX2(sums *float32, a *unsafe.Pointer, w *byte, stride, k int)
// Requires: AVX2, FMA
TEXT ·gemvBF16x2AVX2(SB), NOSPLIT, $0-40
	KERNEL256_2(LOAD_BF16)
