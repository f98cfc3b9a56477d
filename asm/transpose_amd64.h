// Transposing 16 rows of dwords: fours of rows first, then the fours of them.

// Four rows a..d become, in every 128-bit lane l, their steps 4l..4l+3. e..h are
// overwritten.
#define TRANSPOSE(a, b, c, d, e, f, g, h) \
	VUNPCKLPS b, a, e  \
	VUNPCKHPS b, a, g  \
	VUNPCKLPS d, c, f  \
	VUNPCKHPS d, c, h  \
	VUNPCKLPD f, e, a  \
	VUNPCKHPD f, e, b  \
	VUNPCKLPD h, g, c  \
	VUNPCKHPD h, g, d

// LANES transposes the lanes of a..d, which hold the same step of every four of four
// groups of rows: Z20 to Z23 are that step of the first, second, third and last four.
#define LANES(a, b, c, d) \
	VSHUFF32X4 $0x88, b, a, Z16      \
	VSHUFF32X4 $0xDD, b, a, Z17      \
	VSHUFF32X4 $0x88, d, c, Z18      \
	VSHUFF32X4 $0xDD, d, c, Z19      \
	VSHUFF32X4 $0x88, Z18, Z16, Z20  \
	VSHUFF32X4 $0x88, Z19, Z17, Z21  \
	VSHUFF32X4 $0xDD, Z18, Z16, Z22  \
	VSHUFF32X4 $0xDD, Z19, Z17, Z23
