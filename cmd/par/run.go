package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/builtin"
	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/sampling"
)

// runFlags are the flags of par run.
type runFlags struct {
	model                       modelFlags
	prompt, template, imageMode string
	images, stop                list
	maxTokens, topK             int
	temp, topP, minP, penalty   float64
	seed                        uint64
	ignoreEOS, asJSON, quiet    bool
	dump, viz                   string
	prune                       pruneFlags
}

func (f *runFlags) register(fs *flag.FlagSet) {
	f.model.register(fs, "; none: the embedded one")
	fs.Var(&f.images, "image", "picture `file` (PNG, JPEG, GIF); repeat for several")
	fs.StringVar(&f.prompt, "prompt", "", "the question, or with -template none the whole `text`")
	fs.StringVar(&f.prompt, "p", "", "short for -prompt")
	fs.StringVar(&f.template, "template", "auto", "auto, vicuna_v1, hf (the checkpoint's own) or none (the prompt as it is, <image> in the place of each image)")
	fs.StringVar(&f.imageMode, "image-mode", "auto", "auto (as the checkpoint says), crop (the centre square) or pad (to a square)")
	fs.IntVar(&f.maxTokens, "max-tokens", 256, "tokens to generate at most; 0: as many as the context holds")
	fs.Float64Var(&f.temp, "temp", 0, "sampling temperature; 0 is greedy")
	fs.IntVar(&f.topK, "top-k", 0, "sample among the k likeliest tokens; 0: all")
	fs.Float64Var(&f.topP, "top-p", 1, "sample among the likeliest tokens that hold this much probability")
	fs.Float64Var(&f.minP, "min-p", 0, "sample among tokens at least this likely, relative to the likeliest")
	fs.Float64Var(&f.penalty, "repeat-penalty", 1, "divide the logits of tokens seen before; 1: don't")
	fs.Uint64Var(&f.seed, "seed", 0, "seed of sampling and of method random")
	fs.Var(&f.stop, "stop", "`text` that ends the answer; repeat for several")
	fs.BoolVar(&f.ignoreEOS, "ignore-eos", false, "go on behind the end token")
	f.prune.register(fs)
	fs.BoolVar(&f.asJSON, "json", false, "print one JSON object instead of the text")
	fs.StringVar(&f.dump, "dump", "", "write the intermediate tensors to a safetensors `file`")
	fs.StringVar(&f.viz, "viz", "", "draw what was pruned to a PNG `file`")
	fs.BoolVar(&f.quiet, "quiet", false, "no progress and no summary on standard error")
}

