//go:build cgo

// Command peers compares par's f32 products with OpenBLAS on the shapes of
// LLaVA-1.5: both multiply the same numbers in one process, in turn. It needs
// Debian's libopenblas-dev:
//
//	CGO_ENABLED=1 go run . -threads 2
package main

/*
#cgo LDFLAGS: -lopenblas
#include <cblas.h>
extern void openblas_set_num_threads(int);
extern char *openblas_get_config(void);
extern char *openblas_get_corename(void);
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
	M        int     `json:"m"`
	N        int     `json:"n"`
	K        int     `json:"k"`
	Threads  int     `json:"threads"`
	Tier     string  `json:"tier"`
	Peak     float64 `json:"peak"`          // f32 GFLOP/s of the same run
	Ours     float64 `json:"gflops"`        // medians
	OpenBLAS float64 `json:"openblas"`      //
	Ratio    float64 `json:"ratio"`         // median of ours/theirs, pair by pair
	Spread   float64 `json:"spread"`        // (largest - smallest ratio) / median
	Error    float64 `json:"max_deviation"` // largest difference of two elements over the largest element
}

func main() {
	log.SetFlags(0)
	threads := flag.Int("threads", 2, "threads of both")
	reps := flag.Int("reps", 11, "alternating repetitions")
	asJSON := flag.Bool("json", false, "one JSON object a line")
	flag.Parse()
	C.openblas_set_num_threads(C.int(*threads))
	pool := tensor.NewPool(*threads)
	defer pool.Close()
	if !*asJSON {
		fmt.Printf("%s, core %s; par tier %s; %d threads\n", C.GoString(C.openblas_get_config()), C.GoString(C.openblas_get_corename()), asm.Tier(), *threads)
		fmt.Println("       shape          peak    par  OpenBLAS  ratio  spread")
	}
	for _, s := range [][3]int{{577, 1024, 1024}, {577, 4096, 1024}, {577, 1024, 4096}, {626, 4096, 4096}, {626, 11008, 4096}, {226, 11008, 4096}, {226, 4096, 11008}} {
		r := compare(pool, s[0], s[1], s[2], *reps)
		if *asJSON {
			if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
				log.Fatal(err)
			}
			continue
		}
		fmt.Printf("%4dx%5dx%5d  %8.0f %6.0f  %8.0f  %5.2f  %6.2f\n", r.M, r.N, r.K, r.Peak, r.Ours, r.OpenBLAS, r.Ratio, r.Spread)
	}
}

// compare times C[m,n] = A[m,k] W[n,k]ᵀ.
func compare(p *tensor.Pool, m, n, k, reps int) result {
	a, w := random(m, k), random(n, k)
	ours, theirs := tensor.New(m, n), tensor.New(m, n)
	weights := w.Matrix()
	par := func() { p.MatMul(ours, a, nil, weights, nil) }
	blas := func() {
		C.cblas_sgemm(C.CblasRowMajor, C.CblasNoTrans, C.CblasTrans, C.blasint(m), C.blasint(n), C.blasint(k), 1,
			(*C.float)(&a.Data[0]), C.blasint(k), (*C.float)(&w.Data[0]), C.blasint(k), 0, (*C.float)(&theirs.Data[0]), C.blasint(n))
	}
	par()
	blas()
	work := 2e-9 * float64(m) * float64(n) * float64(k)
	var mine, other, ratios, peaks []float64
	for range reps {
		// OpenBLAS's threads spin for a while after a product.
		time.Sleep(200 * time.Millisecond)
		peaks = append(peaks, probe.FloatPeak(p.Threads(), 15*time.Millisecond))
		x := seconds(par)
		y := seconds(blas)
		mine, other, ratios = append(mine, work/x), append(other, work/y), append(ratios, y/x)
	}
	r := result{M: m, N: n, K: k, Threads: p.Threads(), Tier: asm.Tier(), Peak: median(peaks), Ours: median(mine), OpenBLAS: median(other), Ratio: median(ratios)}
	r.Spread = (slices.Max(ratios) - slices.Min(ratios)) / r.Ratio
	var top, diff float64
	for i, x := range theirs.Data {
		top = math.Max(top, math.Abs(float64(x)))
		diff = math.Max(diff, math.Abs(float64(x-ours.Data[i])))
	}
	r.Error = diff / top
	return r
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
