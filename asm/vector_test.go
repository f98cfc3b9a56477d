package asm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

// lengths straddle every vector width and unrolling of every tier.
var lengths = func() (n []int) {
	for i := range 68 {
		n = append(n, i)
	}
	return append(n, 95, 96, 97, 127, 128, 129, 191, 193, 255, 256, 257, 1000)
}()

// u is the rounding unit of f32: half the distance from 1 to the next number.
const u = 0x1p-24

const margin = 24

// A guarded is a slice with values around it that nobody is to touch. It starts
// at no multiple of a vector.
type guarded struct {
	all []float32
	x   []float32
}

const marginBits = 0x7fa5a5a5 // a NaN, so that what reads it shows it

func newGuarded(x []float32) guarded {
	all := make([]float32, margin+1+len(x)+margin)
	for i := range all {
		all[i] = math.Float32frombits(marginBits)
	}
	at := margin + 1
	copy(all[at:], x)
	return guarded{all, all[at : at+len(x) : at+len(x)]}
}

func (g guarded) check(t *testing.T) {
	t.Helper()
	for i, v := range g.all {
		if at := i - margin - 1; (at < 0 || at >= len(g.x)) && math.Float32bits(v) != marginBits {
			t.Fatalf("wrote %v at %d of a slice of %d", v, at, len(g.x))
		}
	}
}

func random(seed uint64, n int, scale float64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64() * scale)
	}
	return x
}

// near fails where got is further than tol from want.
func near(t *testing.T, got float32, want, tol float64, format string, args ...any) {
	t.Helper()
	if d := math.Abs(float64(got) - want); !(d <= tol) {
		t.Fatalf("%s: %v, want %v: off by %.3g, allowed %.3g", fmt.Sprintf(format, args...), got, want, d, tol)
	}
}

// sumError bounds the error of a sum of n products in at least eight lanes, in
// units of the sum of their magnitudes: one rounding per addition to a lane, and a
// few to combine the lanes and the products.
func sumError(n int) float64 { return float64(n/8+10) * u }

func TestDot(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, n := range lengths {
			a, b := newGuarded(random(1, n, 1)), newGuarded(random(2, n, 1))
			var want, size float64
			for i, x := range a.x {
				want += float64(x) * float64(b.x[i])
				size += math.Abs(float64(x) * float64(b.x[i]))
			}
			near(t, asm.Dot(a.x, b.x), want, sumError(n)*size, "n = %d", n)
		}
	})
}

// Element-wise kernels of the form dst = f(dst, x), dst and x possibly the same.
func TestInPlace(t *testing.T) {
	const a = 0.7
	for _, k := range []struct {
		name string
		run  func(y, x []float32)
		want func(y, x float64) float64
	}{
		{"Axpy", func(y, x []float32) { asm.Axpy(y, a, x) }, func(y, x float64) float64 { return y + float64(float32(a))*x }},
		{"Add", asm.Add, func(y, x float64) float64 { return y + x }},
		{"Scale", func(y, x []float32) { asm.Scale(y, a, x) }, func(_, x float64) float64 { return float64(float32(a)) * x }},
	} {
		t.Run(k.name, func(t *testing.T) {
			asmtest.TestAllTiers(t, func(t *testing.T) {
				for _, n := range lengths {
					x, y := newGuarded(random(3, n, 1)), newGuarded(random(4, n, 1))
					before := slices.Clone(y.x)
					k.run(y.x, x.x)
					y.check(t)
					x.check(t)
					for i, got := range y.x {
						x, y := float64(x.x[i]), float64(before[i])
						near(t, got, k.want(y, x), 2*u*(math.Abs(x)+math.Abs(y)), "n = %d, element %d", n, i)
					}
					same := slices.Clone(before)
					k.run(same, same)
					for i, got := range same {
						y := float64(before[i])
						near(t, got, k.want(y, y), 4*u*math.Abs(y), "n = %d, element %d of aliased slices", n, i)
					}
				}
			})
		})
	}
}

func TestMax(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, n := range lengths {
			for _, at := range []int{0, n / 2, n - 1} {
				x := random(5, n, 1)
				for i := range x {
					x[i] = -1 - x[i]*x[i]
				}
				want := float32(math.Inf(-1))
				if n > 0 {
					want = -0.5
					x[at] = want
				}
				if got := asm.Max(newGuarded(x).x); got != want {
					t.Fatalf("n = %d, greatest at %d: %v, want %v", n, at, got, want)
				}
			}
		}
	})
}

func TestDotRows(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, rows := range []int{0, 1, 2, 3, 4, 5, 7, 8, 13} {
			for _, n := range lengths {
				a, x := newGuarded(random(6, rows*n, 1)), newGuarded(random(7, n, 1))
				dst := newGuarded(make([]float32, rows))
				asm.DotRows(dst.x, a.x, x.x)
				dst.check(t)
				for j, got := range dst.x {
					row := a.x[j*n : (j+1)*n]
					var want, size float64
					for i, v := range row {
						want += float64(v) * float64(x.x[i])
						size += math.Abs(float64(v) * float64(x.x[i]))
					}
					near(t, got, want, sumError(n)*size, "%d rows of %d, row %d", rows, n, j)
					var one [1]float32
					if asm.DotRows(one[:], row, x.x); one[0] != got {
						t.Fatalf("%d rows of %d: row %d is %v, alone %v", rows, n, j, got, one[0])
					}
				}
			}
		}
	})
}

