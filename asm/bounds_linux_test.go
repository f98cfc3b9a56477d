package asm_test

import (
	"fmt"
	"runtime/debug"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

// edges hands out memory that begins or ends at a page which may not be touched.
type edges struct {
	regions [][]byte
	next    int
	end     bool
}

const edgeBytes = 1 << 18

func newEdges(t *testing.T) *edges {
	e := &edges{}
	page := unix.Getpagesize()
	for range 16 {
		m, err := unix.Mmap(-1, 0, edgeBytes+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Munmap(m) })
		for _, guard := range [][]byte{m[:page], m[page+edgeBytes:]} {
			if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
				t.Fatal(err)
			}
		}
		e.regions = append(e.regions, m[page:page+edgeBytes])
	}
	return e
}

// at returns n values of memory that a run has not taken yet.
func at[T any](e *edges, n int) []T {
	region := e.regions[e.next]
	e.next++
	size := n * int(unsafe.Sizeof(*new(T)))
	if e.end {
		region = region[len(region)-size:]
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(region))), n)
}

func rowsAt(e *edges, rows, bytes int) []unsafe.Pointer {
	p := make([]unsafe.Pointer, rows)
	for i := range p {
		p[i] = unsafe.Pointer(unsafe.SliceData(at[byte](e, bytes)))
	}
	return p
}

// run calls a kernel on memory at both edges and reports where it faults.
func (e *edges) run(t *testing.T, f func(), name string, args ...any) {
	t.Helper()
	for _, e.end = range []bool{false, true} {
		e.next = 0
		func() {
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
			defer func() {
				if err := recover(); err != nil {
					t.Errorf("%s, at the end %t: %v", fmt.Sprintf(name, args...), e.end, err)
				}
			}()
			f()
		}()
	}
}

// A kernel reads and writes within the lengths it is given: memory beyond may not
// be there.
func TestBounds(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		e := newEdges(t)
		for _, n := range lengths {
			testVectorBounds(t, e, n)
		}
		for _, k := range []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 64} {
			testRowBounds(t, e, k)
		}
		testPanelBounds(t, e)
		testBlockBounds(t, e)
		testAttentionBounds(t, e)
	})
}

func testVectorBounds(t *testing.T, e *edges, n int) {
	f := func() []float32 { return at[float32](e, n) }
	for name, run := range map[string]func(){
		"Dot":        func() { asm.Dot(f(), f()) },
		"Axpy":       func() { asm.Axpy(f(), 2, f()) },
		"Add":        func() { asm.Add(f(), f()) },
		"Scale":      func() { asm.Scale(f(), 2, f()) },
		"Max":        func() { asm.Max(f()) },
		"Sum":        func() { asm.Sum(f()) },
		"Squares":    func() { asm.SumSquares(f(), 1) },
		"Normalize":  func() { asm.Normalize(f(), f(), f(), f(), 0, 1) },
		"Unbiased":   func() { asm.Normalize(f(), f(), f(), nil, 0, 1) },
		"ExpSum":     func() { asm.ExpSum(f(), 1) },
		"Swish":      func() { asm.Swish(f(), 1, 0) },
		"SwiGLU":     func() { asm.SwiGLU(f(), f()) },
		"GELU":       func() { asm.GELU(f()) },
		"F16ToF32":   func() { asm.F16ToF32(f(), at[byte](e, 2*n)) },
		"BF16ToF32":  func() { asm.BF16ToF32(f(), at[byte](e, 2*n)) },
		"F32ToF16":   func() { asm.F32ToF16(at[byte](e, 2*n), f()) },
		"F32ToBF16":  func() { asm.F32ToBF16(at[byte](e, 2*n), f()) },
		"DotRows":    func() { asm.DotRows(at[float32](e, 7), at[float32](e, 7*n), f()) },
		"SumRows":    func() { asm.SumRows(f(), at[float32](e, 5), at[float32](e, 5*n)) },
		"Rotate":     func() { asm.Rotate(at[float32](e, 2*2*n), f(), f()) },
		"SwiGLUGrad": func() { asm.SwiGLUGrad(f(), f(), f(), f()) },
		"SwishGrad":  func() { asm.SwishGrad(f(), f(), 1) },
		"NormSums":   func() { asm.NormGradSums(f(), f(), f(), 1) },
		"NormGrad":   func() { asm.NormGrad(f(), f(), f(), f(), f(), 0, 1, 1, 0) },
		"Adam":       func() { new(asm.Adam).Step(f(), f(), f(), f()) },
		"ProbeRead":  func() { asm.ProbeRead(at[byte](e, n)) },
		"Quads":      func() { asm.QuantizeQuads(at[asm.Quad](e, asm.Quads(n)), f()) },
	} {
		e.run(t, run, "%s of %d", name, n)
	}
}

