//go:build !purego && !noasm

#include "textflag.h"
#include "transpose_amd64.h"

// Registers of the packing kernels:
//
//	DI, R12, R13, R15  dst at the first step of every four, as many as there are
//	DX, R10            bytes between steps, bytes walked
//	BX                 bytes to skip after a turn
//	SI                 pointers to the rows
//	AX, CX             the step, steps left
//
// LOAD reads one vector of steps of a row and widens them to dwords.

#define LOAD_DWORD(p, v) VMOVUPS (p)(AX*4), v
#define LOAD_F16(p, v)   VCVTPH2PS (p)(AX*2), v
#define LOAD_BF16(p, v)  VPMOVZXWD (p)(AX*2), v; VPSLLD $16, v, v

#define LOAD_ARGS \
	MOVQ dst+0(FP), DI     \
	MOVQ pitch+8(FP), DX   \
	MOVQ src+16(FP), SI    \
	MOVQ n+24(FP), CX      \
	SHLQ $2, DX            \
	XORL R10, R10          \
	XORL AX, AX

#define LOAD_FOUR(LOAD, row, a, b, c, d) \
	MOVQ (8*(row))(SI), R8       \
	MOVQ (8*(row)+8)(SI), R9     \
	LOAD(R8, a)                  \
	LOAD(R9, b)                  \
	MOVQ (8*(row)+16)(SI), R8    \
	MOVQ (8*(row)+24)(SI), R9    \
	LOAD(R8, c)                  \
	LOAD(R9, d)

// a..d hold the same step of every four, of four groups of four rows: their lanes
// are transposed and stored.
#define STORE_LANES512(a, b, c, d) \
	LANES(a, b, c, d)                \
	VMOVUPS    Z20, (DI)(R10*1)      \
	VMOVUPS    Z21, (R12)(R10*1)     \
	VMOVUPS    Z22, (R13)(R10*1)     \
	VMOVUPS    Z23, (R15)(R10*1)     \
	ADDQ       DX, R10

// QUARTER reads vectors of 16 bytes, 8 halves, of rows row, row+4, row+8 and row+12
// as the lanes of a register, which saves the shuffles of LANES: inserting from memory
// takes a load port, a shuffle the only port for 512 bits.
#define QUARTER(o, x, z) \
	VMOVDQU      o(R8)(AX*2), x           \
	VINSERTI32X4 $1, o(R9)(AX*2), z, z    \
	VINSERTI32X4 $2, o(R11)(AX*2), z, z   \
	VINSERTI32X4 $3, o(R13)(AX*2), z, z

#define LOAD_QUARTER(row, x0, z0, x1, z1) \
	MOVQ (8*(row))(SI), R8      \
	MOVQ (8*(row)+32)(SI), R9   \
	MOVQ (8*(row)+64)(SI), R11  \
	MOVQ (8*(row)+96)(SI), R13  \
	QUARTER(0, x0, z0)          \
	QUARTER(16, x1, z1)

// Two dwords of 16 rows, each two steps of bf16 of which the lower is the first, are
// widened, with Z31 = 0xFFFF0000, and stored.
#define STORE_BF16(a, b) \
	VPSLLD  $16, a, Z16        \
	VPANDD  Z31, a, Z17        \
	VPSLLD  $16, b, Z18        \
	VPANDD  Z31, b, Z19        \
	VMOVUPS Z16, (DI)          \
	VMOVUPS Z17, (DI)(DX*1)    \
	VMOVUPS Z18, (DI)(DX*2)    \
	VMOVUPS Z19, (DI)(R12*1)   \
	LEAQ    (DI)(DX*4), DI

#define KERNEL16(LOAD) \
	LOAD_ARGS                                         \
	LEAQ (DI)(DX*4), R12                              \
	LEAQ (R12)(DX*4), R13                             \
	LEAQ (R13)(DX*4), R15                             \
	LEAQ (DX)(DX*2), BX                               \
	SHLQ $2, BX                                       \
loop:                                                 \
	LOAD_FOUR(LOAD, 0, Z0, Z1, Z2, Z3)                \
	TRANSPOSE(Z0, Z1, Z2, Z3, Z16, Z17, Z18, Z19)     \
	LOAD_FOUR(LOAD, 4, Z4, Z5, Z6, Z7)                \
	TRANSPOSE(Z4, Z5, Z6, Z7, Z20, Z21, Z22, Z23)     \
	LOAD_FOUR(LOAD, 8, Z8, Z9, Z10, Z11)              \
	TRANSPOSE(Z8, Z9, Z10, Z11, Z16, Z17, Z18, Z19)   \
	LOAD_FOUR(LOAD, 12, Z12, Z13, Z14, Z15)           \
	TRANSPOSE(Z12, Z13, Z14, Z15, Z20, Z21, Z22, Z23) \
	STORE_LANES512(Z0, Z4, Z8, Z12)                   \
	STORE_LANES512(Z1, Z5, Z9, Z13)                   \
	STORE_LANES512(Z2, Z6, Z10, Z14)                  \
	STORE_LANES512(Z3, Z7, Z11, Z15)                  \
	ADDQ BX, R10                                      \
	ADDQ $16, AX                                      \
	SUBQ $16, CX                                      \
	JNZ  loop                                         \
	VZEROUPPER                                        \
	RET

// The same for two groups of four rows; bx is the low lane of b.
#define STORE_LANES256(a, b, bx) \
	VINSERTF128 $1, bx, a, Y12     \
	VPERM2F128  $0x31, b, a, Y13   \
	VMOVUPS     Y12, (DI)(R10*1)   \
	VMOVUPS     Y13, (R12)(R10*1)  \
	ADDQ        DX, R10

