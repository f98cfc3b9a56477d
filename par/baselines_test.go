package par

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGrid(t *testing.T) {
	// 9 of 6 x 6: the centres of 2 x 2 fields.
	if diff := cmp.Diff([]int{7, 9, 11, 19, 21, 23, 31, 33, 35}, grid(36, 9)); diff != "" {
		t.Errorf("9 of 36 (-want +got):\n%s", diff)
	}
	for _, n := range []int{1, 4, 17, 36, 576} {
		for k := range n + 1 {
			g := grid(n, k)
			if len(g) != k || !slices.IsSorted(g) || len(slices.Compact(slices.Clone(g))) != k || k > 0 && g[k-1] >= n {
				t.Fatalf("%d of %d: %v", k, n, g)
			}
		}
	}
}

// TestHighest compares with sorting, where scores are equal or no numbers too.
func TestHighest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	odd := []float32{float32(math.NaN()), float32(math.Inf(-1)), float32(math.Inf(1)), 0, float32(math.Copysign(0, -1)), 1}
	for range 200 {
		scores := make([]float32, r.IntN(20))
		for i := range scores {
			if scores[i] = r.Float32(); r.IntN(2) == 0 {
				scores[i] = odd[r.IntN(len(odd))]
			}
		}
		for k := range len(scores) + 1 {
			want := descending(scores)[:k]
			slices.Sort(want)
			if got := highest(scores, k); !slices.Equal(got, want) {
				t.Fatalf("the %d highest of %v are %v, want %v", k, scores, got, want)
			}
		}
	}
}
