package main

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-par/par/lvlm/scenes"
)

func scenesCommand(ctx context.Context, io streams, args []string) error {
	var p scenes.Part
	fs := newFlags(io, "scenes", "")
	out := fs.String("out", "", "`directory` for pictures, questions and labels; what is there is gone on from")
	fs.Var(parsed[scenes.Split]{&p.Split, scenes.ParseSplit}, "split", "train, val or test; no scene is in two of them (default train)")
	fs.Var(parsed[scenes.Style]{&p.Style, scenes.ParseStyle}, "style", "ordinary, crowded (up to 16 objects) or printed (texts only) (default ordinary)")
	fs.IntVar(&p.Pictures, "n", 1000, "number of pictures")
	fs.Uint64Var(&p.Seed, "seed", 0, "seed of the scenes")
	fs.IntVar(&p.Size, "size", 112, "sides of the pictures in pixels")
	fs.IntVar(&p.Questions, "questions", scenes.Kinds, "most questions about a picture")
	fs.IntVar(&p.Threads, "threads", 0, "threads to draw with; 0: one a processor")
	quiet := fs.Bool("quiet", false, "no progress on standard error")
	rest, err := parse(fs, args)
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return usagef("unexpected argument %q", rest[0])
	case *out == "":
		return usagef("-out is missing")
	case p.Threads < 0:
		return usagef("-threads can't be negative")
	}
	b := newBar(io.err, *quiet, "drawing", "pictures")
	p.Progress = func(done, total int) { b.step(done, total, "") }
	if err := p.Write(ctx, *out); err != nil {
		return err
	}
	images := filepath.Join(*out, "images")
	fmt.Fprintf(io.out, "%d pictures of %s\n", p.Pictures, p.Split)
	fmt.Fprintf(io.out, "par train -data %s -images %s ...\n", filepath.Join(*out, "conversations.jsonl"), images)
	fmt.Fprintf(io.out, "par eval -data %s -template auto -bench scenes -bench pope:images=%s ...\n", *out, images)
	return nil
}

// parsed is a flag whose value is one of a few names.
type parsed[T fmt.Stringer] struct {
	to    *T
	parse func(string) (T, error)
}

func (p parsed[T]) String() string {
	if p.to == nil {
		return ""
	}
	return (*p.to).String()
}

func (p parsed[T]) Set(s string) (err error) {
	*p.to, err = p.parse(strings.ToLower(s))
	return err
}

var _ flag.Value = parsed[scenes.Split]{}
