package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	stdio "io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/builtin"
	"github.com/go-par/par/par"
	"github.com/go-par/par/par/eval"
	"github.com/go-par/par/tensor/atomicfile"
)

// evalFlags are the flags of par eval.
type evalFlags struct {
	model                  modelFlags
	name                   string
	benches, flows         list
	methods                methodGrid
	grid, data, out        string
	shard                  string
	shards                 int
	merge, strict, compare bool
	template, imageMode    string
	maxTokens, limit       int
	bootstrap              eval.Bootstrap
	quiet                  bool
}

func (f *evalFlags) register(fs *flag.FlagSet) {
	f.model.register(fs, "; none: the embedded one")
	fs.StringVar(&f.name, "name", "", "the model's name in answers and tables; none: that of its file or directory")
	fs.Var(&f.benches, "bench", "a `benchmark`, as NAME or NAME:key=value,...; repeat for several (see below)")
	fs.Var(&f.flows, "flow", "a `flow`, as METHOD or METHOD:key=value,... with the flags of par run as keys; repeat for several; none: the unpruned model")
	fs.StringVar(&f.grid, "flows", "", "`file` with a flow a line")
	f.methods.register(fs)
	fs.StringVar(&f.data, "data", filepath.Join("playground", "data", "eval"), "`directory` with a folder for each benchmark, as LLaVA lays them out")
	fs.StringVar(&f.out, "out", "", "`directory` for answers and tables; what is there is gone on from")
	fs.StringVar(&f.shard, "shard", "", "ask the part `i/n` of the questions, i from 0; none: all, or what Slurm or Kubernetes says")
	fs.IntVar(&f.shards, "shards", 0, "number of parts, where the environment has only this one's index (JOB_COMPLETION_INDEX)")
	fs.BoolVar(&f.merge, "merge", false, "ask nothing: join the parts in -out and make the tables")
	fs.BoolVar(&f.strict, "strict", false, "stop at the first thing that is wrong")
	fs.BoolVar(&f.compare, "fidelity", false, "compare every answer with the unpruned model's, which takes about twice the time")
	fs.StringVar(&f.template, "template", "vicuna_v1", "vicuna_v1 (as LLaVA-1.5's evaluations), hf (the checkpoint's own) or auto")
	fs.StringVar(&f.imageMode, "image-mode", "auto", "auto (as the checkpoint says), crop (the centre square) or pad (to a square)")
	fs.IntVar(&f.maxTokens, "max-tokens", 0, "tokens of an answer at most; 0: as each benchmark's own scripts")
	fs.IntVar(&f.limit, "limit", 0, "ask the first so many questions of each benchmark; 0: all")
	fs.IntVar(&f.bootstrap.Resamples, "resamples", 2000, "resamples of the bootstrap")
	fs.Uint64Var(&f.bootstrap.Seed, "seed", 0, "seed of the bootstrap")
	fs.BoolVar(&f.quiet, "quiet", false, "no progress on standard error")
}

func evalCommand(ctx context.Context, io streams, args []string) error {
	var f evalFlags
	fs := newFlags(io, "eval", "")
	f.register(fs)
	usage := fs.Usage
	fs.Usage = func() {
		usage()
		benchmarkHelp(io.err)
	}
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("unexpected argument %q", rest[0])
	}
	if f.out == "" {
		return usagef("-out is missing")
	}
	t := &problems{w: io.err, terminal: isTerminal(io.err)}
	if f.merge {
		return f.tables(io.out, t, t.add)
	}
	run, flows, err := f.plan()
	if err != nil {
		return usageError{err}
	}
	return f.run(ctx, io, run, flows, t)
}

func benchmarkHelp(w stdio.Writer) {
	fmt.Fprint(w, "\nBenchmarks:\n")
	names, about := eval.Kinds()
	for i, n := range names {
		fmt.Fprintf(w, "  %-11s %s\n", n, about[i])
	}
	fmt.Fprint(w, `
Keys of a benchmark: dir, questions, labels, images (where its files are), as (another
name), limit, max-tokens, ocr=no (textvqa: without the line of OCR tokens), rounds=all
(mmbench: options in every rotation), split (scienceqa: of pid_splits.json; vqav2: file
of the questions to hand in).

  par eval -model MODEL -bench pope -bench textvqa:ocr=no -out DIR \
      -flow none -flow fastv:tokens=72 -flow par:tokens=176,layers=28,router=FILE
  par eval -bench scenes -data DIR -out DIR -template auto -methods all -budget flops=0.5 -router A -router B
  par eval -model MODEL -bench fidelity:questions=FILE.jsonl,images=DIR -out DIR -flow random:tokens=25%
`)
}

