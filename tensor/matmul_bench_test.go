package tensor

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/go-par/par/bench/probe"
	"github.com/go-par/par/tensor/quant"
)

// BenchmarkMatMul multiplies the shapes of CLIP ViT-L/14-336, of LLaMA 7B with 626
// and 226 rows, and of the narrow SmolLM2 and Qwen2.5, on the tier that PAR_CPU
// chooses. Beside the rate it reports its ratio to f32 multiply-adds on registers,
// measured just before.
func BenchmarkMatMul(b *testing.B) {
	shapes := []product{
		{577, 1024, 1024}, {577, 4096, 1024}, {577, 1024, 4096},
		{626, 4096, 4096}, {626, 11008, 4096}, {626, 4096, 11008},
		{226, 4096, 4096}, {226, 11008, 4096}, {226, 4096, 11008},
		{226, 576, 576}, {226, 1536, 576}, {226, 576, 1536},
		{226, 896, 896}, {226, 4864, 896}, {226, 896, 4864},
	}
	for _, c := range []struct {
		typ     quant.Type
		compute Compute
	}{
		{quant.F32, Auto}, {quant.F16, Auto}, {quant.BF16, Auto}, {quant.F16, ComputeBF16}, {quant.BF16, ComputeBF16},
		{quant.Q8_0, Auto}, {quant.Q4_0, Auto}, {quant.Q4_1, Auto}, {quant.Q5_0, Auto}, {quant.Q5_1, Auto},
		{quant.IQ4_NL, Auto}, {quant.Q4_K, Auto}, {quant.Q5_K, Auto}, {quant.Q6_K, Auto},
	} {
		for _, shape := range shapes {
			if values, _ := c.typ.Block(); shape.k%values != 0 {
				continue
			}
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%v/%v/%v/threads=%d", c.typ, c.compute.For(c.typ), shape, threads), func(b *testing.B) {
					benchmarkProduct(b, shape, c.typ, c.compute, threads)
				})
			}
		}
	}
}

func benchmarkProduct(b *testing.B, shape product, typ quant.Type, compute Compute, threads int) {
	p := NewPool(threads)
	defer p.Close()
	p.SetCompute(compute)
	r := rand.New(rand.NewPCG(1, 1))
	a, dst := randomTensor(r, shape.m, shape.k), New(shape.m, shape.n)
	w := repeatedMatrix(b, r, typ, shape.n, shape.k)
	p.MatMul(dst, a, nil, w, nil)
	peak := probe.FloatPeak(threads, 50*time.Millisecond)
	for b.Loop() {
		p.MatMul(dst, a, nil, w, nil)
	}
	rate := 2 * float64(shape.m) * float64(shape.n) * float64(shape.k) * float64(b.N) / b.Elapsed().Seconds() * 1e-9
	b.ReportMetric(rate, "GFLOP/s")
	b.ReportMetric(rate/peak, "xpeak")
	b.ReportMetric(0, "ns/op")
}

// repeatedMatrix returns a matrix whose rows repeat a few random ones: encoding all
// of them would take longer than multiplying them.
func repeatedMatrix(b *testing.B, r *rand.Rand, typ quant.Type, rows, cols int) *Matrix {
	b.Helper()
	some := encodedMatrix(b, r, typ, min(4, rows), cols).Bytes()
	data := make([]byte, len(some)/min(4, rows)*rows)
	for n := 0; n < len(data); {
		n += copy(data[n:], some)
	}
	m, err := NewMatrix(typ, rows, cols, data)
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// BenchmarkMatMulRows compares a row list with the same rows in order.
func BenchmarkMatMulRows(b *testing.B) {
	p := NewPool(2)
	defer p.Close()
	r := rand.New(rand.NewPCG(1, 1))
	a, dst := randomTensor(r, 626, 4096), New(226, 4096)
	w := repeatedMatrix(b, r, quant.Q4_0, 4096, 4096)
	list := make([]int32, dst.Rows)
	for i, row := range r.Perm(a.Rows)[:len(list)] {
		list[i] = int32(row)
	}
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			p.MatMul(dst, a, list, w, nil)
		}
	})
	b.Run("order", func(b *testing.B) {
		for b.Loop() {
			p.MatMul(dst, a.Slice(0, 226), nil, w, nil)
		}
	})
}
