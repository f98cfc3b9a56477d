package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/par"
	"github.com/go-par/par/par/train"
)

// calibrateFlags are the flags of par calibrate.
type calibrateFlags struct {
	model               modelFlags
	method              string
	data, images        string
	template, imageMode string
	limit               int
	out                 string
	quiet               bool
}

func calibrateCommand(ctx context.Context, io streams, args []string) error {
	var f calibrateFlags
	fs := newFlags(io, "calibrate", "")
	f.model.register(fs, "")
	fs.StringVar(&f.method, "method", "shortgpt", "shortgpt or short-lvlm")
	fs.StringVar(&f.data, "data", "", "`file` of questions: JSON lines of {image, question}, or LLaVA's conversations")
	fs.StringVar(&f.images, "images", ".", "`folder` that the file's pictures are in")
	fs.StringVar(&f.template, "template", "auto", "auto, vicuna_v1, hf or none")
	fs.StringVar(&f.imageMode, "image-mode", "auto", "auto, crop or pad")
	fs.IntVar(&f.limit, "limit", 0, "questions to read at most; 0: all")
	fs.StringVar(&f.out, "o", "", "JSON `file` to write the layer order to; none: print it")
	fs.BoolVar(&f.quiet, "quiet", false, "no progress on standard error")
	if rest, err := parse(fs, args); err != nil {
		return err
	} else if len(rest) > 0 {
		return usagef("unexpected argument %q", rest[0])
	}
	switch {
	case f.model.path == "":
		return usagef("no -model")
	case f.data == "":
		return usagef("no -data to calibrate on")
	case f.method != "shortgpt" && f.method != "short-lvlm":
		return usagef("-method %q is not known (shortgpt, short-lvlm)", f.method)
	case f.limit < 0:
		return usagef("-limit %d is negative", f.limit)
	}
	if err := f.model.check(); err != nil {
		return err
	}
	return f.run(ctx, io)
}

func (f *calibrateFlags) run(ctx context.Context, io streams) error {
	samples, skipped, err := train.ReadSamples(f.data, f.images)
	if err != nil {
		return err
	}
	if skipped > 0 && !f.quiet {
		fmt.Fprintf(io.err, "%s: %d questions without a picture left out\n", f.data, skipped)
	}
	if f.limit > 0 {
		samples = samples[:min(f.limit, len(samples))]
	}
	m, err := f.model.open()
	if err != nil {
		return err
	}
	defer m.Close()
	b := newBar(io.err, f.quiet, "calibrating", "prompts")
	order, err := par.Calibrate(ctx, m, f.method, func(yield func(lvlm.Request, error) bool) {
		for i, s := range samples {
			b.step(i, len(samples), "")
			r, err := f.request(m, s)
			if err != nil {
				err = fmt.Errorf("%s: sample %s: %w", f.data, s.ID, err)
			}
			if !yield(r, err) {
				return
			}
		}
		b.step(len(samples), len(samples), "")
	})
	if err != nil {
		return err
	}
	if f.out != "" {
		return order.Save(f.out)
	}
	w := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "order\t%s\n", strings.Trim(fmt.Sprint(order.Order), "[]"))
	for l, s := range order.Scores {
		fmt.Fprintf(w, "layer %d\t%.6f\n", l, s)
	}
	return w.Flush()
}

func (f *calibrateFlags) request(m *lvlm.Model, s train.Sample) (lvlm.Request, error) {
	r := lvlm.Request{}
	if f.imageMode != "auto" {
		r.ImageMode = f.imageMode
	}
	img, err := preprocess.DecodeFile(s.Image)
	if err != nil {
		return r, err
	}
	r.Images = append(r.Images, img)
	r.Prompt, err = m.Format(f.template, []chat.Message{{Role: "user", Content: s.Question, Images: 1}})
	return r, err
}