// problems prints what is wrong with the input and counts it.
type problems struct {
	w        stdio.Writer
	terminal bool
	n        int
}

func (p *problems) say(line string) {
	if p.terminal {
		line = "\r\x1b[K" + line // over the progress bar
	}
	fmt.Fprintln(p.w, line)
}

func (p *problems) add(err error) {
	p.n++
	p.say(err.Error())
}

func (p *problems) err() error {
	switch p.n {
	case 0:
		return nil
	case 1:
		return errors.New("1 problem")
	}
	return fmt.Errorf("%d problems", p.n)
}

// wanted is a flow that the user asks for.
type wanted struct {
	spec, place string
	own         ownRouter
	prune       pruneFlags
	options     par.Options
}

// plan reads the flags, as far as that takes no model.
func (f *evalFlags) plan() (*eval.Run, []*wanted, error) {
	r := &eval.Run{Out: f.out, Model: f.name, Strict: f.strict, Compare: f.compare}
	if err := f.model.check(); err != nil {
		return nil, nil, err
	}
	switch {
	case len(f.benches) == 0:
		return nil, nil, fmt.Errorf("-bench is missing")
	case f.maxTokens < 0 || f.limit < 0 || f.bootstrap.Resamples < 1:
		return nil, nil, fmt.Errorf("-max-tokens and -limit can't be negative, -resamples must be positive")
	case !slices.Contains([]string{"auto", "crop", "pad"}, f.imageMode):
		return nil, nil, fmt.Errorf("-image-mode %q is not known (auto, crop, pad)", f.imageMode)
	case !slices.Contains([]string{"auto", "vicuna_v1", "hf"}, f.template):
		return nil, nil, fmt.Errorf("-template %q is not known (auto, vicuna_v1, hf)", f.template)
	}
	for _, b := range f.benches {
		s, err := eval.ParseSource(b, f.data)
		if err != nil {
			return nil, nil, fmt.Errorf("-bench %w", err)
		}
		if s.Limit == 0 {
			s.Limit = f.limit
		}
		if s.MaxTokens == 0 {
			s.MaxTokens = f.maxTokens
		}
		r.Sources = append(r.Sources, s)
	}
	if r.Model == "" && f.model.path == "" {
		r.Model = builtin.Name
	} else if r.Model == "" {
		abs, err := filepath.Abs(f.model.path)
		if err != nil {
			return nil, nil, err
		}
		r.Model = strings.TrimSuffix(filepath.Base(abs), ".gguf")
	}
	var err error
	if f.shard != "" {
		r.Shard, err = eval.ParseShard(f.shard)
	} else {
		r.Shard, _, err = eval.EnvShard(os.Getenv, f.shards)
	}
	if err != nil {
		return nil, nil, err
	}
	flows, err := f.wanted()
	return r, flows, err
}

// ownRouter is a router that is embedded with the model, "" for none.
type ownRouter struct {
	router string
	files  fs.FS
}

// embedded returns the router of the embedded model, where that is asked.
func (f *evalFlags) embedded() (ownRouter, error) {
	if f.model.path != "" {
		return ownRouter{}, nil
	}
	settings, files, err := builtin.Pruning()
	if errors.Is(err, builtin.ErrNone) {
		return ownRouter{}, nil // which opening the model tells
	}
	return ownRouter{settings["router"], files}, err
}

// wanted reads the grid.
func (f *evalFlags) wanted() ([]*wanted, error) {
	var flows []*wanted
	for _, spec := range f.flows {
		flows = append(flows, &wanted{spec: spec, place: "-flow"})
	}
	if f.grid != "" {
		lines, err := eval.ReadGrid(f.grid)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			flows = append(flows, &wanted{spec: l.Spec, place: l.Place + ":"})
		}
	}
	own, err := f.embedded()
	if err != nil {
		return nil, err
	}
	specs, err := f.methods.flows(own.router != "")
	if err != nil {
		return nil, err
	}
	for _, spec := range specs {
		flows = append(flows, &wanted{spec: spec, place: "-methods"})
	}
	if len(flows) == 0 {
		flows = []*wanted{{spec: "none", place: "-flow"}}
	}
	for _, w := range flows {
		w.own = own
		if err := w.parse(); err != nil {
			return nil, fmt.Errorf("%s %s: %w", w.place, w.spec, err)
		}
	}
	return flows, nil
}

