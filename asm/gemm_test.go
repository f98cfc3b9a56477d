package asm_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

// sentinel fills what no kernel may write.
const sentinel = -12345.5

// randoms returns n values between -1 and 1.
func randoms(r *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = 2*r.Float32() - 1
	}
	return s
}

var panelFormats = map[string]asm.PanelFormat{
	"F32": asm.PanelF32, "BF16": asm.PanelBF16, "Int8": asm.PanelInt8, "Int8Min": asm.PanelInt8Min, "Int8x16": asm.PanelInt8x16,
}

// randomPanel returns a panel of A or B of random values: of any bits that the
// format allows where they are integers, between -1 and 1 where they are floats.
func randomPanel(r *rand.Rand, f asm.PanelFormat, width, k int, ofA bool) []uint32 {
	size := f.SizeB(k)
	if ofA {
		size = f.SizeA(k)
	}
	p := make([]uint32, size*width)
	for i := range p {
		x := math.Float32bits(2*r.Float32() - 1)
		switch at := i / width; {
		case f == asm.PanelF32:
			p[i] = x
		case f == asm.PanelBF16:
			p[i] = x&^0xffff | math.Float32bits(2*r.Float32()-1)>>16
		case at < f.Steps(k) && !ofA && f != asm.PanelInt8:
			p[i] = r.Uint32() & 0x7f7f7f7f
		case at < f.Steps(k):
			p[i] = r.Uint32()
		case ofA && f != asm.PanelInt8Min && at >= f.Steps(k)+k/f.Block():
			p[i] = uint32(r.IntN(1<<20) - 1<<19)
		default:
			p[i] = x
			if f == asm.PanelInt8x16 && ofA && (at-f.Steps(k))%2 == 1 {
				p[i] = p[i-width]
			}
		}
	}
	return p
}

// panelProduct returns the product of row i of a panel of A and column j of one of
// B in f64, and a bound of the error of summing it in f32: a rounding for every
// sum and three more for what is summed, relative to the magnitudes of all terms.
func panelProduct(f asm.PanelFormat, a, b []uint32, mr, nr, i, j, k int) (product, limit float64) {
	var abs float64
	terms := 0
	add := func(x float64) { product += x; abs += math.Abs(x); terms++ }
	float := func(p []uint32, width, at, i int) float64 {
		return float64(math.Float32frombits(p[at*width+i]))
	}
	steps, blocks := f.Steps(k), k/f.Block()
	switch f {
	case asm.PanelF32:
		for s := range steps {
			add(float(a, mr, s, i) * float(b, nr, s, j))
		}
	case asm.PanelBF16:
		for s := range steps {
			x, y := a[s*mr+i], b[s*nr+j]
			add(float64(math.Float32frombits(x<<16)) * float64(math.Float32frombits(y<<16)))
			add(float64(math.Float32frombits(x&^0xffff)) * float64(math.Float32frombits(y&^0xffff)))
		}
	default:
		for n := range blocks {
			dot := int32(0)
			if f != asm.PanelInt8Min {
				dot = int32(a[(steps+blocks+n)*mr+i])
			}
			for s := n * steps / blocks; s < (n+1)*steps/blocks; s++ {
				x, y := a[s*mr+i], b[s*nr+j]
				for range 4 {
					dot += int32(int8(x)) * int32(uint8(y))
					x, y = x>>8, y>>8
				}
			}
			add(float64(dot) * float(a, mr, steps+n, i) * float(b, nr, steps+n, j))
			if f == asm.PanelInt8Min {
				add(float(a, mr, steps+blocks+n, i) * float(b, nr, steps+blocks+n, j))
			}
		}
	}
	return product, 1.01 * float64(terms+4) * 0x1p-24 * abs
}

// A strip of every height against f64, with rows of C and D farther apart than
// they are long: what lies between stays as it was. Depths straddle the steps of a
// turn.
func TestGemm(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for name, f := range panelFormats {
			t.Run(name, func(t *testing.T) {
				r := rand.New(rand.NewPCG(1, 2))
				for rows := 1; rows <= asm.MaxTileRows; rows++ {
					mr, nr := f.Tile(rows)
					if mr < rows {
						continue // taller than this tier's tallest
					}
					for _, panels := range []int{0, 1, 3} {
						for _, n := range []int{1, 2, 3, 4, 5, 7, 8, 9, 33} {
							testGemm(t, r, f, mr, nr, panels, n*f.Block())
						}
					}
				}
			})
		}
	})
}

func testGemm(t *testing.T, r *rand.Rand, f asm.PanelFormat, mr, nr, panels, k int) {
	t.Helper()
	n := panels * nr
	ldc, ldd := n+3, n+5
	a, d := randomPanel(r, f, mr, k, true), randoms(r, mr*ldd)
	var b []uint32
	for range panels {
		b = append(b, randomPanel(r, f, nr, k, false)...)
	}
	c := make([]float32, mr*ldc)
	for i := range c {
		c[i] = sentinel
	}
	asm.Gemm(f, mr, c, ldc, d, ldd, a, b, k)
	for i := range mr {
		for j := range ldc {
			got := c[i*ldc+j]
			if j >= n {
				if got != sentinel {
					t.Fatalf("mr %d, %d panels, k %d: [%d, %d] beyond the strip was written", mr, panels, k, i, j)
				}
				continue
			}
			want, limit := panelProduct(f, a, b[j/nr*f.SizeB(k)*nr:], mr, nr, i, j%nr, k)
			addend := float64(d[i*ldd+j])
			want += addend
			limit += 1.01 * 0x1p-24 * math.Abs(addend)
			if !(math.Abs(float64(got)-want) <= limit) {
				t.Fatalf("mr %d, %d panels, k %d: [%d, %d] = %v, want %v within %.2g", mr, panels, k, i, j, got, want, limit)
			}
		}
	}
}

