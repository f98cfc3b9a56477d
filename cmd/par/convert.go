package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/go-par/par/lvlm"
)

func convertCommand(ctx context.Context, io streams, args []string) error {
	fs := newFlags(io, "convert", "IN OUT")
	var o lvlm.ConvertOptions
	fs.StringVar(&o.Type, "type", "", "storage `type` of weights: "+strings.Join(lvlm.Mixes(), ", ")+" in a GGUF file, f32, f16 or bf16 in a directory; none: as precise as IN's")
	fs.StringVar(&o.ProjectorType, "mmproj-type", "", "storage `type` in the GGUF file of vision tower and projector; none: -type where that is f32, f16 or bf16, else f16")
	fs.StringVar(&o.Projector, "mmproj", "", "GGUF `file` of vision tower and projector, to write or to read; none: mmproj-NAME.gguf beside NAME.gguf")
	fs.StringVar(&o.Vision, "vision", "", "`directory` of the CLIP tower, where the checkpoint keeps it apart")
	fs.IntVar(&o.Threads, "threads", 0, "threads to convert with; 0: one a processor")
	quiet := fs.Bool("quiet", false, "no progress and no summary on standard error")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 2 {
		return usagef("a Hugging Face directory and a GGUF file are wanted, in the order from and to, not %d arguments", len(rest))
	}
	if o.Threads < 0 {
		return usagef("-threads %d is negative", o.Threads)
	}
	b := newBar(io.err, *quiet, "converting", "MiB")
	o.Progress = func(p lvlm.ConvertProgress) {
		const mib = 1 << 20
		b.step(int(p.Done/mib), int((p.Total+mib-1)/mib), p.Tensor)
	}
	done, err := lvlm.Convert(ctx, rest[0], rest[1], o)
	if err != nil {
		return err
	}
	if *quiet {
		return nil
	}
	if n := len(done.Skipped); n > 0 {
		fmt.Fprintf(io.err, "left out %d tensors that are no part of the model: %s\n", n, some(done.Skipped))
	}
	for _, path := range done.Files {
		st, err := os.Stat(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(io.err, "%s  %s\n", path, size(st.Size()))
	}
	return nil
}

// some lists the first few of the names.
func some(names []string) string {
	const few = 5
	if len(names) > few {
		return strings.Join(names[:few], ", ") + ", ..."
	}
	return strings.Join(names, ", ")
}
