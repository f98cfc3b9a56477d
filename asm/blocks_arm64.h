// Blocks of weights in registers; the layouts are those of package quant.
//
// Blocks of 32 values are at R(p), which moves on: codes 0-15 go to lo, 16-31 to
// hi, the scale and the minimum to all lanes of d and m. V19 to V23 are the
// constants of a format, V17 and V18 temporary.

#define CONSTS_NIBBLES \
	MOVD $15, R1      \
	VDUP R1, V19.B16

#define NIBBLES(p, lo, hi) \
	FMOVQ.P 16(R(p)), F(lo) \
	USHR_16B(4, lo, hi)     \
	AND_16B(19, lo, lo)

// A half as a scale in all lanes.
#define SCALE(p, d) \
	LD1R_4H(p, d) \
	FCVTL_4S(d, d)

#define UNPACK_Q4_0(p, lo, hi, d, m) \
	SCALE(p, d) \
	NIBBLES(p, lo, hi)

#define UNPACK_Q4_1(p, lo, hi, d, m) \
	SCALE(p, d) \
	SCALE(p, m) \
	NIBBLES(p, lo, hi)

// IQ4_NL: nibbles name values.

#define CONSTS_IQ4_NL \
	CONSTS_NIBBLES         \
	MOVD  $·iq4Codes(SB), R1 \
	FMOVQ (R1), F20

#define UNPACK_IQ4_NL(p, lo, hi, d, m) \
	UNPACK_Q4_0(p, lo, hi, d, m) \
	TBL_16B(lo, 20, lo)          \
	TBL_16B(hi, 20, hi)

// Q5_0 and Q5_1: a byte for each code gets the byte of the fifth bits that has its
// own, which is tested for it.

#define CONSTS_FIFTH \
	CONSTS_NIBBLES                \
	MOVD  $·fifthBytes(SB), R1    \
	FLDPQ (R1), (F20, F21)        \
	MOVD  $0x8040201008040201, R1 \
	VDUP  R1, V22.D2              \
	MOVD  $16, R1                 \
	VDUP  R1, V23.B16

#define FIFTH(p, lo, hi) \
	FMOVS.P 4(R(p)), F17    \
	TBL_16B(21, 17, 18)     \
	TBL_16B(20, 17, 17)     \
	CMTST_16B(22, 17, 17)   \
	CMTST_16B(22, 18, 18)   \
	AND_16B(23, 17, 17)     \
	AND_16B(23, 18, 18)     \
	NIBBLES(p, lo, hi)      \
	ORR_16B(17, lo, lo)     \
	ORR_16B(18, hi, hi)

#define UNPACK_Q5_0(p, lo, hi, d, m) \
	SCALE(p, d) \
	FIFTH(p, lo, hi)

#define UNPACK_Q5_1(p, lo, hi, d, m) \
	SCALE(p, d) \
	SCALE(p, m) \
	FIFTH(p, lo, hi)

// Q8_0: codes are signed.

#define UNPACK_Q8_0(p, lo, hi, d, m) \
	SCALE(p, d)             \
	FMOVQ.P 16(R(p)), F(lo) \
	FMOVQ.P 16(R(p)), F(hi)

// Blocks of 256 values are at R3, which moves on. HEAD brings what all of a block
// uses, CODES(at) codes at and on, a multiple of 64, to V4 to V7, END moves on.
//
//	V12, V13      d and dmin
//	V14, V15      minima (Q6_K: scales) as words
//	V19 to V22    scales as dwords, V19 and V20 of groups of 32, all of groups of 16
//	V23           mask of a code's bits
//	V24, V25      high bits
//	R4 R5 R6 R16 R19, V16   temporary

