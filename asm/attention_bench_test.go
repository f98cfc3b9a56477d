package asm_test

import (
	"fmt"
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

// The three steps of attention on one tile, and how much of the time each takes.
func BenchmarkAttention(b *testing.B) {
	const keys = 96
	asmtest.BenchmarkAllTiers(b, func(b *testing.B) {
		for _, dim := range []int{64, 128} {
			q, k, v := random(1, dim*queries, 1), random(2, keys*dim, 1), random(3, keys*dim, 1)
			s, o := make([]float32, keys*queries), make([]float32, queries*asm.ValueStride(dim))
			scores := random(4, keys*queries, 4)
			p := asm.Panel{Used: queries}
			for r := range p.Limit {
				p.Limit[r] = int32(r)
			}
			flops := float64(2 * keys * queries * dim)
			b.Run(fmt.Sprintf("scores/%d", dim), func(b *testing.B) {
				for b.Loop() {
					asm.AttentionScores(s, q, k, &p, keys, dim)
				}
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()*1e-9, "GFLOP/s")
			})
			b.Run(fmt.Sprintf("values/%d", dim), func(b *testing.B) {
				for b.Loop() {
					asm.AttentionValues(o, s, v, &p, keys, dim)
				}
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()*1e-9, "GFLOP/s")
			})
			for _, masked := range []bool{false, true} {
				b.Run(fmt.Sprintf("softmax/masked=%t", masked), func(b *testing.B) {
					for b.Loop() {
						copy(s, scores)
						asm.AttentionSoftmax(s, &p, keys, masked)
					}
					b.ReportMetric(keys*queries*float64(b.N)/b.Elapsed().Seconds()*1e-9, "Gexp/s")
				})
			}
		}
	})
}
