//go:build !purego && !noasm

#include "textflag.h"

// Registers of the kernels below:
//
//	DI  bytes out
//	DX  scales out
//	R8  minima out
//	SI  blocks in
//	CX  blocks left

// A byte in every lane, without a constant in memory.
#define BROADCAST_BYTE(value, r, x, y) \
	MOVL $value, r       \
	VMOVD r, x           \
	VPBROADCASTB x, y

// An f16 of the block becomes an f32.
#define HALF(at, to) \
	MOVWLZX at(SI), AX   \
	VMOVD   AX, X0       \
	VCVTPH2PS X0, X0     \
	VMOVSS  X0, to

// 16 bytes of nibbles become 32 values in Y0; Y15 holds 15s.
#define NIBBLES(at) \
	VMOVDQU at(SI), X0            \
	VPSRLW  $4, X0, X1            \
	VINSERTI128 $1, X1, Y0, Y0    \
	VPAND   Y15, Y0, Y0

// Bit i of a word becomes bit 4 of value i in Y0. Y14 holds the byte of the word
// that a value finds its bit in, Y13 all other bits, Y12 ones, Y11 16s.
#define FIFTHS(at) \
	VPBROADCASTD at(SI), Y2       \
	VPSHUFB Y14, Y2, Y2           \
	VPOR    Y13, Y2, Y2           \
	VPCMPEQB Y12, Y2, Y2          \
	VPAND   Y11, Y2, Y2           \
	VPOR    Y2, Y0, Y0

#define FIFTHS_CONSTANTS \
	VMOVDQU fifthBytes<>(SB), Y14     \
	VMOVDQU fifthOthers<>(SB), Y13    \
	VPCMPEQB Y12, Y12, Y12            \
	BROADCAST_BYTE(16, AX, X11, Y11)

DATA fifthBytes<>+0(SB)/8, $0x0000000000000000
DATA fifthBytes<>+8(SB)/8, $0x0101010101010101
DATA fifthBytes<>+16(SB)/8, $0x0202020202020202
DATA fifthBytes<>+24(SB)/8, $0x0303030303030303
GLOBL fifthBytes<>(SB), RODATA|NOPTR, $32

DATA fifthOthers<>+0(SB)/8, $0x7fbfdfeff7fbfdfe
DATA fifthOthers<>+8(SB)/8, $0x7fbfdfeff7fbfdfe
DATA fifthOthers<>+16(SB)/8, $0x7fbfdfeff7fbfdfe
DATA fifthOthers<>+24(SB)/8, $0x7fbfdfeff7fbfdfe
GLOBL fifthOthers<>(SB), RODATA|NOPTR, $32

// The bytes of a block go out, and its scale.
#define NEXT(size) \
	VMOVDQU Y0, (DI)     \
	ADDQ $size, SI       \
	ADDQ $32, DI         \
	ADDQ $4, DX          \
	DECQ CX              \
	JNZ  loop            \
	VZEROUPPER           \
	RET

// func unpackQ4_0AVX2(q *byte, scales *float32, w *byte, blocks int)
// Requires: AVX2, F16C
TEXT ·unpackQ4_0AVX2(SB), NOSPLIT, $0-32
	MOVQ q+0(FP), DI
	MOVQ scales+8(FP), DX
	MOVQ w+16(FP), SI
	MOVQ blocks+24(FP), CX
	BROADCAST_BYTE(15, AX, X15, Y15)
loop:
	HALF(0, (DX))
	NIBBLES(2)
	NEXT(18)

// func unpackQ4_1AVX2(q *byte, scales, mins *float32, w *byte, blocks int)
// Requires: AVX2, F16C
TEXT ·unpackQ4_1AVX2(SB), NOSPLIT, $0-40
	MOVQ q+0(FP), DI
	MOVQ scales+8(FP), DX
	MOVQ mins+16(FP), R8
	MOVQ w+24(FP), SI
	MOVQ blocks+32(FP), CX
	BROADCAST_BYTE(15, AX, X15, Y15)
loop:
	HALF(0, (DX))
	HALF(2, (R8))
	ADDQ $4, R8
	NIBBLES(4)
	NEXT(20)

// func unpackQ5_0AVX2(q *byte, scales *float32, w *byte, blocks int)
// Requires: AVX2, F16C
TEXT ·unpackQ5_0AVX2(SB), NOSPLIT, $0-32
	MOVQ q+0(FP), DI
	MOVQ scales+8(FP), DX
	MOVQ w+16(FP), SI
	MOVQ blocks+24(FP), CX
	BROADCAST_BYTE(15, AX, X15, Y15)
	FIFTHS_CONSTANTS
