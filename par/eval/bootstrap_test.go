package eval

import (
	"math"
	"math/rand/v2"
	"testing"
)

// accuracyOf is the percentage of right answers, in cells 0 of 1.
func accuracyOf(sums []float64) []Score {
	return []Score{{"accuracy", percent(sums[0], sums[1]), "%", int(sums[1])}}
}

// difference is the interval of the accuracy.
func (o Bootstrap) difference(a, b [][]Mark) (low, high float64, ok bool) {
	list := o.differences(a, b, 2, []string{"accuracy"}, accuracyOf)
	if list == nil {
		return 0, 0, false
	}
	return list[0].low, list[0].high, true
}

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
	low, high, ok := o.difference(marked(a...), marked(b...))
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
		if l, h, _ := o.difference(marked(a...), marked(b...)); l != low || h != high {
			t.Errorf("another time %v to %v, not %v to %v", l, h, low, high)
		}
	}
	if l, h, _ := (Bootstrap{Resamples: 4000, Seed: 8}).difference(marked(a...), marked(b...)); l == low && h == high {
		t.Error("another seed draws the same")
	}
}

// TestBootstrapPairs has the same answers on both sides, and units that lack marks on
// one of them.
func TestBootstrapPairs(t *testing.T) {
	same := marked(1, 0, 1, 1, 0)
	if low, high, ok := (Bootstrap{}).difference(same, same); !ok || low != 0 || high != 0 {
		t.Errorf("no change: %v to %v, %v", low, high, ok)
	}
	a, b := marked(1, 1, 1, 1), marked(0, 0, 1, 1)
	a[2], b[3] = nil, nil // what is left differs everywhere
	if low, high, ok := (Bootstrap{}).difference(a, b); !ok || low != 100 || high != 100 {
		t.Errorf("all change: %v to %v, %v", low, high, ok)
	}
	for _, units := range [][][]Mark{nil, marked(1), {nil, nil, nil}} {
		if _, _, ok := (Bootstrap{}).difference(units, units); ok {
			t.Errorf("an interval from %d units", len(units))
		}
	}
}

// TestBootstrapScores has a score that few units count for, and one that none does.
func TestBootstrapScores(t *testing.T) {
	scores := func(sums []float64) []Score {
		list := accuracyOf(sums)
		if sums[2] > 0 {
			list = append(list, Score{"rare", sums[3] / sums[2], "points", int(sums[2])})
		}
		return list
	}
	a, b := marked(1, 0, 1, 0), marked(0, 0, 1, 0)
	a[1], b[1] = append(a[1], Mark{2, 1}, Mark{3, 5}), append(b[1], Mark{2, 1}, Mark{3, 2})
	got := (Bootstrap{Resamples: 200}).differences(a, b, 4, []string{"rare", "accuracy", "none"}, scores)
	if len(got) != 3 || got[0] != (ends{3, 3}) || got[1].low != 0 || got[1].high < 25 || !math.IsNaN(got[2].low) {
		t.Errorf("intervals %+v", got)
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
