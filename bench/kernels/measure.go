package main

import (
	"math/rand/v2"
	"time"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/bench/probe"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

const (
	probeTime = 15 * time.Millisecond
	leastTime = 15 * time.Millisecond // of a kernel, which is repeated until then

	// Weights to decode come from memory, not from a cache, where all of them
	// together are several times its size.
	decodeBytes = 256 << 20
)

type bench struct {
	pool    *tensor.Pool
	repeats int
	random  *rand.Rand
}

func newBench(threads, repeats int) *bench {
	return &bench{tensor.NewPool(threads), repeats, rand.New(rand.NewPCG(1, 1))}
}

// measure alternates the kernel of a line with its probe.
func (b *bench) measure(l line) (result, error) {
	var run func()
	var work float64 // operations or bytes of one run
	threads := b.pool.Threads()
	peak := func() float64 { return probe.FloatPeak(threads, probeTime) }
	switch l.kernel {
	case attention, causal:
		run, work = b.attention(l)
	default:
		weights, err := b.weights(l)
		if err != nil {
			return result{}, err
		}
		run, work = b.product(l, weights), 2*float64(l.m)*float64(l.n)*float64(l.k)
		if l.kernel == decode {
			work = float64(len(weights[0].Bytes()))
			peak = func() float64 { return readRate(threads, weights) }
		}
	}

	run()
	rates, peaks, ratios := make([]float64, b.repeats), make([]float64, b.repeats), make([]float64, b.repeats)
	for i := range b.repeats {
		peaks[i] = peak()
		rates[i] = work * 1e-9 * timesPerSecond(run)
		ratios[i] = rates[i] / peaks[i]
	}
	r := result{Kernel: l.kernel, Type: l.typ.String(), M: l.m, N: l.n, K: l.k, Threads: threads, Tier: asm.Tier()}
	rate, _ := summary(rates)
	if l.kernel == decode {
		r.GBps = rate
	} else {
		r.GFLOPs = rate
	}
	r.Peak, _ = summary(peaks)
	r.Ratio, r.Spread = summary(ratios)
	return r, nil
}

// timesPerSecond repeats run for leastTime at least.
func timesPerSecond(run func()) float64 {
	start := time.Now()
	for n := 1; ; n++ {
		run()
		if d := time.Since(start); d >= leastTime {
			return float64(n) / d.Seconds()
		}
	}
}

func readRate(threads int, weights []*tensor.Matrix) float64 {
	data := make([][]byte, len(weights))
	for i, w := range weights {
		data[i] = w.Bytes()
	}
	return probe.ReadRate(threads, data...)
}

// product returns a run of a product, each with the next of the weights.
func (b *bench) product(l line, weights []*tensor.Matrix) func() {
	a, dst := b.tensor(l.m, l.k), tensor.New(l.m, l.n)
	var list []int32
	if l.kernel == rows {
		for i := range l.m {
			list = append(list, int32(i))
		}
	}
	next := 0
	return func() {
		b.pool.MatMul(dst, a, list, weights[next], nil)
		next = (next + 1) % len(weights)
	}
}

// attention returns a run of attention and its operations, counting for causal
// what is before the query only.
func (b *bench) attention(l line) (run func(), ops float64) {
	width := l.n * l.k
	q, dst := b.tensor(l.m, width), tensor.New(l.m, width)
	kv := tensor.NewKV(l.n, l.k, l.m)
	kv.Append(b.tensor(l.m, width), b.tensor(l.m, width))
	var limits []int32
	pairs := float64(l.m) * float64(l.m)
	if l.kernel == causal {
		for i := range l.m {
			limits = append(limits, int32(i+1))
		}
		pairs = float64(l.m) * float64(l.m+1) / 2
	}
	return func() { b.pool.Attention(dst, q, l.n, kv, limits, 0.125) }, 4 * pairs * float64(width)
}

func (b *bench) tensor(rows, cols int) tensor.Tensor {
	t := tensor.New(rows, cols)
	for i := range t.Data {
		t.Data[i] = float32(b.random.NormFloat64())
	}
	return t
}

// weights returns one matrix, or as many as decoding takes to read from memory.
func (b *bench) weights(l line) ([]*tensor.Matrix, error) {
	row, err := l.typ.RowBytes(l.k)
	if err != nil {
		return nil, err
	}
	count := 1
	if l.kernel == decode {
		count = max(2, decodeBytes/(row*l.n))
	}
	sample, err := b.encoded(l.typ, l.k)
	if err != nil {
		return nil, err
	}
	all := make([]*tensor.Matrix, count)
	for i := range all {
		data := make([]byte, row*l.n)
		for n := 0; n < len(data); {
			n += copy(data[n:], sample)
		}
		if all[i], err = tensor.NewMatrix(l.typ, l.n, l.k, data); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// encoded returns a few rows of random weights: encoding a whole matrix takes
// longer than measuring it.
func (b *bench) encoded(t quant.Type, cols int) ([]byte, error) {
	const rows = 4
	size, err := t.RowBytes(rows * cols)
	if err != nil {
		return nil, err
	}
	data := make([]byte, size)
	return data, quant.Encode(t, data, b.tensor(rows, cols).Data)
}
