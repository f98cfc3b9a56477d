//go:build !purego && !noasm

#include "textflag.h"
#include "encode_arm64.h"

// What is left beyond whole vectors goes one by one through scalar instructions,
// which round like a lane.

// func dotNEON(a, b []float32) float32
//
// Four sums: with two loads for each FMLA, a core does not start more than four in
// the latency of one.
TEXT ·dotNEON(SB), NOSPLIT, $0-52
	MOVD a_base+0(FP), R0
	MOVD a_len+8(FP), R2
	MOVD b_base+24(FP), R1
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	SUBS $16, R2
	BLT  rest
loop16:
	FLDPQ.P 32(R0), (F16, F17)
	FLDPQ.P 32(R1), (F20, F21)
	FLDPQ.P 32(R0), (F18, F19)
	FLDPQ.P 32(R1), (F22, F23)
	VFMLA   V20.S4, V16.S4, V0.S4
	VFMLA   V21.S4, V17.S4, V1.S4
	VFMLA   V22.S4, V18.S4, V2.S4
	VFMLA   V23.S4, V19.S4, V3.S4
	SUBS    $16, R2
	BGE     loop16
rest:
	FADD_4S(2, 0, 0)
	FADD_4S(3, 1, 1)
	FADD_4S(1, 0, 0)
	ADDS $12, R2
	BLT  tail
loop4:
	FMOVQ.P 16(R0), F16
	FMOVQ.P 16(R1), F20
	VFMLA   V20.S4, V16.S4, V0.S4
	SUBS    $4, R2
	BGE     loop4
tail:
	FADDP_4S(0, 0, 0)
	FADDP_S(0, 0)
	ADDS $4, R2
	BEQ  done
loop1:
	FMOVS.P 4(R0), F16
	FMOVS.P 4(R1), F20
	FMADDS  F20, F0, F16, F0
	SUBS    $1, R2
	BNE     loop1
done:
	FMOVS F0, ret+48(FP)
	RET

// func axpyNEON(y []float32, a float32, x []float32)
TEXT ·axpyNEON(SB), NOSPLIT, $0-56
	MOVD  y_base+0(FP), R0
	MOVD  y_len+8(FP), R2
	FMOVS a+24(FP), F4
	MOVD  x_base+32(FP), R1
	SUBS  $8, R2
	BLT   tail
loop8:
	FLDPQ (R0), (F0, F1)
	FLDPQ.P 32(R1), (F2, F3)
	FMLA_4S_E(0, 4, 2, 0)
	FMLA_4S_E(0, 4, 3, 1)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS $8, R2
	BGE  loop8
tail:
	ADDS $8, R2
	BEQ  done
loop1:
	FMOVS   (R0), F0
	FMOVS.P 4(R1), F2
	FMADDS  F4, F0, F2, F0
	FMOVS.P F0, 4(R0)
	SUBS    $1, R2
	BNE     loop1
done:
	RET

// func addNEON(y, x []float32)
TEXT ·addNEON(SB), NOSPLIT, $0-48
	MOVD y_base+0(FP), R0
	MOVD y_len+8(FP), R2
	MOVD x_base+24(FP), R1
	SUBS $8, R2
	BLT  tail
loop8:
	FLDPQ (R0), (F0, F1)
	FLDPQ.P 32(R1), (F2, F3)
	FADD_4S(2, 0, 0)
	FADD_4S(3, 1, 1)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS $8, R2
	BGE  loop8
tail:
	ADDS $8, R2
	BEQ  done
loop1:
	FMOVS   (R0), F0
	FMOVS.P 4(R1), F2
	FADDS   F2, F0, F0
	FMOVS.P F0, 4(R0)
	SUBS    $1, R2
	BNE     loop1
done:
	RET

// func scaleNEON(dst []float32, a float32, x []float32)
TEXT ·scaleNEON(SB), NOSPLIT, $0-56
	MOVD  dst_base+0(FP), R0
	MOVD  dst_len+8(FP), R2
	FMOVS a+24(FP), F4
	MOVD  x_base+32(FP), R1
	SUBS  $8, R2
	BLT   tail
