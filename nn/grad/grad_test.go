package grad

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
)

// random returns a parameter of normal values.
func random(rng *rand.Rand, name string, rows, cols int) *Param {
	v := make([]float32, rows*cols)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return NewParam(name, rows, cols, v)
}

// check compares the gradient of a weighted sum of f's outputs with central
// differences of fourth order along random directions in each parameter, of the
// length of 16 values of 1 at most. With steps of h the truncation error is of
// order (4h)⁴ and the rounding of f32 forward passes of order 10ε/h: at h = 1/64
// both stay below 1/500 of the derivative's scale.
func check(t *testing.T, params []*Param, f func(tp *Tape) *Var) {
	t.Helper()
	const h, tolerance = 1.0 / 64, 2e-3
	p := tensor.NewPool(2)
	defer p.Close()
	tape := NewTape(p)
	rng := rand.New(rand.NewPCG(11, 0))
	y := f(tape)
	weights := make([]float32, len(y.Value.Data))
	for i := range weights {
		weights[i] = float32(rng.NormFloat64())
	}
	loss := func() float64 {
		tape.Reset()
		var sum float64
		for i, v := range f(tape).Value.Data {
			sum += float64(v) * float64(weights[i])
		}
		return sum
	}
	tape.Reset()
	for _, q := range params {
		clear(q.Grad.Data)
	}
	tape.Backward(tape.Weighted(f(tape), weights), 1)
	grads := make([]tensor.Tensor, len(params))
	for i, q := range params {
		grads[i] = q.Grad
	}
	for i, q := range params {
		start := append([]float32(nil), q.Value.Data...)
		for range 3 {
			dir := make([]float64, len(start))
			length := math.Sqrt(min(1, 16/float64(len(dir))))
			var want, norm float64
			for k := range dir {
				dir[k] = rng.NormFloat64() * length
				want += dir[k] * float64(grads[i].Data[k])
				norm += float64(grads[i].Data[k]) * float64(grads[i].Data[k])
			}
			at := func(s float64) float64 {
				for k := range start {
					q.Value.Data[k] = start[k] + float32(s*dir[k])
				}
				return loss()
			}
			got := (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h)
			copy(q.Value.Data, start)
			if scale := math.Sqrt(norm) * length; !(math.Abs(got-want) <= tolerance*scale) {
				t.Errorf("%s: derivative %g, differences say %g (scale %g)", q.Name, want, got, scale)
			}
		}
	}
}

