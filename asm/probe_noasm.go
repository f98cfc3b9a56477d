//go:build (!amd64 && !arm64) || purego || noasm

package asm

func probeF32(n int) int { return probeF32Generic(n) }
func probeBF16(int) int  { return 0 }
func probeInt8(int) int  { return 0 }
func probeRead(b []byte) { probeReadGeneric(b) }
