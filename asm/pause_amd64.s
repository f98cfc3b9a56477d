//go:build !purego && !noasm

#include "textflag.h"

// func pause(n int)
TEXT ·pause(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX
	JMP  test
loop:
	PAUSE
	DECQ CX
test:
	TESTQ CX, CX
	JG   loop
	RET
