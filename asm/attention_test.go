package asm_test

import (
	"math"
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

const queries = asm.Queries

// dims straddle the column tiles of every tier.
var dims = []int{0, 1, 3, 7, 8, 9, 15, 16, 17, 20, 24, 31, 32, 33, 40, 48, 64, 72, 80, 96, 100, 128, 256}

func TestAttentionScores(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, dim := range dims {
			for _, keys := range []int{0, asm.KeyGroup, 5 * asm.KeyGroup} {
				q, k := newGuarded(random(40, dim*queries, 1)), newGuarded(random(41, keys*dim, 1))
				s := newGuarded(make([]float32, keys*queries))
				asm.AttentionScores(s.x, q.x, k.x, keys, dim)
				s.check(t)
				for i, got := range s.x {
					j, r := i/queries, i%queries
					var want, size float64
					for c := range dim {
						p := float64(k.x[j*dim+c]) * float64(q.x[c*queries+r])
						want += p
						size += math.Abs(p)
					}
					near(t, got, want, float64(dim+1)*u*size, "size %d, key %d, query %d", dim, j, r)
				}
			}
		}
	})
}

func TestAttentionScoresPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("took a part of a group of keys")
		}
	}()
	asm.AttentionScores(make([]float32, queries), make([]float32, queries), make([]float32, 1), 1, 1)
}

// Two tiles in a row, so that maximum, sum and decay are carried on.
func TestAttentionSoftmax(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, keys := range []int{1, 2, 3, 11, 12, 64} {
			for _, masked := range []bool{false, true} {
				var p asm.Panel
				var top, sum [queries]float64
				for r := range queries {
					p.Max[r] = float32(math.Inf(-1))
					top[r] = math.Inf(-1)
				}
				for tile := range uint64(3) {
					scores := random(42+tile, keys*queries, 8)
					scores[keys/2*queries+5] -= 400 // a weight of 0
					for r := range queries {
						p.Limit[r] = int32(1 + r%(keys+3))
						if tile > 0 {
							p.Limit[r] -= int32(r % 7) // none, or fewer than none
						}
					}
					s := newGuarded(scores)
					asm.AttentionSoftmax(s.x, &p, keys, masked)
					s.check(t)
					for r := range queries {
						n := keys
						if masked {
							n = min(keys, max(0, int(p.Limit[r])))
						}
						before := top[r]
						for j := range n {
							top[r] = max(top[r], float64(scores[j*queries+r]))
						}
						if got := float64(p.Max[r]); got != top[r] {
							t.Fatalf("%d keys, tile %d: maximum of query %d is %v, want %v", keys, tile, r, got, top[r])
						}
						decay := math.Exp2(before - top[r])
						near(t, p.Decay[r], decay, weightError(before-top[r], decay), "%d keys, tile %d: decay of query %d", keys, tile, r)
						sum[r] *= decay
						for j := range keys {
							d := float64(scores[j*queries+r]) - top[r]
							want := math.Exp2(d)
							if j >= n {
								want = 0
							}
							near(t, s.x[j*queries+r], want, weightError(d, want), "%d keys, tile %d: weight of key %d, query %d", keys, tile, j, r)
							sum[r] += want
						}
						near(t, p.Sum[r], sum[r], 100*u*sum[r], "%d keys, tile %d: sum of query %d", keys, tile, r)
					}
				}
			}
		}
	})
}

// weightError bounds the error of 2^d for d <= 0: the rounding of d, two units of
// the result's own, and what is cut off below 2⁻¹²⁶.
func weightError(d, w float64) float64 {
	if w == 0 {
		return 0
	}
	return w*u*(-d*math.Ln2+3) + 0x1p-126
}

func TestAttentionValues(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, dim := range dims {
			for _, keys := range []int{0, 1, 2, 13} {
				stride := asm.ValueStride(dim)
				s, v := newGuarded(random(43, keys*queries, 1)), newGuarded(random(44, keys*dim, 1))
				before := random(45, queries*stride, 1)
				o := newGuarded(before)
				var p asm.Panel
				for r := range queries {
					p.Decay[r] = 1 / float32(1+r)
				}
				asm.AttentionValues(o.x, s.x, v.x, &p, keys, dim)
				o.check(t)
				for r := range queries {
					for c := range dim {
						want := float64(before[r*stride+c]) * float64(p.Decay[r])
						size := math.Abs(want)
						for j := range keys {
							w := float64(s.x[j*queries+r]) * float64(v.x[j*dim+c])
							want += w
							size += math.Abs(w)
						}
						near(t, o.x[r*stride+c], want, float64(keys+2)*u*size, "size %d, %d keys, query %d, column %d", dim, keys, r, c)
					}
				}
			}
		}
	})
}
