package asm

import "unsafe"

// Interleave packs n dwords of each row that src points to: dst[k*pitch+r] =
// dword k of row r. Rows need no alignment.
func Interleave[T float32 | uint32](dst []T, pitch int, src []unsafe.Pointer, n int) {
	if len(src) == 0 || n == 0 {
		return
	}
	interleaveRows(dwords, unsafe.Slice((*uint32)(unsafe.Pointer(&dst[0])), len(dst)), pitch, src, n)
}

// InterleaveF16 is Interleave for rows of n halves, widened to f32.
func InterleaveF16[T float32 | uint32](dst []T, pitch int, src []unsafe.Pointer, n int) {
	if len(src) == 0 || n == 0 {
		return
	}
	interleaveRows(halves, unsafe.Slice((*uint32)(unsafe.Pointer(&dst[0])), len(dst)), pitch, src, n)
}

// InterleaveBF16 is Interleave for rows of n bf16 values, widened to f32.
func InterleaveBF16[T float32 | uint32](dst []T, pitch int, src []unsafe.Pointer, n int) {
	if len(src) == 0 || n == 0 {
		return
	}
	interleaveRows(bhalves, unsafe.Slice((*uint32)(unsafe.Pointer(&dst[0])), len(dst)), pitch, src, n)
}

// element is what a packing kernel reads: dwords as they are, or halves that it
// widens to f32.
type element int

const (
	dwords element = iota
	halves
	bhalves
)

func (e element) size() int {
	if e == dwords {
		return 4
	}
	return 2
}

func interleaveRows(e element, dst []uint32, pitch int, src []unsafe.Pointer, n int) {
	dst = dst[:(n-1)*pitch+len(src)]
	raceWriteRows(dst, pitch, n, len(src))
	for _, p := range src {
		raceRead(unsafe.Slice((*byte)(p), n*e.size()))
	}
	interleave(e, dst, pitch, src, n)
}