func TestSumRows(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, rows := range []int{0, 1, 2, 3, 16, 33} {
			for _, n := range lengths {
				a, w := newGuarded(random(8, rows*n, 1)), newGuarded(random(9, rows, 1))
				before := random(10, n, 1)
				dst := newGuarded(before)
				asm.SumRows(dst.x, w.x, a.x)
				dst.check(t)
				for i, got := range dst.x {
					want := float64(before[i])
					size := math.Abs(want)
					for j, v := range w.x {
						p := float64(v) * float64(a.x[j*n+i])
						want += p
						size += math.Abs(p)
					}
					near(t, got, want, float64(rows+1)*u*size, "%d rows of %d, column %d", rows, n, i)
				}
			}
		}
	})
}

func TestNormReductions(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, n := range lengths {
			x := newGuarded(random(11, n, 1))
			const c = 0.25
			var sum, squares, size float64
			for _, v := range x.x {
				sum += float64(v)
				size += math.Abs(float64(v))
				squares += (float64(v) - c) * (float64(v) - c)
			}
			// In f64 either order of summation errs by less than n units of 2⁻⁵³.
			if got := asm.Sum(x.x); math.Abs(got-sum) > float64(n+4)*0x1p-52*size {
				t.Fatalf("n = %d: sum %v, want %v", n, got, sum)
			}
			if got := asm.SumSquares(x.x, c); math.Abs(got-squares) > float64(n+4)*0x1p-52*squares {
				t.Fatalf("n = %d: squares %v, want %v", n, got, squares)
			}
		}
	})
}

func TestNormalize(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		const mean, scale = 0.125, 1.5
		for _, n := range lengths {
			for _, biased := range []bool{false, true} {
				x, w := random(12, n, 1), newGuarded(random(13, n, 1))
				b := newGuarded(nil)
				if biased {
					b = newGuarded(random(14, n, 1))
				}
				apart, same := newGuarded(make([]float32, n)), newGuarded(x)
				asm.Normalize(apart.x, newGuarded(x).x, w.x, b.x, mean, scale)
				asm.Normalize(same.x, same.x, w.x, b.x, mean, scale)
				apart.check(t)
				same.check(t)
				for i, got := range apart.x {
					want := (float64(x[i]) - mean) * scale * float64(w.x[i])
					tol := 4 * u * (math.Abs(want) + 1e-3)
					if biased {
						want += float64(b.x[i])
						tol += 2 * u * math.Abs(float64(b.x[i]))
					}
					near(t, got, want, tol, "n = %d, biased %t, element %d", n, biased, i)
					if same.x[i] != got {
						t.Fatalf("n = %d: element %d is %v in place, %v apart", n, i, same.x[i], got)
					}
				}
			}
		}
	})
}

func TestRotate(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, half := range []int{1, 2, 3, 4, 7, 8, 9, 10, 15, 16, 17, 24, 31, 32, 33, 36, 40, 64, 128} {
			for _, heads := range []int{0, 1, 2, 5} {
				before := random(15, 2*half*heads, 1)
				x := newGuarded(before)
				cos, sin := newGuarded(make([]float32, half)), newGuarded(make([]float32, half))
				for i := range half {
					cos.x[i], sin.x[i] = float32(math.Cos(float64(i))), float32(math.Sin(float64(i)))
				}
				asm.Rotate(x.x, cos.x, sin.x)
				x.check(t)
				for i := range before {
					k, h := i%half, i/(2*half)*2*half
					a, b := float64(before[h+k]), float64(before[h+half+k])
					c, s := float64(cos.x[k]), float64(sin.x[k])
					want := a*c - b*s
					if i-h >= half {
						want = b*c + a*s
					}
					near(t, x.x[i], want, 2*u*(math.Abs(a)+math.Abs(b)), "%d heads of %d, element %d", heads, 2*half, i)
				}
			}
		}
	})
}

func TestRotatePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a row that is no whole number of heads was turned")
		}
	}()
	asm.Rotate(make([]float32, 7), make([]float32, 2), make([]float32, 2))
}

func TestKernelsDoNotAllocate(t *testing.T) {
	x, y := random(16, 100, 1), random(17, 100, 1)
	half := make([]byte, 200)
	for name, f := range map[string]func(){
		"Dot":       func() { asm.Dot(x, y) },
		"Normalize": func() { asm.Normalize(x, x, y, nil, 0, 1) },
		"Rotate":    func() { asm.Rotate(x, y[:25], y[25:50]) },
		"Swish":     func() { asm.Swish(x, 1, 0) },
		"GELU":      func() { asm.GELU(x) },
		"F32ToF16":  func() { asm.F32ToF16(half, x) },
		"attention": func() {
			p := asm.Panel{Used: 32}
			asm.AttentionSoftmax(x, &p, 3, false)
		},
	} {
		if n := testing.AllocsPerRun(10, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
