//go:build !linux && !darwin && !purego && !noasm

package asm

// hasBF16 reports false where the system does not say.
func hasBF16() bool { return false }
