package eval

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Bootstrap says how intervals are computed.
type Bootstrap struct {
	Resamples int // 0: 2000
	Seed      uint64
}

const defaultResamples = 2000

// difference returns the 95 % interval of score(a) - score(b), where a and b are the
// marks of the same units under two conditions: units are drawn with replacement, the
// same ones for both (paired percentile bootstrap, Efron and Tibshirani, 1993). Units
// that have no marks on one side are left out on both. It reports false where there
// are fewer than two.
func (o Bootstrap) difference(a, b [][]Mark, cells int, score func(sums []float64) float64) (low, high float64, ok bool) {
	var units []int
	for i := range a {
		if len(a[i]) > 0 && len(b[i]) > 0 {
			units = append(units, i)
		}
	}
	if len(units) < 2 {
		return 0, 0, false
	}
	n := o.Resamples
	if n <= 0 {
		n = defaultResamples
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0x626f6f74))
	differences := make([]float64, n)
	sums, other := make([]float64, cells), make([]float64, cells)
	for k := range differences {
		clear(sums)
		clear(other)
		for range units {
			u := units[rng.IntN(len(units))]
			add(sums, a[u])
			add(other, b[u])
		}
		differences[k] = score(sums) - score(other)
	}
	slices.Sort(differences)
	return quantile(differences, 0.025), quantile(differences, 0.975), true
}

func add(sums []float64, marks []Mark) {
	for _, m := range marks {
		sums[m.Cell] += m.Value
	}
}

// quantile interpolates between the values of a sorted list.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

func median(list []float64) float64 {
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return quantile(sorted, 0.5)
}

func mean(list []float64) float64 {
	sum := 0.0
	for _, x := range list {
		sum += x
	}
	return sum / float64(len(list))
}
