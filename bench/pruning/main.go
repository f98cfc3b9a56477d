// Command pruning checks that pruning costs nothing beyond the work it skips. It
// compares the prefill of a flow that keeps T image tokens and runs L layers with
// that of dense models of exactly that size: the layers below the pruning point
// over all rows, and the rest over the rows that are kept. Layers have the shape of
// LLaVA-1.5-7B's; flow and dense runs alternate.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/par"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

// question is the number of text rows beside the 576 visual tokens.
const question = 50

type result struct {
	Tokens    int     `json:"tokens"`
	Layers    int     `json:"layers"`
	OfLayers  int     `json:"of_layers"`
	FromLayer int     `json:"from_layer"`
	FlowMs    float64 `json:"flow_ms"`
	DenseMs   float64 `json:"dense_ms"`
	Ratio     float64 `json:"ratio"`  // median over the repetitions of flow / dense
	Spread    float64 `json:"spread"` // (largest - smallest ratio) / median
	Reps      int     `json:"reps"`
}

func main() {
	log.SetFlags(0)
	layers := flag.Int("n", 8, "decoder layers of the unpruned model")
	from := flag.Int("prune-layer", par.DefaultFromLayer, "first decoder layer without the dropped tokens")
	reps := flag.Int("reps", 5, "repetitions of each pair")
	typ := flag.String("type", "bf16", "storage type of the weights")
	compute := tensor.Auto
	flag.Func("compute", "`arithmetic` of products: auto, f32, bf16, int8", func(s string) (err error) {
		compute, err = tensor.ParseCompute(s)
		return err
	})
	threads := flag.Int("threads", 0, "threads; 0: one a processor")
	quick := flag.Bool("quick", false, "4 layers pruned at layer 0, products in bf16, 4 repetitions: under 50 s")
	asJSON := flag.Bool("json", false, "one JSON object a line")
	flag.Parse()
	if *quick {
		*layers, *from, *reps = 4, 0, 4
		if compute == tensor.Auto {
			compute = tensor.ComputeBF16
		}
	}
	t, err := quant.Parse(*typ)
	if err != nil {
		log.Fatal(err)
	}
	b := &bench{random: lvlm.Random{Type: t, Share: true}, options: lvlm.Options{Threads: *threads, Compute: compute}, from: *from}
	if !*asJSON {
		fmt.Printf("%d layers of width 4096, %s, products in %v, pruned at layer %d, %d text rows\n", *layers, t, compute, *from, question)
		fmt.Println("tokens  layers   flow ms  dense ms   ratio  spread")
	}
	for _, tokens := range []int{256, 176, 128, 64} {
		for _, run := range []int{*layers, *layers * 3 / 4} {
			r, err := b.pair(tokens, run, *layers, *reps)
			if err != nil {
				log.Fatal(err)
			}
			if *asJSON {
				if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
					log.Fatal(err)
				}
				continue
			}
			fmt.Printf("%6d  %2d/%-2d   %8.0f  %8.0f  %6.3f  %6.3f\n", r.Tokens, r.Layers, r.OfLayers, r.FlowMs, r.DenseMs, r.Ratio, r.Spread)
		}
	}
}

// bench makes models that share one layer's weights.
type bench struct {
	random  lvlm.Random
	options lvlm.Options
	from    int
	models  map[int]*lvlm.Model
	warm    bool
}

// model returns a LLaVA of that many layers of LLaVA-1.5-7B's shape, with a
// vision tower just large enough to give 576 tokens.
func (b *bench) model(layers int) (*lvlm.Model, error) {
	if m := b.models[layers]; m != nil {
		return m, nil
	}
	c := &lvlm.Config{
		Arch: "LLaVA-1.5-7B", ImageMode: "crop",
		Text: lvlm.TextConfig{
			Hidden: 4096, Intermediate: 11008, Layers: layers, Heads: 32, KVHeads: 32, HeadDim: 128,
			Context: 4096, NormEps: 1e-5, RopeTheta: 10000,
		},
		Vision: &lvlm.VisionConfig{
			Hidden: 64, Intermediate: 64, Layers: 1, Heads: 1, ImageSize: 336, PatchSize: 14,
			NormEps: 1e-5, Act: tensor.QuickGELU, FeatureLayers: []int{0},
		},
		Projector: &lvlm.ProjectorConfig{Act: tensor.GELU},
	}
	m, err := lvlm.NewRandom(c, b.random, b.options)
	if err != nil {
		return nil, err
	}
	if b.models == nil {
		b.models = map[int]*lvlm.Model{}
	}
	b.models[layers] = m
	return m, nil
}

// pair times the flow and the dense models in turn.
func (b *bench) pair(tokens, run, layers, reps int) (*result, error) {
	r := &result{Tokens: tokens, Layers: run, OfLayers: layers, FromLayer: b.from, Reps: reps}
	var flows, denses, ratios []float64
	for i := 0; i < reps; i++ {
		flow, err := b.flow(tokens, run, layers)
		if err != nil {
			return nil, err
		}
		dense := time.Duration(0)
		if b.from > 0 {
			if dense, err = b.dense(576+question, b.from); err != nil {
				return nil, err
			}
		}
		rest, err := b.dense(tokens+question, run-b.from)
		if err != nil {
			return nil, err
		}
		dense += rest
		if !b.warm { // the first pair of all finds cold caches
			b.warm = true
			i--
			continue
		}
		flows, denses = append(flows, ms(flow)), append(denses, ms(dense))
		ratios = append(ratios, ms(flow)/ms(dense))
	}
	r.FlowMs, r.DenseMs, r.Ratio = median(flows), median(denses), median(ratios)
	r.Spread = (slices.Max(ratios) - slices.Min(ratios)) / r.Ratio
	return r, nil
}

// flow times a pruned prefill.
func (b *bench) flow(tokens, run, layers int) (time.Duration, error) {
	m, err := b.model(layers)
	if err != nil {
		return 0, err
	}
	f, err := par.New("uniform", par.Options{Tokens: par.Count(tokens), Layers: par.Count(run), FromLayer: b.from})
	if err != nil {
		return 0, err
	}
	prompt := lvlm.ImageMark + text(question)
	return prefill(m, lvlm.Request{Prompt: prompt, Images: []*preprocess.RGB{preprocess.NewRGB(336, 336)}, Flow: f}, 576+question)
}

// dense times the prefill of a text of that many rows on a model of that many layers.
func (b *bench) dense(rows, layers int) (time.Duration, error) {
	m, err := b.model(layers)
	if err != nil {
		return 0, err
	}
	return prefill(m, lvlm.Request{Prompt: text(rows)}, rows)
}

// text returns a text of that many tokens, with the start token and the space that
// the tokenizer puts before it.
func text(tokens int) string { return strings.Repeat("7", tokens-2) }

func prefill(m *lvlm.Model, r lvlm.Request, rows int) (time.Duration, error) {
	r.MaxTokens = 1
	s := m.NewSession()
	for _, err := range s.Generate(context.Background(), r) {
		if err != nil {
			return 0, err
		}
	}
	if n := len(s.Result().Prompt.IDs); n != rows {
		return 0, fmt.Errorf("prompt has %d rows, not %d", n, rows)
	}
	return s.Result().Timings.Prefill, nil
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
