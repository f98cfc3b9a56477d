package asm_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

type gemvKernel struct {
	run  func(dst []float32, ldd int, a []unsafe.Pointer, w []byte, stride, rows, k int)
	size int
}

var gemvKernels = map[string]gemvKernel{
	"F32":  {asm.GemvF32, 4},
	"F16":  {asm.GemvF16, 2},
	"BF16": {asm.GemvBF16, 2},
}

// weight returns weight i of a row of values of that type.
func weight(typ string, row []byte, i int) float64 {
	var one [1]float32
	switch typ {
	case "F16":
		asm.F16ToF32(one[:], row[2*i:])
	case "BF16":
		asm.BF16ToF32(one[:], row[2*i:])
	default:
		one[0] = math.Float32frombits(binary.LittleEndian.Uint32(row[4*i:]))
	}
	return float64(one[0])
}

// randomWeights returns n values between -2 and 2.
func randomWeights(r *rand.Rand, typ string, n int) []byte {
	b := make([]byte, gemvKernels[typ].size*n)
	for i := range n {
		switch v := 4*r.Float32() - 2; typ {
		case "F16":
			binary.LittleEndian.PutUint16(b[2*i:], uint16(r.Uint32())&0x83ff|uint16(8+r.IntN(8))<<10)
		case "BF16":
			binary.LittleEndian.PutUint16(b[2*i:], uint16(math.Float32bits(v)>>16))
		default:
			binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(v))
		}
	}
	return b
}

// Rows of weights and activations straddle the groups that kernels take, lengths
// their vectors; the weights are misaligned and farther apart than they are long.
func TestGemv(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for typ, kernel := range gemvKernels {
			for rows := range 10 {
				for m := range asm.MaxGemvRows + 1 {
					for _, k := range []int{0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100} {
						testGemv(t, r, typ, kernel, m, rows, k)
					}
				}
			}
		}
	})
}

func testGemv(t *testing.T, r *rand.Rand, typ string, kernel gemvKernel, m, rows, k int) {
	t.Helper()
	stride := k*kernel.size + 3
	w := append(make([]byte, 1), randomWeights(r, typ, (rows*stride+1)/kernel.size+1)...)[1:]
	x := make([][]float32, m)
	a := make([]unsafe.Pointer, m)
	for i := range a {
		x[i] = randoms(r, k+1)[:k]
		a[i] = unsafe.Pointer(unsafe.SliceData(x[i]))
	}
	for j := range rows { // a row is whole values from its start on
		copy(w[j*stride:], randomWeights(r, typ, k))
	}
	ldd := rows + 2
	dst := make([]float32, m*ldd)
	for i := range dst {
		dst[i] = sentinel
	}
	kernel.run(dst, ldd, a, w, stride, rows, k)
	for i := range m {
		for j := range ldd {
			got := dst[i*ldd+j]
			if j >= rows {
				if got != sentinel {
					t.Fatalf("%s %dx%dx%d: [%d, %d] beyond the rows was written", typ, m, rows, k, i, j)
				}
				continue
			}
			var want, abs float64
			for s, v := range x[i] {
				p := float64(v) * weight(typ, w[j*stride:], s)
				want += p
				abs += math.Abs(p)
			}
			if limit := 1.01 * float64(k+1) * 0x1p-24 * abs; !(math.Abs(float64(got)-want) <= limit) {
				t.Fatalf("%s %dx%dx%d: [%d, %d] = %v, want %v within %.2g", typ, m, rows, k, i, j, got, want, limit)
			}
		}
	}
}

// A sum does not depend on what is computed beside it.
func TestGemvOrder(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		const m, rows, k = 7, 11, 45
		r := rand.New(rand.NewPCG(3, 4))
		for typ, kernel := range gemvKernels {
			w, stride := randomWeights(r, typ, rows*k), k*kernel.size
			a := make([]unsafe.Pointer, m)
			for i := range a {
				a[i] = unsafe.Pointer(&randoms(r, k)[0])
			}
			all, one := make([]float32, m*rows), make([]float32, 1)
			kernel.run(all, rows, a, w, stride, rows, k)
			for i := range m {
				for j := range rows {
					kernel.run(one, 1, a[i:i+1], w[j*stride:], stride, 1, k)
					if one[0] != all[i*rows+j] {
						t.Fatalf("%s: [%d, %d] = %x alone, %x among others", typ, i, j, one[0], all[i*rows+j])
					}
				}
			}
		}
	})
}
