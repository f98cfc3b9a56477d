// Vector instructions, as words: those that Go's assembler does not know, and a
// few that it does, for macros that take registers by number. A macro is named
// after Arm's mnemonic and the arrangement of its destination. Operands are
// register numbers in Go's order: sources first, the destination last; i and j are
// the numbers of an element of four and of two, and s is a shift. After each stands
// what it assembles to, in Arm's order, which a test holds against a disassembler.

#define RRR(op, m, n, d) WORD $((op) | (m)<<16 | (n)<<5 | (d))
#define RR(op, n, d)     WORD $((op) | (n)<<5 | (d))

// An element of four: its number is in bits 11 and 21.
#define RRE(op, i, m, n, d) WORD $((op) | ((i)&2)<<10 | ((i)&1)<<21 | (m)<<16 | (n)<<5 | (d))

// f32

#define FADD_4S(m, n, d)  RRR(0x4E20D400, m, n, d) // fadd vd.4s, vn.4s, vm.4s
#define FSUB_4S(m, n, d)  RRR(0x4EA0D400, m, n, d) // fsub vd.4s, vn.4s, vm.4s
#define FMUL_4S(m, n, d)  RRR(0x6E20DC00, m, n, d) // fmul vd.4s, vn.4s, vm.4s
#define FDIV_4S(m, n, d)  RRR(0x6E20FC00, m, n, d) // fdiv vd.4s, vn.4s, vm.4s
#define FMLA_4S(m, n, d)  RRR(0x4E20CC00, m, n, d) // fmla vd.4s, vn.4s, vm.4s
#define FMLS_4S(m, n, d)  RRR(0x4EA0CC00, m, n, d) // fmls vd.4s, vn.4s, vm.4s
#define FMAX_4S(m, n, d)  RRR(0x4E20F400, m, n, d) // fmax vd.4s, vn.4s, vm.4s
#define FMIN_4S(m, n, d)  RRR(0x4EA0F400, m, n, d) // fmin vd.4s, vn.4s, vm.4s
#define FADDP_4S(m, n, d) RRR(0x6E20D400, m, n, d) // faddp vd.4s, vn.4s, vm.4s
#define FCMGT_4S(m, n, d) RRR(0x6EA0E400, m, n, d) // fcmgt vd.4s, vn.4s, vm.4s
#define FCMEQ_4S(m, n, d) RRR(0x4E20E400, m, n, d) // fcmeq vd.4s, vn.4s, vm.4s

#define FMLA_4S_E(i, m, n, d) RRE(0x4F801000, i, m, n, d) // fmla vd.4s, vn.4s, vm.s[i]
#define FMUL_4S_E(i, m, n, d) RRE(0x4F809000, i, m, n, d) // fmul vd.4s, vn.4s, vm.s[i]

#define FABS_4S(n, d)   RR(0x4EA0F800, n, d) // fabs vd.4s, vn.4s
#define FNEG_4S(n, d)   RR(0x6EA0F800, n, d) // fneg vd.4s, vn.4s
#define FRINTN_4S(n, d) RR(0x4E218800, n, d) // frintn vd.4s, vn.4s
#define FCVTNS_4S(n, d) RR(0x4E21A800, n, d) // fcvtns vd.4s, vn.4s
#define FCVTAS_4S(n, d) RR(0x4E21C800, n, d) // fcvtas vd.4s, vn.4s
#define SCVTF_4S(n, d)  RR(0x4E21D800, n, d) // scvtf vd.4s, vn.4s

// Products of 2x4 and 4x2 bf16, added to 2x2 f32 (FEAT_BF16).
#define BFMMLA_4S(m, n, d) RRR(0x6E40EC00, m, n, d) // bfmmla vd.4s, vn.8h, vm.8h

// Across the lanes of a vector, into lane 0.
#define FADDP_S(n, d) RR(0x7E30D800, n, d) // faddp sd, vn.2s
#define FMAXV_S(n, d) RR(0x6E30F800, n, d) // fmaxv sd, vn.4s
#define UMAXV_S(n, d) RR(0x6EB0A800, n, d) // umaxv sd, vn.4s
#define ADDV_S(n, d)  RR(0x4EB1B800, n, d) // addv sd, vn.4s

// f64

#define FADD_2D(m, n, d) RRR(0x4E60D400, m, n, d) // fadd vd.2d, vn.2d, vm.2d
#define FSUB_2D(m, n, d) RRR(0x4EE0D400, m, n, d) // fsub vd.2d, vn.2d, vm.2d
#define FADDP_D(n, d)    RR(0x7E70D800, n, d)     // faddp dd, vn.2d

// Between widths: the lower or, with a 2, the upper lanes of the narrow vector.

#define FCVTL_2D(n, d)  RR(0x0E617800, n, d) // fcvtl vd.2d, vn.2s
#define FCVTL2_2D(n, d) RR(0x4E617800, n, d) // fcvtl2 vd.2d, vn.4s
#define FCVTL_4S(n, d)  RR(0x0E217800, n, d) // fcvtl vd.4s, vn.4h
#define FCVTL2_4S(n, d) RR(0x4E217800, n, d) // fcvtl2 vd.4s, vn.8h
#define FCVTN_4H(n, d)  RR(0x0E216800, n, d) // fcvtn vd.4h, vn.4s
#define FCVTN2_8H(n, d) RR(0x4E216800, n, d) // fcvtn2 vd.8h, vn.4s
#define SHLL_4S(n, d)   RR(0x2E613800, n, d) // shll vd.4s, vn.4h, #16
#define SHLL2_4S(n, d)  RR(0x6E613800, n, d) // shll2 vd.4s, vn.8h, #16

// Integers and bits

#define ADD_4S(m, n, d)  RRR(0x4EA08400, m, n, d) // add vd.4s, vn.4s, vm.4s
#define SUB_4S(m, n, d)  RRR(0x6EA08400, m, n, d) // sub vd.4s, vn.4s, vm.4s
#define NEG_4S(n, d)     RR(0x6EA0B800, n, d)     // neg vd.4s, vn.4s
#define CMGT_4S(m, n, d) RRR(0x4EA03400, m, n, d) // cmgt vd.4s, vn.4s, vm.4s
#define AND_16B(m, n, d) RRR(0x4E201C00, m, n, d) // and vd.16b, vn.16b, vm.16b
#define BIC_16B(m, n, d) RRR(0x4E601C00, m, n, d) // bic vd.16b, vn.16b, vm.16b
#define ORR_16B(m, n, d) RRR(0x4EA01C00, m, n, d) // orr vd.16b, vn.16b, vm.16b
#define BIT_16B(m, n, d) RRR(0x6EA01C00, m, n, d) // bit vd.16b, vn.16b, vm.16b
#define BIF_16B(m, n, d) RRR(0x6EE01C00, m, n, d) // bif vd.16b, vn.16b, vm.16b

#define MOV_16B(n, d) WORD $(0x4EA01C00 | (n)<<16 | (n)<<5 | (d)) // mov vd.16b, vn.16b
#define MOVI_2D_0(d)  WORD $(0x6F00E400 | (d))                    // movi vd.2d, #0x0

#define SHL_4S(s, n, d)   RR(0x4F205400 + (s)<<16, n, d)  // shl vd.4s, vn.4s, #s
#define USHR_4S(s, n, d)  RR(0x6F400400 - (s)<<16, n, d) // ushr vd.4s, vn.4s, #s
#define USHR_16B(s, n, d) RR(0x6F100400 - (s)<<16, n, d) // ushr vd.16b, vn.16b, #s
#define SLI_16B(s, n, d)  RR(0x6F085400 + (s)<<16, n, d) // sli vd.16b, vn.16b, #s

#define SXTL_8H(n, d)  RR(0x0F08A400, n, d) // sxtl vd.8h, vn.8b
#define SXTL2_8H(n, d) RR(0x4F08A400, n, d) // sxtl2 vd.8h, vn.16b
#define SXTL_4S(n, d)  RR(0x0F10A400, n, d) // sxtl vd.4s, vn.4h
#define SXTL2_4S(n, d) RR(0x4F10A400, n, d) // sxtl2 vd.4s, vn.8h

