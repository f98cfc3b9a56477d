package asm_test

import (
	"math"
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

const queries = asm.Queries

// used are numbers of queries that straddle the vectors of every tier.
var used = []int{1, 7, 8, 9, 15, 16, 17, 24, 25, 31, queries, queries}

// dims straddle the column tiles of every tier.
var dims = []int{0, 1, 3, 7, 8, 9, 15, 16, 17, 20, 24, 31, 32, 33, 40, 48, 64, 72, 80, 96, 100, 128, 256}

func TestAttentionScores(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, dim := range dims {
			for _, keys := range []int{0, asm.KeyGroup, 5 * asm.KeyGroup} {
				q, k := newGuarded(random(40, dim*queries, 1)), newGuarded(random(41, keys*dim, 1))
				s := newGuarded(make([]float32, keys*queries))
				p := asm.Panel{Used: used[(dim+keys)%len(used)]}
				asm.AttentionScores(s.x, q.x, k.x, &p, keys, dim)
				s.check(t)
				for i, got := range s.x {
					j, r := i/queries, i%queries
					if r >= p.Used {
						continue
					}
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

func TestAttentionPanics(t *testing.T) {
	x := make([]float32, asm.KeyGroup*queries)
	for name, f := range map[string]func(){
		"part of a group":  func() { asm.AttentionScores(x, x, x, &asm.Panel{Used: 1}, 1, 1) },
		"scores of none":   func() { asm.AttentionScores(x, x, x, &asm.Panel{}, asm.KeyGroup, 1) },
		"weights of none":  func() { asm.AttentionSoftmax(x, &asm.Panel{}, 1, false) },
		"values of many":   func() { asm.AttentionValues(make([]float32, 16*queries), x, x, &asm.Panel{Used: queries + 1}, 1, 1) },
		"too few values":   func() { asm.AttentionValues(make([]float32, 16*queries), x, x[:5:5], &asm.Panel{Used: 1}, 3, 2) },
		"too short a tile": func() { asm.AttentionSoftmax(x, &asm.Panel{Used: 1}, asm.KeyGroup+1, false) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

// Two tiles in a row, so that maximum, sum and decay are carried on.
func TestAttentionSoftmax(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for i, keys := range []int{1, 2, 3, 11, 12, 64, 1, 2, 3, 12} {
			for _, masked := range []bool{false, true} {
				p := asm.Panel{Used: used[len(used)-1-i]}
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
					for r := range p.Used {
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
				p := asm.Panel{Used: used[(dim+keys)%len(used)]}
				for r := range queries {
					p.Decay[r] = 1 / float32(1+r)
				}
				asm.AttentionValues(o.x, s.x, v.x, &p, keys, dim)
				o.check(t)
				for r := range p.Used {
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
