package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/go-par/par/lvlm/pretrain"
	"github.com/go-par/par/par/chart"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/atomicfile"
)

// pretrainFlags are the flags of par pretrain.
type pretrainFlags struct {
	options pretrain.Options
	limit   time.Duration
	quiet   bool
}

func (f *pretrainFlags) register(fs *flag.FlagSet) {
	f.options = pretrain.Options{Shape: pretrain.Small(), Stages: pretrain.Stages(), Compute: tensor.Auto}
	fs.StringVar(&f.options.Dir, "out", "", "`directory` for the model, the log and the checkpoint; what is there is gone on from")
	for i := range f.options.Stages {
		s := &f.options.Stages[i]
		fs.IntVar(&s.Pictures, s.Name, s.Pictures, "`pictures` of the stage "+s.Name)
		fs.Float64Var(&s.Rate, s.Name+"-lr", s.Rate, "learning `rate` of the stage "+s.Name)
		fs.IntVar(&s.Batch, s.Name+"-batch", s.Batch, "`pictures` to a step of the stage "+s.Name)
	}
	fs.IntVar(&f.options.Shape.Width, "width", f.options.Shape.Width, "width of the decoder")
	fs.IntVar(&f.options.Shape.Layers, "layers", f.options.Shape.Layers, "layers of the decoder")
	fs.IntVar(&f.options.Lanes, "lanes", min(2, runtime.NumCPU()), "parts of a step that are computed at the same time; the result depends on it")
	fs.Func("compute", "products in `type` f32, bf16 (with f32 sums), or auto (the default)", func(s string) (err error) {
		f.options.Compute, err = tensor.ParseCompute(s)
		return err
	})
	fs.Uint64Var(&f.options.Seed, "seed", 1, "seed of the weights and the pictures")
	fs.IntVar(&f.options.SaveEvery, "save-every", 100, "steps between checkpoints")
	fs.IntVar(&f.options.CheckEvery, "check-every", 100, "steps between looks at the validation split; 0: none")
	fs.DurationVar(&f.limit, "limit", 0, "stop after so much `time`, to go on later; 0: go to the end")
	fs.BoolVar(&f.quiet, "quiet", false, "no progress on standard error")
}

func pretrainCommand(ctx context.Context, io streams, args []string) error {
	var f pretrainFlags
	fs := newFlags(io, "pretrain", "")
	f.register(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) > 0:
		return usageError{fmt.Errorf("unexpected argument %q", rest[0])}
	case f.options.Dir == "":
		return usageError{fmt.Errorf("-out is needed")}
	}
	if err := os.MkdirAll(f.options.Dir, 0o755); err != nil {
		return err
	}
	if f.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, f.limit, errLimit)
		defer cancel()
	}
	return f.run(ctx, io)
}

var errLimit = errors.New("the time is up; the same command goes on from here")

func (f *pretrainFlags) run(ctx context.Context, io streams) error {
	name := filepath.Join(f.options.Dir, pretrainLog)
	log, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	bars := map[string]*bar{}
	path, err := pretrain.Run(ctx, f.options, func(s pretrain.Step) error {
		if bars[s.Stage] == nil {
			bars[s.Stage] = newBar(io.err, f.quiet, s.Stage, "steps")
		}
		bars[s.Stage].step(s.Step, s.Steps, fmt.Sprintf("loss %.3f, %.1f pictures/s", total(s.Losses), float64(s.Pictures)/s.Seconds))
		if s.Right != nil && !f.quiet {
			fmt.Fprintf(io.err, "%s %d: right %s\n", s.Stage, s.Step, shares(s.Right))
		}
		return json.NewEncoder(log).Encode(s)
	})
	if drawn := drawPretraining(f.options.Dir); drawn != nil && err == nil {
		err = drawn
	}
	if errors.Is(err, context.DeadlineExceeded) && context.Cause(ctx) == errLimit {
		return errLimit
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "model: %s\n", path)
	return nil
}

func total(losses map[string]float64) float64 {
	sum := 0.0
	for _, x := range losses {
		sum += x
	}
	return sum
}

func shares(right map[string]float64) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(right)) {
		list = append(list, fmt.Sprintf("%s %.0f %%", name, 100*right[name]))
	}
	return strings.Join(list, ", ")
}

// pretrainLog has what each step did, a JSON object a line.
const pretrainLog = "log.jsonl"

// drawPretraining draws, for each stage in the log, the losses and what was right of
// the validation split.
func drawPretraining(dir string) error {
	path := filepath.Join(dir, pretrainLog)
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	losses, right := map[string]curves{}, map[string]curves{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		var s pretrain.Step
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return fmt.Errorf("%s: line %d: %w", path, n, err)
		}
		for to, values := range map[*map[string]curves]map[string]float64{&losses: s.Losses, &right: s.Right} {
			if (*to)[s.Stage] == nil {
				(*to)[s.Stage] = curves{}
			}
			(*to)[s.Stage].add(s.Step, values)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for stage, c := range losses {
		if err := c.draw(dir, "loss-"+stage+".png", "Stage "+stage, chart.Axis{Label: "loss", Log: true}); err != nil {
			return err
		}
		if err := right[stage].draw(dir, "right-"+stage+".png", "Stage "+stage+", validation split", chart.Axis{Label: "share that is right", Max: 1}); err != nil {
			return err
		}
	}
	return nil
}

// curves are lines over the steps, by name.
type curves map[string][]chart.Point

// add adds values of a step. A run that went on from a checkpoint repeats the steps
// behind it.
func (c curves) add(step int, values map[string]float64) {
	for name, y := range values {
		list := c[name]
		for k := len(list); k > 0 && list[k-1].X >= float64(step); k-- {
			list = list[:k-1]
		}
		c[name] = append(list, chart.Point{X: float64(step), Y: y})
	}
}

func (c curves) draw(dir, file, title string, y chart.Axis) error {
	if len(c) == 0 {
		return nil
	}
	picture := chart.Chart{Title: title, X: chart.Axis{Label: "step"}, Y: y}
	for _, name := range slices.SortedFunc(maps.Keys(c), cmp.Compare[string]) {
		picture.Series = append(picture.Series, chart.Series{Name: name, Line: true, Points: c[name]})
	}
	return atomicfile.Write(filepath.Join(dir, file), func(w io.Writer) error { return picture.WritePNG(w) })
}
