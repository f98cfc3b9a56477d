// Macros of the vector kernels and the offsets of their constants in f32consts.

#define LOG2E     0   // log2(e), rounded
#define LOG2E_LO  32  // log2(e) less that
#define EXP_MIN   64  // ln 2^-126: below, exp is 0
#define EXP_MAX   96  // above, exp is +Inf
#define EXP2_MIN  128 // -126
#define EXP2_C1   160 // 2^f = 1 + f*(C1 + f*(C2 + ...)), |f| <= 1/2
#define EXP2_C2   192
#define EXP2_C3   224
#define EXP2_C4   256
#define EXP2_C5   288
#define EXP2_C6   320
#define ONE       352
#define INF       384
#define ABS       416 // all bits but the sign
#define SQUARE_MAX 448 // 2^80
#define GELU_MAX  480 // beyond, exp(-x*x/2) is below 2^-126
#define GELU_C    512 // w = 1/(1+C*|x|)
#define GELU_NEG_HALF_LOG2E 544
#define GELU_NEG_HALF 576
#define GELU_H0   608 // h = H0 + w*(H1 + ...)
#define GELU_H1   640
#define GELU_H2   672
#define GELU_H3   704
#define GELU_H4   736
#define GELU_H5   768
#define GELU_H6   800
#define GELU_H7   832
#define GELU_H8   864
#define EXP_INF   896 // 89, where exp is +Inf before rounding
#define CONSTS    928 // size of all

#define CONST(at) ·f32consts+at(SB)

// Offsets in a Panel.
#define PANEL_MAX   0
#define PANEL_SUM   128
#define PANEL_DECAY 256
#define PANEL_LIMIT 384
#define PANEL_USED  512

// SUM_Y adds the lanes of y, whose lower half is x, into lane 0: twice pairs of
// neighbours, then the halves.
#define SUM_Y(y, x, t) \
	VHADDPS      y, y, y   \
	VHADDPS      y, y, y   \
	VEXTRACTF128 $1, y, t  \
	VADDPS       t, x, x

// SUM_Z adds the halves of z, whose lower parts are y and x, and then like SUM_Y.
#define SUM_Z(z, y, x, ty, tx) \
	VEXTRACTF64X4 $1, z, ty \
	VADDPS        ty, y, y  \
	SUM_Y(y, x, tx)

// TAIL_Z makes k the mask of the lowest n < 16 lanes. It clobbers t.
#define TAIL_Z(n, t, k) \
	MOVL  $-1, t  \
	BZHIL n, t, t \
	KMOVW t, k

// TAIL_Y makes m the mask of the lowest n < 8 lanes. It negates n and clobbers t.
#define TAIL_Y(n, t, m) \
	LEAQ    ·f32tail+32(SB), t \
	NEGQ    n                  \
	VMOVDQU (t)(n*4), m