// parse reads "method:key=value,...".
func (w *wanted) parse() error {
	method, settings, err := eval.ParseSettings(w.spec)
	if err != nil {
		return err
	}
	flags := flag.NewFlagSet("flow", flag.ContinueOnError)
	w.prune.register(flags)
	var seed uint64
	flags.Uint64Var(&seed, "seed", 0, "")
	for _, s := range append(settings, eval.Setting{Key: "method", Value: method}) {
		if err := flags.Set(s.Key, s.Value); err != nil {
			return fmt.Errorf("%s=%s: %w", s.Key, s.Value, err)
		}
	}
	if method == "par" && w.prune.router == "" && w.own.router != "" {
		w.prune.router, w.prune.files = w.own.router, w.own.files
	}
	w.options, err = w.prune.options(seed)
	return err
}

// make makes the flow for a model.
func (w *wanted) make(ctx context.Context, m *lvlm.Model, note func(string)) (eval.Flow, error) {
	out := eval.Flow{Name: w.spec, Method: w.prune.method, Options: w.options}
	if c := m.Config.Vision; c != nil {
		if _, err := w.options.Tokens.Of(c.Tokens(), 1, "image tokens"); err != nil {
			return out, err
		}
	}
	if _, err := w.options.Layers.Of(m.Config.Text.Layers, 1, "layers"); err != nil {
		return out, err
	}
	if err := w.prune.load(ctx, m, &out.Options, note); err != nil {
		return out, err
	}
	for _, path := range []string{w.prune.router, w.prune.order} {
		if path != "" {
			out.Files = append(out.Files, eval.File{FS: w.prune.files, Path: path})
		}
	}
	check := out.Options
	check.Question = "any" // each question's own takes its place
	_, err := par.New(out.Method, check)
	return out, err
}

// run asks, and makes the tables where this is not a part of a run.
func (f *evalFlags) run(ctx context.Context, io streams, r *eval.Run, flows []*wanted, t *problems) error {
	m, err := f.model.open()
	if err != nil {
		return err
	}
	defer m.Close()
	note := func(line string) {
		if !f.quiet {
			t.say(line)
		}
	}
	for _, w := range flows {
		flow, err := w.make(ctx, m, note)
		if err != nil {
			t.add(fmt.Errorf("%s %s: %w", w.place, w.spec, err))
			if f.strict {
				return t.err()
			}
			continue
		}
		if o := flow.Options; o.Router != nil {
			defer o.Router.Close()
		} else if o.CLIP != nil {
			defer o.CLIP.Close()
		}
		r.Flows = append(r.Flows, flow)
	}
	a := &eval.ModelAsker{Model: m, Template: f.template}
	if f.imageMode != "auto" {
		a.ImageMode = f.imageMode
	}
	r.Settings = map[string]string{
		"fingerprint": par.Fingerprint(m), "weights": m.Decoder.Layers[0].MLP.Gate.W.Type().String(),
		"template": f.template, "image_mode": f.imageMode, "compute": f.model.options.Compute.String(),
	}
	r.Problem, r.Note = t.say, note
	r.Progress = newBar(io.err, f.quiet, "eval", "answers").step
	if !r.Shard.Whole() {
		note(fmt.Sprintf("shard %v", r.Shard))
	}
	n, err := r.Do(ctx, a)
	t.n += n
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted; the same command goes on from here")
	case err != nil:
		return err
	case !r.Shard.Whole():
		note(fmt.Sprintf("shard %v is done; when all are: par eval -merge -out %s", r.Shard, f.out))
		return t.err()
	}
	// What is wrong was said while asking.
	return f.tables(io.out, t, func(error) {})
}

// tables computes the tables and writes them to the folder of the answers, the
// Markdown one to out, too.
func (f *evalFlags) tables(out stdio.Writer, t *problems, report func(error)) error {
	table, err := eval.MakeTable(f.out, f.bootstrap, report)
	if err != nil {
		return err
	}
	for name, write := range map[string]func(stdio.Writer) error{
		"table.md": table.WriteMarkdown, "table.csv": table.WriteCSV, "table.json": table.WriteJSON,
	} {
		if err := atomicfile.Write(filepath.Join(f.out, name), write); err != nil {
			return err
		}
	}
	for name, c := range table.Charts() {
		if err := atomicfile.Write(filepath.Join(f.out, name), c.WritePNG); err != nil {
			return err
		}
	}
	if err := table.WriteMarkdown(out); err != nil {
		return err
	}
	return t.err()
}
