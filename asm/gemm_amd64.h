// What the kernels for f32 and bf16 share.
//
// Registers:
//
//	DI, R8    C and the bytes between its rows
//	DX, R9    D and the bytes between its rows
//	R10, SI   panel of A, the step in it
//	BX        panel of B, walking through all panels
//	R11, CX   steps, steps left
//	R12       panels left
//	Z8 on     sums: columns 0 to 15 and 16 to 31 of a row, then the next row

#define LOAD_ARGS \
	MOVQ c+0(FP), DI      \
	MOVQ ldc+8(FP), R8    \
	MOVQ d+16(FP), DX     \
	MOVQ ldd+24(FP), R9   \
	MOVQ a+32(FP), R10    \
	MOVQ b+40(FP), BX     \
	MOVQ steps+48(FP), R11  \
	MOVQ panels+56(FP), R12 \
	SHLQ $2, R8           \
	SHLQ $2, R9

// What the product of a panel will need at its end, rows of C, is fetched at the
// start.
#define FETCH_ROW(line) \
	PREFETCHT0 (R13)       \
	PREFETCHT0 line(R13)   \
	ADDQ R8, R13

#define FETCH_C(rows, line) \
	MOVQ $rows, R15        \
	MOVQ DI, R13           \
fetch:                     \
	FETCH_ROW(line)        \
	DECQ R15               \
	JNZ  fetch

// C = D + sums for one row, then on to the next one.
#define STORE512(c0, c1) \
	VADDPS  (R15), c0, c0    \
	VADDPS  64(R15), c1, c1  \
	VMOVUPS c0, (R13)        \
	VMOVUPS c1, 64(R13)      \
	ADDQ    R9, R15          \
	ADDQ    R8, R13

#define ZERO512(c0, c1) \
	VPXORD c0, c0, c0  \
	VPXORD c1, c1, c1

// One step of B.
#define LOAD_B512(ob) \
	VMOVUPS (ob)(BX), Z0   \
	VMOVUPS ((ob)+64)(BX), Z1

// The sums of 1 to 12 rows.
#define STORE512_1 STORE512(Z8, Z9)
#define STORE512_2 STORE512_1; STORE512(Z10, Z11)
#define STORE512_3 STORE512_2; STORE512(Z12, Z13)
#define STORE512_4 STORE512_3; STORE512(Z14, Z15)
#define STORE512_5 STORE512_4; STORE512(Z16, Z17)
#define STORE512_6 STORE512_5; STORE512(Z18, Z19)
#define STORE512_7 STORE512_6; STORE512(Z20, Z21)
#define STORE512_8 STORE512_7; STORE512(Z22, Z23)
#define STORE512_9 STORE512_8; STORE512(Z24, Z25)
#define STORE512_10 STORE512_9; STORE512(Z26, Z27)
#define STORE512_11 STORE512_10; STORE512(Z28, Z29)
#define STORE512_12 STORE512_11; STORE512(Z30, Z31)

#define ZERO512_1 ZERO512(Z8, Z9)
#define ZERO512_2 ZERO512_1; ZERO512(Z10, Z11)
#define ZERO512_3 ZERO512_2; ZERO512(Z12, Z13)
#define ZERO512_4 ZERO512_3; ZERO512(Z14, Z15)
#define ZERO512_5 ZERO512_4; ZERO512(Z16, Z17)
#define ZERO512_6 ZERO512_5; ZERO512(Z18, Z19)
#define ZERO512_7 ZERO512_6; ZERO512(Z20, Z21)
#define ZERO512_8 ZERO512_7; ZERO512(Z22, Z23)
#define ZERO512_9 ZERO512_8; ZERO512(Z24, Z25)
#define ZERO512_10 ZERO512_9; ZERO512(Z26, Z27)
#define ZERO512_11 ZERO512_10; ZERO512(Z28, Z29)
#define ZERO512_12 ZERO512_11; ZERO512(Z30, Z31)

// The kernel for rows of `a` bytes a step, four steps a turn. The panel of A comes
// from L3 or from memory at first, so it is fetched ahead, further than the hardware
// does.
#define KERNEL512(ZERO, STEP, STORE, a) \
	LOAD_ARGS                \
panel:                       \
	FETCH_C(a/4, 64)         \
	MOVQ R10, SI             \
	MOVQ R11, CX             \
	ZERO                     \
	SUBQ $4, CX              \
	JLT  tail                \
	PCALIGN $32              \
four:                        \
	PREFETCHT0 2048(SI)      \
	PREFETCHT0 2112(SI)      \
	PREFETCHT0 2176(SI)      \
	STEP(0, 0)               \
	STEP(a, 128)             \
	STEP(2*a, 256)           \
	STEP(3*a, 384)           \
	ADDQ $(4*a), SI          \
	ADDQ $512, BX            \
	SUBQ $4, CX              \
	JGE  four                \
tail:                        \
	ADDQ $4, CX              \
	JZ   store               \
one:                         \
	STEP(0, 0)               \
	ADDQ $a, SI              \
	ADDQ $128, BX            \
	DECQ CX                  \
	JNZ  one                 \
store:                       \
	MOVQ DI, R13             \
	MOVQ DX, R15             \
	STORE                    \
	ADDQ $128, DI            \
	ADDQ $128, DX            \
	DECQ R12                 \
	JNZ  panel               \
	VZEROUPPER               \
	RET
