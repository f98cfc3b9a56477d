package scenes

import "math/bits"

// random is SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	return mix(r.state)
}

// mix is SplitMix64's output function, a permutation of 64 bits.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// below returns one of 0 ... n-1.
func (r *random) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// between returns one of lo ... hi.
func (r *random) between(lo, hi int) int { return lo + r.below(hi-lo+1) }

func (r *random) coin() bool { return r.next()>>63 == 1 }

// shuffle puts a list in any order.
func shuffle[T any](r *random, list []T) {
	for i := len(list) - 1; i > 0; i-- {
		j := r.below(i + 1)
		list[i], list[j] = list[j], list[i]
	}
}

// pick returns one of a list that is not empty.
func pick[T any](r *random, list []T) T { return list[r.below(len(list))] }
