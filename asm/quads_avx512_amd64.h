// The formats of blocks of 32 weights, for the kernels in quads_avx512_amd64.s.
//
// Their parts. A weight is d(code - zero) + m, code unsigned.
//
//	UNPACK(p, lo, hi, d, dy, m, my)  four blocks at p: their codes, d and m
//	UNPACK1(p, lo, hi, d, m)         one block, in X registers
//	START(x, init, s, d)             what a sum of code products starts from: the
//	                                 quad's negated sums times zero, a power of two;
//	                                 or, where there is an m, 0 and s = sums times d
//	MIN(m, s, acc)                   adds m times the sum of activations

#define NIBBLES(mask, lo, hi) \
	VPSRLW $4, lo, hi    \
	VPANDD mask, lo, lo   \
	VPANDD mask, hi, hi

#define START_ZERO8(x, init, s, d) VPSLLD $3, Quad_negated(x)(DX*1), init
#define START_ZERO16(x, init, s, d) VPSLLD $4, Quad_negated(x)(DX*1), init
#define START_ZERO128(x, init, s, d) VPSLLD $7, Quad_negated(x)(DX*1), init
#define START_MIN(x, init, s, d) \
	VPXORD    init, init, init             \
	VCVTDQ2PS Quad_negated(x)(DX*1), s     \
	VMULPS    d, s, s

#define NO_MIN(m, s, acc)
#define SUB_MIN(m, s, acc) VFNMADD231PS m, s, acc

// Codes and scales of four blocks of nibbles: 64 bytes from p on and 64 from
// p+second on have them all.
#define GATHER(p, second, lo, d, dy) \
	VMOVDQU64 (p)(BX*1), lo              \
	VMOVDQA64 lo, d                      \
	VPERMT2W  second(p)(BX*1), Z29, d    \
	VPERMT2W  second(p)(BX*1), Z30, lo   \

// Q4_0

#define CONSTS_Q4_0 \
	VPBROADCASTD ·quadConst+quadConsts_nibbles(SB), Z31             \
	VMOVDQU64 ·gatherQ4_0+quadGathers_codes(SB), Z30 \
	VMOVDQU64 ·gatherQ4_0+quadGathers_scales(SB), Z29

#define UNPACK_Q4_0(p, lo, hi, d, dy, m, my) \
	VMOVDQU64 (p)(BX*1), lo          \
	VPERMW    lo, Z29, d             \
	VPERMT2W  8(p)(BX*1), Z30, lo    \
	VCVTPH2PS dy, d                  \
	NIBBLES(Z31, lo, hi)

#define UNPACK1_Q4_0(p, lo, hi, d, m) \
	VPBROADCASTW (p)(BX*1), d        \
	VMOVDQU      2(p)(BX*1), lo      \
	VCVTPH2PS    d, d                \
	NIBBLES(X31, lo, hi)

// IQ4_NL: nibbles name values, 128 above what they mean.

#define CONSTS_IQ4_NL \
	CONSTS_Q4_0   \
	VBROADCASTI32X4 ·iq4Bytes(SB), Z28

#define NAMED(lo, hi) \
	VPSHUFB lo, Z28, lo \
	VPSHUFB hi, Z28, hi

#define UNPACK_IQ4_NL(p, lo, hi, d, dy, m, my) \
	UNPACK_Q4_0(p, lo, hi, d, dy, m, my) \
	NAMED(lo, hi)

#define UNPACK1_IQ4_NL(p, lo, hi, d, m) \
	UNPACK1_Q4_0(p, lo, hi, d, m)    \
	VPSHUFB lo, X28, lo              \
	VPSHUFB hi, X28, hi

// Q4_1

#define CONSTS_Q4_1 \
	VPBROADCASTD ·quadConst+quadConsts_nibbles(SB), Z31             \
	VMOVDQU64 ·gatherQ4_1+quadGathers_codes(SB), Z30 \
	VMOVDQU64 ·gatherQ4_1+quadGathers_scales(SB), Z29

#define SPLIT_MIN(d, dy, m, my) \
	VEXTRACTI64X4 $1, d, my  \
	VCVTPH2PS     dy, d      \
	VCVTPH2PS     my, m

#define UNPACK_Q4_1(p, lo, hi, d, dy, m, my) \
	GATHER(p, 16, lo, d, dy)         \
	SPLIT_MIN(d, dy, m, my)          \
	NIBBLES(Z31, lo, hi)

#define UNPACK1_Q4_1(p, lo, hi, d, m) \
	VPBROADCASTW (p)(BX*1), d        \
	VPBROADCASTW 2(p)(BX*1), m       \
	VMOVDQU      4(p)(BX*1), lo      \
	VCVTPH2PS    d, d                \
	VCVTPH2PS    m, m                \
	NIBBLES(X31, lo, hi)

// Q5_0 and Q5_1: the fifth bits, brought to every lane, are spread so that a byte
// holds the one of its code.