func runCommand(ctx context.Context, io streams, args []string) error {
	var f runFlags
	fs := newFlags(io, "run", "[prompt]")
	f.register(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	return f.run(ctx, io, fs, rest)
}

// run answers the prompt. flags are those that were parsed, args what was left.
func (f *runFlags) run(ctx context.Context, io streams, flags *flag.FlagSet, args []string) error {
	if err := f.check(args); err != nil {
		return err
	}
	if f.model.path == "" {
		if err := f.prune.embedded(flags); err != nil && !errors.Is(err, builtin.ErrNone) {
			return err
		}
	}
	options, err := f.prune.options(f.seed)
	if err != nil {
		return usageError{err}
	}
	if f.model.path == "" && f.prompt == "" {
		f.prompt = builtin.Question
	}
	options.Question = strings.TrimSpace(strings.ReplaceAll(f.prompt, lvlm.ImageMark, ""))
	p := newProgress(io.err, f.quiet)
	defer p.clear()

	p.stage("load")
	start := time.Now()
	model, err := f.model.open()
	if err != nil {
		return err
	}
	defer model.Close()
	load := time.Since(start)

	flow, err := f.prune.flow(ctx, model, options, p.note)
	if err != nil {
		return err
	}
	start = time.Now()
	req, err := f.request(model, flow)
	if err != nil {
		return err
	}
	decoding := time.Since(start)
	req.Progress = p.stage
	session := model.NewSession()
	for tok, err := range session.Generate(ctx, *req) {
		if err != nil {
			return err
		}
		if !f.asJSON && tok.Text != "" {
			p.clear()
			if _, err := fmt.Fprint(io.out, tok.Text); err != nil {
				return err
			}
		}
	}
	p.clear()
	res := session.Result()
	res.Timings.Preprocess += decoding
	if f.dump != "" {
		if err := req.Trace.Save(f.dump); err != nil {
			return err
		}
	}
	if f.viz != "" {
		if err := f.draw(model, req, res); err != nil {
			return err
		}
	}
	out := f.report(res, load)
	if f.model.path == "" && flow != nil && (f.asJSON || !f.quiet) {
		if out.Saving, err = measureSaving(ctx, session, *req); err != nil {
			return err
		}
	}
	if f.asJSON {
		if err := json.NewEncoder(io.out).Encode(out); err != nil {
			return err
		}
	} else if _, err := fmt.Fprintln(io.out); err != nil {
		return err
	}
	if !f.quiet {
		if line := picked(options.Target, res); line != "" {
			fmt.Fprintln(io.err, line)
		}
		fmt.Fprintln(io.err, summary(res, load))
		if out.Saving != nil {
			fmt.Fprintln(io.err, out.pruned())
		}
	}
	return nil
}

// check looks for mistakes that need no model, and takes the prompt from the
// arguments where no flag gives it.
func (f *runFlags) check(args []string) error {
	if len(args) > 0 {
		if f.prompt != "" {
			return usagef("two prompts: -prompt %q and %q", f.prompt, strings.Join(args, " "))
		}
		f.prompt = strings.Join(args, " ")
	}
	switch f.template {
	case "auto", "vicuna_v1", "hf", "none":
	default:
		return usagef("-template %q is not known (auto, vicuna_v1, hf, none)", f.template)
	}
	switch f.imageMode {
	case "auto", "crop", "pad":
	default:
		return usagef("-image-mode %q is not known (auto, crop, pad)", f.imageMode)
	}
	switch {
	case f.maxTokens < 0:
		return usagef("-max-tokens %d is negative", f.maxTokens)
	case f.model.path != "" && f.prompt == "":
		return usagef("no prompt")
	}
	if err := f.model.check(); err != nil {
		return err
	}
	if err := f.sampling().Validate(); err != nil {
		return usageError{err}
	}
	return nil
}

func (f *runFlags) sampling() sampling.Params {
	return sampling.Params{
		Temperature: float32(f.temp), TopK: f.topK, TopP: float32(f.topP), MinP: float32(f.minP),
		RepetitionPenalty: float32(f.penalty), Seed: f.seed,
	}
}

// maxIndex bounds the numbers in an index list, and with them its length.
const maxIndex = 1 << 20

// parseIndices reads a list like 0,4-9 of ascending indices; the empty string
// gives nil.
func parseIndices(s string) ([]int, error) {
	if s == "" {
		return nil, nil
	}
	var out []int
	for _, part := range strings.Split(s, ",") {
		a, b, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			b = a
		}
		lo, err := strconv.ParseUint(a, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%q is not an index or a range", part)
		}
		hi, err := strconv.ParseUint(b, 10, 32)
		if err != nil || hi < lo || hi > maxIndex {
			return nil, fmt.Errorf("%q is not an index or a range of indices up to %d", part, maxIndex)
		}
		for i := int(lo); i <= int(hi); i++ {
			if len(out) > 0 && i <= out[len(out)-1] {
				return nil, fmt.Errorf("%d does not come after %d", i, out[len(out)-1])
			}
			out = append(out, i)
		}
	}
	return out, nil
}

// request reads the pictures and builds the prompt.
func (f *runFlags) request(m *lvlm.Model, flow lvlm.Flow) (*lvlm.Request, error) {
	r := &lvlm.Request{
		MaxTokens: f.maxTokens, Sampling: f.sampling(), Stop: f.stop, IgnoreEOS: f.ignoreEOS, Flow: flow,
	}
	if f.imageMode != "auto" {
		r.ImageMode = f.imageMode
	}
	if f.dump != "" {
		r.Trace = new(lvlm.Trace)
	}
	for _, path := range f.images {
		img, err := preprocess.DecodeFile(path)
		if err != nil {
			return nil, err
		}
		r.Images = append(r.Images, img)
	}
	if f.model.path == "" && len(r.Images) == 0 {
		img, err := builtin.Picture(m)
		if err != nil {
			return nil, err
		}
		r.Images = append(r.Images, img)
	}
	var err error
	r.Prompt, err = m.Format(f.template, []chat.Message{{Role: "user", Content: f.prompt, Images: len(r.Images)}})
	return r, err
}

