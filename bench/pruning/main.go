// Command pruning checks that pruning costs nothing beyond the work it skips. It
// times prefills of random flows that keep T image tokens and run L layers, and
// holds them against
//
//   - the same layers in dense prompts of as many rows: those below the pruning
//     point in one of all rows, the others in one of the rows that are kept;
//   - the unpruned prefill's time, times the share of its operations that is left.
//
// The first is what a model of exactly that size takes. The second also tells by
// how much fewer rows use the machine less well. Runs of all three alternate.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/par"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

// question is the number of text rows beside the visual tokens.
const question = 50

// result sums up the flows of one budget, in milliseconds: medians over the
// repetitions. Spreads are (largest - smallest) / median.
type result struct {
	Tokens     int     `json:"tokens"`
	Layers     int     `json:"layers"`
	OfLayers   int     `json:"of_layers"`
	FromLayer  int     `json:"from_layer"`
	Flow       float64 `json:"flow_ms"`
	Dense      float64 `json:"dense_ms"` // the same layers in dense prompts of as many rows
	Ratio      float64 `json:"ratio"`    // flow / dense
	Spread     float64 `json:"spread"`
	Unpruned   float64 `json:"unpruned_ms"`
	Operations float64 `json:"operations"`     // of the flow, as a share of the unpruned prefill's
	ByCount    float64 `json:"ratio_by_count"` // flow / (unpruned * operations)
	CountRange float64 `json:"spread_by_count"`
	Reps       int     `json:"reps"`
}

func main() {
	log.SetFlags(0)
	var o lvlm.Options
	path := flag.String("m", "", "checkpoint of a LLaVA; layers of LLaVA-1.5-7B's shape with random weights by default")
	flag.StringVar(&o.Projector, "mmproj", "", "GGUF `file` of its vision tower and projector")
	layers := flag.Int("n", 8, "decoder layers, of random weights")
	typ := flag.String("type", "bf16", "storage type of random weights")
	from := flag.Int("prune-layer", par.DefaultFromLayer, "first decoder layer without the dropped tokens")
	tokens := list(flag.CommandLine, "tokens", "`numbers` of image tokens to keep", 256, 176, 128, 64)
	run := list(flag.CommandLine, "layers", "`numbers` of decoder layers to run; all and three quarters by default")
	reps := flag.Int("reps", 5, "repetitions")
	flag.Func("compute", "`arithmetic` of products: auto, f32, bf16, int8", func(s string) (err error) {
		o.Compute, err = tensor.ParseCompute(s)
		return err
	})
	flag.IntVar(&o.Threads, "threads", 0, "threads; 0: one a processor")
	cpu := flag.Bool("cpu", false, "time on the processors instead of wall-clock time: for a machine that has other work; with -threads 1, as waiting threads count")
	quick := flag.Bool("quick", false, "4 layers pruned at layer 0, products in bf16, 4 repetitions: under a minute")
	asJSON := flag.Bool("json", false, "one JSON object a line")
	flag.Parse()
	if *quick {
		*layers, *from, *reps = 4, 0, 4
		if o.Compute == tensor.Auto {
			o.Compute = tensor.ComputeBF16
		}
	}
	m, err := open(*path, *layers, *typ, o)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	n := len(m.Decoder.Layers)
	if len(*run) == 0 {
		*run = []int{n, n * 3 / 4}
	}
	start := time.Now()
	b := &bench{model: m, from: *from, now: func() time.Duration { return time.Since(start) }}
	if *cpu {
		b.now = cpuTime
	}
	for _, t := range *tokens {
		for _, l := range *run {
			b.budgets = append(b.budgets, &budget{tokens: t, layers: l})
		}
	}
	if err := b.measure(*reps); err != nil {
		log.Fatal(err)
	}
	if !*asJSON {
		c := &m.Config.Text
		fmt.Printf("%d layers of width %d, %s, products in %v, pruned at layer %d, %d text rows, %d repetitions\n",
			n, c.Hidden, m.Decoder.Layers[0].MLP.Up.W.Type(), o.Compute, *from, question, *reps)
		fmt.Println("tokens  layers   flow ms  dense ms   ratio  spread  unpruned ms  operations  ratio by count  spread")
	}
	for _, c := range b.budgets {
		r := b.result(c)
		if *asJSON {
			if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
				log.Fatal(err)
			}
			continue
		}
		fmt.Printf("%6d  %2d/%-2d   %8.0f  %8.0f  %6.3f  %6.3f  %11.0f  %10.4f  %14.3f  %6.3f\n",
			r.Tokens, r.Layers, r.OfLayers, r.Flow, r.Dense, r.Ratio, r.Spread, r.Unpruned, r.Operations, r.ByCount, r.CountRange)
	}
}

// list defines a flag of numbers with commas between.
func list(fs *flag.FlagSet, name, usage string, numbers ...int) *[]int {
	fs.Func(name, usage, func(s string) error {
		numbers = nil
		for field := range strings.SplitSeq(s, ",") {
			n, err := strconv.Atoi(field)
			if err != nil {
				return err
			}
			numbers = append(numbers, n)
		}
		return nil
	})
	return &numbers
}

// open opens a checkpoint, or invents a LLaVA whose layers, of LLaVA-1.5-7B's
// shape, share one layer's weights. Its vision tower is just large enough to give
// 576 tokens.
func open(path string, layers int, typ string, o lvlm.Options) (*lvlm.Model, error) {
	if path != "" {
		return lvlm.Open(path, o)
	}
	t, err := quant.Parse(typ)
	if err != nil {
		return nil, err
	}
	c := lvlm.LLaVA7B()
	c.Text.Layers = layers
	v := c.Vision
	v.Hidden, v.Intermediate, v.Layers, v.Heads, v.FeatureLayers = 64, 64, 1, 1, []int{0}
	return lvlm.NewRandom(c, lvlm.Random{Type: t, Share: true}, o)
}

// result sums a budget's runs up.
func (b *bench) result(c *budget) *result {
	r := &result{Tokens: c.tokens, Layers: c.layers, OfLayers: len(b.model.Decoder.Layers), FromLayer: b.from, Reps: len(c.flow)}
	r.Flow, _ = summary(c.flow)
	r.Dense, _ = summary(c.dense)
	r.Unpruned, _ = summary(b.unpruned)
	r.Ratio, r.Spread = summary(quotients(c.flow, c.dense))
	r.Operations = c.operations
	counted := make([]float64, len(b.unpruned))
	for i, t := range b.unpruned {
		counted[i] = t * c.operations
	}
	r.ByCount, r.CountRange = summary(quotients(c.flow, counted))
	return r
}

func quotients(a, b []float64) []float64 {
	q := make([]float64, len(a))
	for i := range q {
		q[i] = a[i] / b[i]
	}
	return q
}

// summary returns the median of v and its spread.
func summary(v []float64) (median, spread float64) {
	v = slices.Sorted(slices.Values(v))
	median = (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	return median, (v[len(v)-1] - v[0]) / median
}