func TestGradients(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	x, y := random(rng, "x", 7, 12), random(rng, "y", 7, 12)
	w, b := random(rng, "w", 5, 12), random(rng, "b", 1, 5)
	w2, b2 := random(rng, "w", 12, 12), random(rng, "b", 1, 12)
	nw, nb := random(rng, "norm weight", 1, 12), random(rng, "norm bias", 1, 12)
	k, v := random(rng, "k", 9, 8), random(rng, "v", 9, 8)
	q := random(rng, "q", 7, 16)
	noise := make([]tensor.Tensor, 4)
	for h := range noise {
		noise[h] = random(rng, "noise", 7, 9).Value
	}
	rope, err := nn.NewRoPE(6, 10, nn.RopeScaling{})
	if err != nil {
		t.Fatal(err)
	}
	var rot nn.Rotation
	rot.At(rope, []int32{0, 1, 2, 5, 6, 9, 11})
	for _, c := range []struct {
		name   string
		params []*Param
		f      func(tp *Tape) *Var
	}{
		{"linear", []*Param{x, w, b}, func(tp *Tape) *Var { return tp.Linear(tp.Param(x), tp.Param(w), tp.Param(b)) }},
		{"linear behind a sum", []*Param{x, y, w2, b2}, func(tp *Tape) *Var {
			return tp.AddLinear(tp.Param(y), tp.Param(x), tp.Param(w2), tp.Param(b2))
		}},
		{"add", []*Param{x, y}, func(tp *Tape) *Var { return tp.Add(tp.Param(x), tp.Param(y)) }},
		{"the same operand twice", []*Param{x}, func(tp *Tape) *Var { return tp.Add(tp.Param(x), tp.Param(x)) }},
		{"values read twice", []*Param{x, y}, func(tp *Tape) *Var {
			a := tp.Scale(tp.Param(x), 2)
			b := tp.Activate(a, tensor.SiLU)
			return tp.SwiGLU(tp.Add(a, b), tp.Add(b, tp.Add(a, tp.Param(y))))
		}},
		{"scale", []*Param{x}, func(tp *Tape) *Var { return tp.Scale(tp.Param(x), 0.7) }},
		{"silu", []*Param{x}, func(tp *Tape) *Var { return tp.Activate(tp.Param(x), tensor.SiLU) }},
		{"gelu", []*Param{x}, func(tp *Tape) *Var { return tp.Activate(tp.Param(x), tensor.GELU) }},
		{"gelu tanh", []*Param{x}, func(tp *Tape) *Var { return tp.Activate(tp.Param(x), tensor.GELUTanh) }},
		{"quick gelu", []*Param{x}, func(tp *Tape) *Var { return tp.Activate(tp.Param(x), tensor.QuickGELU) }},
		{"swiglu", []*Param{x, y}, func(tp *Tape) *Var { return tp.SwiGLU(tp.Param(x), tp.Param(y)) }},
		{"rotate", []*Param{x}, func(tp *Tape) *Var { return tp.Rotate(tp.Param(x), 2, rot.Cos, rot.Sin) }},
		{"rms norm", []*Param{x, nw}, func(tp *Tape) *Var { return tp.RMSNorm(tp.Param(x), tp.Param(nw), 1e-5) }},
		{"layer norm", []*Param{x, nw, nb}, func(tp *Tape) *Var { return tp.LayerNorm(tp.Param(x), tp.Param(nw), tp.Param(nb), 1e-5) }},
		{"gather", []*Param{x}, func(tp *Tape) *Var { return tp.Gather(tp.Param(x), []int32{3, 0, 3, 6}) }},
		{"concat", []*Param{x, y}, func(tp *Tape) *Var { return tp.Concat(tp.Param(x), tp.Param(y)) }},
		{"attention", []*Param{q, k, v}, func(tp *Tape) *Var {
			return tp.Attention(tp.Param(q), tp.Param(k), tp.Param(v), 4, 2, 0.5, Mask{})
		}},
		{"masked noisy attention", []*Param{q, k, v}, func(tp *Tape) *Var {
			return tp.Attention(tp.Param(q), tp.Param(k), tp.Param(v), 4, 2, 0.5, Mask{Own: []Span{{0, 3}, {1, 4}, {2, 5}, {6, 6}, {4, 7}, {5, 8}, {8, 9}}, Shared: []Span{{}, {0, 1}, {1, 2}, {0, 5}, {}, {3, 4}, {7, 8}}, Noise: noise})
		}},
		{"cross entropy", []*Param{x}, func(tp *Tape) *Var {
			return tp.CrossEntropy(tp.Param(x), []int32{3, -1, 0, 11, 5, -1, 2})
		}},
		{"weighted cross entropy", []*Param{x}, func(tp *Tape) *Var {
			return tp.WeightedCrossEntropy(tp.Param(x), []int32{3, -1, 0, 11, 5, -1, 2}, []float32{1, 9, 0.5, 0, 2, 0, 3})
		}},
		{"squared error", []*Param{x}, func(tp *Tape) *Var { return tp.SquaredError(tp.Param(x), y.Value, nil) }},
		{"weighted squared error", []*Param{x}, func(tp *Tape) *Var {
			return tp.SquaredError(tp.Param(x), y.Value, []float32{1, 0, 0.5, 0, 2, 0, 3})
		}},
		{"log sigmoid", []*Param{x}, func(tp *Tape) *Var { return tp.LogSigmoid(tp.Param(x)) }},
		{"checkpoint", []*Param{x, w}, func(tp *Tape) *Var {
			return tp.Checkpoint(tp.Param(x), func(tp *Tape, x *Var) *Var { return tp.Linear(x, tp.Param(w), nil) })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, c.params, c.f)
		})
	}
}

