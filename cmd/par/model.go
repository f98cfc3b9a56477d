package main

import (
	"errors"
	"flag"
	"fmt"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/builtin"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

// modelFlags name a checkpoint and say how it is opened. They mean the same to
// every command.
type modelFlags struct {
	path    string
	options lvlm.Options
}

// file registers the flags that find the checkpoint's files besides its own.
func (f *modelFlags) file(fs *flag.FlagSet) {
	fs.StringVar(&f.options.Projector, "mmproj", "", "GGUF `file` of vision tower and projector; none: the one mmproj*.gguf beside the model")
	fs.StringVar(&f.options.Vision, "vision", "", "`directory` of the CLIP tower, where the checkpoint keeps it apart")
	fs.BoolVar(&f.options.InMemory, "in-memory", false, "read the checkpoint's files instead of mapping them: slower to start, safe from others who write to them")
}

// register registers all flags. without says what happens where no model is named.
func (f *modelFlags) register(fs *flag.FlagSet, without string) {
	fs.StringVar(&f.path, "model", "", "checkpoint: a Hugging Face directory or a GGUF `file`"+without)
	fs.StringVar(&f.path, "m", "", "short for -model")
	f.file(fs)
	fs.IntVar(&f.options.Threads, "threads", 0, "threads to compute with; 0: one a processor")
	fs.Func("compute", "`arithmetic` of products: auto (exact for F32, F16 and BF16 weights, int8 for block types), f32, bf16, int8", func(s string) (err error) {
		f.options.Compute, err = tensor.ParseCompute(s)
		return err
	})
	fs.Func("cache-type", "`type` in which keys and values are held: f32 (the default), f16, bf16, q8_0", func(s string) (err error) {
		f.options.Cache, err = quant.Parse(s)
		return err
	})
}

// check looks for mistakes that need no model.
func (f *modelFlags) check() error {
	if f.options.Threads < 0 {
		return usagef("-threads %d is negative", f.options.Threads)
	}
	return nil
}

// open opens the checkpoint, or the embedded model where none is named.
func (f *modelFlags) open() (*lvlm.Model, error) {
	if f.path != "" {
		return lvlm.Open(f.path, f.options)
	}
	m, err := builtin.Open(f.options)
	if errors.Is(err, builtin.ErrNone) {
		return nil, fmt.Errorf("%w; name a checkpoint with -model, or build without the tag", err)
	}
	return m, err
}
