// Instructions that Go's assembler does not know, as bytes. Operands are register
// numbers in Go's order: sources first, the destination last.
//
// EVEX prefix (Intel SDM volume 2, section 2.7), with the third and fifth bits of
// the registers inverted:
//
//	62 | R X B R' 0 m m m | W v v v v 1 p p | z L' L b V' a a a | opcode | ModRM

// VDPBF16PS Zm, Zn, Zd: Zd += Zn.bf16[2i]*Zm.bf16[2i] + Zn.bf16[2i+1]*Zm.bf16[2i+1]
// for every f32 lane i.
#define VDPBF16PS_Z(m, n, d) \
	BYTE $0x62; \
	BYTE $(0xF2 ^ (((d)&8)<<4) ^ (((m)&16)<<2) ^ (((m)&8)<<2) ^ ((d)&16)); \
	BYTE $(0x7E ^ (((n)&15)<<3)); \
	BYTE $(0x48 ^ (((n)&16)>>1)); \
	BYTE $0x52; \
	BYTE $(0xC0 | ((d)&7)<<3 | ((m)&7))

// VPDPBUSD Ym, Yn, Yd and VPDPWSSD Ym, Yn, Yd in their VEX forms, registers Y0 to
// Y15: Yd += the four products of u8 Yn and s8 Ym, or the two of s16 Yn and s16
// Ym, in every 32-bit lane.
#define VEX_DOT(opcode, m, n, d) \
	BYTE $0xC4; \
	BYTE $(0xE2 ^ (((d)&8)<<4) ^ (((m)&8)<<2)); \
	BYTE $(0x7D - ((n)<<3)); \
	BYTE $(opcode); \
	BYTE $(0xC0 | ((d)&7)<<3 | ((m)&7))
#define VPDPBUSD_Y(m, n, d) VEX_DOT(0x50, m, n, d)
#define VPDPWSSD_Y(m, n, d) VEX_DOT(0x52, m, n, d)

// VCVTNE2PS2BF16 Zm, Zn, Zd: the lower half of Zd is Zm in bf16, the upper half Zn.
#define VCVTNE2PS2BF16_Z(m, n, d) \
	BYTE $0x62; \
	BYTE $(0xF2 ^ (((d)&8)<<4) ^ (((m)&16)<<2) ^ (((m)&8)<<2) ^ ((d)&16)); \
	BYTE $(0x7F ^ (((n)&15)<<3)); \
	BYTE $(0x48 ^ (((n)&16)>>1)); \
	BYTE $0x72; \
	BYTE $(0xC0 | ((d)&7)<<3 | ((m)&7))