loop8:
	FLDPQ.P 32(R1), (F0, F1)
	FMUL_4S_E(0, 4, 0, 0)
	FMUL_4S_E(0, 4, 1, 1)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS $8, R2
	BGE  loop8
tail:
	ADDS $8, R2
	BEQ  done
loop1:
	FMOVS.P 4(R1), F0
	FMULS   F4, F0, F0
	FMOVS.P F0, 4(R0)
	SUBS    $1, R2
	BNE     loop1
done:
	RET

// func maximumNEON(x []float32) float32
TEXT ·maximumNEON(SB), NOSPLIT, $0-28
	MOVD x_base+0(FP), R0
	MOVD x_len+8(FP), R2
	MOVW $0xff800000, R3      // -Inf
	VDUP R3, V0.S4
	VDUP R3, V1.S4
	VDUP R3, V2.S4
	VDUP R3, V3.S4
	SUBS $16, R2
	BLT  rest
loop16:
	FLDPQ.P 32(R0), (F16, F17)
	FLDPQ.P 32(R0), (F18, F19)
	FMAX_4S(16, 0, 0)
	FMAX_4S(17, 1, 1)
	FMAX_4S(18, 2, 2)
	FMAX_4S(19, 3, 3)
	SUBS $16, R2
	BGE  loop16
rest:
	FMAX_4S(2, 0, 0)
	FMAX_4S(3, 1, 1)
	FMAX_4S(1, 0, 0)
	FMAXV_S(0, 0)
	ADDS $16, R2
	BEQ  done
loop1:
	FMOVS.P 4(R0), F16
	FMAXS   F16, F0, F0
	SUBS    $1, R2
	BNE     loop1
done:
	FMOVS F0, ret+24(FP)
	RET

// DOT8 adds the products of eight values of a row with those of x, in V16 and V17.
#define DOT8(row, s, t) \
	FLDPQ.P 32(row), (F20, F21) \
	FMLA_4S(16, 20, s)          \
	FMLA_4S(17, 21, t)

#define DOT4(row, s) \
	FMOVQ.P 16(row), F20 \
	FMLA_4S(16, 20, s)

// func dotRowsNEON(dst, a, x []float32)
//
// Four rows at a time, with two sums for each, so that a vector of x is loaded
// once for four FMLAs. Every row is summed in the order of a single one.
TEXT ·dotRowsNEON(SB), NOSPLIT, $0-72
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R1
	MOVD a_base+24(FP), R2
	MOVD x_base+48(FP), R3
	MOVD x_len+56(FP), R4
	LSL  $2, R4, R5           // bytes per row
	SUBS $4, R1
	BLT  rows1
rows4:
	ADD  R5, R2, R9           // the next rows
	ADD  R5, R9, R10
	ADD  R5, R10, R11
	MOVD R3, R6
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	VEOR V4.B16, V4.B16, V4.B16
	VEOR V5.B16, V5.B16, V5.B16
	VEOR V6.B16, V6.B16, V6.B16
	VEOR V7.B16, V7.B16, V7.B16
	SUBS $8, R4, R7           // columns left
	BLT  rest4
loop4:
	FLDPQ.P 32(R6), (F16, F17)
	DOT8(R2, 0, 4)
	DOT8(R9, 1, 5)
	DOT8(R10, 2, 6)
	DOT8(R11, 3, 7)
	SUBS $8, R7
	BGE  loop4
rest4:
	ADDS $4, R7
	BLT  sum4
	FMOVQ.P 16(R6), F16
	DOT4(R2, 0)
	DOT4(R9, 1)
	DOT4(R10, 2)
	DOT4(R11, 3)
	SUB $4, R7
sum4:
	FADD_4S(4, 0, 0)
	FADD_4S(5, 1, 1)
	FADD_4S(6, 2, 2)
	FADD_4S(7, 3, 3)
	FADDP_4S(1, 0, 0)
	FADDP_4S(3, 2, 2)
	FADDP_4S(2, 0, 0)
	ADDS $4, R7
	BEQ  store4