#define CONSTS_FIFTH \
	VPBROADCASTD ·quadConst+quadConsts_nibbles(SB), Z31           \
	VBROADCASTI32X4 ·quadConst+quadConsts_fifthLow(SB), Z27       \
	VBROADCASTI32X4 ·quadConst+quadConsts_fifthHigh(SB), Z26      \
	VPBROADCASTQ ·quadConst+quadConsts_fifthBits(SB), Z25         \
	VPBROADCASTD ·quadConst+quadConsts_sixteens(SB), Z24

#define CONSTS_Q5_0 \
	CONSTS_FIFTH                                     \
	VMOVDQU64 ·gatherQ5_0+quadGathers_codes(SB), Z30 \
	VMOVDQU64 ·gatherQ5_0+quadGathers_scales(SB), Z29 \
	VMOVDQU64 ·gatherQ5_0+quadGathers_high(SB), Z28

#define CONSTS_Q5_1 \
	CONSTS_FIFTH                                     \
	VMOVDQU64 ·gatherQ5_1+quadGathers_codes(SB), Z30 \
	VMOVDQU64 ·gatherQ5_1+quadGathers_scales(SB), Z29 \
	VMOVDQU64 ·gatherQ5_1+quadGathers_high(SB), Z28

// Adds 16 to the codes whose fifth bit is set. bits and t may be one.
#define FIFTH(bits, t, low, high, mask, sixteen, lo, hi) \
	VPSHUFB  low, bits, t       \
	VPTESTMB mask, t, K1        \
	VPSHUFB  high, bits, t      \
	VPTESTMB mask, t, K2        \
	VPADDB   sixteen, lo, K1, lo \
	VPADDB   sixteen, hi, K2, hi

#define GATHER_FIFTH(p, second, lo, hi, d, dy) \
	VMOVDQU64 (p)(BX*1), lo              \
	VMOVDQA64 lo, d                      \
	VMOVDQA64 lo, Z16                    \
	VPERMT2W  second(p)(BX*1), Z29, d    \
	VPERMT2W  second(p)(BX*1), Z28, Z16  \
	VPERMT2W  second(p)(BX*1), Z30, lo   \
	NIBBLES(Z31, lo, hi)                      \
	FIFTH(Z16, Z17, Z27, Z26, Z25, Z24, lo, hi)

#define UNPACK_Q5_0(p, lo, hi, d, dy, m, my) \
	GATHER_FIFTH(p, 24, lo, hi, d, dy)   \
	VCVTPH2PS dy, d

#define UNPACK_Q5_1(p, lo, hi, d, dy, m, my) \
	GATHER_FIFTH(p, 32, lo, hi, d, dy)   \
	SPLIT_MIN(d, dy, m, my)

#define UNPACK1_Q5_0(p, lo, hi, d, m) \
	VPBROADCASTW (p)(BX*1), d            \
	VPBROADCASTD 2(p)(BX*1), X16         \
	VMOVDQU      6(p)(BX*1), lo          \
	VCVTPH2PS    d, d                    \
	NIBBLES(X31, lo, hi)                      \
	FIFTH(X16, X17, X27, X26, X25, X24, lo, hi)

#define UNPACK1_Q5_1(p, lo, hi, d, m) \
	VPBROADCASTW (p)(BX*1), d            \
	VPBROADCASTW 2(p)(BX*1), m           \
	VPBROADCASTD 4(p)(BX*1), X16         \
	VMOVDQU      8(p)(BX*1), lo          \
	VCVTPH2PS    d, d                    \
	VCVTPH2PS    m, m                    \
	NIBBLES(X31, lo, hi)                      \
	FIFTH(X16, X17, X27, X26, X25, X24, lo, hi)

// Q8_0: codes are signed; flipping the top bit adds 128.

#define CONSTS_Q8_0 \
	VPBROADCASTD ·quadConst+quadConsts_topBits(SB), Z31             \
	VMOVDQU64 ·gatherQ8_0+quadGathers_codes(SB), Z30 \
	VMOVDQU64 ·gatherQ8_0+quadGathers_scales(SB), Z29 \
	VMOVDQU64 ·gatherQ8_0+quadGathers_more(SB), Z28

#define UNPACK_Q8_0(p, lo, hi, d, dy, m, my) \
	VMOVDQU64 (p)(BX*1), lo          \
	VMOVDQU64 18(p)(BX*1), hi        \
	VMOVDQA64 lo, d                  \
	VPERMT2W  68(p)(BX*1), Z29, d    \
	VPERMT2W  70(p)(BX*1), Z30, lo   \
	VPERMT2W  72(p)(BX*1), Z28, hi   \
	VCVTPH2PS dy, d                  \
	VPXORD    Z31, lo, lo            \
	VPXORD    Z31, hi, hi

#define UNPACK1_Q8_0(p, lo, hi, d, m) \
	VPBROADCASTW (p)(BX*1), d        \
	VPXORD       2(p)(BX*1), X31, lo \
	VPXORD       18(p)(BX*1), X31, hi \
	VCVTPH2PS    d, d
