//go:build !purego && !noasm

#include "textflag.h"

// func fetch(b *byte, n int)
TEXT ·fetch(SB), NOSPLIT, $0-16
	MOVD b+0(FP), R0
	MOVD n+8(FP), R1
line:
	PRFM (R0), PLDL1KEEP
	ADD  $64, R0
	SUBS $64, R1
	BGT  line
	RET
