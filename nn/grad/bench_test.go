package grad

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
)

// A small LLaVA, as it is trained: what it costs to learn from one group of pictures
// on one thread.
const (
	benchPictures = 2
	benchWidth    = 192
	benchPatches  = 197 // with the class token
	benchRows     = 300 // a picture in the decoder: visual tokens and questions
	benchPrefix   = 140 // of them that all questions share
	benchQuestion = 16
)

// step is a forward and backward pass of some pictures, and its products' operations.
type step struct {
	run   func(t *Tape)
	flops float64
}

func products(params []*Param, rows int) float64 {
	var weights float64
	for _, p := range params {
		if p.Value.Rows > 1 {
			weights += float64(len(p.Value.Data))
		}
	}
	return 2 * 3 * weights * float64(rows)
}

// seen counts the queries' keys. A key takes two products of a head's length forward
// and four back.
func (m *Mask) seen(rows int) (keys float64) {
	for i := range rows {
		shared, own := m.row(i, rows)
		keys += float64(shared.To - shared.From + own.To - own.From)
	}
	return keys
}

func dense(rng *rand.Rand, out, in int, bias bool) nn.Linear {
	w := random(rng, "", out, in).Value
	for i := range w.Data {
		w.Data[i] /= float32(math.Sqrt(float64(in)))
	}
	l := nn.Linear{W: w.Matrix()}
	if bias {
		l.B = make([]float32, out)
	}
	return l
}

