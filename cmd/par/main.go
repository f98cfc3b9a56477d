// Command par runs large vision-language models on CPUs and prunes them while
// they run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

// command is one verb of the command line.
type command struct {
	name, synopsis string
	run            func(ctx context.Context, io streams, args []string) error
}

// streams are what a command reads and writes, so that tests can stand in.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

var commands = []command{
	{"run", "answer about an image", runCommand},
	{"demo", "ask about an image unpruned and pruned, side by side", demoCommand},
	{"viz", "answer about an image and draw what was pruned", vizCommand},
	{"methods", "list the pruning methods: papers, positions, budgets", methodsCommand},
	{"calibrate", "measure which decoder layers matter least", calibrateCommand},
	{"flops", "count a prefill's operations, as the PAR paper does and as they are", flopsCommand},
	{"inspect", "list a checkpoint: architecture, sizes, tensors, tokenizer, memory needed", inspectCommand},
	{"eval", "measure pruning methods on benchmarks", evalCommand},
	{"convert", "turn a Hugging Face directory into GGUF files, or back", convertCommand},
	{"pretrain", "train a small vision-language model from scratch", pretrainCommand},
	{"train", "train a meta-router on images and questions, without labels", trainCommand},
	{"scenes", "draw pictures of shapes and texts, with questions and answers", scenesCommand},
	{"tokenize", "turn text into token ids, or back", tokenizeCommand},
	{"version", "print the version and the CPU tier in use", versionCommand},
}

// Exit statuses.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	status := dispatch(ctx, streams{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:])
	cancel()
	os.Exit(status)
}

// usageError is a mistake on the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// dispatch runs the command that args name and returns the exit status.
func dispatch(ctx context.Context, io streams, args []string) int {
	if len(args) == 0 {
		usage(io.err)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(io.out)
		return 0
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, io, args[1:])
		var bad usageError
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.As(err, &bad):
			fmt.Fprintf(io.err, "par %s: %v\nRun 'par %s -h' for its flags.\n", c.name, err, c.name)
			return exitUsage
		}
		fmt.Fprintf(io.err, "par %s: %v\n", c.name, err)
		return exitFailed
	}
	fmt.Fprintf(io.err, "par: no command %q\n", args[0])
	usage(io.err)
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprint(w, "usage: par COMMAND [flags] [arguments]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.synopsis)
	}
	fmt.Fprint(w, "\n'par COMMAND -h' lists a command's flags.\n")
}

// newFlags returns a flag set whose help goes to the command's error stream.
func newFlags(io streams, name, arguments string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.err)
	fs.Usage = func() {
		fmt.Fprintf(io.err, "usage: par %s [flags] %s\n\n", name, arguments)
		fs.PrintDefaults()
	}
	return fs
}

// parse parses flags wherever they stand among the arguments, and returns the
// other arguments. "--" ends the flags.
func parse(fs *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		out := fs.Output()
		fs.SetOutput(io.Discard) // the error is reported once, by dispatch
		usage := fs.Usage
		fs.Usage = func() {}
		err := fs.Parse(args)
		fs.SetOutput(out)
		fs.Usage = usage
		if errors.Is(err, flag.ErrHelp) {
			fs.Usage()
			return nil, err
		}
		if err != nil {
			return nil, usageError{err}
		}
		left := fs.Args()
		if len(left) == 0 {
			return rest, nil
		}
		if used := len(args) - len(left); used > 0 && args[used-1] == "--" {
			return append(rest, left...), nil
		}
		rest, args = append(rest, left[0]), left[1:]
	}
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, ", ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }
