// Package asm holds the SIMD kernels of the library and chooses among them by
// CPU. Kernels take slices, pointers and counts; they know no shapes and no
// models.
//
// # Dispatch
//
// A tier is a set of instruction sets that every kernel may use. The best one
// the CPU has is active from the start; a kernel without code of its own for a
// tier uses the next lower one.
//
//	tier        needs                                  adds
//	generic     nothing                                portable Go
//	avx2        AVX2, FMA, F16C                        256-bit f32, f16
//	avxvnni     avx2, AVX-VNNI                         int8 dot products (VEX)
//	avx512      avx2, AVX-512 F, BW, DQ, VL            512-bit f32, f16
//	avx512vnni  avx512, AVX512-VNNI                    int8 dot products (EVEX);
//	                                                   bf16 where AVX512-BF16 is there
//	neon        arm64                                  128-bit f32, f16
//	dotprod     neon, FEAT_DotProd                     SDOT
//	i8mm        dotprod, FEAT_I8MM                     USMMLA; BFMMLA where FEAT_BF16
//	                                                   is there
//
// The tiers of arm64 have run under emulation only (qemu-user), where they pass
// the same tests as the others. Nothing of their speed is measured: their tiles
// and loops follow from counts of instructions and registers.
//
// The environment variable PAR_CPU names the tier to use instead, which takes
// away everything that depends on what it takes away. A name that is unknown or
// not available leaves the best tier active; TierReason then says so. The build
// tags purego and noasm leave the generic tier only.
//
// # Contracts
//
// Every kernel keeps these rules, and its own comment states the rest.
//
//   - No kernel allocates, blocks or keeps a pointer.
//   - Slices need no alignment. Destinations do not overlap sources unless the
//     kernel says they may be the same.
//   - A kernel reads and writes within the lengths it is given, nothing beyond.
//   - A call takes at most a few hundred microseconds, because assembly cannot be
//     preempted; callers cut longer work.
//   - The order of a sum depends on the tier and on the length of the sum only:
//     not on the position of an operand in memory, nor on what is computed beside
//     it.
package asm
