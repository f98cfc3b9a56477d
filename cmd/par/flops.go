package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/par"
)

// flopsFlags are the flags of par flops.
type flopsFlags struct {
	model, arch    string
	images, text   int
	tokens, layers string
	pruneLayer     int
	router, width  int
	shared, asJSON bool
}

func flopsCommand(_ context.Context, io streams, args []string) error {
	var f flopsFlags
	fs := newFlags(io, "flops", "")
	fs.StringVar(&f.model, "model", "", "checkpoint: a Hugging Face directory or a GGUF `file`")
	fs.StringVar(&f.model, "m", "", "short for -model")
	fs.StringVar(&f.arch, "arch", "", "instead of a checkpoint: "+strings.Join(par.Architectures(), ", "))
	fs.IntVar(&f.images, "images", 1, "images in the prompt")
	fs.IntVar(&f.text, "text", 60, "text tokens in the prompt; the paper's convention has its own number for the models of its table")
	fs.StringVar(&f.tokens, "tokens", "", "image tokens kept: a `count` or a ratio")
	fs.StringVar(&f.layers, "layers", "", "decoder layers run: a `count` or a ratio")
	fs.IntVar(&f.pruneLayer, "prune-layer", par.DefaultFromLayer, "first decoder layer without the dropped tokens")
	fs.IntVar(&f.router, "router", 0, "decoder `layers` of the router; 0: none")
	fs.IntVar(&f.width, "router-width", 0, "values a row inside the router; 0: as many as in the decoder")
	fs.BoolVar(&f.shared, "shared", false, "the router reads the residual stream before the pruning layer")
	fs.BoolVar(&f.asJSON, "json", false, "print one JSON object")
	if rest, err := parse(fs, args); err != nil {
		return err
	} else if len(rest) > 0 {
		return usagef("unexpected argument %q", rest[0])
	}
	a, err := f.architecture()
	if err != nil {
		return err
	}
	l, err := f.load(a)
	if err != nil {
		return usageError{err}
	}
	if f.asJSON {
		return json.NewEncoder(io.out).Encode(flopsJSON(a, l))
	}
	return printFLOPs(io.out, a, l)
}

// architecture returns the sizes of the model that the flags name.
func (f *flopsFlags) architecture() (*par.Architecture, error) {
	switch {
	case f.model != "" && f.arch != "":
		return nil, usagef("both -model and -arch")
	case f.model != "":
		in, err := lvlm.Inspect(f.model, lvlm.Options{})
		if err != nil {
			return nil, err
		}
		if in.Config == nil {
			return nil, fmt.Errorf("%s: tensors without a model's configuration", f.model)
		}
		return par.ArchitectureOf(in.Config), nil
	case f.arch == "":
		return nil, usagef("a model is wanted, -model or -arch")
	}
	a, err := par.FindArchitecture(f.arch)
	if err != nil {
		return nil, usageError{err}
	}
	return a, nil
}

// load reads the budget.
func (f *flopsFlags) load(a *par.Architecture) (par.Load, error) {
	l := par.Load{
		Images: f.images, Text: f.text, FromLayer: f.pruneLayer,
		Router: par.RouterLoad{Layers: f.router, Width: f.width, Shared: f.shared},
	}
	for _, n := range []struct {
		flag       string
		value, min int
	}{{"images", f.images, 1}, {"text", f.text, 0}, {"prune-layer", f.pruneLayer, 0}, {"router", f.router, 0}, {"router-width", f.width, 0}} {
		if n.value < n.min || n.value > 1<<20 {
			return l, fmt.Errorf("-%s %d is not in %d..%d", n.flag, n.value, n.min, 1<<20)
		}
	}
	if f.width%a.Text.HeadDim != 0 {
		return l, fmt.Errorf("-router-width %d is no multiple of the head size %d", f.width, a.Text.HeadDim)
	}
	tokens, err := par.ParseBudget(f.tokens)
	if err == nil {
		l.Tokens, err = tokens.Of(f.images*a.Tokens, 0, "image tokens")
	}
	if err != nil {
		return l, fmt.Errorf("-tokens: %w", err)
	}
	layers, err := par.ParseBudget(f.layers)
	if err == nil {
		l.Layers, err = layers.Of(a.Text.Layers, 1, "layers")
	}
	if err != nil {
		return l, fmt.Errorf("-layers: %w", err)
	}
	return l, nil
}

func printFLOPs(w io.Writer, a *par.Architecture, l par.Load) error {
	paper, actual := a.PaperFLOPs(l), a.ActualFLOPs(l)
	fmt.Fprintf(w, "%s: %d of %d image tokens from layer %d on, %d of %d layers\n\n",
		a.Name, l.Tokens, l.Images*a.Tokens, l.FromLayer, l.Layers, a.Text.Layers)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	unit, name := 1e12, "TFLOPs"
	if actual.Unpruned < 1e11 {
		unit, name = 1e9, "GFLOPs"
	}
	fmt.Fprintf(tw, "%s\tactual\tpaper\t\n", name)
	row := func(name string, actual, paper float64) {
		cell := func(x float64) string {
			if x == 0 {
				return "-"
			}
			return fmt.Sprintf("%.3f", x/unit)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t\n", name, cell(actual), cell(paper))
	}
	row("vision tower and projector", actual.Vision, 0)
	row("router", actual.Router, 0)
	row("layers over all tokens", actual.Full, paper.Full)
	row("layers over kept tokens", actual.Pruned, paper.Pruned)
	row("logits", actual.Head, 0)
	row("beside the layers", 0, paper.Constant)
	row("total", actual.Total, paper.Total)
	row("total without pruning", actual.Unpruned, paper.Unpruned)
	fmt.Fprintf(tw, "kept\t%.1f %%\t%.1f %%\t\n", 100*actual.FullRatio, 100*paper.FullRatio)
	fmt.Fprintf(tw, "text tokens\t%d\t%d\t\n", actual.Text, paper.Text)
	return tw.Flush()
}

// flopsJSON is the object that -json prints.
func flopsJSON(a *par.Architecture, l par.Load) any {
	type count struct {
		Vision   float64 `json:"vision"`
		Router   float64 `json:"router"`
		Full     float64 `json:"layers_all_tokens"`
		Pruned   float64 `json:"layers_kept_tokens"`
		Head     float64 `json:"logits"`
		Constant float64 `json:"constant"`
		Total    float64 `json:"total"`
		Unpruned float64 `json:"total_unpruned"`
		Ratio    float64 `json:"ratio"`
		Text     int     `json:"text_tokens"`
	}
	convention := func(c par.FLOPs) count {
		return count{
			c.Vision / 1e12, c.Router / 1e12, c.Full / 1e12, c.Pruned / 1e12, c.Head / 1e12, c.Constant / 1e12,
			c.Total / 1e12, c.Unpruned / 1e12, c.FullRatio, c.Text,
		}
	}
	return struct {
		Arch        string `json:"arch"`
		Images      int    `json:"images"`
		ImageTokens int    `json:"image_tokens"`
		Kept        int    `json:"image_tokens_kept"`
		Layers      int    `json:"layers"`
		LayersRun   int    `json:"layers_run"`
		FromLayer   int    `json:"from_layer"`
		Actual      count  `json:"actual_tflops"`
		Paper       count  `json:"paper_tflops"`
	}{
		a.Name, l.Images, l.Images * a.Tokens, l.Tokens, a.Text.Layers, l.Layers, l.FromLayer,
		convention(a.ActualFLOPs(l)), convention(a.PaperFLOPs(l)),
	}
}