loop:
	HALF(0, (DX))
	NIBBLES(6)
	FIFTHS(2)
	NEXT(22)

// func unpackQ5_1AVX2(q *byte, scales, mins *float32, w *byte, blocks int)
// Requires: AVX2, F16C
TEXT ·unpackQ5_1AVX2(SB), NOSPLIT, $0-40
	MOVQ q+0(FP), DI
	MOVQ scales+8(FP), DX
	MOVQ mins+16(FP), R8
	MOVQ w+24(FP), SI
	MOVQ blocks+32(FP), CX
	BROADCAST_BYTE(15, AX, X15, Y15)
	FIFTHS_CONSTANTS
loop:
	HALF(0, (DX))
	HALF(2, (R8))
	ADDQ $4, R8
	NIBBLES(8)
	FIFTHS(4)
	NEXT(24)

// func unpackQ8_0AVX2(q *byte, scales *float32, w *byte, blocks int)
// Requires: AVX2, F16C
TEXT ·unpackQ8_0AVX2(SB), NOSPLIT, $0-32
	MOVQ q+0(FP), DI
	MOVQ scales+8(FP), DX
	MOVQ w+16(FP), SI
	MOVQ blocks+24(FP), CX
	BROADCAST_BYTE(128, AX, X15, Y15)
loop:
	HALF(0, (DX))
	VPXOR 2(SI), Y15, Y0
	NEXT(34)

// func unpackIQ4_NLAVX2(q *byte, scales *float32, w *byte, values *[16]byte, blocks int)
// Requires: AVX2, F16C
TEXT ·unpackIQ4_NLAVX2(SB), NOSPLIT, $0-40
	MOVQ q+0(FP), DI
	MOVQ scales+8(FP), DX
	MOVQ w+16(FP), SI
	MOVQ values+24(FP), AX
	MOVQ blocks+32(FP), CX
	VBROADCASTI128 (AX), Y14
	BROADCAST_BYTE(15, AX, X15, Y15)
loop:
	HALF(0, (DX))
	NIBBLES(2)
	VPSHUFB Y0, Y14, Y0
	NEXT(18)

// The head of a Q4_K or Q5_K block: d, dmin, then the 6-bit scales and minima of
// eight groups in three words. Groups 0 to 3 are the low six bits of the bytes of
// the first word (scales) and of the second one (minima); groups 4 to 7 are the
// nibbles of the third word under the two high bits of the first and of the second.
// The scales go to (DX), the minima, negative, to (R8).
#define SCALES_K \
	VCVTPH2PS (SI), X0            \
	VBROADCASTSS X0, Y2           \
	VPSHUFD $0x55, X0, X3         \
	VBROADCASTSS X3, Y3           \
	MOVL 4(SI), R9                \
	MOVL 8(SI), R10               \
	MOVL 12(SI), R11              \
	MOVL R9, R12                  \
	MOVL R10, R13                 \
	SHRL $2, R12                  \
	SHRL $2, R13                  \
	ANDL $0x30303030, R12         \
	ANDL $0x30303030, R13         \
	ANDL $0x3f3f3f3f, R9          \
	ANDL $0x3f3f3f3f, R10         \
	MOVL R11, AX                  \
	ANDL $0x0f0f0f0f, AX          \
	ORL  AX, R12                  \
	SHRL $4, R11                  \
	ANDL $0x0f0f0f0f, R11         \
	ORL  R11, R13                 \
	SHLQ $32, R12                 \
	ORQ  R12, R9                  \
	SHLQ $32, R13                 \
	ORQ  R13, R10                 \
	VMOVQ R9, X0                  \
	VMOVQ R10, X1                 \
	VPMOVZXBD X0, Y0              \
	VPMOVZXBD X1, Y1              \
	VCVTDQ2PS Y0, Y0              \
	VCVTDQ2PS Y1, Y1              \
	VMULPS Y2, Y0, Y0             \
	VMULPS Y3, Y1, Y1             \
	VXORPS Y10, Y1, Y1            \
	VMOVUPS Y0, (DX)              \
	VMOVUPS Y1, (R8)              \
	ADDQ $32, DX                  \
	ADDQ $32, R8

// Y10 holds the sign bit of every f32.
#define SIGNS \
	VPCMPEQD Y10, Y10, Y10  \
	VPSLLD $31, Y10, Y10

// 32 bytes of nibbles become two groups of 32 values in Y0 and Y1.
#define GROUPS_K(at) \
	VMOVDQU at(SI), Y0   \
	VPSRLW  $4, Y0, Y1   \
	VPAND   Y15, Y0, Y0  \
	VPAND   Y15, Y1, Y1

