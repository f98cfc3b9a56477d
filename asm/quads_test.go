package asm_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

// A blockFormat describes blocks of weights.
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

var superFormats = map[asm.SuperFormat]blockFormat{
	asm.Q4_K: {"Q4_K", 256, 144, []int{0, 2}},
	asm.Q5_K: {"Q5_K", 256, 176, []int{0, 2}},
	asm.Q6_K: {"Q6_K", 256, 210, []int{208}},
}

// weights returns n blocks of random codes with scales of ±2^-7 or ±2^-6.
func (f blockFormat) weights(rng *rand.Rand, n int) []byte {
	w := make([]byte, n*f.size)
	for i := range w {
		w[i] = byte(rng.Uint32())
	}
	for b := range n {
		for _, at := range f.scales {
			h := uint16(8+rng.IntN(2))<<10 | uint16(rng.IntN(2))<<15
			w[b*f.size+at], w[b*f.size+at+1] = byte(h), byte(h>>8)
		}
	}
	return w
}

const untouched = 12345

// integers returns n values that quantise to themselves with a scale of 1: in
// each block of 32 one is ±127, the others are small so that sums of products with
// weights are exact in f32.
func integers(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.IntN(17) - 8)
	}
	for i := rng.IntN(32); i < n; i = (i/32+1)*32 + rng.IntN(32) {
		x[i] = float32(254*rng.IntN(2) - 127)
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

func supers(f asm.SuperFormat, x []float32) []asm.Super {
	s := make([]asm.Super, len(x)/256)
	asm.QuantizeSupers(f, s, x)
	return s
}

func TestDotQuads(t *testing.T) {
	for f, format := range quadFormats {
		t.Run(format.name, func(t *testing.T) {
			compareTiers(t, format, func(dst []float32, ldd int, w []byte, blocks int, x []float32, n int) {
				asm.DotQuads(f, dst, ldd, w, blocks, quads(x, n), n)
			})
		})
	}
}

func TestDotSupers(t *testing.T) {
	for f, format := range superFormats {
		t.Run(format.name, func(t *testing.T) {
			compareTiers(t, format, func(dst []float32, ldd int, w []byte, blocks int, x []float32, n int) {
				asm.DotSupers(f, dst, ldd, w, blocks, supers(f, x), n)
			})
		})
	}
}

// compareTiers compares every tier with the generic one, on numbers with which
// all results are exact.
func compareTiers(t *testing.T, format blockFormat, dot func(dst []float32, ldd int, w []byte, blocks int, x []float32, n int)) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		tier := asm.Tier()
		rng := rand.New(rand.NewPCG(1, 2))
		for _, blocks := range []int{1, 2, 3, 4, 5, 7, 8, 18, 30, 35} {
			for _, rows := range []int{1, 2, 3, 4, 5, 8, 11, 256} {
				if rows > 11 && blocks > 5 || blocks*format.values > 2048 {
					continue
				}
				for n := 1; n <= asm.MaxDotRows; n++ {
					w := format.weights(rng, rows*blocks)
					x := integers(rng, n*blocks*format.values)
					ldd := rows + 2
					got, want := make([]float32, n*ldd), make([]float32, n*ldd)
					for i := range got {
						got[i], want[i] = untouched, untouched
					}
					dot(got[:n*ldd-2], ldd, w, blocks, x, n)
					asmtest.Use(t, "generic")
					dot(want[:n*ldd-2], ldd, w, blocks, x, n)
					asmtest.Use(t, tier)
					for i := range got {
						if got[i] != want[i] {
							t.Fatalf("%d rows of %d blocks, %d: value %d is %v, want %v", rows, blocks, n, i, got[i], want[i])
						}
					}
				}
			}
		}
	})
}

// TestQuantize compares every tier with the generic one, bit for bit, and the
// values with what they stand for.
func TestQuantize(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	asmtest.TestAllTiers(t, func(t *testing.T) {
		tier := asm.Tier()
		for _, n := range []int{0, 1, 31, 32, 33, 96, 128, 160, 256, 300, 512, 1024} {
			for _, scale := range []float32{1, 1e-3, 1e30, 1e-30, 1e-38, 1e-44, 0} {
				x := make([]float32, n)
				for i := range x {
					x[i] = scale * float32(rng.NormFloat64())
				}
				q, s := make([]asm.Quad, asm.Quads(n)+1), make([]asm.Super, n/256+1)
				q2, s2 := make([]asm.Quad, asm.Quads(n)+1), make([]asm.Super, n/256+1)
				asm.QuantizeQuads(q, x)
				asm.QuantizeSupers(asm.Q6_K, s[:n/256], x)
				asmtest.Use(t, "generic")
				asm.QuantizeQuads(q2, x)
				asm.QuantizeSupers(asm.Q6_K, s2[:n/256], x)
				asmtest.Use(t, tier)
				if !slices.Equal(q, q2) {
					t.Fatalf("%d values of %g: quads %v, want %v", n, scale, q, q2)
				}
				if !slices.Equal(s, s2) {
					t.Fatalf("%d values of %g: supers %v, want %v", n, scale, s, s2)
				}
			}
		}
	})
}

// TestDotNotFinite checks that a value that is not finite shows in the products,
// whatever the weights.
func TestDotNotFinite(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, bad := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
			x := make([]float32, 256)
			x[77] = float32(bad)
			w := make([]byte, 256)
			var y [1]float32
			asm.DotQuads(asm.Q8_0, y[:], 1, w[:34*7], 7, quads(x[:224], 1), 1)
			if v := float64(y[0]); v-v == 0 {
				t.Errorf("quads with %v give %v", bad, v)
			}
			asm.DotSupers(asm.Q6_K, y[:], 1, w[:210], 1, supers(asm.Q6_K, x), 1)
			if v := float64(y[0]); v-v == 0 {
				t.Errorf("supers with %v give %v", bad, v)
			}
		}
	})
}