// layer returns a decoder layer with random weights, for inference and training.
func layer(rng *rand.Rand) (*nn.DecoderLayer, *DecoderLayer) {
	lin := func(out, in int) nn.Linear {
		w := random(rng, "", out, in).Value
		for i := range w.Data {
			w.Data[i] /= float32(math.Sqrt(float64(in)))
		}
		return nn.Linear{W: w.Matrix()}
	}
	norm := func() nn.RMSNorm { return nn.RMSNorm{W: random(rng, "", 1, 24).Value.Data, Eps: 1e-5} }
	l := &nn.DecoderLayer{
		InputNorm: norm(), PostNorm: norm(),
		Attn: nn.Attention{Q: lin(24, 24), K: lin(12, 24), V: lin(12, 24), O: lin(24, 24), Heads: 4, KVHeads: 2, HeadDim: 6},
		MLP:  nn.GatedMLP{Gate: lin(40, 24), Up: lin(40, 24), Down: lin(24, 40)},
	}
	return l, NewDecoderLayer("layers.0.", l)
}

// TestDecoderLayer: training computes what inference does, and its gradients are
// right through the whole layer.
func TestDecoderLayer(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	infer, train := layer(rng)
	x := random(rng, "x", 11, 24)
	rope, err := nn.NewRoPE(6, 100, nn.RopeScaling{})
	if err != nil {
		t.Fatal(err)
	}
	pos := make([]int32, 11)
	for i := range pos {
		pos[i] = int32(i)
	}
	var rot nn.Rotation
	rot.At(rope, pos)
	pool := tensor.NewPool(1)
	defer pool.Close()
	forward := func(tp *Tape) *Var {
		return train.Forward(tp, tp.Param(x), rot.Cos, rot.Sin, Mask{Own: Causal(11)})
	}
	got := forward(NewTape(pool)).Value
	want := tensor.New(11, 24)
	copy(want.Data, x.Value.Data)
	infer.Forward(pool, new(nn.Workspace), want, nil, tensor.NewKV(2, 6, 11), &rot, nil)
	for i, w := range want.Data {
		// Both sum the same terms in other orders: a few roundings of values of order 1.
		if d := math.Abs(float64(got.Data[i] - w)); d > 1e-5*(1+math.Abs(float64(w))) {
			t.Fatalf("element %d: training gives %v, inference %v", i, got.Data[i], w)
		}
	}
	check(t, append(train.Params(), x), forward)

	// The output of some rows is the same without the others'.
	rows := []int32{1, 4, 10}
	tape := NewTape(pool)
	all := forward(tape)
	some := train.ForwardRows(tape, tape.Param(x), rows, rot.Cos, rot.Sin, Mask{Own: Causal(11)})
	for k, r := range rows {
		if diff := cmp.Diff(all.Value.Row(int(r)), some.Value.Row(k)); diff != "" {
			t.Errorf("row %d is different without the others", r)
		}
	}
	check(t, append(train.Params(), x), func(tp *Tape) *Var {
		return train.ForwardRows(tp, tp.Param(x), rows, rot.Cos, rot.Sin, Mask{Own: Causal(11)})
	})
}

// encoder returns a CLIP block with random weights, for inference and training.
func encoder(rng *rand.Rand) (*nn.EncoderLayer, *EncoderLayer) {
	lin := func(out, in int) nn.Linear {
		l := dense(rng, out, in, false)
		l.B = random(rng, "", 1, out).Value.Data
		return l
	}
	norm := func() nn.LayerNorm {
		return nn.LayerNorm{W: random(rng, "", 1, 24).Value.Data, B: random(rng, "", 1, 24).Value.Data, Eps: 1e-5}
	}
	l := &nn.EncoderLayer{
		Norm1: norm(), Norm2: norm(),
		Attn: nn.Attention{Q: lin(24, 24), K: lin(24, 24), V: lin(24, 24), O: lin(24, 24), Heads: 3, KVHeads: 3, HeadDim: 8},
		MLP:  nn.MLP{FC1: lin(40, 24), FC2: lin(24, 40), Act: tensor.QuickGELU},
	}
	return l, NewEncoderLayer("layers.0.", l)
}

