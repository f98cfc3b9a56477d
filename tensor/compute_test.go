package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
	"github.com/go-par/par/tensor/quant"
)

// int8Types multiply in int8 as they are stored.
var int8Types = []quant.Type{quant.Q8_0, quant.Q4_0, quant.Q4_1, quant.Q5_0, quant.Q5_1, quant.IQ4_NL,
	quant.Q4_K, quant.Q5_K, quant.Q6_K}

// encodedMatrix returns a matrix of random values encoded in a type.
func encodedMatrix(t testing.TB, r *rand.Rand, typ quant.Type, rows, cols int) *Matrix {
	t.Helper()
	size, err := typ.RowBytes(cols)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 1+rows*size)[1:]
	if err := quant.Encode(typ, data, randomTensor(r, rows, cols).Data); err != nil {
		t.Fatal(err)
	}
	m, err := NewMatrix(typ, rows, cols, data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// bound returns the error that the rounding of an element's factors may cause, and
// the sum of magnitudes that it is summed from.
type bound func(x, w []float32) (rounding, magnitude float64)

// bf16Bound: each factor errs by up to 2⁻⁸ of itself, weights of BF16 by nothing.
func bf16Bound(weights bool) bound {
	return func(x, w []float32) (float64, float64) {
		const u = 0x1p-8
		each := u
		if weights {
			each = (1+u)*(1+u) - 1
		}
		var magnitude float64
		for k := range x {
			magnitude += math.Abs(float64(x[k]) * float64(w[k]))
		}
		return each * magnitude, (1 + each) * magnitude
	}
}

// int8Bound: each factor that is quantised errs by half a step, a 254th of the
// largest magnitude in its block of 32; the scale, its inverse and the quotient are
// rounded to f32 besides, which moves a quotient of 127 by less than 2⁻¹⁵.
func int8Bound(weights bool) bound {
	step := func(v []float32) (top float64) {
		for _, x := range v {
			top = max(top, math.Abs(float64(x)))
		}
		return top / 127 * (0.5 + 0x1p-15)
	}
	return func(x, w []float32) (rounding, magnitude float64) {
		for lo := 0; lo < len(x); lo += 32 {
			hi := min(lo+32, len(x))
			dx, dw := step(x[lo:hi]), 0.0
			if weights {
				dw = step(w[lo:hi])
			}
			for k := lo; k < hi; k++ {
				ax, aw := math.Abs(float64(x[k])), math.Abs(float64(w[k]))
				rounding += dx*aw + dw*ax + dx*dw
				magnitude += (ax + dx) * (aw + dw)
			}
		}
		return rounding, magnitude
	}
}

// checkRounded compares a product with that of the dequantised weights in f64. A
// minimum that is added to a weight is summed apart from it, with a magnitude of
// its own: at most the sum of those of the weight and of scale·q, and |scale·q| is
// at most 2·max|w| of the block, so that three times the row's largest weight
// bounds all of them.
func checkRounded(t *testing.T, dst, a Tensor, w *Matrix, limit bound) {
	t.Helper()
	row := make([]float32, w.Cols())
	for j := range w.Rows() {
		w.Row(row, j)
		var top float64
		for _, v := range row {
			top = max(top, math.Abs(float64(v)))
		}
		for i := range dst.Rows {
			var sum, abs float64
			for k, x := range a.Row(i) {
				sum += float64(x) * float64(row[k])
				abs += math.Abs(float64(x))
			}
			rounding, magnitude := limit(a.Row(i), row)
			rounding += 1.01 * float64(w.Cols()+6) * 0x1p-24 * (magnitude + 3*top*abs)
			if got := float64(dst.Row(i)[j]); !(math.Abs(got-sum) <= rounding) {
				t.Fatalf("[%d, %d] = %v, want %v within %.3g", i, j, got, sum, rounding)
			}
		}
	}
}

// computeBound returns the bound of products with weights of a type.
func computeBound(compute Compute, typ quant.Type) bound {
	format, _ := compute.panelFormat(typ)
	switch {
	case format == asm.PanelF32:
		return func(x, w []float32) (float64, float64) {
			_, magnitude := bf16Bound(false)(x, w)
			return 0, magnitude
		}
	case format == asm.PanelBF16:
		return bf16Bound(typ != quant.BF16)
	}
	return int8Bound(!slices.Contains(int8Types, typ))
}

func TestMatMulCompute(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		p := NewPool(2)
		defer p.Close()
		types := append(append([]quant.Type{quant.Q2_K}, floatTypes...), int8Types...)
		for _, compute := range []Compute{Auto, ComputeF32, ComputeBF16, ComputeInt8} {
			p.SetCompute(compute)
			for _, typ := range types {
				for _, shape := range []product{{9, 33, 512}, {14, 37, 2304}, {31, 5, 256}, {10, 40, 100},
					{9, 2, 4*gemmSteps + 256}} {
					if values, _ := typ.Block(); shape.k%values != 0 {
						continue
					}
					t.Run(fmt.Sprintf("%v/%v/%v", compute, typ, shape), func(t *testing.T) {
						r := rand.New(rand.NewPCG(1, 2))
						a, w := randomTensor(r, shape.m, shape.k), encodedMatrix(t, r, typ, shape.n, shape.k)
						dst, intact := guarded(shape.m, shape.n)
						p.MatMul(dst, a, nil, w, nil)
						checkRounded(t, dst, a, w, computeBound(compute, typ))
						if !intact() {
							t.Error("wrote beyond dst")
						}
					})
				}
			}
		}
	})
}

