package asm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

// blocks are random codes with f16 scales of both signs.
type blockFormat struct {
	name         string
	values, size int
	scales       []int // offsets of the f16 fields
}

var quadFormats = map[asm.QuadFormat]blockFormat{
	asm.Q4_0:   {"Q4_0", 32, 18, []int{0}},
	asm.Q4_1:   {"Q4_1", 32, 20, []int{0, 2}},
	asm.Q5_0:   {"Q5_0", 32, 22, []int{0}},
	asm.Q5_1:   {"Q5_1", 32, 24, []int{0, 2}},
	asm.Q8_0:   {"Q8_0", 32, 34, []int{0}},
	asm.IQ4_NL: {"IQ4_NL", 32, 18, []int{0}},
}

// weights returns n random blocks.
func (f blockFormat) weights(rng *rand.Rand, n int) []byte {
	w := make([]byte, n*f.size)
	for i := range w {
		w[i] = byte(rng.Uint32())
	}
	for b := range n {
		for _, at := range f.scales {
			h := uint16(rng.IntN(1<<10)) | 0x2000 | uint16(rng.IntN(2))<<15 // ±2^-7 to ±2^-6
			w[b*f.size+at], w[b*f.size+at+1] = byte(h), byte(h>>8)
		}
	}
	return w
}

const untouched = 12345

func gaussians(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

func quads(x []float32, n int) []asm.Quad {
	cols := len(x) / n
	q := make([]asm.Quad, n*asm.Quads(cols))
	for j := range n {
		asm.QuantizeQuads(q[j*asm.Quads(cols):], x[j*cols:][:cols])
	}
	return q
}

// TestDotQuads compares every tier with the generic one. Integer sums are exact
// and the sums of blocks differ by rounding: each of the terms, whose magnitudes
// add up to at most size, is rounded a few times and takes part in fewer than
// blocks additions.
func TestDotQuads(t *testing.T) {
	for f, format := range quadFormats {
		t.Run(format.name, func(t *testing.T) {
			asmtest.TestAllTiers(t, func(t *testing.T) {
				tier := asm.Tier()
				rng := rand.New(rand.NewPCG(1, 2))
				for _, blocks := range []int{1, 2, 3, 4, 5, 7, 8, 18, 30, 35} {
					for _, rows := range []int{1, 2, 3, 4, 5, 8, 11, 256} {
						if rows > 11 && blocks > 5 {
							continue
						}
						for n := 1; n <= asm.MaxDotRows; n++ {
							w := format.weights(rng, rows*blocks)
							x := quads(gaussians(rng, n*blocks*32), n)
							ldd := rows + 2
							got, want := make([]float32, n*ldd), make([]float32, n*ldd)
							for i := range got {
								got[i], want[i] = untouched, untouched
							}
							asm.DotQuads(f, got[:n*ldd-2], ldd, w, blocks, x, n)
							asmtest.Use(t, "generic")
							asm.DotQuads(f, want[:n*ldd-2], ldd, w, blocks, x, n)
							asmtest.Use(t, tier)
							compareDots(t, fmt.Sprintf("%d rows of %d blocks, %d", rows, blocks, n), got, want, blocks)
						}
					}
				}
			})
		})
	}
}

// compareDots checks that sums of n terms of at most 2^7 agree.
func compareDots(t *testing.T, name string, got, want []float32, n int) {
	t.Helper()
	bound := float64(n+4) * 0x1p-24 * float64(n) * 128
	for i := range got {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= bound) {
			t.Fatalf("%s: value %d is %v, want %v ± %g", name, i, got[i], want[i], bound)
		}
	}
}
