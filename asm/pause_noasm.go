//go:build (!amd64 && !arm64) || purego || noasm

package asm

import "runtime"

// pause lets another goroutine run: without an instruction to wait with, a spin
// is better given away.
func pause(int) { runtime.Gosched() }
