package grad

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/tensor"
)

// TestOrthogonalise follows the iteration in f64.
func TestOrthogonalise(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for _, c := range []struct{ rows, cols int }{{1, 7}, {20, 20}, {50, 33}, {24, 75}} {
		g := random(rng, "", c.rows, c.cols).Value
		n, length := min(c.rows, c.cols), max(c.rows, c.cols)
		x := make([][]float64, n)
		var square float64
		for i := range x {
			x[i] = make([]float64, length)
			for j := range x[i] {
				if c.rows > c.cols {
					x[i][j] = float64(g.Row(j)[i])
				} else {
					x[i][j] = float64(g.Row(i)[j])
				}
				square += x[i][j] * x[i][j]
			}
		}
		for i := range x {
			for j := range x[i] {
				x[i][j] /= math.Sqrt(square)
			}
		}
		for range 5 {
			a := product64(x, transpose64(x))
			aa := product64(a, a)
			for i := range a {
				for j := range a {
					a[i][j] = -4.7750*a[i][j] + 2.0315*aa[i][j]
				}
				a[i][i] += 3.4445
			}
			x = product64(a, x)
		}
		if c.rows > c.cols {
			x = transpose64(x)
		}
		o := orthogonaliser{pool: tensor.NewPool(1)}
		for _, compute := range []struct {
			tensor.Compute
			tolerance float64
		}{
			// Each step multiplies what is off by 3.5 at most; the entries are below 1.
			{tensor.ComputeF32, 1e-4},
			{tensor.ComputeBF16, 0.1},
		} {
			got := o.orthogonalise(panelFormat(compute.Compute), g)
			for i := range x {
				for j, want := range x[i] {
					if d := math.Abs(float64(got.Row(i)[j]) - want); !(d <= compute.tolerance) {
						t.Fatalf("%d x %d, %v: element (%d, %d) is %v, want %v", c.rows, c.cols, compute.Compute, i, j, got.Row(i)[j], want)
					}
				}
			}
		}
	}
}

func product64(a, b [][]float64) [][]float64 {
	y := make([][]float64, len(a))
	for i := range a {
		y[i] = make([]float64, len(b[0]))
		for k, v := range a[i] {
			for j, w := range b[k] {
				y[i][j] += v * w
			}
		}
	}
	return y
}

func transpose64(a [][]float64) [][]float64 {
	y := make([][]float64, len(a[0]))
	for i := range y {
		y[i] = make([]float64, len(a))
		for j := range a {
			y[i][j] = a[j][i]
		}
	}
	return y
}

// optimiser is what AdamW and Muon have in common.
type optimiser struct {
	step   func(params []*Param)
	state  func(p *Param) [][]float32
	resume func(steps int)
}

func adamW() optimiser {
	o := NewAdamW(0.1)
	return optimiser{
		step:   func(params []*Param) { o.Step(params, 1e-2) },
		state:  func(p *Param) [][]float32 { m, v := o.State(p); return [][]float32{m, v} },
		resume: o.Resume,
	}
}

func muon(pool *tensor.Pool) optimiser {
	o := NewMuon(0.1)
	return optimiser{
		step:   func(params []*Param) { o.Step(pool, params, 1e-2) },
		state:  func(p *Param) [][]float32 { return [][]float32{o.State(p)} },
		resume: func(int) {},
	}
}

// TestResume: an optimiser that goes on from a saved state takes the steps, to the
// bit, of one that was not stopped; and Muon's do not depend on the threads.
func TestResume(t *testing.T) {
	one, two := tensor.NewPool(1), tensor.NewPool(2)
	defer one.Close()
	defer two.Close()
	for name, make := range map[string]func(pool *tensor.Pool) optimiser{
		"AdamW": func(*tensor.Pool) optimiser { return adamW() }, "Muon": muon,
	} {
		params := func() []*Param {
			rng := rand.New(rand.NewPCG(7, 7))
			return []*Param{random(rng, "a", 9, 20), random(rng, "b", 33, 8)}
		}
		steps := func(o optimiser, params []*Param, from, to uint64) {
			for i := from; i < to; i++ {
				rng := rand.New(rand.NewPCG(i, 8))
				for _, p := range params {
					for k := range p.Grad.Data {
						p.Grad.Data[k] = float32(rng.NormFloat64())
					}
				}
				o.step(params)
			}
		}
		whole, stopped, again := params(), params(), params()
		steps(make(one), whole, 0, 5)
		first, next := make(two), make(two)
		steps(first, stopped, 0, 2)
		for i, p := range stopped {
			copy(again[i].Value.Data, p.Value.Data)
			for k, x := range first.state(p) {
				copy(next.state(again[i])[k], x)
			}
		}
		next.resume(2)
		steps(next, again, 2, 5)
		for i := range whole {
			if diff := cmp.Diff(whole[i].Value.Data, again[i].Value.Data); diff != "" {
				t.Errorf("%s: parameter %s is different after a pause", name, whole[i].Name)
			}
		}
	}
}

func BenchmarkOptimisers(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	var params []*Param
	for range 14 {
		for range 4 {
			params = append(params, random(rng, "", 192, 192))
		}
		params = append(params, random(rng, "", 512, 192), random(rng, "", 512, 192), random(rng, "", 192, 512))
	}
	var values int
	for _, p := range params {
		values += len(p.Value.Data)
	}
	pool := tensor.NewPool(2)
	defer pool.Close()
	adam, muon := NewAdamW(0.1), NewMuon(0.1)
	for _, c := range []struct {
		name string
		step func()
	}{
		{"AdamW", func() { adam.Step(params, 1e-4) }},
		{"Muon", func() { muon.Step(pool, params, 1e-4) }},
		{"ClipNorm", func() { ClipNorm(params, 1) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				for _, p := range params {
					p.Grad.Data[0] = 1
				}
				c.step()
			}
			b.ReportMetric(float64(values)/1e6, "Mvalues")
		})
	}
}
