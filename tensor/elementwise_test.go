package tensor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/go-par/par/asm/asmtest"
)

// checkRelative fails where got is further from want than tol times the norm of
// want.
func checkRelative(t *testing.T, got Tensor, want []float64, tol float64) {
	t.Helper()
	var d, n float64
	for i, x := range got.Data {
		d += (float64(x) - want[i]) * (float64(x) - want[i])
		n += want[i] * want[i]
	}
	if !(d <= tol*tol*n) {
		t.Fatalf("%v differs by %.3g of its norm, allowed %.3g", got, math.Sqrt(d/n), tol)
	}
}

// Every value of a normalised row errs by a few roundings of its own: of the mean
// and the scale, and of three operations.
const normError = 6 * 0x1p-24

func TestRMSNorm(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	r := rand.New(rand.NewPCG(1, 2))
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, shape := range [][2]int{{0, 5}, {1, 1}, {3, 33}, {5, 576}, {40, 1000}, {9, 4096}} {
			x, w := randomTensor(r, shape[0], shape[1]), randomTensor(r, 1, shape[1]).Data
			const eps = 1e-5
			want := make([]float64, len(x.Data))
			for i := range x.Rows {
				var sum float64
				for _, v := range x.Row(i) {
					sum += float64(v) * float64(v)
				}
				for k, v := range x.Row(i) {
					want[i*x.Cols+k] = float64(v) / math.Sqrt(sum/float64(x.Cols)+float64(float32(eps))) * float64(w[k])
				}
			}
			dst, intact := guarded(x.Rows, x.Cols)
			p.RMSNorm(dst, x, w, eps)
			checkRelative(t, dst, want, normError)
			if !intact() {
				t.Errorf("%v: wrote outside of the result", x)
			}
			p.RMSNorm(x, x, w, eps)
			sameBits(t, x, dst)
		}
	})
}

func TestLayerNorm(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	r := rand.New(rand.NewPCG(3, 4))
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, shape := range [][2]int{{0, 5}, {1, 1}, {3, 33}, {5, 1152}, {40, 1000}, {9, 1024}} {
			x := randomTensor(r, shape[0], shape[1])
			for i := range x.Data {
				x.Data[i] += 3 // a mean well beyond the deviation
			}
			w, b := randomTensor(r, 1, shape[1]).Data, randomTensor(r, 1, shape[1]).Data
			const eps = 1e-5
			want := make([]float64, len(x.Data))
			for i := range x.Rows {
				var sum, squares float64
				for _, v := range x.Row(i) {
					sum += float64(v)
				}
				mean := sum / float64(x.Cols)
				for _, v := range x.Row(i) {
					squares += (float64(v) - mean) * (float64(v) - mean)
				}
				for k, v := range x.Row(i) {
					want[i*x.Cols+k] = (float64(v)-mean)/math.Sqrt(squares/float64(x.Cols)+float64(float32(eps)))*float64(w[k]) + float64(b[k])
				}
			}
			dst, intact := guarded(x.Rows, x.Cols)
			p.LayerNorm(dst, x, w, b, eps)
			checkRelative(t, dst, want, normError)
			if !intact() {
				t.Errorf("%v: wrote outside of the result", x)
			}
			p.LayerNorm(x, x, w, b, eps)
			sameBits(t, x, dst)
		}
	})
}

func TestActivate(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	r := rand.New(rand.NewPCG(5, 6))
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			f    Activation
			want func(x float64) float64
		}{
			"silu":  {SiLU, func(x float64) float64 { return x * sigmoid(x) }},
			"gelu":  {GELU, func(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) }},
			"tanh":  {GELUTanh, func(x float64) float64 { return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))) }},
			"quick": {QuickGELU, func(x float64) float64 { return x * sigmoid(1.702*x) }},
		} {
			t.Run(name, func(t *testing.T) {
				for _, shape := range [][2]int{{0, 7}, {1, 1}, {3, 37}, {2, grain / 2}, {5, 13000}} {
					x := randomTensor(r, shape[0], shape[1])
					want := make([]float64, len(x.Data))
					for i, v := range x.Data {
						want[i] = c.want(float64(v))
					}
					p.Activate(x, c.f)
					checkRelative(t, x, want, 4*0x1p-24)
				}
			})
		}
	})
}

func TestSwiGLUAndAdd(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	r := rand.New(rand.NewPCG(7, 8))
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, shape := range [][2]int{{0, 7}, {1, 1}, {3, 37}, {7, 11008}} {
			x, y := randomTensor(r, shape[0], shape[1]), randomTensor(r, shape[0], shape[1])
			product, sum := make([]float64, len(x.Data)), make([]float64, len(x.Data))
			for i, v := range x.Data {
				product[i] = float64(v) / (1 + math.Exp(-float64(v))) * float64(y.Data[i])
				sum[i] = float64(v) + float64(y.Data[i])
			}
			gate := Tensor{x.Rows, x.Cols, slices.Clone(x.Data)}
			p.SwiGLU(gate, y)
			checkRelative(t, gate, product, 4*0x1p-24)
			p.Add(x, y)
			checkRelative(t, x, sum, 0x1p-24)
		}
	})
}

