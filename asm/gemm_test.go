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

const guard = -12345.5

// randoms returns n values between -1 and 1.
func randoms(r *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = 2*r.Float32() - 1
	}
	return s
}

// A strip of every height against f64, with rows of C and D farther apart than
// they are long: what lies between stays as it was. Depths straddle the four
// steps of a turn.
func TestGemmF32(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for rows := 1; rows <= asm.MaxTileRows; rows++ {
			mr, nr := asm.GemmTileF32(rows)
			if mr < rows {
				continue // taller than this tier's tallest
			}
			for _, panels := range []int{0, 1, 3} {
				for _, k := range []int{1, 2, 3, 4, 5, 7, 8, 9, 33} {
					testGemmF32(t, r, mr, nr, panels, k)
				}
			}
		}
	})
}

func testGemmF32(t *testing.T, r *rand.Rand, mr, nr, panels, k int) {
	t.Helper()
	n := panels * nr
	ldc, ldd := n+3, n+5
	a, b, d := randoms(r, mr*k), randoms(r, n*k), randoms(r, mr*ldd)
	c := make([]float32, mr*ldc)
	for i := range c {
		c[i] = guard
	}
	asm.GemmF32(mr, c, ldc, d, ldd, a, b, k)
	for i := range mr {
		for j := range ldc {
			got := c[i*ldc+j]
			if j >= n {
				if got != guard {
					t.Fatalf("mr %d, %d panels, k %d: [%d, %d] beyond the strip was written", mr, panels, k, i, j)
				}
				continue
			}
			want := float64(d[i*ldd+j])
			abs := math.Abs(want)
			for s := range k {
				p := float64(a[s*mr+i]) * float64(b[(j/nr*k+s)*nr+j%nr])
				want += p
				abs += math.Abs(p)
			}
			if limit := 1.01 * float64(k+1) * 0x1p-24 * abs; !(math.Abs(float64(got)-want) <= limit) {
				t.Fatalf("mr %d, %d panels, k %d: [%d, %d] = %v, want %v within %.2g", mr, panels, k, i, j, got, want, limit)
			}
		}
	}
}

// One row of D serves all, and D may be C.
func TestGemmF32Addend(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		mr, nr := asm.GemmTileF32(asm.MaxTileRows)
		const k = 6
		a, b, row := randoms(r, mr*k), randoms(r, nr*k), randoms(r, nr)
		first, second := make([]float32, mr*nr), make([]float32, mr*nr)
		asm.GemmF32(mr, first, nr, row, 0, a, b, k)
		for i := range mr {
			copy(second[i*nr:], row)
		}
		asm.GemmF32(mr, second, nr, second, nr, a, b, k)
		for i := range first {
			if first[i] != second[i] {
				t.Fatalf("[%d] = %v with one row, %v in place", i, first[i], second[i])
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

// BenchmarkGemmF32 runs a strip whose panels stay in the L2 cache: the ceiling of
// a product.
func BenchmarkGemmF32(b *testing.B) {
	asmtest.BenchmarkAllTiers(b, func(b *testing.B) {
		const k, columns = 512, 256
		for _, rows := range []int{4, asm.MaxTileRows} {
			mr, nr := asm.GemmTileF32(rows)
			b.Run(fmt.Sprintf("%dx%d", mr, nr), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 1))
				a, w := randoms(r, mr*k), randoms(r, columns*k)
				c, d := make([]float32, mr*columns), make([]float32, columns)
				for b.Loop() {
					asm.GemmF32(mr, c, columns, d, 0, a, w, k)
				}
				flops := 2 * float64(mr) * columns * k * float64(b.N)
				b.ReportMetric(flops/b.Elapsed().Seconds()*1e-9, "GFLOP/s")
			})
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