#define STORE_GROUPS(at) \
	VMOVDQU Y0, (64*at)(DI)      \
	VMOVDQU Y1, (64*at+32)(DI)

// func unpackQ4_KAVX2(q *byte, scales, mins *float32, w *byte, blocks int)
// Requires: AVX2, F16C
TEXT ·unpackQ4_KAVX2(SB), NOSPLIT, $0-40
	MOVQ q+0(FP), DI
	MOVQ scales+8(FP), DX
	MOVQ mins+16(FP), R8
	MOVQ w+24(FP), SI
	MOVQ blocks+32(FP), CX
	BROADCAST_BYTE(15, AX, X15, Y15)
	SIGNS
loop:
	SCALES_K
	GROUPS_K(16)
	STORE_GROUPS(0)
	GROUPS_K(48)
	STORE_GROUPS(1)
	GROUPS_K(80)
	STORE_GROUPS(2)
	GROUPS_K(112)
	STORE_GROUPS(3)
	ADDQ $144, SI
	ADDQ $256, DI
	DECQ CX
	JNZ  loop
	VZEROUPPER
	RET

// The next bit of the bytes in Y2 becomes bit 4 of the values in v; Y11 holds 16s.
// Shifting words moves bits into neighbours, but none that is looked at.
#define FIFTH_K(v) \
	VPSLLW $4, Y2, Y3    \
	VPAND  Y11, Y3, Y3   \
	VPOR   Y3, v, v      \
	VPSRLW $1, Y2, Y2

// func unpackQ5_KAVX2(q *byte, scales, mins *float32, w *byte, blocks int)
// Requires: AVX2, F16C
TEXT ·unpackQ5_KAVX2(SB), NOSPLIT, $0-40
	MOVQ q+0(FP), DI
	MOVQ scales+8(FP), DX
	MOVQ mins+16(FP), R8
	MOVQ w+24(FP), SI
	MOVQ blocks+32(FP), CX
	BROADCAST_BYTE(15, AX, X15, Y15)
	BROADCAST_BYTE(16, AX, X11, Y11)
	SIGNS
loop:
	SCALES_K
	VMOVDQU 16(SI), Y2
	GROUPS_K(48)
	FIFTH_K(Y0)
	FIFTH_K(Y1)
	STORE_GROUPS(0)
	GROUPS_K(80)
	FIFTH_K(Y0)
	FIFTH_K(Y1)
	STORE_GROUPS(1)
	GROUPS_K(112)
	FIFTH_K(Y0)
	FIFTH_K(Y1)
	STORE_GROUPS(2)
	GROUPS_K(144)
	FIFTH_K(Y0)
	FIFTH_K(Y1)
	STORE_GROUPS(3)
	ADDQ $176, SI
	ADDQ $256, DI
	DECQ CX
	JNZ  loop
	VZEROUPPER
	RET

// The lowest two bits of the bytes in Y2 become bits 4 and 5 of the values in v;
// Y11 holds 48s.
#define PAIR_K(v) \
	VPSLLW $4, Y2, Y3    \
	VPAND  Y11, Y3, Y3   \
	VPOR   Y3, v, v      \
	VPSRLW $2, Y2, Y2

// Half a Q6_K block: 64 bytes of low halves and 32 of pairs become 128 values.
#define HALF_K(low, pairs, to) \
	VMOVDQU pairs(SI), Y2         \
	VMOVDQU low(SI), Y4           \
	VMOVDQU (low+32)(SI), Y5      \
	VPAND   Y15, Y4, Y0           \
	VPAND   Y15, Y5, Y1           \
	PAIR_K(Y0)                    \
	PAIR_K(Y1)                    \
	VMOVDQU Y0, (to)(DI)          \
	VMOVDQU Y1, (to+32)(DI)       \
	VPSRLW  $4, Y4, Y0            \
	VPSRLW  $4, Y5, Y1            \
	VPAND   Y15, Y0, Y0           \
	VPAND   Y15, Y1, Y1           \
	PAIR_K(Y0)                    \
	PAIR_K(Y1)                    \
	VMOVDQU Y0, (to+64)(DI)       \
	VMOVDQU Y1, (to+96)(DI)

// func unpackQ6_KAVX2(q *byte, scales *float32, w *byte, blocks int)
// Requires: AVX2, F16C
TEXT ·unpackQ6_KAVX2(SB), NOSPLIT, $0-32
	MOVQ q+0(FP), DI
	MOVQ scales+8(FP), DX
	MOVQ w+16(FP), SI
	MOVQ blocks+24(FP), CX
	BROADCAST_BYTE(15, AX, X15, Y15)
	BROADCAST_BYTE(48, AX, X11, Y11)