func ones(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

// tower returns five CLIP blocks with 3 heads of 64.
func tower() step {
	rng := rand.New(rand.NewPCG(1, 1))
	const w, rows = benchWidth, benchPictures * benchPatches
	norm := nn.LayerNorm{W: ones(w), B: make([]float32, w), Eps: 1e-5}
	var blocks []*EncoderLayer
	var params []*Param
	for range 5 {
		b := NewEncoderLayer("", &nn.EncoderLayer{
			Norm1: norm, Norm2: norm,
			Attn: nn.Attention{
				Q: dense(rng, w, w, true), K: dense(rng, w, w, true), V: dense(rng, w, w, true), O: dense(rng, w, w, true),
				Heads: 3, KVHeads: 3, HeadDim: 64,
			},
			MLP: nn.MLP{FC1: dense(rng, 768, w, true), FC2: dense(rng, w, 768, true), Act: tensor.QuickGELU},
		})
		blocks, params = append(blocks, b), append(params, b.Params()...)
	}
	var mask Mask
	for i := range rows {
		start := int32(i / benchPatches * benchPatches)
		mask.Own = append(mask.Own, Span{start, start + benchPatches})
	}
	x := random(rng, "", rows, w).Value
	return step{
		run: func(t *Tape) {
			t.Reset()
			y := t.Input(x)
			for _, b := range blocks {
				y = b.Forward(t, y, mask)
			}
			t.Backward(y, 1e-3)
			t.Flush(params)
		},
		flops: products(params, rows) + 5*2*6*w*mask.seen(rows),
	}
}

// decoder returns ten layers with 4 heads of 48, and the words' logits.
func decoder() step {
	rng := rand.New(rand.NewPCG(2, 2))
	const w, rows, vocabulary = benchWidth, benchPictures * benchRows, 1000
	var layers []*DecoderLayer
	var params []*Param
	norm := nn.RMSNorm{W: ones(w), Eps: 1e-5}
	for range 10 {
		l := NewDecoderLayer("", &nn.DecoderLayer{
			InputNorm: norm, PostNorm: norm,
			Attn: nn.Attention{
				Q: dense(rng, w, w, false), K: dense(rng, w, w, false), V: dense(rng, w, w, false), O: dense(rng, w, w, false),
				Heads: 4, KVHeads: 4, HeadDim: 48,
			},
			MLP: nn.GatedMLP{Gate: dense(rng, 512, w, false), Up: dense(rng, 512, w, false), Down: dense(rng, w, 512, false)},
		})
		layers, params = append(layers, l), append(params, l.Params()...)
	}
	output := random(rng, "", vocabulary, w)
	rope, err := nn.NewRoPE(48, 10000, nn.RopeScaling{})
	if err != nil {
		panic(err)
	}
	var mask Mask
	var pos, answers, words []int32
	for i := range rows {
		start, at := int32(i/benchRows*benchRows), int32(i%benchRows)
		own, shared := Span{start, int32(i) + 1}, Span{}
		if at >= benchPrefix {
			shared = Span{start, start + benchPrefix}
			own.From = start + benchPrefix + (at-benchPrefix)/benchQuestion*benchQuestion
			if i%2 == 0 {
				answers, words = append(answers, int32(i)), append(words, rng.Int32N(vocabulary))
			}
			at = benchPrefix + (at-benchPrefix)%benchQuestion
		}
		mask.Own, mask.Shared, pos = append(mask.Own, own), append(mask.Shared, shared), append(pos, at)
	}
	var rot nn.Rotation
	rot.At(rope, pos)
	x := random(rng, "", rows, w).Value
	all := append(params[:len(params):len(params)], output)
	return step{
		run: func(t *Tape) {
			t.Reset()
			y := t.Input(x)
			for _, l := range layers {
				y = l.Forward(t, y, rot.Cos, rot.Sin, mask)
			}
			y = t.Linear(t.Gather(y, answers), t.Param(output), nil)
			t.Backward(t.CrossEntropy(y, words), 1)
			t.Flush(all)
		},
		flops: products(params, rows) + products([]*Param{output}, len(answers)) + 10*2*6*w*mask.seen(rows),
	}
}

// probe returns what the core does at most in products of that arithmetic, in
// operations a second.
func probe(compute tensor.Compute) float64 {
	f := asm.ProbeF32
	if compute == tensor.ComputeBF16 && asm.ProbeBF16(1) > 0 {
		f = asm.ProbeBF16
	}
	const turns = 1 << 20
	best := math.Inf(1)
	var ops int
	for range 10 {
		start := time.Now()
		ops = f(turns)
		best = min(best, time.Since(start).Seconds())
	}
	return float64(ops) * turns / best
}

// BenchmarkStep learns from a group of pictures on each of some threads. The share of
// the peak is that of one thread's, times the threads.
func BenchmarkStep(b *testing.B) {
	for _, model := range []struct {
		name string
		new  func() step
	}{{"tower", tower}, {"decoder", decoder}} {
		for _, compute := range []tensor.Compute{tensor.ComputeF32, tensor.ComputeBF16} {
			for threads := 1; threads <= runtime.GOMAXPROCS(0); threads *= 2 {
				b.Run(fmt.Sprintf("%s/%v/threads=%d", model.name, compute, threads), func(b *testing.B) {
					benchmarkStep(b, model.new, compute, threads)
				})
			}
		}
	}
}

func benchmarkStep(b *testing.B, model func() step, compute tensor.Compute, threads int) {
	var tapes []*Tape
	var steps []step
	for range threads {
		tape := NewTape(tensor.NewPool(1)).Local()
		tape.Compute = compute
		tapes, steps = append(tapes, tape), append(steps, model())
	}
	all := func() {
		var wg sync.WaitGroup
		for i := range tapes {
			wg.Go(func() { steps[i].run(tapes[i]) })
		}
		wg.Wait()
	}
	all()
	peak := probe(compute) * float64(threads)
	for b.Loop() {
		all()
	}
	s := b.Elapsed().Seconds() / float64(b.N) / float64(threads)
	b.ReportMetric(benchPictures/s, "pictures/s")
	b.ReportMetric(steps[0].flops/s/1e9, "GFLOP/s")
	b.ReportMetric(100*steps[0].flops/s/peak, "%peak")
}
