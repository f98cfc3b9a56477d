package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/par"
	"github.com/go-par/par/par/train"
	"github.com/go-par/par/tensor/quant"
)

// trainFlags are the flags of par train.
type trainFlags struct {
	model             modelFlags
	data, images, out string
	router            string
	init              train.Init
	mask              string
	tokens, layers    string
	sampling          train.Sampling
	fitting           train.Fitting
	heldOut, limit    int
	lanes             int
	storage           quant.Type
	quiet             bool
}

func (f *trainFlags) register(fs *flag.FlagSet) {
	f.model.register(fs, "")
	fs.StringVar(&f.data, "data", "", "`file` of samples: {image, question} a line, or LLaVA's conversations, whose answers are ignored")
	fs.StringVar(&f.images, "images", "", "`directory` that image paths are relative to; none: that of -data")
	fs.StringVar(&f.out, "out", "", "`directory` for the router, the log, the pairs and the checkpoint; what is there is gone on from")
	fs.IntVar(&f.limit, "limit", 0, "use the first so many samples; 0: all")
	fs.IntVar(&f.heldOut, "held-out", 0, "samples from the end that are not trained on but reported about")

	fs.StringVar(&f.router, "router", "", "router `file` to begin with; none: a new one")
	fs.IntVar(&f.init.Layers, "k", 1, "new router: decoder layers of its own")
	fs.StringVar(&f.mask, "mask", string(par.Causal), "new router: causal, or prefix (every token of the prompt sees all of it)")
	fs.IntVar(&f.init.FromLayer, "prune-layer", par.DefaultFromLayer, "new router: first decoder layer without the dropped tokens")
	fs.BoolVar(&f.init.Shared, "shared", false, "new router: read the states before the pruning layer, not the prompt's embeddings")
	fs.IntVar(&f.init.Width, "width", 0, "new router: its width; 0: the model's")
	fs.IntVar(&f.init.Inner, "mlp", 0, "new router: inner width of its MLPs; 0: the model's, in proportion to its width")

	fs.StringVar(&f.tokens, "tokens", "176", "image tokens to keep: a `count` or a ratio")
	fs.StringVar(&f.layers, "layers", "", "decoder layers to run: a `count` or a ratio; none: all")
	fs.IntVar(&f.sampling.Flows, "flows", 6, "flows for each sample, the first without noise")
	fs.IntVar(&f.sampling.MaxAnswer, "max-answer", 64, "tokens of the model's own answer to compare on")
	fs.Float64Var(&f.sampling.Explore, "explore", 0, "noise on the scores that flows are chosen by, in units of their deviation, besides the paper's on attention; 0: none")
	fs.Float64Var(&f.sampling.Threshold, "threshold", 0.01, "least difference in KL, in nats, of a sample's best and worst flow to learn from it")
	fs.Float64Var(&f.sampling.MaxWeight, "max-weight", 1, "largest weight of a pair; below it a pair weighs as much as its difference in KL")
	fs.StringVar(&f.sampling.Template, "template", "auto", "auto, vicuna_v1, hf or none")

	fs.IntVar(&f.fitting.Epochs, "epochs", 1, "passes over the pairs")
	fs.IntVar(&f.fitting.Batch, "batch", 16, "pairs to a step")
	fs.Float64Var(&f.fitting.Rate, "lr", 2e-5, "peak learning rate")
	fs.Float64Var(&f.fitting.Warmup, "warmup", 0.03, "share of the steps in which the rate rises")
	fs.Float64Var(&f.fitting.Decay, "weight-decay", 0, "weight decay")
	fs.Float64Var(&f.fitting.Clip, "clip", 1, "largest norm of a step's gradient")
	fs.Float64Var(&f.fitting.BetaTokens, "beta-tokens", 1, "weight of the token scores in the preference")
	fs.Float64Var(&f.fitting.BetaLayers, "beta-layers", 1, "weight of the layer scores in the preference")
	fs.BoolVar(&f.fitting.AllPairs, "all-pairs", false, "learn from every two flows of a sample, not only from the best and the worst")
	fs.BoolVar(&f.fitting.HeadOnly, "head-only", false, "train the head, the norm and the layer tokens alone")
	fs.IntVar(&f.fitting.SaveEvery, "save-every", 50, "steps between checkpoints")
	fs.Uint64Var(&f.fitting.Seed, "seed", 0, "seed of the new router, the noise and the order")
	fs.Func("type", "storage `type` of the trained router's weights: f32 (the default), f16, bf16", func(s string) (err error) {
		f.storage, err = quant.Parse(s)
		if t := f.storage; err == nil && t != quant.F32 && t != quant.F16 && t != quant.BF16 {
			err = fmt.Errorf("want f32, f16 or bf16")
		}
		return err
	})
	fs.IntVar(&f.lanes, "lanes", 1, "samples to work on at once, each on its share of the threads: faster for small models; 0: one a thread")
	fs.BoolVar(&f.quiet, "quiet", false, "no progress on standard error")
}

