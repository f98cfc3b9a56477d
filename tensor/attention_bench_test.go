package tensor

import (
	"fmt"
	"math"
	"testing"

	"github.com/go-par/par/asm/asmtest"
	"github.com/go-par/par/tensor/quant"
)

// pairs returns how many keys all queries of one head see.
func (c attentionCase) pairs(limits []int32) (n float64) {
	if limits == nil {
		return float64(c.rows) * float64(c.keys)
	}
	for _, l := range limits {
		n += float64(l)
	}
	return n
}

// BenchmarkAttention counts 4*dim operations for each pair of a query and a key
// that it sees, and the bytes of all keys and values once.
func BenchmarkAttention(b *testing.B) {
	asmtest.BenchmarkAllTiers(b, func(b *testing.B) {
		for _, c := range []attentionCase{
			{577, 16, 16, 64, 577, "all"},     // CLIP ViT-L/14-336
			{626, 32, 32, 128, 626, "causal"}, // LLaMA 7B
			{226, 32, 32, 128, 226, "causal"},
			{626, 9, 3, 64, 626, "causal"},   // SmolLM2 135M
			{626, 14, 2, 64, 626, "causal"},  // Qwen2.5 0.5B
			{626, 32, 8, 128, 626, "causal"}, // Llama 3 8B
			{1, 32, 32, 128, 700, "all"},
			{1, 32, 8, 128, 700, "all"},
			{1, 32, 32, 128, 4000, "all"},
			{1, 9, 3, 64, 700, "all"},
			{4, 32, 32, 128, 700, "causal"},
		} {
			for _, typ := range kvTypes {
				for _, threads := range []int{1, 2} {
					b.Run(fmt.Sprintf("%v/%v/threads=%d", c, typ, threads), func(b *testing.B) {
						benchmarkAttention(b, c, typ, threads)
					})
				}
			}
		}
	})
}

func benchmarkAttention(b *testing.B, c attentionCase, typ quant.Type, threads int) {
	p := NewPool(threads)
	defer p.Close()
	q, kv, limits := c.make(typ)
	dst := New(q.Rows, q.Cols)
	for b.Loop() {
		p.Attention(dst, q, c.heads, kv, limits, float32(1/math.Sqrt(float64(c.dim))))
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(4*float64(c.dim*c.heads)*c.pairs(limits)/seconds*1e-9, "GFLOP/s")
	b.ReportMetric(float64(kv.Bytes())/seconds*1e-9, "GB/s")
}
