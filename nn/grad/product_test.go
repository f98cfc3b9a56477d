package grad

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/asm/asmtest"
	"github.com/go-par/par/tensor"
)

// TestProducts: every form, in sizes around those of panels, blocks and tiles, is
// near the product in f64, and has the same bits on any number of threads.
func TestProducts(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(4, 4))
		for _, c := range []struct{ m, n, k int }{
			{1, 1, 1}, {12, 32, 2}, {13, 33, 3}, {25, 31, 97}, {5, 2, 800}, {3, 1100, 385}, {40, 50, 771}, {7, 5, 0},
		} {
			for _, compute := range []tensor.Compute{tensor.ComputeF32, tensor.ComputeBF16} {
				for form := range 4 {
					testProduct(t, rng, c.m, c.n, c.k, compute, form&1 != 0, form&2 != 0)
				}
			}
		}
	})
}

func testProduct(t *testing.T, rng *rand.Rand, m, n, k int, compute tensor.Compute, leftAcross, rightAcross bool) {
	t.Helper()
	side := func(lanes int, across bool) (side, func(lane, step int) float64) {
		if across {
			x := random(rng, "", k, lanes).Value
			return columns(x), func(lane, step int) float64 { return float64(x.Row(step)[lane]) }
		}
		x := random(rng, "", lanes, k).Value
		return rows(x), func(lane, step int) float64 { return float64(x.Row(lane)[step]) }
	}
	left, a := side(m, leftAcross)
	right, b := side(n, rightAcross)
	start := random(rng, "", m, n).Value
	run := func(threads int) []float32 {
		pool := tensor.NewPool(threads)
		defer pool.Close()
		dst := copied(start)
		new(multiplier).multiply(pool, panelFormat(compute), &product{dst: dst, left: left, right: right, start: dst.Data, startLD: n})
		return dst.Data
	}
	got := run(1)
	// A rounding for each of k additions at most; in bf16 one of 2⁻⁸ for each factor.
	unit := 0x1p-24 * float64(k+2)
	if compute == tensor.ComputeBF16 {
		unit += 2.01 * 0x1p-8
	}
	for i := range m {
		for j := range n {
			want, scale := float64(start.Row(i)[j]), math.Abs(float64(start.Row(i)[j]))
			for s := range k {
				want += a(i, s) * b(j, s)
				scale += math.Abs(a(i, s) * b(j, s))
			}
			if d := math.Abs(float64(got[i*n+j]) - want); !(d <= unit*scale) {
				t.Fatalf("%d x %d x %d, %v, across %v %v: element (%d, %d) is %v, want %v", m, n, k, compute, leftAcross, rightAcross, i, j, got[i*n+j], want)
			}
		}
	}
	if diff := cmp.Diff(got, run(3)); diff != "" {
		t.Errorf("%d x %d x %d: the product depends on the number of threads", m, n, k)
	}
}