tail4:
	FMOVS.P 4(R6), F16
	VLD1.P  4(R2), V20.S[0]
	VLD1.P  4(R9), V20.S[1]
	VLD1.P  4(R10), V20.S[2]
	VLD1.P  4(R11), V20.S[3]
	FMLA_4S_E(0, 16, 20, 0)
	SUBS    $1, R7
	BNE     tail4
store4:
	FMOVQ.P F0, 16(R0)
	MOVD    R11, R2
	SUBS    $4, R1
	BGE     rows4
rows1:
	ADDS $4, R1
	BEQ  done
row1:
	MOVD R3, R6
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V4.B16, V4.B16, V4.B16
	SUBS $8, R4, R7
	BLT  rest1
loop1:
	FLDPQ.P 32(R6), (F16, F17)
	DOT8(R2, 0, 4)
	SUBS $8, R7
	BGE  loop1
rest1:
	ADDS $4, R7
	BLT  sum1
	FMOVQ.P 16(R6), F16
	DOT4(R2, 0)
	SUB $4, R7
sum1:
	FADD_4S(4, 0, 0)
	FADDP_4S(0, 0, 0)
	FADDP_S(0, 0)
	ADDS $4, R7
	BEQ  store1
tail1:
	FMOVS.P 4(R6), F16
	FMOVS.P 4(R2), F20
	FMADDS  F16, F0, F20, F0
	SUBS    $1, R7
	BNE     tail1
store1:
	FMOVS.P F0, 4(R0)
	SUBS    $1, R1
	BNE     row1
done:
	RET

// func sumRowsNEON(dst, w, a []float32)
//
// 32, 4 or 1 columns at a time stay in registers over all rows.
TEXT ·sumRowsNEON(SB), NOSPLIT, $0-72
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R1
	MOVD w_base+24(FP), R2
	MOVD w_len+32(FP), R3
	MOVD a_base+48(FP), R4
	LSL  $2, R1, R5           // bytes per row
	CBZ  R3, done
	SUBS $32, R1
	BLT  rest
cols32:
	FLDPQ (R0), (F0, F1)
	FLDPQ 32(R0), (F2, F3)
	FLDPQ 64(R0), (F4, F5)
	FLDPQ 96(R0), (F6, F7)
	MOVD  R2, R6              // w
	MOVD  R3, R7              // rows left
	MOVD  R4, R9              // row
loop32:
	FMOVS.P 4(R6), F24
	FLDPQ (R9), (F16, F17)
	FLDPQ 32(R9), (F18, F19)
	FLDPQ 64(R9), (F20, F21)
	FLDPQ 96(R9), (F22, F23)
	FMLA_4S_E(0, 24, 16, 0)
	FMLA_4S_E(0, 24, 17, 1)
	FMLA_4S_E(0, 24, 18, 2)
	FMLA_4S_E(0, 24, 19, 3)
	FMLA_4S_E(0, 24, 20, 4)
	FMLA_4S_E(0, 24, 21, 5)
	FMLA_4S_E(0, 24, 22, 6)
	FMLA_4S_E(0, 24, 23, 7)
	ADD  R5, R9
	SUBS $1, R7
	BNE  loop32
	FSTPQ.P (F0, F1), 32(R0)
	FSTPQ.P (F2, F3), 32(R0)
	FSTPQ.P (F4, F5), 32(R0)
	FSTPQ.P (F6, F7), 32(R0)
	ADD  $128, R4
	SUBS $32, R1
	BGE  cols32
rest:
	ADDS $28, R1
	BLT  tail
cols4:
	FMOVQ (R0), F0
	MOVD  R2, R6
	MOVD  R3, R7
	MOVD  R4, R9
loop4:
	FMOVS.P 4(R6), F24
	FMOVQ   (R9), F16
	FMLA_4S_E(0, 24, 16, 0)
	ADD     R5, R9
	SUBS    $1, R7
	BNE     loop4
	FMOVQ.P F0, 16(R0)
	ADD     $16, R4
	SUBS    $4, R1
	BGE     cols4
