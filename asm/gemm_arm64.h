// Parts of the kernels that multiply pairs of rows with pairs of columns (SMMLA and
// its kin). Two steps of two rows or columns make an operand, so that each is
// zipped with the next.
//
//	R0, R1    C and the bytes between its rows
//	R2, R3    D and the bytes between its rows
//	R4, R5    panel of A, the step in it
//	R6        panel of B, walking through all panels
//	R9        panels left
//	V0 to V3  steps on their way
//	V4 to V7  operands of A: pairs of rows
//	V8...     sums: 8+6p+q of pair p of rows and pair q of columns, which are
//	          column 0 of rows 0 and 1, column 1 of rows 0 and 1

#define ZIP_A4 \
	ZIP1_4S(2, 0, 4) \
	ZIP2_4S(2, 0, 5)

#define ZIP_A8 \
	ZIP_A4           \
	ZIP1_4S(3, 1, 6) \
	ZIP2_4S(3, 1, 7)

#define LOAD_A4 \
	FLDPQ.P 32(R5), (F0, F2) \
	ZIP_A4

#define LOAD_A8 \
	FLDPQ.P 32(R5), (F0, F1) \
	FLDPQ.P 32(R5), (F2, F3) \
	ZIP_A8

// COLUMNS multiplies a vector of four columns of two steps, in V0 and V1, with all
// rows; s and t are the sums of its two pairs.

#define COLUMNS4(MMLA, s, t) \
	ZIP1_4S(1, 0, 2) \
	ZIP2_4S(1, 0, 3) \
	MMLA(4, 2, s)    \
	MMLA(4, 3, t)    \
	MMLA(5, 2, s+6)  \
	MMLA(5, 3, t+6)

#define COLUMNS8(MMLA, s, t) \
	COLUMNS4(MMLA, s, t) \
	MMLA(6, 2, s+12)     \
	MMLA(6, 3, t+12)     \
	MMLA(7, 2, s+18)     \
	MMLA(7, 3, t+18)

// TWO_STEPS computes two steps.
#define TWO_STEPS(MMLA, LOAD_A, COLUMNS) \
	LOAD_A                 \
	FMOVQ (R6), F0         \
	FMOVQ 48(R6), F1       \
	COLUMNS(MMLA, 8, 9)    \
	FMOVQ 16(R6), F0       \
	FMOVQ 64(R6), F1       \
	COLUMNS(MMLA, 10, 11)  \
	FMOVQ 32(R6), F0       \
	FMOVQ 80(R6), F1       \
	COLUMNS(MMLA, 12, 13)  \
	ADD   $96, R6

// STORE_PAIR adds four columns of D at byte at to two pairs of columns, in V0 and
// V1, and stores those of C: rows at R10 and R10+R1, R11 and R11+R3.
#define STORE_PAIR(at) \
	UZP1_4S(1, 0, 2)         \
	UZP2_4S(1, 0, 3)         \
	ADD     R3, R11, R12     \
	FMOVQ   at(R11), F4      \
	FMOVQ   at(R12), F5      \
	FADD_4S(2, 4, 4)         \
	FADD_4S(3, 5, 5)         \
	ADD     R1, R10, R12     \
	FMOVQ   F4, at(R10)      \
	FMOVQ   F5, at(R12)

#define NEXT_PAIR \
	ADD R1<<1, R10 \
	ADD R3<<1, R11
