// The loop of the int8 kernels, for tiles of 6 rows and of 32 columns (two vectors
// of AVX-512) or 8 (one of AVX2).
//
// Registers:
//
//	DI, R8    C and the bytes between its rows
//	DX, R9    D and the bytes between its rows
//	R10, SI   panel of A, the values in it
//	AX, R11   its scales, the bytes from them to its last part
//	BX, CX    panel of B, its scales
//	R12       bytes of the scales of B, which the minima follow
//	R13, R15  blocks left; in the end rows of C and of D
//
// shift is the binary logarithm of the values in a block, steps their dwords; wide
// is that of the bytes of a step of B. ZERO clears the sums, BEGIN starts the
// integer sums of a block, STEPS adds products to them, SCALE adds them to the sums
// and MIN the minima; SKIP goes past the minima, STORE writes the sums. The panel of A
// is fetched ahead, as in KERNEL512.
#define KERNEL_INT8(shift, steps, wide, ZERO, BEGIN, STEPS, SCALE, MIN, SKIP, STORE) \
	MOVQ c+0(FP), DI               \
	MOVQ ldc+8(FP), R8             \
	MOVQ d+16(FP), DX              \
	MOVQ ldd+24(FP), R9            \
	MOVQ a+32(FP), R10             \
	MOVQ b+40(FP), BX              \
	SHLQ $2, R8                    \
	SHLQ $2, R9                    \
	MOVQ k+48(FP), R12             \
	SHRQ $shift, R12               \
	LEAQ (R12)(R12*2), R11         \
	SHLQ $3, R11                   \
	SHLQ $wide, R12                \
panel:                             \
	FETCH_C(6, (1<<wide)/2)        \
	MOVQ k+48(FP), AX              \
	MOVQ AX, R13                   \
	SHRQ $shift, R13               \
	MOVQ AX, CX                    \
	SHLQ $(wide-2), CX             \
	ADDQ BX, CX                    \
	LEAQ (AX)(AX*2), AX            \
	LEAQ (R10)(AX*2), AX           \
	MOVQ R10, SI                   \
	ZERO                           \
	PCALIGN $32                    \
block:                             \
	PREFETCHT0 2048(SI)            \
	PREFETCHT0 2112(SI)            \
	PREFETCHT0 2176(SI)            \
	BEGIN                          \
	STEPS                          \
	SCALE                          \
	MIN                            \
	ADDQ $24, AX                   \
	ADDQ $(1<<wide), CX            \
	ADDQ $(24*steps), SI           \
	ADDQ $(steps<<wide), BX        \
	DECQ R13                       \
	JNZ  block                     \
	MOVQ CX, BX                    \
	SKIP                           \
	MOVQ DI, R13                   \
	MOVQ DX, R15                   \
	STORE                          \
	ADDQ $(1<<wide), DI            \
	ADDQ $(1<<wide), DX            \
	DECQ panels+56(FP)             \
	JNZ  panel                     \
	VZEROUPPER                     \
	RET

#define NONE

// The minima lie between the scales and the next panel.
#define SKIP_MIN ADDQ R12, BX