// TestEncoderLayer is TestDecoderLayer for a CLIP block.
func TestEncoderLayer(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	infer, train := encoder(rng)
	x := random(rng, "x", 11, 24)
	pool := tensor.NewPool(1)
	defer pool.Close()
	got := train.Forward(NewTape(pool), &Var{Value: x.Value}, Mask{}).Value
	want := tensor.New(11, 24)
	copy(want.Data, x.Value.Data)
	infer.Forward(pool, new(nn.Workspace), want, tensor.NewKV(3, 8, 11))
	for i, w := range want.Data {
		if d := math.Abs(float64(got.Data[i] - w)); d > 1e-5*(1+math.Abs(float64(w))) {
			t.Fatalf("element %d: training gives %v, inference %v", i, got.Data[i], w)
		}
	}
	var params []*Param
	for _, p := range append(train.Params(), x) {
		if p != train.K.B { // a constant in the keys changes no softmax: its gradient is 0
			params = append(params, p)
		}
	}
	check(t, params, func(tp *Tape) *Var { return train.Forward(tp, tp.Param(x), Mask{}) })
	if got, want := train.Params()[4].Name, "layers.0.self_attn.q_proj.weight"; got != want {
		t.Errorf("the name of a parameter is %s, want %s", got, want)
	}
}

// TestSameBits: the number of threads does not change a gradient.
func TestSameBits(t *testing.T) {
	grads := func(threads int) []float32 {
		pool := tensor.NewPool(threads)
		defer pool.Close()
		rng := rand.New(rand.NewPCG(3, 4))
		_, l := layer(rng)
		x := random(rng, "x", 40, 24)
		tp := NewTape(pool)
		cos, sin := tensor.New(40, 3), tensor.New(40, 3)
		for i := range cos.Data {
			cos.Data[i] = 1
		}
		y := l.Forward(tp, tp.Param(x), cos, sin, Mask{Own: Causal(40)})
		tp.Backward(tp.CrossEntropy(y, make([]int32, 40)), 1)
		return append(append([]float32(nil), x.Grad.Data...), l.Down.W.Grad.Data...)
	}
	if diff := cmp.Diff(grads(1), grads(3)); diff != "" {
		t.Error("gradients depend on the number of threads")
	}
}

// TestAdamW follows the update rule by hand in f64.
func TestAdamW(t *testing.T) {
	p := NewParam("p", 1, 2, []float32{1, -2})
	o := NewAdamW(0.1)
	value, m, v := []float64{1, -2}, []float64{0, 0}, []float64{0, 0}
	for step := 1; step <= 5; step++ {
		for i := range value {
			g := float64(step) * (float64(i) - 0.25)
			p.Grad.Data[i] = float32(g)
			m[i] = 0.9*m[i] + 0.1*g
			v[i] = 0.999*v[i] + 0.001*g*g
			value[i] = value[i]*(1-0.01*0.1) - 0.01*(m[i]/(1-math.Pow(0.9, float64(step))))/(math.Sqrt(v[i]/(1-math.Pow(0.999, float64(step))))+1e-8)
		}
		o.Step([]*Param{p}, 0.01)
		for i := range value {
			if d := math.Abs(float64(p.Value.Data[i]) - value[i]); d > 2e-6 {
				t.Errorf("step %d: value %d is %v, want %v", step, i, p.Value.Data[i], value[i])
			}
		}
	}
}

func TestSchedule(t *testing.T) {
	s := Schedule{Peak: 1, Floor: 0.1, Warmup: 4, Steps: 14}
	for step, want := range map[int]float64{0: 0.25, 3: 1, 4: 1, 9: 0.55, 14: 0.1, 99: 0.1} {
		if got := s.Rate(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("rate of step %d is %v, want %v", step, got, want)
		}
	}
}

func TestClipNorm(t *testing.T) {
	p := NewParam("p", 1, 2, []float32{0, 0})
	copy(p.Grad.Data, []float32{3, 4})
	if n := ClipNorm([]*Param{p}, 1); n != 5 {
		t.Errorf("norm %v, want 5", n)
	}
	if got := fmt.Sprint(p.Grad.Data); got != "[0.6 0.8]" {
		t.Errorf("clipped gradient %v", got)
	}
}