func TestRotate(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	r := rand.New(rand.NewPCG(9, 10))
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, shape := range [][3]int{{0, 2, 8}, {1, 1, 2}, {5, 3, 20}, {40, 9, 64}, {33, 8, 128}} {
			rows, heads, d := shape[0], shape[1], shape[2]
			x := randomTensor(r, rows, heads*d)
			cos, sin := New(rows, d/2), New(rows, d/2)
			for i := range cos.Data {
				s, c := math.Sincos(r.Float64() * 100)
				cos.Data[i], sin.Data[i] = float32(c), float32(s)
			}
			want := make([]float64, len(x.Data))
			for i := range want {
				row, k := i/x.Cols, i%d
				c, s := float64(cos.Row(row)[k%(d/2)]), float64(sin.Row(row)[k%(d/2)])
				if k < d/2 {
					want[i] = float64(x.Data[i])*c - float64(x.Data[i+d/2])*s
				} else {
					want[i] = float64(x.Data[i])*c + float64(x.Data[i-d/2])*s
				}
			}
			pairs := New(rows, heads*d)
			interleave := func(dst, src []float32) {
				for i := range dst {
					dst[i] = src[i/d*d+i%2*(d/2)+i%d/2]
				}
			}
			interleave(pairs.Data, x.Data)
			p.Rotate(x, heads, cos, sin)
			checkRelative(t, x, want, 2*0x1p-24)

			// The other layout has the same values in other places, rounded once or fused.
			p.RotatePairs(pairs, heads, cos, sin)
			wantPairs := make([]float64, len(want))
			for i := range want {
				wantPairs[i] = want[i/d*d+i%2*(d/2)+i%d/2]
			}
			checkRelative(t, pairs, wantPairs, 2*0x1p-24)
		}
	})
}

// Every operation has the same bits on one thread and on several.
func TestElementwiseThreads(t *testing.T) {
	serial, many := NewPool(1), NewPool(3)
	defer serial.Close()
	defer many.Close()
	r := rand.New(rand.NewPCG(11, 12))
	x, y := randomTensor(r, 77, 1024), randomTensor(r, 77, 1024)
	w, b := randomTensor(r, 1, 1024).Data, randomTensor(r, 1, 1024).Data
	cos, sin := randomTensor(r, 77, 32), randomTensor(r, 77, 32)
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for name, f := range elementwiseOperations(y, w, b, cos, sin) {
			got, want := Tensor{x.Rows, x.Cols, slices.Clone(x.Data)}, Tensor{x.Rows, x.Cols, slices.Clone(x.Data)}
			f(serial, want)
			f(many, got)
			t.Run(name, func(t *testing.T) { sameBits(t, got, want) })
		}
	})
}

func TestElementwiseDoesNotAllocate(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	r := rand.New(rand.NewPCG(13, 14))
	x, y := randomTensor(r, 40, 1024), randomTensor(r, 40, 1024)
	w, b := randomTensor(r, 1, 1024).Data, randomTensor(r, 1, 1024).Data
	cos, sin := randomTensor(r, 40, 32), randomTensor(r, 40, 32)
	for name, f := range elementwiseOperations(y, w, b, cos, sin) {
		if n := testing.AllocsPerRun(10, func() { f(p, x) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// elementwiseOperations returns all operations that change x row by row.
func elementwiseOperations(y Tensor, w, b []float32, cos, sin Tensor) map[string]func(p *Pool, x Tensor) {
	return map[string]func(p *Pool, x Tensor){
		"RMSNorm":   func(p *Pool, x Tensor) { p.RMSNorm(x, x, w, 1e-5) },
		"LayerNorm": func(p *Pool, x Tensor) { p.LayerNorm(x, x, w, b, 1e-5) },
		"SiLU":      func(p *Pool, x Tensor) { p.Activate(x, SiLU) },
		"GELU":      func(p *Pool, x Tensor) { p.Activate(x, GELU) },
		"GELUTanh":  func(p *Pool, x Tensor) { p.Activate(x, GELUTanh) },
		"QuickGELU": func(p *Pool, x Tensor) { p.Activate(x, QuickGELU) },
		"SwiGLU":    func(p *Pool, x Tensor) { p.SwiGLU(x, y) },
		"Add":       func(p *Pool, x Tensor) { p.Add(x, y) },
		"Rotate":    func(p *Pool, x Tensor) { p.Rotate(x, x.Cols/(2*cos.Cols), cos, sin) },
	}
}

func TestElementwisePanics(t *testing.T) {
	p := NewPool(1)
	defer p.Close()
	x, w := New(2, 8), make([]float32, 8)
	for name, f := range map[string]func(){
		"RMSNorm weights":  func() { p.RMSNorm(x, x, w[:7], 0) },
		"RMSNorm result":   func() { p.RMSNorm(New(1, 8), x, w, 0) },
		"LayerNorm biases": func() { p.LayerNorm(x, x, w, nil, 0) },
		"Activate":         func() { p.Activate(x, QuickGELU+1) },
		"SwiGLU":           func() { p.SwiGLU(x, New(2, 7)) },
		"Add":              func() { p.Add(x, New(1, 8)) },
		"Rotate heads":     func() { p.Rotate(x, 2, New(2, 4), New(2, 4)) },
		"Rotate rows":      func() { p.Rotate(x, 1, New(1, 4), New(1, 4)) },
		"Rotate sines":     func() { p.Rotate(x, 1, New(2, 4), New(2, 3)) },
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
