package main

import (
	"fmt"
	"io"
)

// progress tells on standard error what a run is busy with: on a terminal in one
// line that is overwritten, elsewhere in a line each for what takes long.
type progress struct {
	w        io.Writer
	terminal bool
	quiet    bool
	shown    bool
}

func newProgress(w io.Writer, quiet bool) *progress {
	return &progress{w: w, quiet: quiet, terminal: isTerminal(w)}
}

var stages = map[string]string{
	"load":       "loading the model",
	"preprocess": "preparing the image",
	"vision":     "encoding the image",
	"prefill":    "reading the prompt",
	"decode":     "answering",
}

// stage shows what begins now.
func (p *progress) stage(name string) {
	if p.quiet {
		return
	}
	if !p.terminal {
		if name == "load" || name == "vision" {
			fmt.Fprintf(p.w, "%s ...\n", stages[name])
		}
		return
	}
	p.clear()
	fmt.Fprintf(p.w, "%s ...", stages[name])
	p.shown = true
}

// note prints a line that stays.
func (p *progress) note(line string) {
	p.clear()
	if !p.quiet {
		fmt.Fprintln(p.w, line)
	}
}

// clear takes the stage off the screen.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
