package eval

import (
	"math"
	"math/rand/v2"
	"testing"
)

// accuracyOf is the percentage of right answers, in cells 0 of 1.
func accuracyOf(sums []float64) float64 { return percent(sums[0], sums[1]) }

func marked(right ...float64) [][]Mark {
	list := make([][]Mark, len(right))
	for i, r := range right {
		list[i] = []Mark{{0, r}, {1, 1}}
	}
	return list
}

func TestBootstrap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 2000
	a, b := make([]float64, n), make([]float64, n)
	var mean, square float64
	for i := range n {
		b[i] = float64(rng.IntN(2))
		a[i] = b[i]
		if rng.IntN(10) == 0 { // a tenth of the answers change
			a[i] = float64(rng.IntN(2))
		}
		mean += 100 * (a[i] - b[i]) / n
		square += 1e4 * (a[i] - b[i]) * (a[i] - b[i]) / n
	}
	o := Bootstrap{Resamples: 4000, Seed: 7}
	low, high, ok := o.difference(marked(a...), marked(b...), 2, accuracyOf)
	if !ok {
		t.Fatal("no interval")
	}
	// The normal approximation of a paired difference, which so many units follow. Ends
	// of a bootstrap of 4000 scatter by about 0.04 standard errors.
	standard := math.Sqrt((square - mean*mean) / n)
	for _, end := range [][2]float64{{low, mean - 1.96*standard}, {high, mean + 1.96*standard}} {
		if math.Abs(end[0]-end[1]) > 0.2*standard {
			t.Errorf("end %v, want about %v", end[0], end[1])
		}
	}
	for range 3 {
		if l, h, _ := o.difference(marked(a...), marked(b...), 2, accuracyOf); l != low || h != high {
			t.Errorf("another time %v to %v, not %v to %v", l, h, low, high)
		}
	}
	if l, h, _ := (Bootstrap{Resamples: 4000, Seed: 8}).difference(marked(a...), marked(b...), 2, accuracyOf); l == low && h == high {
		t.Error("another seed draws the same")
	}
}

// TestBootstrapPairs has the same answers on both sides, and units that lack marks on
// one of them.
func TestBootstrapPairs(t *testing.T) {
	same := marked(1, 0, 1, 1, 0)
	if low, high, ok := (Bootstrap{}).difference(same, same, 2, accuracyOf); !ok || low != 0 || high != 0 {
		t.Errorf("no change: %v to %v, %v", low, high, ok)
	}
	a, b := marked(1, 1, 1, 1), marked(0, 0, 1, 1)
	a[2], b[3] = nil, nil // what is left differs everywhere
	if low, high, ok := (Bootstrap{}).difference(a, b, 2, accuracyOf); !ok || low != 100 || high != 100 {
		t.Errorf("all change: %v to %v, %v", low, high, ok)
	}
	for _, units := range [][][]Mark{nil, marked(1), {nil, nil, nil}} {
		if _, _, ok := (Bootstrap{}).difference(units, units, 2, accuracyOf); ok {
			t.Errorf("an interval from %d units", len(units))
		}
	}
}

func TestQuantile(t *testing.T) {
	list := []float64{1, 2, 4, 8}
	for q, want := range map[float64]float64{0: 1, 1: 8, 0.5: 3, 0.025: 1.075, 1. / 3: 2} {
		if got := quantile(list, q); math.Abs(got-want) > 1e-12 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if got := median([]float64{9, 1, 5}); got != 5 {
		t.Errorf("median %v", got)
	}
}
