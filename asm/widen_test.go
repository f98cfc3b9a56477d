package asm_test

import (
	"math/rand/v2"
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

// TestWidenInt8 checks the values, in groups of both sizes, and that nothing else
// is written.
func TestWidenInt8(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, group := range []int{16, 32} {
			for _, groups := range []int{1, 2, 3, 8, 33} {
				for _, zero := range []int32{0, 8, 128} {
					n := group * groups
					q, dst := make([]byte, n), make([]float32, n+16)
					scales, mins := make([]float32, groups), make([]float32, groups)
					for i := range q {
						q[i] = byte(rng.Uint32())
					}
					for g := range scales { // of 11 bits, as halves have
						scales[g] = float32(rng.IntN(4096)-2048) * 0x1p-20
						mins[g] = float32(rng.NormFloat64())
					}
					for _, m := range [][]float32{nil, mins} {
						for i := range dst {
							dst[i] = untouched
						}
						asm.WidenInt8(dst[:n], q, scales, m, zero)
						for i, got := range dst {
							want := float32(untouched)
							if i < n {
								want = scales[i/group] * float32(int32(q[i])-zero)
								if m != nil {
									want += m[i/group]
								}
							}
							if got != want {
								t.Fatalf("%d groups of %d, zero %d: value %d is %v, want %v", groups, group, zero, i, got, want)
							}
						}
					}
				}
			}
		}
	})
}