#define MLA_4S_E(i, m, n, d) RRE(0x6F800000, i, m, n, d) // mla vd.4s, vn.4s, vm.s[i]

#define EOR_16B(m, n, d)   RRR(0x6E201C00, m, n, d) // eor vd.16b, vn.16b, vm.16b
#define CMTST_16B(m, n, d) RRR(0x4E208C00, m, n, d) // cmtst vd.16b, vn.16b, vm.16b
#define TBL_16B(m, n, d)   RRR(0x4E000000, m, n, d) // tbl vd.16b, {vn.16b}, vm.16b

// Products of 8 bits: four to a lane of 32 (FEAT_DotProd), 2x8 times 8x2 to 2x2
// (FEAT_I8MM), or single ones of the lower or upper halves, which SADALP adds by
// twos.

#define SDOT_4S(m, n, d)   RRR(0x4E809400, m, n, d) // sdot vd.4s, vn.16b, vm.16b
#define SDOT_4S_E(i, m, n, d) RRE(0x4F80E000, i, m, n, d) // sdot vd.4s, vn.16b, vm.4b[i]

#define USMMLA_4S(m, n, d) RRR(0x4E80AC00, m, n, d) // usmmla vd.4s, vn.16b, vm.16b
#define SMMLA_4S(m, n, d)  RRR(0x4E80A400, m, n, d) // smmla vd.4s, vn.16b, vm.16b
#define SMULL_8H(m, n, d)  RRR(0x0E20C000, m, n, d) // smull vd.8h, vn.8b, vm.8b
#define SMLAL_8H(m, n, d)  RRR(0x0E208000, m, n, d) // smlal vd.8h, vn.8b, vm.8b
#define SMLAL2_8H(m, n, d) RRR(0x4E208000, m, n, d) // smlal2 vd.8h, vn.16b, vm.16b
#define SMULL_4S(m, n, d)  RRR(0x0E60C000, m, n, d) // smull vd.4s, vn.4h, vm.4h
#define SMLAL_4S(m, n, d)  RRR(0x0E608000, m, n, d) // smlal vd.4s, vn.4h, vm.4h
#define SMLAL2_4S(m, n, d) RRR(0x4E608000, m, n, d) // smlal2 vd.4s, vn.8h, vm.8h
#define SADDLP_8H(n, d)    RR(0x4E202800, n, d)     // saddlp vd.8h, vn.16b
#define SADDLP_4S(n, d)    RR(0x4E602800, n, d)     // saddlp vd.4s, vn.8h
#define SADALP_8H(n, d)    RR(0x4E206800, n, d)     // sadalp vd.8h, vn.16b
#define SADALP_4S(n, d)    RR(0x4E606800, n, d)     // sadalp vd.4s, vn.8h

// Elements in other places

#define ZIP1_4S(m, n, d)  RRR(0x4E803800, m, n, d)         // zip1 vd.4s, vn.4s, vm.4s
#define ZIP2_4S(m, n, d)  RRR(0x4E807800, m, n, d)         // zip2 vd.4s, vn.4s, vm.4s
#define UZP1_4S(m, n, d)  RRR(0x4E801800, m, n, d)         // uzp1 vd.4s, vn.4s, vm.4s
#define UZP2_4S(m, n, d)  RRR(0x4E805800, m, n, d)         // uzp2 vd.4s, vn.4s, vm.4s
#define DUP_4S_E(i, n, d) RR(0x4E040400 | (i)<<19, n, d)   // dup vd.4s, vn.s[i]
#define DUP_2D_E(j, n, d) RR(0x4E080400 | (j)<<20, n, d)   // dup vd.2d, vn.d[j]

// Memory at address n, which grows by m, or by what is read.

#define LD1_S(i, m, n, d) RRR(0x0DC08000 | ((i)&2)<<29 | ((i)&1)<<12, m, n, d) // ld1 {vd.s}[i], [xn], xm
#define ST1_S(i, m, n, d) RRR(0x0D808000 | ((i)&2)<<29 | ((i)&1)<<12, m, n, d) // st1 {vd.s}[i], [xn], xm
#define LD1R_4H(n, d)     RR(0x0DDFC400, n, d)                                 // ld1r {vd.4h}, [xn], #2
