//go:build (amd64 || arm64) && !purego && !noasm

package asm

//go:noescape
func fetch(b *byte, n int)