// FuzzMatMulCompute varies types, arithmetic, shapes, threads and tiers.
func FuzzMatMulCompute(f *testing.F) {
	f.Add(uint64(1), uint8(0), uint8(3), uint16(9), uint16(33), uint16(1), uint8(2))
	f.Add(uint64(2), uint8(8), uint8(0), uint16(13), uint16(7), uint16(9), uint8(1))
	f.Add(uint64(3), uint8(10), uint8(2), uint16(20), uint16(40), uint16(77), uint8(3))
	types := append(floatTypes[:len(floatTypes):len(floatTypes)], int8Types...)
	f.Fuzz(func(t *testing.T, seed uint64, typ, compute uint8, m, n, k uint16, threads uint8) {
		r := rand.New(rand.NewPCG(seed, 0))
		weights, arithmetic := types[int(typ)%len(types)], Compute(compute%4)
		values, _ := weights.Block()
		shape := product{int(m)%40 + maxMatVec + 1, int(n)%80 + 1, (int(k)%(2304/values) + 1) * values}
		a, w := randomTensor(r, shape.m, shape.k), encodedMatrix(t, r, weights, shape.n, shape.k)
		p := NewPool(int(threads)%3 + 1)
		defer p.Close()
		p.SetCompute(arithmetic)
		asmtest.TestAllTiers(t, func(t *testing.T) {
			dst, intact := guarded(shape.m, shape.n)
			p.MatMul(dst, a, nil, w, nil)
			checkRounded(t, dst, a, w, computeBound(arithmetic, weights))
			if !intact() {
				t.Error("wrote beyond dst")
			}
		})
	})
}

// Threads and row lists change no bit in any arithmetic.
func TestMatMulComputeOrder(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		serial, parallel := NewPool(1), NewPool(3)
		defer serial.Close()
		defer parallel.Close()
		for _, compute := range []Compute{ComputeBF16, ComputeInt8} {
			serial.SetCompute(compute)
			parallel.SetCompute(compute)
			for _, typ := range []quant.Type{quant.BF16, quant.Q4_0, quant.Q6_K, quant.Q5_K} {
				r := rand.New(rand.NewPCG(3, 4))
				a, w := randomTensor(r, 40, 2304), encodedMatrix(t, r, typ, 75, 2304)
				rows := make([]int32, 29)
				for i := range rows {
					rows[i] = int32(r.IntN(a.Rows))
				}
				gathered := New(len(rows), a.Cols)
				Gather(gathered, a, rows)
				got, want := New(len(rows), w.Rows()), New(len(rows), w.Rows())
				parallel.MatMul(got, a, rows, w, nil)
				serial.MatMul(want, gathered, nil, w, nil)
				sameBits(t, got, want)
			}
		}
	})
}

// The normalised mean square error that Compute states, with a tenth for chance.
// Rounding to steps has a variance of a twelfth of a step. The square of the largest
// of 32 normal magnitudes is 5.9 on average, so steps of a 127th of it make
// 5.9/(12·127²) = 3.0·10⁻⁵. A step of BF16 is at most a 128th of a value:
// 2⁻¹⁴/12 = 5.1·10⁻⁶ at most, for each factor that is rounded.
func TestMatMulComputeError(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	r := rand.New(rand.NewPCG(5, 6))
	const m, n, k = 24, 96, 2048
	a := randomTensor(r, m, k)
	for _, c := range []struct {
		compute Compute
		typ     quant.Type
		limit   float64
	}{
		{ComputeF32, quant.F16, 1e-12},
		{ComputeBF16, quant.BF16, 5.1e-6},
		{ComputeBF16, quant.F32, 10.2e-6},
		{ComputeInt8, quant.Q8_0, 3.3e-5},
		{ComputeInt8, quant.Q4_0, 3.3e-5},
		{ComputeInt8, quant.Q4_K, 3.3e-5},
		{ComputeInt8, quant.Q6_K, 3.3e-5},
		{ComputeInt8, quant.IQ4_NL, 3.3e-5},
		{ComputeInt8, quant.F16, 6.6e-5},
	} {
		w := encodedMatrix(t, r, c.typ, n, k)
		dst := New(m, n)
		p.SetCompute(c.compute)
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
		if nmse := error / square; !(nmse <= c.limit) {
			t.Errorf("%v, %v: normalised mean square error %.3g, want at most %.3g", c.compute, c.typ, nmse, c.limit)
		} else {
			t.Logf("%v, %v: normalised mean square error %.3g", c.compute, c.typ, nmse)
		}
	}
}

func TestComputeFor(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, typ := range floatTypes {
			if got := Auto.For(typ); got != ComputeF32 {
				t.Errorf("Auto.For(%v) = %v", typ, got)
			}
		}
		want := ComputeF32
		if asm.PanelInt8.Fast() {
			want = ComputeInt8
		}
		if got := Auto.For(quant.Q8_0); got != want {
			t.Errorf("Auto.For(Q8_0) = %v, want %v", got, want)
		}
		for _, c := range []Compute{ComputeF32, ComputeBF16, ComputeInt8} {
			if got := c.For(quant.Q4_K); got != c {
				t.Errorf("%v.For(Q4_K) = %v", c, got)
			}
		}
	})
}

func TestParseCompute(t *testing.T) {
	for _, c := range []Compute{Auto, ComputeF32, ComputeBF16, ComputeInt8} {
		if got, err := ParseCompute(c.String()); err != nil || got != c {
			t.Errorf("ParseCompute(%q) = %v, %v", c.String(), got, err)
		}
	}
	if _, err := ParseCompute("int4"); err == nil {
		t.Error("ParseCompute took int4")
	}
	if got := Compute(200).String(); got != "compute 200" {
		t.Errorf("Compute(200) is %q", got)
	}
}
