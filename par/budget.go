package par

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Budget says how many of a number of things to keep: a count, a ratio, or, the
// zero Budget, all of them.
type Budget struct {
	count int
	ratio float64
	kind  budgetKind
}

type budgetKind uint8

const (
	keepAll budgetKind = iota
	keepCount
	keepRatio
)

// Count is the budget of n things, Ratio that of a share r of them, in (0, 1].
func Count(n int) Budget     { return Budget{count: n, kind: keepCount} }
func Ratio(r float64) Budget { return Budget{ratio: r, kind: keepRatio} }

// ParseBudget reads a count ("176"), a ratio ("0.5") or a percentage ("50%").
// The empty string keeps all.
func ParseBudget(s string) (Budget, error) {
	if s == "" {
		return Budget{}, nil
	}
	if n, err := strconv.Atoi(s); err == nil {
		if n < 0 {
			return Budget{}, fmt.Errorf("budget %q is negative", s)
		}
		return Count(n), nil
	}
	num, percent := strings.CutSuffix(s, "%")
	r, err := strconv.ParseFloat(num, 64)
	if err != nil {
		return Budget{}, fmt.Errorf("budget %q is neither a count nor a ratio", s)
	}
	if percent {
		r /= 100
	}
	if !(r > 0 && r <= 1) {
		return Budget{}, fmt.Errorf("budget %q is not a ratio in (0, 1]", s)
	}
	return Ratio(r), nil
}

// All reports whether b keeps everything whatever there is.
func (b Budget) All() bool { return b.kind == keepAll }

// Of returns how many of n things named what are kept, of which at least least
// must be. A ratio is rounded to the nearest count and never falls below least.
func (b Budget) Of(n, least int, what string) (int, error) {
	least = min(least, n)
	switch b.kind {
	case keepCount:
		if b.count < least || b.count > n {
			return 0, fmt.Errorf("budget of %d %s is not in %d..%d", b.count, what, least, n)
		}
		return b.count, nil
	case keepRatio:
		return max(least, int(math.Round(b.ratio*float64(n)))), nil
	}
	return n, nil
}

func (b Budget) String() string {
	switch b.kind {
	case keepCount:
		return strconv.Itoa(b.count)
	case keepRatio:
		return strconv.FormatFloat(b.ratio, 'g', -1, 64)
	}
	return "all"
}

// share splits a budget of kept things over groups of the given sizes, in
// proportion and with at least one for each group, as far as kept reaches. What
// rounding leaves over goes to the largest remainders, ties to the earlier group.
func share(kept int, sizes []int) []int {
	total := 0
	for _, n := range sizes {
		total += n
	}
	out := make([]int, len(sizes))
	if total == 0 {
		return out
	}
	left := kept
	for i, n := range sizes {
		out[i] = kept * n / total
		if out[i] == 0 && n > 0 {
			out[i] = 1
		}
		left -= out[i]
	}
	for ; left != 0; left -= sign(left) {
		best := -1
		for i, n := range sizes {
			switch {
			case left > 0 && out[i] == n, left < 0 && out[i] <= 1:
				continue
			case best < 0 || sign(left)*(behind(kept, n, total, out[i])-behind(kept, sizes[best], total, out[best])) > 0:
				best = i
			}
		}
		if best < 0 {
			break
		}
		out[best] += sign(left)
	}
	return out
}

// behind is by how much got falls short of a group's exact share, times total.
func behind(kept, n, total, got int) int { return kept*n - got*total }

func sign(x int) int {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}
