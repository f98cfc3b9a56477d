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

// ends are those of an interval. NaN stands for none.
type ends struct{ low, high float64 }

// differences returns the 95 % intervals of the named scores of a less those of b, which
// are the marks of the same units under two conditions: units are drawn with replacement,
// the same ones for both and for all scores (paired percentile bootstrap, Efron and
// Tibshirani, 1993). Units that have no marks on one side are left out on both. It returns
// nil where there are fewer than two.
func (o Bootstrap) differences(a, b [][]Mark, cells int, names []string, scores func(sums []float64) []Score) []ends {
	var units []int
	for i := range a {
		if len(a[i]) > 0 && len(b[i]) > 0 {
			units = append(units, i)
		}
	}
	if len(units) < 2 {
		return nil
	}
	n := o.Resamples
	if n <= 0 {
		n = defaultResamples
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0x626f6f74))
	drawn := make([][]float64, len(names)) // differences by score
	sums, other := make([]float64, cells), make([]float64, cells)
	for range n {
		clear(sums)
		clear(other)
		for range units {
			u := units[rng.IntN(len(units))]
			add(sums, a[u])
			add(other, b[u])
		}
		x, y := scores(sums), scores(other)
		for i, name := range names {
			// A score may lack the questions that it is about, if they are few.
			if s, t := named(x, name), named(y, name); s != nil && t != nil {
				drawn[i] = append(drawn[i], s.Value-t.Value)
			}
		}
	}
	list := make([]ends, len(names))
	for i, d := range drawn {
		slices.Sort(d)
		list[i] = ends{quantile(d, 0.025), quantile(d, 0.975)}
	}
	return list
}

// named returns the score of a name, nil where there is none.
func named(scores []Score, name string) *Score {
	for i := range scores {
		if scores[i].Name == name {
			return &scores[i]
		}
	}
	return nil
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
