// Command synth writes a checkpoint of real size with random weights, as GGUF
// files, to measure memory, load time and speed with.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/go-par/par/lvlm"
)

var architectures = map[string]func() *lvlm.Config{
	"llava-1.5-7b": lvlm.LLaVA7B,
	"vicuna-7b": func() *lvlm.Config {
		c := lvlm.LLaVA7B()
		c.Arch, c.Vision, c.Projector = "LlamaForCausalLM", nil, nil
		return c
	},
	"demo": func() *lvlm.Config {
		c := lvlm.Demo()
		c.Text.Vocab = 512
		return c
	},
}

func main() {
	log.SetFlags(0)
	var o lvlm.ConvertOptions
	out := flag.String("o", "", "GGUF `file` to write; that of vision tower and projector is mmproj-NAME.gguf beside it")
	arch := flag.String("arch", "llava-1.5-7b", "architecture: "+strings.Join(names(), ", "))
	layers := flag.Int("layers", 0, "decoder layers, 0: the architecture's")
	seed := flag.Uint64("seed", 1, "seed of the weights")
	flag.StringVar(&o.Type, "type", "q4_0", "storage `type`: "+strings.Join(lvlm.Mixes(), ", "))
	flag.StringVar(&o.ProjectorType, "mmproj-type", "f16", "storage `type` of vision tower and projector")
	flag.Parse()
	make, ok := architectures[*arch]
	if !ok || *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	c := make()
	if *layers > 0 {
		c.Text.Layers = *layers
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	done, err := lvlm.WriteRandom(ctx, c, *out, *seed, o)
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range done.Files {
		st, err := os.Stat(path)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s  %.2f GB\n", path, float64(st.Size())/1e9)
	}
}

func names() []string {
	var list []string
	for name := range architectures {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
