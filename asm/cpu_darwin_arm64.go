//go:build !purego && !noasm

package asm

import "golang.org/x/sys/unix"

// hasBF16 asks the kernel, since package cpu does not tell of FEAT_BF16.
func hasBF16() bool {
	v, err := unix.SysctlUint32("hw.optional.arm.FEAT_BF16")
	return err == nil && v != 0
}