tail:
	ADDS $4, R1
	BEQ  done
col:
	FMOVS (R0), F0
	MOVD  R2, R6
	MOVD  R3, R7
	MOVD  R4, R9
loop1:
	FMOVS.P 4(R6), F24
	FMOVS   (R9), F16
	FMADDS  F24, F0, F16, F0
	ADD     R5, R9
	SUBS    $1, R7
	BNE     loop1
	FMOVS.P F0, 4(R0)
	ADD     $4, R4
	SUBS    $1, R1
	BNE     col
done:
	RET

// func sumNEON(x []float32) float64
TEXT ·sumNEON(SB), NOSPLIT, $0-32
	MOVD x_base+0(FP), R0
	MOVD x_len+8(FP), R2
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	SUBS $8, R2
	BLT  rest
loop8:
	FLDPQ.P 32(R0), (F16, F17)
	FCVTL_2D(16, 18)
	FCVTL2_2D(16, 19)
	FCVTL_2D(17, 20)
	FCVTL2_2D(17, 21)
	FADD_2D(18, 0, 0)
	FADD_2D(19, 1, 1)
	FADD_2D(20, 2, 2)
	FADD_2D(21, 3, 3)
	SUBS $8, R2
	BGE  loop8
rest:
	FADD_2D(2, 0, 0)
	FADD_2D(3, 1, 1)
	FADD_2D(1, 0, 0)
	FADDP_D(0, 0)
	ADDS $8, R2
	BEQ  done
loop1:
	FMOVS.P 4(R0), F16
	FCVTSD  F16, F16
	FADDD   F16, F0, F0
	SUBS    $1, R2
	BNE     loop1
done:
	FMOVD F0, ret+24(FP)
	RET

// func sumSquaresNEON(x []float32, c float64) float64
TEXT ·sumSquaresNEON(SB), NOSPLIT, $0-40
	MOVD  x_base+0(FP), R0
	MOVD  x_len+8(FP), R2
	FMOVD c+24(FP), F4
	VDUP  V4.D[0], V5.D2
	VEOR  V0.B16, V0.B16, V0.B16
	VEOR  V1.B16, V1.B16, V1.B16
	VEOR  V2.B16, V2.B16, V2.B16
	VEOR  V3.B16, V3.B16, V3.B16
	SUBS  $8, R2
	BLT   rest
loop8:
	FLDPQ.P 32(R0), (F16, F17)
	FCVTL_2D(16, 18)
	FCVTL2_2D(16, 19)
	FCVTL_2D(17, 20)
	FCVTL2_2D(17, 21)
	FSUB_2D(5, 18, 18)
	FSUB_2D(5, 19, 19)
	FSUB_2D(5, 20, 20)
	FSUB_2D(5, 21, 21)
	VFMLA V18.D2, V18.D2, V0.D2
	VFMLA V19.D2, V19.D2, V1.D2
	VFMLA V20.D2, V20.D2, V2.D2
	VFMLA V21.D2, V21.D2, V3.D2
	SUBS  $8, R2
	BGE   loop8
rest:
	FADD_2D(2, 0, 0)
	FADD_2D(3, 1, 1)
	FADD_2D(1, 0, 0)
	FADDP_D(0, 0)
	ADDS $8, R2
	BEQ  done
loop1:
	FMOVS.P 4(R0), F16
	FCVTSD  F16, F16
	FSUBD   F4, F16, F16
	FMADDD  F16, F0, F16, F0
	SUBS    $1, R2
	BNE     loop1
done:
	FMOVD F0, ret+32(FP)
	RET

// func normalizeNEON(dst, x, w, b []float32, mean, scale float32)
TEXT ·normalizeNEON(SB), NOSPLIT, $0-104
	MOVD  dst_base+0(FP), R0
	MOVD  x_base+24(FP), R1
	MOVD  x_len+32(FP), R2
	MOVD  w_base+48(FP), R3
	MOVD  b_base+72(FP), R4
	MOVD  b_len+80(FP), R5
	FMOVS mean+96(FP), F6
	FMOVS scale+100(FP), F7
	VDUP  V6.S[0], V16.S4
	CBZ   R5, unbiased
	SUBS  $8, R2
	BLT   tail
