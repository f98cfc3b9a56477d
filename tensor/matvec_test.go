package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-par/par/asm/asmtest"
	"github.com/go-par/par/tensor/quant"
)

// activationBound is the bound of products in which activations are quantised to
// int8 in blocks; see int8Bound.
func activationBound(block int) bound {
	return func(x, w []float32) (rounding, magnitude float64) {
		for lo := 0; lo < len(x); lo += block {
			hi := min(lo+block, len(x))
			var top float64
			for _, v := range x[lo:hi] {
				top = max(top, math.Abs(float64(v)))
			}
			step := top / 127 * (0.5 + 0x1p-15)
			for k := lo; k < hi; k++ {
				rounding += step * math.Abs(float64(w[k]))
				magnitude += (math.Abs(float64(x[k])) + step) * math.Abs(float64(w[k]))
			}
		}
		return rounding, magnitude
	}
}

func exactBound(x, w []float32) (rounding, magnitude float64) {
	_, magnitude = bf16Bound(false)(x, w)
	return 0, magnitude
}

// TestMatVecCompute compares products of few rows with those of the dequantised
// weights in f64.
func TestMatVecCompute(t *testing.T) {
	types := append(append([]quant.Type{quant.Q2_K, quant.Q3_K, quant.IQ4_XS, quant.MXFP4}, floatTypes...), int8Types...)
	for _, typ := range types {
		limits := map[Compute]bound{Auto: exactBound, ComputeF32: exactBound, ComputeBF16: exactBound, ComputeInt8: exactBound}
		if _, ok := quadFormats[typ]; ok {
			limits[Auto], limits[ComputeInt8] = activationBound(32), activationBound(32)
		}
		if _, ok := superFormats[typ]; ok {
			limits[Auto], limits[ComputeInt8] = activationBound(256), activationBound(256)
		}
		for _, shape := range []product{{1, 33, 512}, {2, 6, 1280}, {4, 70, 256}, {5, 3, 576}, {8, 41, 96}, {1, 1, 32}, {2, 3, 0}} {
			if values, _ := typ.Block(); shape.k%values != 0 {
				continue
			}
			r := rand.New(rand.NewPCG(1, 2))
			a, w := randomTensor(r, shape.m, shape.k), encodedMatrix(t, r, typ, shape.n, shape.k)
			for compute, limit := range limits {
				t.Run(fmt.Sprintf("%v/%v/%v", typ, shape, compute), func(t *testing.T) {
					asmtest.TestAllTiers(t, func(t *testing.T) {
						p := NewPool(2)
						defer p.Close()
						p.SetCompute(compute)
						dst, intact := guarded(shape.m, shape.n)
						p.MatMul(dst, a, nil, w, nil)
						checkRounded(t, dst, a, w, limit)
						if !intact() {
							t.Error("wrote beyond dst")
						}
					})
				})
			}
		}
	}
}

// A row of a product has the same bits whatever rows are beside it, however many
// threads there are, and with a bias adds it.
func TestMatVecOrder(t *testing.T) {
	serial, parallel := NewPool(1), NewPool(3)
	defer serial.Close()
	defer parallel.Close()
	for _, typ := range append([]quant.Type{quant.BF16, quant.Q3_K}, int8Types...) {
		r := rand.New(rand.NewPCG(3, 4))
		a, w := randomTensor(r, 40, 1280), encodedMatrix(t, r, typ, 403, 1280)
		bias := randomTensor(r, 1, w.Rows()).Data
		asmtest.TestAllTiers(t, func(t *testing.T) {
			rows := []int32{39, 0, 7, 7, 21, 3, 30, 1}
			all, one := New(len(rows), w.Rows()), New(1, w.Rows())
			parallel.MatMul(all, a, rows, w, bias)
			for i := range rows {
				serial.MatMul(one, a, rows[i:i+1], w, nil)
				for j, b := range bias {
					one.Data[j] += b
				}
				sameBits(t, all.Slice(i, i+1), one)
			}
		})
	}
}

// TestMatVecError holds the normalised mean square error of normally distributed
// activations and weights to what rounding to int8 makes of it, with a fifth for
// chance. Steps of a 127th of the largest of n magnitudes have a variance of a
// twelfth of their square, whose mean is 5.9 for n = 32 and 9.6 for n = 256.
func TestMatVecError(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	r := rand.New(rand.NewPCG(5, 6))
	const m, n, k = 8, 256, 2048
	a := randomTensor(r, m, k)
	for _, typ := range int8Types {
		limit := 1.2 * 5.9 / (12 * 127 * 127)
		if _, ok := superFormats[typ]; ok {
			limit = 1.2 * 9.6 / (12 * 127 * 127)
		}
		w := encodedMatrix(t, r, typ, n, k)
		dst := New(m, n)
		p.SetCompute(ComputeInt8)
		p.MatMul(dst, a, nil, w, nil)
		var square, error float64
		row := make([]float32, k)
		for j := range n {
			w.Row(row, j)
			for i := range m {
				var sum float64
				for k, x := range a.Row(i) {
					sum += float64(x) * float64(row[k])
				}
				square += sum * sum
				error += (float64(dst.Row(i)[j]) - sum) * (float64(dst.Row(i)[j]) - sum)
			}
		}
		nmse := error / square
		t.Logf("%v: normalised mean square error %.3g", typ, nmse)
		if !(nmse <= limit) {
			t.Errorf("%v: normalised mean square error %.3g, want at most %.3g", typ, nmse, limit)
		}
	}
}

func TestMatVecAllocates(t *testing.T) {
	if raceEnabled {
		t.Skip("what the race detector is told of moves to the heap")
	}
	p := NewPool(2)
	defer p.Close()
	r := rand.New(rand.NewPCG(7, 8))
	for _, typ := range []quant.Type{quant.F16, quant.Q4_0, quant.Q4_K, quant.Q2_K} {
		a, w, dst := randomTensor(r, 5, 512), encodedMatrix(t, r, typ, 67, 512), New(5, 67)
		p.MatMul(dst, a, nil, w, nil)
		if n := testing.AllocsPerRun(20, func() { p.MatMul(dst, a, nil, w, nil) }); n != 0 {
			t.Errorf("%v: %v allocations", typ, n)
		}
	}
}

// Shares cover all rows once, in steps that kernels like, whatever the sizes.
func TestShares(t *testing.T) {
	for _, rows := range []int{0, 1, 3, 4, 5, 63, 1000, 4096} {
		for _, stride := range []int{0, 1, 18, 2304, 1 << 22} {
			for _, threads := range []int{1, 2, 64} {
				var s shares
				s.cut(rows, threads)
				next := 0
				for {
					lo, hi := s.take(stride)
					if lo == hi {
						break
					}
					if lo != next || hi > rows || hi < rows && (hi-lo)%rowStep != 0 {
						t.Fatalf("%d rows of %d bytes: share [%d, %d) after %d", rows, stride, lo, hi, next)
					}
					next = hi
				}
				if next != rows {
					t.Errorf("%d rows of %d bytes: shares end at %d", rows, stride, next)
				}
			}
		}
	}
}
