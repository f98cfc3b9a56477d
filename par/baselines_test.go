package par

import (
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
