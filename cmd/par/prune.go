package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/builtin"
	"github.com/go-par/par/par"
)

// pruneFlags choose a pruning method and its budget.
type pruneFlags struct {
	method, tokens, layers string
	flops, prefillMs       float64
	keep, skip, protect    string
	pruneLayer             int
	renumber               bool
	router, order, clip    string

	files fs.FS // that router is in; nil: the disk
}

// budgets are the flags that say how much to prune.
var budgets = []string{"tokens", "layers", "flops", "prefill-ms"}

func (f *pruneFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.method, "method", "none", "pruning method: "+strings.Join(par.MethodNames(), ", "))
	fs.StringVar(&f.tokens, "tokens", "", "image tokens to keep: a `count` or a ratio")
	fs.StringVar(&f.layers, "layers", "", "decoder layers to run: a `count` or a ratio")
	fs.Float64Var(&f.flops, "flops", 0, "pick the budgets left open: `share` of the unpruned prefill's FLOPs")
	fs.Float64Var(&f.prefillMs, "prefill-ms", 0, "pick the budgets left open: `milliseconds` of prefill on this machine")
	fs.IntVar(&f.pruneLayer, "prune-layer", par.OwnLayer, "first decoder layer without the dropped tokens; -1: the method's own")
	fs.StringVar(&f.protect, "protect", "", "decoder layers that always run, a `list` like 0,1,31, or none; by default the first two and the last")
	fs.BoolVar(&f.renumber, "renumber", false, "give kept tokens contiguous positions, where they are chosen before layer 0")
	fs.StringVar(&f.router, "router", "", "method par: the router's safetensors `file`")
	fs.StringVar(&f.order, "order", "", "methods shortgpt and short-lvlm: the layer order that par calibrate wrote to a `file`")
	fs.StringVar(&f.clip, "clip", "", "method cdpruner: `directory` of the whole CLIP checkpoint that the vision tower is from")
	fs.StringVar(&f.keep, "keep", "", "method fixed: image tokens to keep, a `list` like 0,4-9")
	fs.StringVar(&f.skip, "skip", "", "method fixed: decoder layers to leave out, a `list` like 20,24-26")
}

// embedded takes over the embedded model's pruning, as far as the user, who has set
// some of flags, leaves it open: all of it, or all but the budget.
func (f *pruneFlags) embedded(flags *flag.FlagSet) error {
	own := map[string]bool{}
	flags.Visit(func(fl *flag.Flag) { own[fl.Name] = true })
	for _, name := range []string{"method", "router", "order", "clip", "keep", "skip"} {
		if own[name] {
			return nil
		}
	}
	settings, files, err := builtin.Pruning()
	if err != nil {
		return err
	}
	budget := slices.ContainsFunc(budgets, func(name string) bool { return own[name] })
	for name, value := range settings {
		if own[name] || budget && slices.Contains(budgets, name) {
			continue
		}
		if err := flags.Set(name, value); err != nil {
			return fmt.Errorf("the embedded model's pruning: %s=%s: %w", name, value, err)
		}
	}
	f.files = files
	return nil
}

// from returns the layer that the method prunes at.
func (f *pruneFlags) from() int {
	m, err := par.Find(f.method)
	if err != nil || f.pruneLayer != par.OwnLayer {
		return f.pruneLayer
	}
	return m.FromLayer
}

// options reads the flags, as far as that takes no model.
func (f *pruneFlags) options(seed uint64) (par.Options, error) {
	o := par.Options{FromLayer: f.pruneLayer, Renumber: f.renumber, Seed: seed}
	m, err := par.Find(f.method)
	if err != nil {
		return o, err
	}
	if o.Tokens, err = par.ParseBudget(f.tokens); err != nil {
		return o, fmt.Errorf("-tokens: %w", err)
	}
	if o.Layers, err = par.ParseBudget(f.layers); err != nil {
		return o, fmt.Errorf("-layers: %w", err)
	}
	for _, l := range []struct {
		flag, text string
		dst        *[]int
	}{{"keep", f.keep, &o.Keep}, {"skip", f.skip, &o.Skip}, {"protect", f.protect, &o.Protect}} {
		if l.flag == "protect" && l.text == "none" {
			*l.dst = []int{}
			continue
		}
		if *l.dst, err = parseIndices(l.text); err != nil {
			return o, fmt.Errorf("-%s: %w", l.flag, err)
		}
	}
	o.Target = par.Target{FLOPs: f.flops, Prefill: time.Duration(f.prefillMs * float64(time.Millisecond))}
	for _, n := range []struct {
		flag, value string
		methods     []string
	}{{"router", f.router, []string{"par"}}, {"order", f.order, []string{"shortgpt", "short-lvlm"}}, {"clip", f.clip, []string{"cdpruner"}}} {
		if takes := slices.Contains(n.methods, f.method); takes && n.value == "" {
			return o, fmt.Errorf("method %s needs -%s", f.method, n.flag)
		} else if !takes && n.value != "" {
			return o, fmt.Errorf("-%s is for method %s", n.flag, strings.Join(n.methods, " or "))
		}
	}
	if err := o.Target.Check(); err != nil {
		return o, err
	}
	return o, m.Check(o)
}

// load reads the files that the flags name into o. note tells the user what is done
// or doubtful.
func (f *pruneFlags) load(ctx context.Context, m *lvlm.Model, o *par.Options, note func(string)) (err error) {
	if f.clip != "" {
		if o.CLIP, err = lvlm.OpenCLIP(f.clip); err != nil {
			return err
		}
	}
	if f.router != "" {
		if f.files != nil {
			o.Router, err = par.LoadRouterFS(f.files, f.router, m)
		} else {
			o.Router, err = par.LoadRouter(f.router, m)
		}
		if err != nil {
			return err
		}
		if o.Router.LLM == "" {
			note(f.router + " does not say which model it was trained for; its choices mean something for that one only.")
		}
	}
	if f.order != "" {
		if o.Order, err = par.LoadLayerOrder(f.order, m); err != nil {
			return err
		}
	}
	if o.Target.Prefill > 0 {
		var measured bool
		if o.Target.Timing, measured, err = par.CachedTiming(ctx, m); err != nil {
			return err
		}
		if measured {
			note("Timed this model's layers on this machine; the result is kept for later.")
		}
	}
	return nil
}

// flow makes the pruning method that the flags ask for.
func (f *pruneFlags) flow(ctx context.Context, m *lvlm.Model, o par.Options, note func(string)) (lvlm.Flow, error) {
	if err := f.load(ctx, m, &o, note); err != nil {
		return nil, err
	}
	return par.New(f.method, o)
}

// picked says which budgets a target led to, "" where there was none.
func picked(t par.Target, res *lvlm.Result) string {
	if t.None() {
		return ""
	}
	return fmt.Sprintf("For a target of %v: %d of %d image tokens and %d of %d layers.", t,
		len(res.Outcome.Kept), res.Prompt.ImageTokens(), res.Layers-len(res.Outcome.Skipped), res.Layers)
}
