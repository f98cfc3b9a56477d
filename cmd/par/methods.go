package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/go-par/par/par"
)

func methodsCommand(_ context.Context, io streams, args []string) error {
	fs := newFlags(io, "methods", "")
	if rest, err := parse(fs, args); err != nil {
		return err
	} else if len(rest) > 0 {
		return usagef("unexpected argument %q", rest[0])
	}
	w := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	for _, m := range par.Methods() {
		where := fmt.Sprintf("layer %d", m.FromLayer)
		switch {
		case m.Staged:
			where = "at several layers"
		case !m.Tokens:
			where = "-"
		}
		paper := m.Paper
		if paper == "" {
			paper = "-"
		}
		fmt.Fprintf(w, "%s\t%s\n", m.Name, paper)
		fmt.Fprintf(w, "\tchooses: %s; prunes: %s\n", chooses(m), where)
		fmt.Fprintf(w, "\tpositions: %s\n", m.Positions)
		fmt.Fprintf(w, "\tbudget: %s\n", m.Budget)
	}
	return w.Flush()
}

func chooses(m par.Method) string {
	switch {
	case m.Tokens && m.Layers:
		return "image tokens and layers"
	case m.Tokens:
		return "image tokens"
	case m.Layers:
		return "layers"
	case m.Name == "fixed":
		return "what the caller says"
	}
	return "nothing"
}