func testRowBounds(t *testing.T, e *edges, k int) {
	for _, rows := range []int{1, 3, 4, 8, 9} {
		dst := func() []uint32 { return at[uint32](e, (k-1)*rows+rows) }
		e.run(t, func() { asm.Interleave(dst(), rows, rowsAt(e, rows, 4*k), k) }, "Interleave %d x %d", rows, k)
		e.run(t, func() { asm.InterleaveF16(dst(), rows, rowsAt(e, rows, 2*k), k) }, "InterleaveF16 %d x %d", rows, k)
		e.run(t, func() { asm.InterleaveBF16(dst(), rows, rowsAt(e, rows, 2*k), k) }, "InterleaveBF16 %d x %d", rows, k)
		e.run(t, func() {
			asm.PairValues(at[uint32](e, (k+1)/2*rows), rows, rowsAt(e, rows, 4*k), k)
		}, "PairValues %d x %d", rows, k)
		e.run(t, func() {
			asm.PairF16(at[uint32](e, (k+1)/2*rows), rows, rowsAt(e, rows, 2*k), k)
		}, "PairF16 %d x %d", rows, k)
		for _, width := range []int{1, 12, 32} {
			e.run(t, func() {
				size := (rows + 1) / 2 * width
				asm.PairRows(at[uint32](e, (k+width-1)/width*size), width, size, at[float32](e, rows*k), k, rows, k)
			}, "PairRows %d x %d, %d wide", rows, k, width)
		}
		for typ, kernel := range gemvKernels {
			for m := 1; m <= asm.MaxGemvRows; m++ {
				e.run(t, func() {
					dst, a := at[float32](e, m*rows), rowsAt(e, m, 4*k)
					kernel.run(dst, rows, a, at[byte](e, rows*k*kernel.size), k*kernel.size, rows, k)
				}, "Gemv%s %d x %d x %d", typ, m, rows, k)
			}
		}
	}
}

func testPanelBounds(t *testing.T, e *edges) {
	for name, f := range panelFormats {
		for rows := 1; rows <= asm.MaxTileRows; rows++ {
			mr, nr := f.Tile(rows)
			if mr < rows {
				continue
			}
			for _, n := range []int{1, 2, 3, 4, 5, 9} {
				k := n * f.Block()
				e.run(t, func() {
					c, d := at[float32](e, mr*2*nr), at[float32](e, 2*nr)
					a, b := at[uint32](e, f.SizeA(k)*mr), at[uint32](e, 2*f.SizeB(k)*nr)
					asm.Gemm(f, mr, c, 2*nr, d, 0, a, b, k)
				}, "Gemm of %s, %d rows, k %d", name, mr, k)
			}
		}
	}
}

func testBlockBounds(t *testing.T, e *edges) {
	for blocks := 1; blocks <= 9; blocks++ {
		n := 32 * blocks
		e.run(t, func() { asm.F32ToQ8(at[byte](e, 34*blocks), at[float32](e, n)) }, "F32ToQ8 of %d blocks", blocks)
		e.run(t, func() { asm.Q8ToF32(at[float32](e, n), at[byte](e, 34*blocks)) }, "Q8ToF32 of %d blocks", blocks)
		e.run(t, func() {
			asm.QuantizeInt8(at[byte](e, n), at[float32](e, blocks), at[int32](e, 2*blocks), at[float32](e, n))
		}, "QuantizeInt8 of %d blocks", blocks)
		for _, group := range []int{16, 32} {
			f := func() []float32 { return at[float32](e, blocks) }
			e.run(t, func() { asm.WidenInt8(at[float32](e, blocks*group), at[byte](e, blocks*group), f(), nil, 8) },
				"WidenInt8 of %d groups of %d", blocks, group)
			e.run(t, func() { asm.WidenInt8(at[float32](e, blocks*group), at[byte](e, blocks*group), f(), f(), 0) },
				"WidenInt8 with minima of %d groups of %d", blocks, group)
		}
		for name, u := range unpackTests {
			e.run(t, func() {
				q, scales, mins := at[byte](e, blocks*u.values), at[float32](e, blocks*u.scales), at[float32](e, blocks*u.mins)
				u.unpack(q, scales, mins, at[byte](e, blocks*u.size))
			}, "%d blocks of %s unpacked", blocks, name)
		}
		for rows := 1; rows <= 9; rows++ {
			for m := 1; m <= asm.MaxDotRows; m++ {
				for f, format := range quadFormats {
					e.run(t, func() {
						dst, w := at[float32](e, m*rows), at[byte](e, rows*blocks*format.size)
						asm.DotQuads(f, dst, rows, w, blocks, at[asm.Quad](e, m*asm.Quads(n)), m)
					}, "DotQuads of %s, %d x %d rows, %d blocks", format.name, m, rows, blocks)
				}
				for f, format := range superFormats {
					e.run(t, func() {
						dst, w := at[float32](e, m*rows), at[byte](e, rows*blocks*format.size)
						asm.DotSupers(f, dst, rows, w, blocks, at[asm.Super](e, m*blocks), m)
					}, "DotSupers of %s, %d x %d rows, %d blocks", format.name, m, rows, blocks)
				}
			}
		}
		e.run(t, func() { asm.QuantizeSupers(asm.Q6_K, at[asm.Super](e, blocks), at[float32](e, 256*blocks)) }, "QuantizeSupers of %d", blocks)
	}
}

func testAttentionBounds(t *testing.T, e *edges) {
	for _, dim := range dims {
		for _, keys := range []int{asm.KeyGroup, 3 * asm.KeyGroup} {
			for _, n := range used {
				p := &asm.Panel{Used: n}
				for _, masked := range []bool{false, true} {
					e.run(t, func() { asm.AttentionSoftmax(at[float32](e, keys*queries), p, keys, masked) }, "weights of %d keys", keys)
				}
				e.run(t, func() {
					s, q := at[float32](e, keys*queries), at[float32](e, dim*queries)
					asm.AttentionScores(s, q, at[float32](e, keys*dim), p, keys, dim)
				}, "scores of %d keys, %d queries of %d", keys, n, dim)
				e.run(t, func() {
					o, s := at[float32](e, queries*asm.ValueStride(dim)), at[float32](e, keys*queries)
					asm.AttentionValues(o, s, at[float32](e, keys*dim), p, keys, dim)
				}, "values of %d keys, %d queries of %d", keys, n, dim)
			}
		}
	}
}
