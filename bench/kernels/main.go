// Command kernels measures the kernels on the shapes of real models, each as a
// share of what the machine can do in the same run.
//
//	go run ./bench/kernels [-filter REGEXP] [-quick] [-json] [-threads N] [-repeats N]
//
// Every line alternates the kernel with a probe: f32 multiply-adds for products and
// attention, reading memory for decoding. It shows the medians of the kernel's
// rate, of the probe's and of their ratio, and the spread of the ratio, half the
// distance between its quartiles relative to the median. PAR_CPU chooses the tier.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"

	"github.com/go-par/par/asm"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("kernels: ")
	filter := flag.String("filter", "", "measure only the lines whose text matches this `regexp`")
	quick := flag.Bool("quick", false, "measure fewer lines, fewer times: under 50 s")
	asJSON := flag.Bool("json", false, "print one JSON object a line")
	threads := flag.Int("threads", 0, "threads; 0: one a processor")
	repeats := flag.Int("repeats", 0, "times to measure each line; 0: 15, or 5 with -quick")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatalf("argument %q is not a flag", flag.Arg(0))
	}
	wanted, err := regexp.Compile(*filter)
	if err != nil {
		log.Fatalf("-filter: %v", err)
	}
	switch {
	case *repeats > 0:
	case *quick:
		*repeats = 5
	default:
		*repeats = 15
	}

	b := newBench(*threads, *repeats)
	defer b.pool.Close()
	print := printRow
	if *asJSON {
		print = printJSON
	} else {
		fmt.Printf("tier %s (%s), %d threads\n", asm.Tier(), asm.TierReason(), b.pool.Threads())
		fmt.Println("kernel     type    arithmetic      m      n      k            rate     peak   ratio  spread")
	}
	for _, l := range lines {
		if *quick && !l.quick || !wanted.MatchString(l.String()) {
			continue
		}
		r, err := b.measure(l)
		if err != nil {
			log.Fatalf("%v: %v", l, err)
		}
		if err := print(os.Stdout, r); err != nil {
			log.Fatal(err)
		}
	}
}

// result is a line of the table.
type result struct {
	Kernel     string  `json:"kernel"`
	Type       string  `json:"type"`
	Arithmetic string  `json:"arithmetic"`
	Causal     bool    `json:"causal,omitempty"`
	M          int     `json:"m"`
	N          int     `json:"n"`
	K          int     `json:"k"`
	Threads    int     `json:"threads"`
	Tier       string  `json:"tier"`
	GFLOPs     float64 `json:"gflops,omitempty"`
	GBps       float64 `json:"gbps,omitempty"`
	Peak       float64 `json:"peak"`  // GFLOP/s of the f32 probe, GB/s of the read probe for decode
	Ratio      float64 `json:"ratio"` // of the kernel's rate to the peak
	Spread     float64 `json:"spread"`
	Overhead   float64 `json:"overhead,omitempty"` // of rows: time relative to the rows in order
}

func printRow(w io.Writer, r result) error {
	rate := fmt.Sprintf("%.1f GFLOP/s", r.GFLOPs)
	if r.GBps > 0 {
		rate = fmt.Sprintf("%.1f GB/s", r.GBps)
	}
	note := ""
	switch {
	case r.Causal:
		note = "  causal"
	case r.Overhead > 0:
		note = fmt.Sprintf("  %.3f of the time in order", r.Overhead)
	}
	_, err := fmt.Fprintf(w, "%-10s %-7s %-10s %6d %6d %6d %15s %8.1f %7.3f %6.1f%%%s\n",
		r.Kernel, r.Type, r.Arithmetic, r.M, r.N, r.K, rate, r.Peak, r.Ratio, 100*r.Spread, note)
	return err
}

func printJSON(w io.Writer, r result) error { return json.NewEncoder(w).Encode(r) }
