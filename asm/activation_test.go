package asm_test

import (
	"math"
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

var (
	inf = float32(math.Inf(1))
	nan = float32(math.NaN())
)

// sweep returns every stride-th f32 in [lo, hi], by magnitude from small to large
// on both sides of 0.
func sweep(lo, hi float32, stride uint32) []float32 {
	var x []float32
	for b := uint32(0); b <= math.Float32bits(max(-lo, hi)); b += stride {
		if v := math.Float32frombits(b); v <= hi {
			x = append(x, v)
		}
		if v := -math.Float32frombits(b); v >= lo {
			x = append(x, v)
		}
	}
	return x
}

// ulp is the distance from |x| to the next greater f32.
func ulp(x float64) float64 {
	_, e := math.Frexp(x)
	return math.Ldexp(1, max(e, -125)-24)
}

func TestExp(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		args := append(sweep(-89, 88.72283, 9973), -87.33654, -87.33655, 88.72283)
		x := newGuarded(args)
		asm.ExpSum(x.x, 0)
		x.check(t)
		var worst float64
		for i, got := range x.x {
			want := math.Exp(float64(args[i]))
			if want < 0x1p-126 {
				if got != 0 {
					t.Fatalf("exp(%v) = %v, want 0", args[i], got)
				}
				continue
			}
			d := math.Abs(float64(got)-want) / ulp(want)
			worst = max(worst, d)
			if d > 1.5 {
				t.Fatalf("exp(%v) = %v, want %v: %.2f ulp", args[i], got, want, d)
			}
		}
		t.Logf("largest error %.3f ulp of %d values", worst, len(args))
	})
}

func TestExpSpecial(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, c := range []struct{ x, want float32 }{
			{0, 1}, {float32(math.Copysign(0, -1)), 1}, {-inf, 0}, {inf, inf}, {89, inf}, {88.7229, inf}, {1e30, inf}, {-1e30, 0}, {-104, 0},
			{1e-38, 1}, {-1e-45, 1},
		} {
			for n := 1; n <= 33; n += 4 { // whole vectors and tails
				x := make([]float32, n)
				for i := range x {
					x[i] = c.x
				}
				asm.ExpSum(x, 0)
				for _, got := range x {
					if got != c.want {
						t.Fatalf("exp(%v) = %v, want %v", c.x, got, c.want)
					}
				}
				x[n-1] = nan
				if sum := asm.ExpSum(x, 0); x[n-1] == x[n-1] || sum == sum {
					t.Fatalf("exp(NaN) = %v, in a sum %v", x[n-1], sum)
				}
			}
		}
	})
}

func TestExpSum(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		const shift = 1.25
		for _, n := range lengths {
			args := random(20, n, 3)
			x := newGuarded(args)
			got := asm.ExpSum(x.x, shift)
			x.check(t)
			var want float64
			for i, v := range args {
				e := math.Exp(float64(v - shift))
				near(t, x.x[i], e, 1.5*ulp(e), "n = %d, element %d", n, i)
				want += e
			}
			near(t, got, want, (sumError(n)+3*u)*want, "n = %d: sum", n)
		}
	})
}

var sqrt8OverPi = math.Sqrt(8 / math.Pi)

// The activations: the kernel, the function, and by how many units of u the
// result may be off in terms of itself and of the argument.
var activations = []struct {
	name         string
	run          func(x []float32)
	want         func(x float64) float64
	relative     float64
	toArgument   float64
	minusInfinty float32
}{
	{"SiLU", func(x []float32) { asm.Swish(x, 1, 0) },
		func(x float64) float64 { return x / (1 + math.Exp(-x)) }, 4, 0, nan},
	{"QuickGELU", func(x []float32) { asm.Swish(x, 1.702, 0) },
		func(x float64) float64 { return x / (1 + math.Exp(-1.702*x)) }, 4, 1, nan},
	{"GELUTanh", func(x []float32) { asm.Swish(x, float32(sqrt8OverPi), float32(0.044715*sqrt8OverPi)) },
		func(x float64) float64 {
			return x / (1 + math.Exp(-sqrt8OverPi*(x+0.044715*x*x*x)))
		}, 4, 1, nan},
	{"GELU", asm.GELU,
		func(x float64) float64 { return 0.5 * x * math.Erfc(-x/math.Sqrt2) }, 8, 0, 0},
}

func TestActivations(t *testing.T) {
	for _, a := range activations {
		t.Run(a.name, func(t *testing.T) {
			asmtest.TestAllTiers(t, func(t *testing.T) {
				args := sweep(-100, 100, 9973)
				x := newGuarded(args)
				a.run(x.x)
				x.check(t)
				var worst float64
				for i, got := range x.x {
					v := float64(args[i])
					want := a.want(v)
					// Beyond the normal numbers an exponential counts as 0.
					tol := u*(a.relative*math.Abs(want)+a.toArgument*math.Abs(v)) + 0x1p-119
					d := math.Abs(float64(got) - want)
					worst = max(worst, d/(tol))
					if !(d <= tol) {
						t.Fatalf("f(%v) = %v, want %v: off by %.3g, allowed %.3g", v, got, want, d, tol)
					}
				}
				t.Logf("largest error %.2f of what is allowed", worst)
			})
		})
	}
}

func TestActivationsSpecial(t *testing.T) {
	for _, a := range activations {
		t.Run(a.name, func(t *testing.T) {
			asmtest.TestAllTiers(t, func(t *testing.T) {
				for _, c := range []struct{ x, want float32 }{
					{0, 0}, {inf, inf}, {nan, nan}, {1e20, 1e20}, {-1e20, 0}, {3e38, 3e38}, {-inf, a.minusInfinty},
				} {
					for n := 1; n <= 33; n += 8 {
						x := make([]float32, n)
						for i := range x {
							x[i] = c.x
						}
						a.run(x)
						for _, got := range x {
							if got != c.want && (got == got || c.want == c.want) {
								t.Fatalf("f(%v) = %v, want %v", c.x, got, c.want)
							}
						}
					}
				}
			})
		})
	}
}

// Values do not depend on their place in the slice.
func TestActivationTails(t *testing.T) {
	for _, a := range activations {
		t.Run(a.name, func(t *testing.T) {
			asmtest.TestAllTiers(t, func(t *testing.T) {
				for _, n := range lengths {
					args := random(21, n, 2)
					x := newGuarded(args)
					a.run(x.x)
					x.check(t)
					for i, got := range x.x {
						one := []float32{args[i]}
						if a.run(one); one[0] != got {
							t.Fatalf("n = %d: element %d is %v, alone %v", n, i, got, one[0])
						}
					}
				}
			})
		})
	}
}

func TestSwiGLU(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, n := range lengths {
			args := random(22, n, 4)
			gate, up := newGuarded(args), newGuarded(random(23, n, 1))
			asm.SwiGLU(gate.x, up.x)
			gate.check(t)
			for i, got := range gate.x {
				v := float64(args[i])
				want := v / (1 + math.Exp(-v)) * float64(up.x[i])
				near(t, got, want, 5*u*math.Abs(want), "n = %d, element %d", n, i)
			}
		}
	})
}
