package main

import (
	"math/rand/v2"
	"slices"
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
	decodeBytes = 192 << 20
)

type bench struct {
	pool    *tensor.Pool
	repeats int
	random  *rand.Rand
}

func newBench(threads, repeats int) *bench {
	return &bench{tensor.NewPool(threads), repeats, rand.New(rand.NewPCG(1, 1))}
}

// A trial is what a line alternates.
type trial struct {
	run   func()
	work  float64        // operations or bytes of a run
	peak  func() float64 // of the same per second, in billions
	other func()         // for rows, the same product in order
}

func (b *bench) measure(l line) (result, error) {
	b.pool.SetCompute(l.compute)
	prepare := b.product
	if l.kernel == attention {
		prepare = b.attention
	}
	t, err := prepare(l)
	if err != nil {
		return result{}, err
	}
	t.run()
	var rates, peaks, ratios, overheads []float64
	for range b.repeats {
		peak := t.peak()
		times := timesPerSecond(t.run)
		if t.other != nil {
			overheads = append(overheads, timesPerSecond(t.other)/times)
		}
		rate := t.work * 1e-9 * times
		rates, peaks, ratios = append(rates, rate), append(peaks, peak), append(ratios, rate/peak)
	}
	r := result{
		Kernel: l.kernel, Type: l.typ.String(), Arithmetic: tensor.ComputeF32.String(), Causal: l.causal,
		M: l.m, N: l.n, K: l.k, Threads: b.pool.Threads(), Tier: asm.Tier(),
	}
	if l.kernel != attention {
		r.Arithmetic = l.compute.For(l.typ).String()
	}
	rate, _ := summary(rates)
	if l.kernel == decode {
		r.GBps = rate
	} else {
		r.GFLOPs = rate
	}
	r.Peak, _ = summary(peaks)
	r.Ratio, r.Spread = summary(ratios)
	if overheads != nil {
		r.Overhead, _ = summary(overheads)
	}
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

// summary returns the median of v and half the distance of its quartiles relative
// to it.
func summary(v []float64) (median, spread float64) {
	v = slices.Sorted(slices.Values(v))
	at := func(q float64) float64 { return v[int(q*float64(len(v)-1)+0.5)] }
	median = at(0.5)
	return median, (at(0.75) - at(0.25)) / 2 / median
}

func (b *bench) floatPeak() float64 { return probe.FloatPeak(b.pool.Threads(), probeTime) }

// product runs a product, each time with the next of the weights.
func (b *bench) product(l line) (trial, error) {
	weights, err := b.weights(l)
	if err != nil {
		return trial{}, err
	}
	a, dst := b.tensor(l.m, l.k), tensor.New(l.m, l.n)
	next := 0
	multiply := func(list []int32) {
		b.pool.MatMul(dst, a, list, weights[next], nil)
		next = (next + 1) % len(weights)
	}
	t := trial{
		run:  func() { multiply(nil) },
		work: 2 * float64(l.m) * float64(l.n) * float64(l.k),
		peak: b.floatPeak,
	}
	switch l.kernel {
	case decode:
		data := make([][]byte, len(weights))
		for i, w := range weights {
			data[i] = w.Bytes()
		}
		t.work = float64(len(data[0]))
		t.peak = func() float64 { return probe.ReadRate(b.pool.Threads(), data...) }
	case rows:
		list := make([]int32, l.m)
		for i := range list {
			list[i] = int32(i)
		}
		b.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		t.run, t.other = func() { multiply(list) }, t.run
	}
	return t, nil
}

// attention runs attention; of a causal one, only what stands before a query
// counts.
func (b *bench) attention(l line) (trial, error) {
	width := l.n * l.k
	q, dst := b.tensor(l.m, width), tensor.New(l.m, width)
	kv, err := tensor.NewKVOf(l.typ, l.n, l.k, l.m)
	if err != nil {
		return trial{}, err
	}
	kv.Append(b.tensor(l.m, width), b.tensor(l.m, width))
	var limits []int32
	pairs := float64(l.m) * float64(l.m)
	if l.causal {
		for i := range l.m {
			limits = append(limits, int32(i+1))
		}
		pairs = float64(l.m) * float64(l.m+1) / 2
	}
	return trial{
		run:  func() { b.pool.Attention(dst, q, l.n, kv, limits, 0.125) },
		work: 4 * pairs * float64(width),
		peak: b.floatPeak,
	}, nil
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