// One row of D serves all, and D may be C.
func TestGemmAddend(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for name, f := range panelFormats {
			mr, nr := f.Tile(asm.MaxTileRows)
			k := 6 * f.Block()
			a, b, row := randomPanel(r, f, mr, k, true), randomPanel(r, f, nr, k, false), randoms(r, nr)
			first, second := make([]float32, mr*nr), make([]float32, mr*nr)
			asm.Gemm(f, mr, first, nr, row, 0, a, b, k)
			for i := range mr {
				copy(second[i*nr:], row)
			}
			asm.Gemm(f, mr, second, nr, second, nr, a, b, k)
			for i := range first {
				if first[i] != second[i] {
					t.Fatalf("%s: [%d] = %v with one row, %v in place", name, i, first[i], second[i])
				}
			}
		}
	})
}

// Dwords come through packing untouched, from any address, and nothing beside
// them is written.
func TestInterleave(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, rows := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 24, 32, 35} {
			for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 21, 31, 32, 33, 65} {
				pitch := rows + r.IntN(4)
				stride := 4*n + 1 // misaligned
				src := make([]byte, stride*rows+1)
				for i := range src {
					src[i] = byte(r.Uint32())
				}
				pointers := make([]unsafe.Pointer, rows)
				for i := range pointers {
					pointers[i] = unsafe.Pointer(&src[i*stride])
				}
				dst := make([]uint32, n*pitch+rows)
				for i := range dst {
					dst[i] = 77
				}
				asm.Interleave(dst, pitch, pointers, n)
				for i, got := range dst {
					want := uint32(77)
					if pitch > 0 && i/pitch < n && i%pitch < rows {
						want = binary.NativeEndian.Uint32(src[i%pitch*stride+4*(i/pitch):])
					}
					if got != want {
						t.Fatalf("%d rows, n %d, pitch %d: dst[%d] = %#x, want %#x", rows, n, pitch, i, got, want)
					}
				}
			}
		}
	})
}

// Every half is widened as the generic conversion does it, by the kernels for
// many rows and for few.
func TestInterleaveHalves(t *testing.T) {
	all := make([]byte, 2<<16)
	for i := range 1 << 16 {
		binary.LittleEndian.PutUint16(all[2*i:], uint16(i))
	}
	f16, bf16 := make([]float32, 1<<16), make([]float32, 1<<16)
	func() {
		before := asm.Tier()
		defer asm.SetTier(before)
		asm.SetTier("generic")
		asm.F16ToF32(f16, all)
		asm.BF16ToF32(bf16, all)
	}()
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, rows := range []int{2, 4, 16} {
			n := 1 << 16 / rows
			pointers := make([]unsafe.Pointer, rows)
			for i := range pointers {
				pointers[i] = unsafe.Pointer(&all[2*i*n])
			}
			got := make([]float32, 1<<16)
			asm.InterleaveF16(got, rows, pointers, n)
			sameInterleaved(t, got, f16, rows)
			asm.InterleaveBF16(got, rows, pointers, n)
			sameInterleaved(t, got, bf16, rows)
		}
	})
}

func sameInterleaved(t *testing.T, got, want []float32, rows int) {
	t.Helper()
	for i, x := range got {
		w := want[i%rows*(len(want)/rows)+i/rows]
		if math.Float32bits(x) != math.Float32bits(w) {
			t.Fatalf("%d rows: step %d of row %d = %x, want %x", rows, i/rows, i%rows, x, w)
		}
	}
}

// BenchmarkGemm runs a strip whose panels stay in the L2 cache: the ceiling of a
// product.
func BenchmarkGemm(b *testing.B) {
	asmtest.BenchmarkAllTiers(b, func(b *testing.B) {
		const columns = 192
		for name, f := range panelFormats {
			k := 512 * 4 / (f.Steps(64) / 16)
			for _, rows := range []int{4, asm.MaxTileRows} {
				mr, nr := f.Tile(rows)
				b.Run(fmt.Sprintf("%s/%dx%d", name, mr, nr), func(b *testing.B) {
					r := rand.New(rand.NewPCG(1, 1))
					a, w := randomPanel(r, f, mr, k, true), randomPanel(r, f, columns, k, false)
					c, d := make([]float32, mr*columns), make([]float32, columns)
					for b.Loop() {
						asm.Gemm(f, mr, c, columns, d, 0, a, w, k)
					}
					ops := 2 * float64(mr) * columns * float64(k) * float64(b.N)
					b.ReportMetric(ops/b.Elapsed().Seconds()*1e-9, "GOP/s")
				})
			}
		}
	})
}

// BenchmarkInterleave packs a panel of weights of 32 columns, and one of 12 rows.
func BenchmarkInterleave(b *testing.B) {
	const k = 512
	asmtest.BenchmarkAllTiers(b, func(b *testing.B) {
		for _, rows := range []int{12, 32} {
			for name, size := range map[string]int{"F32": 4, "F16": 2, "BF16": 2} {
				src, dst := make([]byte, 4*k*rows), make([]float32, k*rows)
				pointers := make([]unsafe.Pointer, rows)
				for i := range pointers {
					pointers[i] = unsafe.Pointer(&src[i*k*size])
				}
				b.Run(fmt.Sprintf("%s/rows=%d", name, rows), func(b *testing.B) {
					b.SetBytes(int64(k * rows * size))
					for b.Loop() {
						switch name {
						case "F32":
							asm.Interleave(dst, rows, pointers, k)
						case "F16":
							asm.InterleaveF16(dst, rows, pointers, k)
						case "BF16":
							asm.InterleaveBF16(dst, rows, pointers, k)
						}
					}
				})
			}
		}
	})
}
