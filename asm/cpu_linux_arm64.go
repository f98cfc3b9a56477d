//go:build !purego && !noasm

package asm

import "golang.org/x/sys/unix"

// hasBF16 reads the second word of hardware capabilities that the kernel passes to
// a process, since package cpu does not tell of FEAT_BF16.
func hasBF16() bool {
	const hwcap2, bit = 26, 1 << 14 // AT_HWCAP2, HWCAP2_BF16
	auxv, err := unix.Auxv()
	if err != nil {
		return false
	}
	for _, entry := range auxv {
		if entry[0] == hwcap2 {
			return entry[1]&bit != 0
		}
	}
	return false
}