// report is the object that -json prints.
type report struct {
	Text         string  `json:"text"`
	FinishReason string  `json:"finish_reason"`
	PromptIDs    []int32 `json:"prompt_ids"`
	TokenIDs     []int32 `json:"token_ids"`
	Usage        struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
		ImageTokens      int `json:"image_tokens"`
		ImageTokensKept  int `json:"image_tokens_kept"`
		Layers           int `json:"layers"`
		LayersRun        int `json:"layers_run"`
	} `json:"usage"`
	Flow struct {
		Method        string `json:"method"`
		FromLayer     int    `json:"from_layer"`
		Kept          []int  `json:"kept"`
		SkippedLayers []int  `json:"skipped_layers"`
		ByLayer       []int  `json:"image_tokens_by_layer"` // that entered it, 0 for a skipped layer
	} `json:"flow"`
	Timings struct {
		Load       float64 `json:"load"`
		Preprocess float64 `json:"preprocess"`
		Vision     float64 `json:"vision"`
		Router     float64 `json:"router"`
		Prefill    float64 `json:"prefill"`
		Decode     float64 `json:"decode"`
	} `json:"timings_ms"`
	Saving *saving `json:"saving,omitempty"` // the embedded model's
}

func (f *runFlags) report(res *lvlm.Result, load time.Duration) *report {
	r := &report{Text: res.Text, FinishReason: res.FinishReason, PromptIDs: res.Prompt.IDs, TokenIDs: res.TokenIDs}
	r.Usage.PromptTokens = len(res.Prompt.IDs)
	r.Usage.CompletionTokens = len(res.TokenIDs)
	r.Usage.ImageTokens = res.Prompt.ImageTokens()
	r.Usage.ImageTokensKept = len(res.Outcome.Kept)
	r.Usage.Layers = res.Layers
	r.Usage.LayersRun = res.Layers - len(res.Outcome.Skipped)
	r.Flow.Method = f.prune.method
	r.Flow.FromLayer = res.Outcome.FromLayer
	if r.Usage.ImageTokensKept == r.Usage.ImageTokens { // nothing was dropped anywhere
		r.Flow.FromLayer = f.prune.from()
	}
	r.Flow.Kept = append([]int{}, res.Outcome.Kept...)
	r.Flow.SkippedLayers = append([]int{}, res.Outcome.Skipped...)
	r.Flow.ByLayer = append([]int{}, res.Outcome.Entered...)
	t := res.Timings
	r.Timings.Load, r.Timings.Preprocess, r.Timings.Vision = ms(load), ms(t.Preprocess), ms(t.Vision)
	r.Timings.Router, r.Timings.Prefill, r.Timings.Decode = ms(t.Router), ms(t.Prefill), ms(t.Decode)
	return r
}

// ms returns d in milliseconds, to the microsecond.
func ms(d time.Duration) float64 { return math.Round(float64(d)/1e3) / 1e3 }

// summary is the line about a finished answer.
func summary(res *lvlm.Result, load time.Duration) string {
	t := res.Timings
	var b strings.Builder
	fmt.Fprintf(&b, "image tokens %d/%d, layers %d/%d", len(res.Outcome.Kept), res.Prompt.ImageTokens(), res.Layers-len(res.Outcome.Skipped), res.Layers)
	fmt.Fprintf(&b, " | load %.0f ms, preprocess %.0f ms, vision %.0f ms", ms(load), ms(t.Preprocess), ms(t.Vision))
	if t.Router > 0 {
		fmt.Fprintf(&b, ", router %.1f ms", ms(t.Router))
	}
	fmt.Fprintf(&b, ", prefill %.0f ms (%d tokens), decode %.0f ms", ms(t.Prefill), len(res.Prompt.IDs)-res.Reused, ms(t.Decode))
	if n := len(res.TokenIDs); n > 1 && t.Decode > 0 {
		fmt.Fprintf(&b, " (%.1f tokens/s)", float64(n)/t.Decode.Seconds())
	}
	return b.String()
}