#define KERNEL8(LOAD) \
	LOAD_ARGS                                     \
	LEAQ (DI)(DX*4), R12                          \
	LEAQ (DX*4), BX                               \
loop:                                             \
	LOAD_FOUR(LOAD, 0, Y0, Y1, Y2, Y3)            \
	TRANSPOSE(Y0, Y1, Y2, Y3, Y8, Y9, Y10, Y11)   \
	LOAD_FOUR(LOAD, 4, Y4, Y5, Y6, Y7)            \
	TRANSPOSE(Y4, Y5, Y6, Y7, Y12, Y13, Y14, Y15) \
	STORE_LANES256(Y0, Y4, X4)                    \
	STORE_LANES256(Y1, Y5, X5)                    \
	STORE_LANES256(Y2, Y6, X6)                    \
	STORE_LANES256(Y3, Y7, X7)                    \
	ADDQ BX, R10                                  \
	ADDQ $8, AX                                   \
	SUBQ $8, CX                                   \
	JNZ  loop                                     \
	VZEROUPPER                                    \
	RET

#define STORE_LANE(MOVE, a, b, c, d) \
	MOVE(a)    \
	MOVE(b)    \
	MOVE(c)    \
	MOVE(d)

#define MOVE_LOW(v)  VMOVUPS v, (DI)(R10*1); ADDQ DX, R10
#define MOVE_HIGH(v) VEXTRACTF128 $1, v, (DI)(R10*1); ADDQ DX, R10

#define KERNEL4(LOAD) \
	LOAD_ARGS                                    \
	SUBQ $8, CX                                  \
	JLT  tail                                    \
eight:                                           \
	LOAD_FOUR(LOAD, 0, Y0, Y1, Y2, Y3)           \
	TRANSPOSE(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7)    \
	STORE_LANE(MOVE_LOW, X0, X1, X2, X3)         \
	STORE_LANE(MOVE_HIGH, Y0, Y1, Y2, Y3)        \
	ADDQ $8, AX                                  \
	SUBQ $8, CX                                  \
	JGE  eight                                   \
tail:                                            \
	ADDQ $8, CX                                  \
	JZ   done                                    \
	LOAD_FOUR(LOAD, 0, X0, X1, X2, X3)           \
	TRANSPOSE(X0, X1, X2, X3, X4, X5, X6, X7)    \
	STORE_LANE(MOVE_LOW, X0, X1, X2, X3)         \
done:                                            \
	VZEROUPPER                                   \
	RET

// func interleave16AVX512(dst *uint32, pitch int, src *unsafe.Pointer, n int)
// Requires: AVX512F
TEXT ·interleave16AVX512(SB), NOSPLIT, $0-32
	KERNEL16(LOAD_DWORD)

// func interleaveF16x16AVX512(dst *uint32, pitch int, src *unsafe.Pointer, n int)
// Requires: AVX512F
TEXT ·interleaveF16x16AVX512(SB), NOSPLIT, $0-32
	KERNEL16(LOAD_F16)

// func interleaveBF16x16AVX512(dst *uint32, pitch int, src *unsafe.Pointer, n int)
// Requires: AVX512F
TEXT ·interleaveBF16x16AVX512(SB), NOSPLIT, $0-32
	LOAD_ARGS
	LEAQ       (DX)(DX*2), R12
	VPTERNLOGD $0xFF, Z31, Z31, Z31
	VPSLLD     $16, Z31, Z31

loop:
	LOAD_QUARTER(0, X0, Z0, X4, Z4)
	LOAD_QUARTER(1, X1, Z1, X5, Z5)
	LOAD_QUARTER(2, X2, Z2, X6, Z6)
	LOAD_QUARTER(3, X3, Z3, X7, Z7)
	TRANSPOSE(Z0, Z1, Z2, Z3, Z16, Z17, Z18, Z19)
	STORE_BF16(Z0, Z1)
	STORE_BF16(Z2, Z3)
	TRANSPOSE(Z4, Z5, Z6, Z7, Z16, Z17, Z18, Z19)
	STORE_BF16(Z4, Z5)
	STORE_BF16(Z6, Z7)
	ADDQ $16, AX
	SUBQ $16, CX
	JNZ  loop
	VZEROUPPER
	RET

// func interleave8AVX2(dst *uint32, pitch int, src *unsafe.Pointer, n int)
// Requires: AVX
TEXT ·interleave8AVX2(SB), NOSPLIT, $0-32
	KERNEL8(LOAD_DWORD)

// func interleaveF16x8AVX2(dst *uint32, pitch int, src *unsafe.Pointer, n int)
// Requires: AVX, F16C
TEXT ·interleaveF16x8AVX2(SB), NOSPLIT, $0-32
	KERNEL8(LOAD_F16)

// func interleaveBF16x8AVX2(dst *uint32, pitch int, src *unsafe.Pointer, n int)
// Requires: AVX2
TEXT ·interleaveBF16x8AVX2(SB), NOSPLIT, $0-32
	KERNEL8(LOAD_BF16)

// func interleave4AVX2(dst *uint32, pitch int, src *unsafe.Pointer, n int)
// Requires: AVX
TEXT ·interleave4AVX2(SB), NOSPLIT, $0-32
	KERNEL4(LOAD_DWORD)

// func interleaveF16x4AVX2(dst *uint32, pitch int, src *unsafe.Pointer, n int)
// Requires: AVX, F16C
TEXT ·interleaveF16x4AVX2(SB), NOSPLIT, $0-32
	KERNEL4(LOAD_F16)

// func interleaveBF16x4AVX2(dst *uint32, pitch int, src *unsafe.Pointer, n int)
// Requires: AVX2
TEXT ·interleaveBF16x4AVX2(SB), NOSPLIT, $0-32
	KERNEL4(LOAD_BF16)
