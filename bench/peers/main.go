//go:build cgo

// Command peers compares par's products on the shapes of LLaVA-1.5 with those of
// others: both multiply the same numbers in one process, in turn. f32 products are
// compared with OpenBLAS, for which it needs Debian's libopenblas-dev; with -ggml DIR
// all common types of weights with ggml's CPU backend, whose shared libraries are in
// DIR (the Python package llama-cpp-python has them in llama_cpp/lib, built for this
// CPU with CMAKE_ARGS=-DGGML_NATIVE=ON):
//
//	CGO_ENABLED=1 go run . -threads 2 -ggml DIR
package main

/*
#cgo LDFLAGS: -lopenblas
#include <cblas.h>
extern void openblas_set_num_threads(int);
*/
import "C"

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/bench/probe"
	"github.com/go-par/par/tensor"
)

type result struct {
	Peer    string  `json:"peer"`
	Type    string  `json:"type"`    // of the weights
	Compute string  `json:"compute"` // our arithmetic
	M       int     `json:"m"`
	N       int     `json:"n"`
	K       int     `json:"k"`
	Threads int     `json:"threads"`
	Tier    string  `json:"tier"`
	Peak    float64 `json:"peak"`          // f32 GFLOP/s of the same run
	Ours    float64 `json:"gflops"`        // medians
	Theirs  float64 `json:"theirs"`        //
	Ratio   float64 `json:"ratio"`         // median of ours/theirs, pair by pair
	Spread  float64 `json:"spread"`        // (largest - smallest ratio) / median
	Error   float64 `json:"max_deviation"` // largest difference of two elements over the largest element
}

// shapes are m, n, k of CLIP ViT-L/14-336 and of LLaMA-7B's prefill, unpruned and
// pruned.
var shapes = [][3]int{{577, 1024, 1024}, {577, 4096, 1024}, {577, 1024, 4096}, {626, 4096, 4096}, {626, 11008, 4096}, {226, 11008, 4096}, {226, 4096, 11008}}

func main() {
	log.SetFlags(0)
	threads := flag.Int("threads", 2, "threads of both")
	reps := flag.Int("reps", 11, "alternating repetitions")
	ggml := flag.String("ggml", "", "compare with ggml's shared libraries in a `directory`, not with OpenBLAS")
	asJSON := flag.Bool("json", false, "one JSON object a line")
	flag.Parse()
	pool := tensor.NewPool(*threads)
	defer pool.Close()
	show := func(r result) {
		if *asJSON {
			if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
				log.Fatal(err)
			}
			return
		}
		fmt.Printf("%-5s %-5s %4dx%5dx%5d  %8.0f %6.0f %8.0f  %5.2f  %6.2f  %9.1e\n", r.Type, r.Compute, r.M, r.N, r.K, r.Peak, r.Ours, r.Theirs, r.Ratio, r.Spread, r.Error)
	}
	peer := "OpenBLAS"
	if *ggml != "" {
		peer = "ggml"
	}
	if !*asJSON {
		fmt.Printf("%s; par tier %s; %d threads; GFLOP/s\ntype  in                shape      peak    par %8s  ratio  spread  deviation\n", peer, asm.Tier(), *threads, peer)
	}
	if *ggml == "" {
		C.openblas_set_num_threads(C.int(*threads))
		for _, s := range shapes {
			show(compare(pool, s[0], s[1], s[2], *reps))
		}
		return
	}
	if err := openGGML(*ggml, *threads); err != nil {
		log.Fatal(err)
	}
	for _, t := range ggmlTypes {
		pool.SetCompute(t.compute)
		for _, s := range shapes[3:] {
			r, err := compareGGML(pool, t.Type, t.repacked, s[0], s[1], s[2], *reps)
			if err != nil {
				log.Fatal(err)
			}
			r.Peer, r.Compute = peer, t.compute.For(t.Type).String()
			show(r)
		}
	}
}

// compare times C[m,n] = A[m,k] W[n,k]ᵀ in f32.
func compare(p *tensor.Pool, m, n, k, reps int) result {
	a, w := random(m, k), random(n, k)
	ours, theirs := tensor.New(m, n), tensor.New(m, n)
	weights := w.Matrix()
	r := alternate(p, m, n, k, reps, func() { p.MatMul(ours, a, nil, weights, nil) }, func() {
		C.cblas_sgemm(C.CblasRowMajor, C.CblasNoTrans, C.CblasTrans, C.blasint(m), C.blasint(n), C.blasint(k), 1,
			(*C.float)(&a.Data[0]), C.blasint(k), (*C.float)(&w.Data[0]), C.blasint(k), 0, (*C.float)(&theirs.Data[0]), C.blasint(n))
	})
	r.Peer, r.Type, r.Compute, r.Error = "OpenBLAS", "F32", tensor.ComputeF32.String(), deviation(ours, theirs)
	return r
}

// alternate times two products of the same numbers in turn.
func alternate(p *tensor.Pool, m, n, k, reps int, par, peer func()) result {
	par()
	peer()
	work := 2e-9 * float64(m) * float64(n) * float64(k)
	var mine, other, ratios, peaks []float64
	for range reps {
		// A peer's threads may spin for a while after a product.
		time.Sleep(200 * time.Millisecond)
		peaks = append(peaks, probe.FloatPeak(p.Threads(), 15*time.Millisecond))
		x := seconds(par)
		y := seconds(peer)
		mine, other, ratios = append(mine, work/x), append(other, work/y), append(ratios, y/x)
	}
	r := result{M: m, N: n, K: k, Threads: p.Threads(), Tier: asm.Tier(), Peak: median(peaks), Ours: median(mine), Theirs: median(other), Ratio: median(ratios)}
	r.Spread = (slices.Max(ratios) - slices.Min(ratios)) / r.Ratio
	return r
}

// deviation returns the largest difference of two elements over the largest element.
func deviation(ours, theirs tensor.Tensor) float64 {
	var top, diff float64
	for i, x := range theirs.Data {
		top = math.Max(top, math.Abs(float64(x)))
		diff = math.Max(diff, math.Abs(float64(x-ours.Data[i])))
	}
	return diff / top
}

func random(rows, cols int) tensor.Tensor {
	t := tensor.New(rows, cols)
	for i := range t.Data {
		t.Data[i] = rand.Float32() - 0.5
	}
	return t
}

func seconds(f func()) float64 {
	start := time.Now()
	f()
	return time.Since(start).Seconds()
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
