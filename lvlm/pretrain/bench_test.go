package pretrain

import (
	"testing"

	"github.com/go-par/par/tensor"
)

// BenchmarkStep takes steps of each stage at the size of Small on two lanes.
func BenchmarkStep(b *testing.B) {
	for i, s := range Stages() {
		b.Run(s.Name, func(b *testing.B) {
			tr, err := newTrainer(Options{Shape: Small(), Stages: Stages(), Seed: 1, Lanes: 2, Compute: tensor.Auto, SaveEvery: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer tr.close()
			tr.begin(i)
			tr.freeze()
			for b.Loop() {
				if _, err := tr.take(s, 1000); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*s.Batch)/b.Elapsed().Seconds(), "pictures/s")
		})
	}
}
