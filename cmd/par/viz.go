package main

import (
	"context"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/par/viz"
)

// vizCommand is par run that draws in any case.
func vizCommand(ctx context.Context, io streams, args []string) error {
	var f runFlags
	fs := newFlags(io, "viz", "[prompt]")
	f.register(fs)
	fs.StringVar(&f.viz, "o", "par.png", "PNG `file` to draw to, as -viz")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	return f.run(ctx, io, fs, rest)
}

// draw writes what was pruned to a PNG file.
func (f *runFlags) draw(m *lvlm.Model, req *lvlm.Request, res *lvlm.Result) error {
	a := &viz.Answer{Method: f.prune.method, Question: f.prompt, Result: res}
	for _, img := range req.Images {
		seen, err := m.Seen(img, req.ImageMode)
		if err != nil {
			return err
		}
		a.Pictures = append(a.Pictures, viz.Picture{RGB: img, Seen: seen})
	}
	return viz.WriteFile(f.viz, a)
}
