// Command methods measures what choosing costs and what it saves: for every
// pruning method, and for routers of several kinds, its own time and that of the
// prefill it leaves, on decoder layers of LLaVA-1.5-7B's shape that share one set of
// random weights. Methods alternate; FLOPs are those of decoder and router.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/par"
	"github.com/go-par/par/par/train"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

// question is a text of about as many tokens as one of the usual benchmarks' has.
const question = "\nWhat stands on the hill, and which colour is its roof? Answer the question using a single word."

type contender struct {
	name, method string
	options      par.Options

	router, prefill []float64 // milliseconds
	result          *lvlm.Result
}

type row struct {
	Name    string  `json:"name"`
	Tokens  int     `json:"image_tokens_kept"`
	Layers  int     `json:"layers_run"`
	Router  float64 `json:"router_ms"`
	Prefill float64 `json:"prefill_ms"`
	Total   float64 `json:"total_ms"`
	Share   float64 `json:"share_of_unpruned_ms"`
	FLOPs   float64 `json:"share_of_unpruned_flops"`
}

func main() {
	log.SetFlags(0)
	layers := flag.Int("n", 32, "decoder layers")
	width := flag.Int("width", 4096, "width of the decoder, a multiple of 128")
	tokens := flag.Int("tokens", 176, "image tokens to keep")
	run := flag.Int("layers", 28, "decoder layers to run, where a method chooses layers")
	reps := flag.Int("reps", 3, "repetitions, after one to warm up")
	typ := flag.String("type", "bf16", "storage type of the weights")
	threads := flag.Int("threads", 0, "threads; 0: one a processor")
	asJSON := flag.Bool("json", false, "one JSON object a line")
	flag.Parse()
	if err := measure(*layers, *width, *tokens, *run, *reps, *typ, *threads, *asJSON); err != nil {
		log.Fatal(err)
	}
}

func measure(layers, width, tokens, run, reps int, typ string, threads int, asJSON bool) error {
	t, err := quant.Parse(typ)
	if err != nil {
		return err
	}
	m, err := lvlm.NewRandom(config(layers, width), lvlm.Random{Type: t, Share: true}, lvlm.Options{Threads: threads})
	if err != nil {
		return err
	}
	defer m.Close()
	list, err := contenders(m, tokens, run)
	if err != nil {
		return err
	}
	for i := range reps + 1 {
		for _, c := range list {
			if err := c.time(m); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if i == 0 {
				c.router, c.prefill = nil, nil
			}
		}
	}
	if !asJSON {
		fmt.Printf("%d layers of width %d, %s, %d text rows, %s, %d threads\n\n", layers, width, t,
			len(list[0].result.Prompt.IDs)-576, asm.Tier(), m.Pool.Threads())
		fmt.Println("method              tokens  layers  router ms  prefill ms  total ms   share   FLOPs")
	}
	base := list[0].row(m, 0).Total
	for _, c := range list {
		r := c.row(m, base)
		if asJSON {
			if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
				return err
			}
			continue
		}
		fmt.Printf("%-18s  %6d  %6d  %9.1f  %10.0f  %8.0f  %5.1f %%  %5.1f %%\n", r.Name, r.Tokens, r.Layers, r.Router, r.Prefill, r.Total, 100*r.Share, 100*r.FLOPs)
	}
	return nil
}

// config is LLaVA-1.5 with a vision tower just large enough to have 576 patches and
// a class token that attends to them.
func config(layers, width int) *lvlm.Config {
	return &lvlm.Config{
		Arch: "LLaVA-1.5", ImageMode: "crop",
		Text: lvlm.TextConfig{
			Hidden: width, Intermediate: width * 43 / 16, Layers: layers, Heads: width / 128, KVHeads: width / 128, HeadDim: 128,
			Context: 4096, NormEps: 1e-5, RopeTheta: 10000,
		},
		Vision: &lvlm.VisionConfig{
			Hidden: 64, Intermediate: 64, Layers: 1, Heads: 1, ImageSize: 336, PatchSize: 14,
			NormEps: 1e-5, Act: tensor.QuickGELU, FeatureLayers: []int{1},
		},
		Projector: &lvlm.ProjectorConfig{Act: tensor.GELU},
	}
}

func contenders(m *lvlm.Model, tokens, run int) ([]*contender, error) {
	list := []*contender{{name: "none", method: "none"}}
	for _, method := range par.Methods() {
		o := par.Options{FromLayer: par.OwnLayer}
		if method.Tokens {
			o.Tokens = par.Count(tokens)
		}
		if method.Layers {
			o.Layers = par.Count(run)
		}
		switch method.Name {
		case "none", "fixed", "short-lvlm", "cdpruner":
			continue
		case "shortgpt":
			o.Order = &par.LayerOrder{}
			for i := range m.Decoder.Layers {
				o.Order.Order = append(o.Order.Order, i)
			}
		case "par":
			routers, err := routers(m, o)
			if err != nil {
				return nil, err
			}
			list = append(list, routers...)
			continue
		}
		list = append(list, &contender{name: method.Name, method: method.Name, options: o})
	}
	return list, nil
}

// routers returns PAR with routers of several kinds.
func routers(m *lvlm.Model, o par.Options) ([]*contender, error) {
	var list []*contender
	narrow := max(128, m.Config.Text.Hidden/8)
	for _, r := range []struct {
		name   string
		layers int
		width  int
		shared bool
	}{
		{"par, 1 layer", 1, 0, false},
		{"par, 2 layers", 2, 0, false},
		{"par, narrow", 1, narrow, false},
		{"par, shared", 0, 0, true},
		{"par, shared narrow", 1, narrow, true},
	} {
		router, err := train.NewRouter(m, train.Init{
			Mask: par.Prefix, FromLayer: par.DefaultFromLayer, Shared: r.shared, Layers: min(r.layers, r.width), Width: r.width, Seed: 1,
		})
		if err != nil {
			return nil, err
		}
		if r.width == 0 {
			router.Layers = m.Decoder.Layers[:r.layers] // in the model's own storage type
		}
		o.Router = router
		list = append(list, &contender{name: r.name, method: "par", options: o})
	}
	return list, nil
}

// time runs one prefill.
func (c *contender) time(m *lvlm.Model) error {
	flow, err := par.New(c.method, c.options)
	if err != nil {
		return err
	}
	s := m.NewSession()
	r := lvlm.Request{Prompt: lvlm.ImageMark + question, Images: []*preprocess.RGB{preprocess.Demo()}, MaxTokens: 1, Flow: flow}
	for _, err := range s.Generate(context.Background(), r) {
		if err != nil {
			return err
		}
	}
	c.result = s.Result()
	c.router = append(c.router, ms(c.result.Timings.Router))
	c.prefill = append(c.prefill, ms(c.result.Timings.Prefill))
	return nil
}

// row sums up; base is the unpruned prefill's time.
func (c *contender) row(m *lvlm.Model, base float64) row {
	out := &c.result.Outcome
	r := row{Name: c.name, Tokens: len(out.Kept), Layers: c.result.Layers - len(out.Skipped), Router: median(c.router), Prefill: median(c.prefill)}
	r.Total = r.Router + r.Prefill
	if base == 0 {
		base = r.Total
	}
	r.Share = r.Total / base
	_, actual, _ := par.ArchitectureOf(m.Config).RunFLOPs(c.result, c.options.Router)
	r.FLOPs = actual.Prefill()
	return r
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
