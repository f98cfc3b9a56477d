// Command llamacpp is our side of the comparison with llama.cpp: it prefills a
// prompt of a given length, decodes, and prints what it took as JSON, with the ids
// for the other side. compare.py runs both in turn.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/go-par/par/bench/prompt"
	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/tensor/quant"
)

type result struct {
	IDs      []int32 `json:"ids"`
	Open     float64 `json:"open_s"`
	Vision   float64 `json:"vision_s,omitempty"`
	Prefill  float64 `json:"prefill_tokens_per_s"`
	Decode   float64 `json:"decode_tokens_per_s"`
	First    float64 `json:"first_token_s"` // from the picture, where there is one, to the first token
	Resident int     `json:"resident_mib"`
	Mapped   int     `json:"resident_file_mib"` // of which pages of mapped files
}

func main() {
	log.SetFlags(0)
	model := flag.String("m", "", "GGUF `file`")
	tokens := flag.Int("tokens", 626, "length of the prompt; with a picture, its visual tokens included")
	steps := flag.Int("decode", 32, "tokens to decode")
	o := lvlm.Options{Cache: quant.F16} // as llama.cpp's default
	flag.IntVar(&o.Threads, "threads", 2, "threads")
	flag.StringVar(&o.Projector, "mmproj", "", "GGUF `file` of vision tower and projector, to read a picture too")
	flag.Func("cache-type", "`type` of keys and values; f16 by default", func(s string) (err error) {
		o.Cache, err = quant.Parse(s)
		return err
	})
	flag.Parse()
	r, err := run(*model, *tokens, *steps, o)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		log.Fatal(err)
	}
}

func run(model string, tokens, steps int, o lvlm.Options) (*result, error) {
	start := time.Now()
	m, err := lvlm.Open(model, o)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	r := &result{Open: time.Since(start).Seconds()}
	req := lvlm.Request{MaxTokens: steps + 1, IgnoreEOS: true}
	if o.Projector != "" {
		req.Images = []*preprocess.RGB{preprocess.Demo()}
	}
	if req.Prompt, err = prompt.Of(m, tokens, len(req.Images)); err != nil {
		return nil, err
	}
	// A short pass reads the file and warms the caches up.
	if _, err := generate(m, lvlm.Request{Prompt: "x", MaxTokens: 2, IgnoreEOS: true}); err != nil {
		return nil, err
	}
	res, err := generate(m, req)
	if err != nil {
		return nil, err
	}
	t := res.Timings
	r.IDs = res.Prompt.IDs
	r.Vision = t.Vision.Seconds()
	r.Prefill = float64(len(r.IDs)) / t.Prefill.Seconds()
	r.Decode = float64(len(res.TokenIDs)-1) / t.Decode.Seconds()
	r.First = (t.Preprocess + t.Vision + t.Prefill).Seconds()
	r.Resident, r.Mapped = resident()
	return r, nil
}

func generate(m *lvlm.Model, req lvlm.Request) (*lvlm.Result, error) {
	s := m.NewSession()
	for _, err := range s.Generate(context.Background(), req) {
		if err != nil {
			return nil, err
		}
	}
	return s.Result(), nil
}

// resident returns how much memory the process holds, and how much of that is
// mapped files, in MiB; 0 where the system does not tell.
func resident() (total, file int) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(status)) {
		var kib int
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			total = kib >> 10
		}
		if n, _ := fmt.Sscanf(line, "RssFile: %d kB", &kib); n == 1 {
			file = kib >> 10
		}
	}
	return total, file
}
