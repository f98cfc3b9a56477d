package main

import (
	"os"
	"syscall"
)

// peak returns the largest size that a finished process had in memory, in bytes.
func peak(p *os.ProcessState) int64 {
	if u, ok := p.SysUsage().(*syscall.Rusage); ok {
		return int64(u.Maxrss) << 10
	}
	return 0
}