// Scales and minima of Q4_K and Q5_K, 6 bits each, are in three dwords a, b, c:
// the first four scales and minima in the low bits of a and b, the other four as
// nibbles in c and high bits of a and b.
#define SCALES \
	LD1R_4H(3, 12)              \
	LD1R_4H(3, 13)              \
	MOVWU.P 4(R3), R4           \
	MOVWU.P 4(R3), R5           \
	MOVWU.P 4(R3), R6           \
	FCVTL_4S(12, 12)            \
	FCVTL_4S(13, 13)            \
	LSR   $2, R4, R19           \
	ANDW  $0x3f3f3f3f, R4       \
	ANDW  $0x30303030, R19      \
	ANDW  $0x0f0f0f0f, R6, R16  \
	ORR   R16, R19              \
	ORR   R19<<32, R4           \
	LSR   $2, R5, R19           \
	ANDW  $0x3f3f3f3f, R5       \
	ANDW  $0x30303030, R19      \
	LSR   $4, R6                \
	ANDW  $0x0f0f0f0f, R6       \
	ORR   R6, R19               \
	ORR   R19<<32, R5           \
	FMOVD R4, F16               \
	FMOVD R5, F14               \
	VUXTL V16.B8, V16.H8        \
	VUXTL V14.B8, V14.H8        \
	VUXTL V16.H4, V19.S4        \
	VUXTL2 V16.H8, V20.S4

#define MASK_4BITS \
	MOVD $15, R16      \
	VDUP R16, V23.B16

#define MASK_5BITS \
	MOVD $31, R16      \
	VDUP R16, V23.B16

#define MASK_6BITS \
	MOVD $63, R16      \
	VDUP R16, V23.B16

// Q4_K

#define CODES_Q4_K(at) \
	FLDPQ.P 32(R3), (F4, F5) \
	USHR_16B(4, 4, 6)        \
	USHR_16B(4, 5, 7)        \
	AND_16B(23, 4, 4)        \
	AND_16B(23, 5, 5)

#define END_Q45_K

// Q5_K: Q4_K and a fifth bit of each code, all in 32 bytes, from the lowest bits
// on. Bits above it come along and are masked.

#define HEAD_Q5_K \
	SCALES                     \
	FLDPQ.P 32(R3), (F24, F25)

#define CODES_Q5_K(at) \
	FLDPQ.P 32(R3), (F4, F5) \
	USHR_16B(4, 4, 6)        \
	USHR_16B(4, 5, 7)        \
	SLI_16B(4, 24, 4)        \
	SLI_16B(4, 25, 5)        \
	USHR_16B(1, 24, 24)      \
	USHR_16B(1, 25, 25)      \
	SLI_16B(4, 24, 6)        \
	SLI_16B(4, 25, 7)        \
	USHR_16B(1, 24, 24)      \
	USHR_16B(1, 25, 25)      \
	AND_16B(23, 4, 4)        \
	AND_16B(23, 5, 5)        \
	AND_16B(23, 6, 6)        \
	AND_16B(23, 7, 7)

// Q6_K: codes are 32 above what they mean; scales are bytes.

#define HEAD_Q6_K \
	ADD   $208, R3, R4        \
	FMOVQ 192(R3), F15        \
	LD1R_4H(4, 12)            \
	SXTL_8H(15, 14)           \
	SXTL2_8H(15, 15)          \
	FCVTL_4S(12, 12)          \
	SXTL_4S(14, 19)           \
	SXTL2_4S(14, 20)          \
	SXTL_4S(15, 21)           \
	SXTL2_4S(15, 22)

#define HIGH_PAIRS \
	SLI_16B(4, 24, 4)        \
	SLI_16B(4, 25, 5)        \
	USHR_16B(2, 24, 24)      \
	USHR_16B(2, 25, 25)      \
	SLI_16B(4, 24, 6)        \
	SLI_16B(4, 25, 7)        \
	USHR_16B(2, 24, 24)      \
	USHR_16B(2, 25, 25)      \
	AND_16B(23, 4, 4)        \
	AND_16B(23, 5, 5)        \
	AND_16B(23, 6, 6)        \
	AND_16B(23, 7, 7)

// The codes from 0 and 128 on are low nibbles, those 64 further high ones of the
// same bytes.
#define LOW_Q6_K(at) \
	FLDPQ (at/2)(R3), (F4, F5)       \
	FLDPQ (at/2+32)(R3), (F6, F7)    \
	FLDPQ (128+at/4)(R3), (F24, F25) \
	HIGH_PAIRS

#define HIGH_Q6_K(at) \
	FLDPQ (at/2-32)(R3), (F4, F5) \
	FLDPQ (at/2)(R3), (F6, F7)    \
	USHR_16B(4, 4, 4)             \
	USHR_16B(4, 5, 5)             \
	USHR_16B(4, 6, 6)             \
	USHR_16B(4, 7, 7)             \
	HIGH_PAIRS

#define END_Q6_K ADD $210, R3
