// Kernels measures the kernels on the shapes of real models, each as a share of
// what the machine can do in the same run.
//
//	go run ./bench/kernels [-filter REGEXP] [-quick] [-json] [-threads N] [-repeats N]
//
// Every line alternates the kernel with a probe: f32 multiply-adds for products,
// reading memory for decoding. It shows the medians of the kernel's rate, of the
// probe's and of their ratio, and the spread of the ratio, half the distance
// between its quartiles relative to the median. PAR_CPU chooses the tier.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"

	"github.com/go-par/par/asm"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		os.Exit(1)
	}
}

func run() error {
	filter := flag.String("filter", "", "measure the lines that match this `regexp` only")
	quick := flag.Bool("quick", false, "measure fewer shapes, fewer times, in less than 50 seconds")
	asJSON := flag.Bool("json", false, "print one JSON object per line")
	threads := flag.Int("threads", 0, "threads of the pool, GOMAXPROCS where 0")
	repeats := flag.Int("repeats", 0, "times to measure each line, 5 with -quick and 15 without where 0")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("argument %q is not a flag", flag.Arg(0))
	}
	wanted, err := regexp.Compile(*filter)
	if err != nil {
		return fmt.Errorf("-filter: %w", err)
	}
	if *repeats <= 0 {
		*repeats = 15
		if *quick {
			*repeats = 5
		}
	}

	b := newBench(*threads, *repeats)
	defer b.pool.Close()
	print := printRow
	if *asJSON {
		print = printJSON
	} else {
		fmt.Printf("tier %s (%s), %d threads\n", asm.Tier(), asm.TierReason(), b.pool.Threads())
		fmt.Printf("%-10s %-12s %6s %6s %6s %12s %12s %6s %6s\n", "kernel", "type", "m", "n", "k", "rate", "peak", "ratio", "spread")
	}
	for _, l := range lines {
		if *quick && !l.quick || !wanted.MatchString(l.String()) {
			continue
		}
		r, err := b.measure(l)
		if err != nil {
			return fmt.Errorf("%v: %w", l, err)
		}
		if err := print(r); err != nil {
			return err
		}
	}
	return nil
}

// result is one line of the table.
type result struct {
	Kernel  string  `json:"kernel"`
	Type    string  `json:"type"`
	M       int     `json:"m"`
	N       int     `json:"n"`
	K       int     `json:"k"`
	Threads int     `json:"threads"`
	Tier    string  `json:"tier"`
	GFLOPs  float64 `json:"gflops,omitempty"`
	GBps    float64 `json:"gbps,omitempty"`
	Peak    float64 `json:"peak"`  // GFLOP/s of the f32 probe, GB/s of the read probe for decode
	Ratio   float64 `json:"ratio"` // of the kernel's rate to the peak
	Spread  float64 `json:"spread"`
}

func printRow(r result) error {
	rate, unit := r.GFLOPs, "GFLOP/s"
	if r.GBps > 0 {
		rate, unit = r.GBps, "GB/s   "
	}
	_, err := fmt.Printf("%-10s %-12s %6d %6d %6d %7.1f %s %7.1f      %6.3f %5.1f%%\n",
		r.Kernel, r.Type, r.M, r.N, r.K, rate, unit[:4], r.Peak, r.Ratio, 100*r.Spread)
	return err
}

func printJSON(r result) error { return json.NewEncoder(os.Stdout).Encode(r) }

// summary returns the median of v and half the distance of its quartiles
// relative to it.
func summary(v []float64) (median, spread float64) {
	v = slices.Sorted(slices.Values(v))
	at := func(q float64) float64 { return v[int(q*float64(len(v)-1)+0.5)] }
	median = at(0.5)
	return median, (at(0.75) - at(0.25)) / 2 / median
}
