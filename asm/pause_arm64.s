//go:build !purego && !noasm

#include "textflag.h"

// func pause(n int)
TEXT ·pause(SB), NOSPLIT, $0-8
	MOVD n+0(FP), R0
	JMP  test
loop:
	YIELD
	SUB  $1, R0
test:
	CMP  $0, R0
	BGT  loop
	RET
