package tensor

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/go-par/par/asm/asmtest"
	"github.com/go-par/par/tensor/quant"
)

func BenchmarkMatMul(b *testing.B) {
	asmtest.BenchmarkAllTiers(b, func(b *testing.B) {
		for _, typ := range floatTypes {
			for _, shape := range []product{{577, 4096, 1024}, {577, 1024, 4096}, {626, 4096, 4096}, {226, 11008, 4096}, {226, 4096, 11008}, {226, 1536, 576}} {
				for _, threads := range []int{1, 2} {
					b.Run(fmt.Sprintf("%v/%v/threads=%d", typ, shape, threads), func(b *testing.B) {
						benchmarkProduct(b, shape, typ, threads)
					})
				}
			}
		}
	})
}

func benchmarkProduct(b *testing.B, shape product, typ quant.Type, threads int) {
	p := NewPool(threads)
	defer p.Close()
	r := rand.New(rand.NewPCG(1, 1))
	a, dst := randomTensor(r, shape.m, shape.k), New(shape.m, shape.n)
	w := randomMatrix(r, typ, shape.n, shape.k)
	for b.Loop() {
		p.MatMul(dst, a, nil, w, nil)
	}
	flops := 2 * float64(shape.m) * float64(shape.n) * float64(shape.k)
	b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()*1e-9, "GFLOP/s")
	b.ReportMetric(0, "ns/op")
}
