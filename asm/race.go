//go:build race

package asm

import (
	"runtime"
	"unsafe"
)

// raceRead and raceWrite tell the race detector, which cannot see into assembly,
// what a kernel is about to read and write.

func raceRead[T any](s []T) {
	if len(s) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(&s[0]), len(s)*int(unsafe.Sizeof(s[0])))
	}
}

func raceWrite[T any](s []T) {
	if len(s) > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(&s[0]), len(s)*int(unsafe.Sizeof(s[0])))
	}
}

// raceWriteRows is raceWrite for rows of n values, ld apart: another goroutine may
// write what lies between them.
func raceWriteRows[T any](s []T, ld, rows, n int) {
	for r := range rows {
		raceWrite(s[r*ld : r*ld+n])
	}
}
