package tensor

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/go-par/par/asm/asmtest"
)

// BenchmarkElementwise counts the bytes of the activations read and written.
func BenchmarkElementwise(b *testing.B) {
	asmtest.BenchmarkAllTiers(b, func(b *testing.B) {
		for _, c := range []struct {
			name       string
			rows, cols int // CLIP ViT-L/14-336 has 577 rows, a prompt of LLaMA 7B 626
			passes     int // over the activations
		}{
			{"LayerNorm", 577, 1024, 2},
			{"QuickGELU", 577, 4096, 2},
			{"RMSNorm", 626, 4096, 2},
			{"Rotate", 626, 4096, 2},
			{"SwiGLU", 626, 11008, 3},
			{"Add", 626, 4096, 3},
			{"RMSNorm", 1, 4096, 2},
			{"SwiGLU", 1, 11008, 3},
		} {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/%dx%d/threads=%d", c.name, c.rows, c.cols, threads), func(b *testing.B) {
					p := NewPool(threads)
					defer p.Close()
					r := rand.New(rand.NewPCG(1, 1))
					x, y := randomTensor(r, c.rows, c.cols), randomTensor(r, c.rows, c.cols)
					w := randomTensor(r, 2, c.cols)
					angles := New(c.rows, 64)
					run := elementwiseOperations(y, w.Row(0), w.Row(1), angles, angles)[c.name]
					fresh := append([]float32(nil), x.Data...)
					b.SetBytes(int64(4 * c.passes * len(x.Data)))
					for b.Loop() {
						run(p, x)
						b.StopTimer() // what works in place would fade
						copy(x.Data, fresh)
						b.StartTimer()
					}
				})
			}
		}
	})
}
