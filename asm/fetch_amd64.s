//go:build !purego && !noasm

#include "textflag.h"

// func fetch(b *byte, n int)
TEXT ·fetch(SB), NOSPLIT, $0-16
	MOVQ b+0(FP), SI
	MOVQ n+8(FP), CX
line:
	PREFETCHT0 (SI)
	ADDQ $64, SI
	SUBQ $64, CX
	JG   line
	RET
