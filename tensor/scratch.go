package tensor

import "unsafe"

// scratch is the memory of one worker, kept from operation to operation.
type scratch struct {
	f32  []float32
	u32  []uint32
	pack packMemory
	_    cacheLine
}

// floats returns n floats of the worker's scratch memory with undefined values,
// the same memory at every call.
func (p *Pool) floats(worker, n int) []float32 {
	return grow(&p.scratch[worker].f32, n)
}

// dwords is floats for dwords, in memory of their own.
func (p *Pool) dwords(worker, n int) []uint32 {
	return grow(&p.scratch[worker].u32, n)
}

// grow returns n values in the memory of *s, which it replaces where that is too
// small. The least size makes the memory start on a page, so that vectors do not
// straddle cache lines.
func grow[T any](s *[]T, n int) []T {
	least := 64 << 10 / int(unsafe.Sizeof(*new(T)))
	if cap(*s) < n {
		*s = make([]T, max(n, least))
	}
	return (*s)[:n]
}