loop8:
	FLDPQ.P 32(R1), (F0, F1)
	FLDPQ.P 32(R3), (F2, F3)
	FLDPQ.P 32(R4), (F4, F5)
	FSUB_4S(16, 0, 0)
	FSUB_4S(16, 1, 1)
	FMUL_4S_E(0, 7, 0, 0)
	FMUL_4S_E(0, 7, 1, 1)
	VFMLA   V2.S4, V0.S4, V4.S4
	VFMLA   V3.S4, V1.S4, V5.S4
	FSTPQ.P (F4, F5), 32(R0)
	SUBS    $8, R2
	BGE     loop8
tail:
	ADDS $8, R2
	BEQ  done
loop1:
	FMOVS.P 4(R1), F0
	FMOVS.P 4(R3), F2
	FMOVS.P 4(R4), F4
	FSUBS   F6, F0, F0
	FMULS   F7, F0, F0
	FMADDS  F2, F4, F0, F0
	FMOVS.P F0, 4(R0)
	SUBS    $1, R2
	BNE     loop1
	RET
unbiased:
	SUBS $8, R2
	BLT  tailUnbiased
loop8Unbiased:
	FLDPQ.P 32(R1), (F0, F1)
	FLDPQ.P 32(R3), (F2, F3)
	FSUB_4S(16, 0, 0)
	FSUB_4S(16, 1, 1)
	FMUL_4S_E(0, 7, 0, 0)
	FMUL_4S_E(0, 7, 1, 1)
	FMUL_4S(2, 0, 0)
	FMUL_4S(3, 1, 1)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS $8, R2
	BGE  loop8Unbiased
tailUnbiased:
	ADDS $8, R2
	BEQ  done
loop1Unbiased:
	FMOVS.P 4(R1), F0
	FMOVS.P 4(R3), F2
	FSUBS   F6, F0, F0
	FMULS   F7, F0, F0
	FMULS   F2, F0, F0
	FMOVS.P F0, 4(R0)
	SUBS    $1, R2
	BNE     loop1Unbiased
done:
	RET

// func rotateNEON(x, cos, sin []float32)
TEXT ·rotateNEON(SB), NOSPLIT, $0-72
	MOVD x_base+0(FP), R0
	MOVD x_len+8(FP), R1
	MOVD cos_base+24(FP), R2
	MOVD cos_len+32(FP), R3
	MOVD sin_base+48(FP), R4
	ADD  R1<<2, R0, R1        // end of x
	B    test
head:
	ADD  R3<<2, R0, R5        // second half
	MOVD R2, R6
	MOVD R4, R7
	SUBS $4, R3, R9           // pairs left
	BLT  tail
loop4:
	FMOVQ.P 16(R6), F0        // cos
	FMOVQ.P 16(R7), F1        // sin
	FMOVQ   (R0), F2          // a
	FMOVQ   (R5), F3          // b
	FMUL_4S(0, 2, 4)
	FMUL_4S(0, 3, 5)
	FMLS_4S(1, 3, 4)          // a*cos - b*sin
	FMLA_4S(1, 2, 5)          // b*cos + a*sin
	FMOVQ.P F4, 16(R0)
	FMOVQ.P F5, 16(R5)
	SUBS    $4, R9
	BGE     loop4
tail:
	ADDS $4, R9
	BEQ  next
loop1:
	FMOVS.P 4(R6), F0
	FMOVS.P 4(R7), F1
	FMOVS   (R0), F2
	FMOVS   (R5), F3
	FMULS   F0, F2, F4
	FMULS   F0, F3, F5
	FMSUBS  F1, F4, F3, F4
	FMADDS  F1, F5, F2, F5
	FMOVS.P F4, 4(R0)
	FMOVS.P F5, 4(R5)
	SUBS    $1, R9
	BNE     loop1
next:
	MOVD R5, R0
test:
	CMP R1, R0
	BLT head
	RET