loop:
	MOVWLZX 208(SI), AX
	VMOVD AX, X0
	VCVTPH2PS X0, X0
	VBROADCASTSS X0, Y0
	VPMOVSXBD 192(SI), Y1
	VPMOVSXBD 200(SI), Y2
	VCVTDQ2PS Y1, Y1
	VCVTDQ2PS Y2, Y2
	VMULPS Y0, Y1, Y1
	VMULPS Y0, Y2, Y2
	VMOVUPS Y1, (DX)
	VMOVUPS Y2, 32(DX)
	HALF_K(0, 128, 0)
	HALF_K(64, 160, 128)
	ADDQ $210, SI
	ADDQ $64, DX
	ADDQ $256, DI
	DECQ CX
	JNZ  loop
	VZEROUPPER
	RET

// Eights of 32-bit integers packed to bytes lie in this order of fours.
DATA packedFours<>+0(SB)/8, $0x0000000400000000
DATA packedFours<>+8(SB)/8, $0x0000000500000001
DATA packedFours<>+16(SB)/8, $0x0000000600000002
DATA packedFours<>+24(SB)/8, $0x0000000700000003
GLOBL packedFours<>(SB), RODATA|NOPTR, $32

DATA quantizeConst<>+0(SB)/4, $0x42fe0000 // 127
DATA quantizeConst<>+4(SB)/4, $0x3f800000 // 1
DATA quantizeConst<>+8(SB)/4, $0x7f7fffff // the largest f32
GLOBL quantizeConst<>(SB), RODATA|NOPTR, $12

// func quantizeInt8AVX2(q *byte, scales *float32, sums *int32, x *float32, blocks int)
// Requires: AVX2
TEXT ·quantizeInt8AVX2(SB), NOSPLIT, $0-40
	MOVQ q+0(FP), DI
	MOVQ scales+8(FP), DX
	MOVQ sums+16(FP), R8
	MOVQ x+24(FP), SI
	MOVQ blocks+32(FP), CX
	VMOVDQU packedFours<>(SB), Y15
	VPCMPEQD Y14, Y14, Y14
	VPSRLD $1, Y14, Y14 // all bits but the sign
loop:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3
	VANDPS Y14, Y0, Y4
	VANDPS Y14, Y1, Y5
	VANDPS Y14, Y2, Y6
	VANDPS Y14, Y3, Y7
	VMAXPS Y5, Y4, Y4
	VMAXPS Y7, Y6, Y6
	VMAXPS Y6, Y4, Y4
	VEXTRACTF128 $1, Y4, X5
	VMAXPS X5, X4, X4
	VPSHUFD $0x4e, X4, X5
	VMAXPS X5, X4, X4
	VPSHUFD $0xb1, X4, X5
	VMAXPS X5, X4, X4 // the largest magnitude
	VDIVSS quantizeConst<>+0(SB), X4, X4 // scale
	VMOVSS quantizeConst<>+4(SB), X5
	VDIVSS X4, X5, X5 // its inverse
	VCMPSS $2, quantizeConst<>+8(SB), X5, X6 // is finite
	VANDPS X6, X4, X4
	VANDPS X6, X5, X5
	VMOVSS X4, (DX)
	VBROADCASTSS X5, Y5
	VMULPS Y5, Y0, Y0
	VMULPS Y5, Y1, Y1
	VMULPS Y5, Y2, Y2
	VMULPS Y5, Y3, Y3
	VCVTPS2DQ Y0, Y0
	VCVTPS2DQ Y1, Y1
	VCVTPS2DQ Y2, Y2
	VCVTPS2DQ Y3, Y3
	VPADDD Y1, Y0, Y4
	VPADDD Y3, Y2, Y5
	VPHADDD Y5, Y4, Y4 // in each lane two of the first sum, two of the second
	VPHADDD Y4, Y4, Y4
	VEXTRACTI128 $1, Y4, X5
	VPADDD X5, X4, X4
	VMOVQ X4, (R8)
	VPACKSSDW Y1, Y0, Y0
	VPACKSSDW Y3, Y2, Y2
	VPACKSSWB Y2, Y0, Y0
	VPERMD Y0, Y15, Y0
	VMOVDQU Y0, (DI)
	ADDQ $128, SI
	ADDQ $32, DI
	ADDQ $4, DX
	ADDQ $8, R8
	DECQ CX
	JNZ  loop
	VZEROUPPER
	RET
