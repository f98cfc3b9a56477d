//go:build (amd64 || arm64) && !purego && !noasm

package asm

//go:noescape
func pause(n int)
