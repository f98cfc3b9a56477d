// Package probe measures what a machine can do at most with the active tier of
// package asm, so that a kernel can be stated as a share of it. Machines drift
// with heat and neighbours: probe in the same run as the kernel, alternately.
package probe

import (
	"sync"
	"time"

	"github.com/go-par/par/asm"
)

// FloatPeak returns the f32 multiply-adds in GFLOP/s that threads do together for
// about d, each on registers of its own.
func FloatPeak(threads int, d time.Duration) float64 { return peak(threads, d, asm.ProbeF32) }

// BF16Peak is FloatPeak for dot products of bf16 pairs, 0 on a tier without.
func BF16Peak(threads int, d time.Duration) float64 { return peak(threads, d, asm.ProbeBF16) }

// Int8Peak is FloatPeak for dot products of int8 fours, 0 on a tier without.
func Int8Peak(threads int, d time.Duration) float64 { return peak(threads, d, asm.ProbeInt8) }

// peak adds the rates of the threads, each over its own time, so that one that
// starts late does not count as idle.
func peak(threads int, d time.Duration, probe func(n int) int) float64 {
	const turns = 1000 // some microseconds a call
	rates := make([]float64, threads)
	inParallel(threads, func(i int) {
		probe(turns)
		var ops float64
		start := time.Now()
		for time.Since(start) < d {
			ops += turns * float64(probe(turns))
		}
		rates[i] = ops / time.Since(start).Seconds()
	})
	var sum float64
	for _, r := range rates {
		sum += r
	}
	return sum * 1e-9
}

// ReadRate returns the bytes in GB/s that threads read together from data, once.
// data should be several times the last-level cache.
func ReadRate(threads int, data ...[]byte) float64 {
	const piece = 1 << 20
	var pieces [][]byte
	var total int
	for _, d := range data {
		total += len(d)
		for len(d) > 0 {
			n := min(piece, len(d))
			pieces = append(pieces, d[:n])
			d = d[n:]
		}
	}
	start := time.Now()
	inParallel(threads, func(i int) {
		for ; i < len(pieces); i += threads {
			asm.ProbeRead(pieces[i])
		}
	})
	return float64(total) / time.Since(start).Seconds() * 1e-9
}

// inParallel runs f(i) for i below threads, each on a goroutine.
func inParallel(threads int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range threads {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}