func trainCommand(ctx context.Context, io streams, args []string) error {
	var f trainFlags
	fs := newFlags(io, "train", "")
	f.register(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if err := f.check(rest); err != nil {
		return usageError{err}
	}
	samples, skipped, err := train.ReadSamples(f.data, f.images)
	if err != nil {
		return err
	}
	if skipped > 0 {
		fmt.Fprintf(io.err, "%s: %d samples without an image are left out\n", f.data, skipped)
	}
	if f.limit > 0 && f.limit < len(samples) {
		samples = samples[:f.limit]
	}
	if f.heldOut >= len(samples) {
		return fmt.Errorf("%d samples, of which -held-out %d leaves none to train on", len(samples), f.heldOut)
	}
	m, err := f.model.open()
	if err != nil {
		return err
	}
	defer m.Close()
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return err
	}
	return f.run(ctx, io, m, samples[:len(samples)-f.heldOut], samples[len(samples)-f.heldOut:])
}

// check looks for mistakes that need no model.
func (f *trainFlags) check(args []string) error {
	switch {
	case len(args) > 0:
		return fmt.Errorf("unexpected argument %q", args[0])
	case f.model.path == "" || f.data == "" || f.out == "":
		return fmt.Errorf("-model, -data and -out are needed")
	case f.limit < 0 || f.heldOut < 0 || f.lanes < 0:
		return fmt.Errorf("-limit, -held-out and -lanes can't be negative")
	}
	if f.images == "" {
		f.images = filepath.Dir(f.data)
	}
	var err error
	if f.sampling.Tokens, err = par.ParseBudget(f.tokens); err != nil {
		return fmt.Errorf("-tokens: %w", err)
	}
	if f.sampling.Layers, err = par.ParseBudget(f.layers); err != nil {
		return fmt.Errorf("-layers: %w", err)
	}
	f.init.Mask, f.init.Seed, f.sampling.Seed = par.Mask(f.mask), f.fitting.Seed, f.fitting.Seed
	if f.init.Mask != par.Causal && f.init.Mask != par.Prefix {
		return fmt.Errorf("-mask %q is not known (causal, prefix)", f.mask)
	}
	return errors.Join(f.model.check(), f.sampling.Check(), f.fitting.Check())
}

// run makes the pairs, trains on them and reports about the held-out samples.
func (f *trainFlags) run(ctx context.Context, io streams, m *lvlm.Model, samples, heldOut []train.Sample) error {
	r, err := f.start(m)
	if err != nil {
		return err
	}
	lanes := train.NewLanes(m, f.lanes)
	defer lanes.Close()
	pairs, err := train.MakePairs(ctx, lanes, r, samples, f.sampling, filepath.Join(f.out, "pairs.jsonl"), newBar(io.err, f.quiet, "flows", "samples").step)
	if err != nil {
		return err
	}
	failed := 0
	for _, p := range pairs {
		if p.Error != "" {
			failed++
			fmt.Fprintf(io.err, "sample %s: %s\n", p.Sample, p.Error)
		}
	}
	log, err := newTrainLog(f.out)
	if err != nil {
		return err
	}
	defer log.close()
	progress := newBar(io.err, f.quiet, "training", "steps")
	trained, err := train.Fit(ctx, lanes, r, pairs, f.sampling, f.fitting, f.out, func(s train.Step) error {
		progress.step(s.Step, s.Steps, fmt.Sprintf("loss %.4f, ranked %.0f %%", s.Loss, 100*s.Accuracy))
		return log.write(s)
	})
	if err != nil {
		return err
	}
	if err := drawCurves(f.out); err != nil {
		return err
	}
	path := filepath.Join(f.out, "router.safetensors")
	if err := trained.SaveAs(path, f.storage); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "router: %s (%d samples, %d could not be used)\n", path, len(samples), failed)
	if len(heldOut) == 0 {
		return nil
	}
	report, err := train.Evaluate(ctx, lanes, trained, heldOut, f.sampling, newBar(io.err, f.quiet, "held out", "samples").step)
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "held out, mean KL in nats over %d samples: router %.4f, best of %d flows %.4f (gap %.4f), random %.4f, fastv %.4f; pairs ranked right %.0f %% of %d\n",
		report.Samples, report.Router, f.sampling.Flows, report.Best, report.Gap, report.Random, report.FastV, 100*report.Ranked, report.Pairs)
	return json.NewEncoder(io.out).Encode(report)
}

// start returns the router to begin with.
func (f *trainFlags) start(m *lvlm.Model) (*par.Router, error) {
	if f.router != "" {
		return par.LoadRouter(f.router, m)
	}
	return train.NewRouter(m, f.init)
}
