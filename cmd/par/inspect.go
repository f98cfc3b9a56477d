package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/go-par/par/lvlm"
)

func inspectCommand(_ context.Context, io streams, args []string) error {
	fs := newFlags(io, "inspect", "PATH")
	asJSON := fs.Bool("json", false, "print one JSON object")
	var model modelFlags
	model.file(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usagef("one path is wanted, not %d", len(rest))
	}
	in, bad := lvlm.Inspect(rest[0], model.options)
	if in == nil {
		return bad
	}
	if *asJSON {
		err = json.NewEncoder(io.out).Encode(inspectionJSON(in, bad))
	} else {
		err = printInspection(io.out, in)
	}
	if bad != nil {
		return bad
	}
	return err
}

func printInspection(w io.Writer, in *lvlm.Inspection) error {
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(tw, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	row("path", "%s", in.Path)
	row("format", "%s", in.Format)
	if c := in.Config; c != nil {
		t := &c.Text
		row("architecture", "%s", c.Arch)
		row("decoder", "%d layers, width %d, feed-forward %d, %d heads of %d, %d key heads", t.Layers, t.Hidden, t.Intermediate, t.Heads, t.HeadDim, t.KVHeads)
		row("vocabulary", "%d rows, %d tokens in the tokenizer", t.Vocab, in.Tokens)
		row("context", "%d tokens, rotary base %g%s", t.Context, t.RopeTheta, scaling(t))
		if v := c.Vision; v != nil {
			row("vision tower", "%d layers, width %d, feed-forward %d, %d heads", v.Layers, v.Hidden, v.Intermediate, v.Heads)
			row("image", "%d x %d pixels, patches of %d, %d tokens, mode %s", v.ImageSize, v.ImageSize, v.PatchSize, v.Tokens(), c.ImageMode)
		}
		row("chat template", "%s", map[bool]string{true: "the checkpoint's own", false: "none"}[in.Template])
		m := &in.Memory
		row("memory", "weights %s, keys and values %s a token and %s for the whole context, activations %s for 1024 tokens",
			size(m.Weights), size(m.CachePerToken), size(m.CacheContext), size(m.Activations))
	}
	row("tensors", "%d, %s", len(in.Tensors), size(in.Bytes))
	if err := tw.Flush(); err != nil {
		return err
	}
	if len(in.Keys) > 0 {
		b.WriteString("\n")
		for _, k := range in.Keys {
			fmt.Fprintf(tw, "%s\t%s\t%s\n", k.Name, k.Type, k.Value)
		}
		if err := tw.Flush(); err != nil {
			return err
		}
	}
	b.WriteString("\n")
	for _, t := range in.Tensors {
		fmt.Fprintf(tw, "%s\t%s\t%v\t%s\n", t.Name, t.Type, t.Shape, size(t.Bytes))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func scaling(t *lvlm.TextConfig) string {
	switch s := t.RopeScaling; s.Type {
	case "", "default", "none":
		return ""
	default:
		return fmt.Sprintf(", %s scaling by %g", s.Type, s.Factor)
	}
}

// size spells a number of bytes in binary units.
func size(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	x, unit := float64(n)/(1<<10), 0
	for x >= 1024 && unit < 3 {
		x, unit = x/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", x, "KMGT"[unit])
}

// inspectionJSON is the object that -json prints.
func inspectionJSON(in *lvlm.Inspection, bad error) any {
	type key struct {
		Name  string `json:"name"`
		Type  string `json:"type"`
		Value string `json:"value"`
	}
	type tensor struct {
		Name  string `json:"name"`
		Type  string `json:"type"`
		Shape []int  `json:"shape"`
		Bytes int64  `json:"bytes"`
	}
	out := struct {
		Path         string           `json:"path"`
		Format       string           `json:"format"`
		Architecture string           `json:"architecture,omitempty"`
		Error        string           `json:"error,omitempty"`
		Config       any              `json:"config,omitempty"`
		Tokens       int              `json:"tokenizer_size,omitempty"`
		Template     bool             `json:"chat_template"`
		Memory       map[string]int64 `json:"memory_bytes,omitempty"`
		Keys         []key            `json:"keys,omitempty"`
		Tensors      []tensor         `json:"tensors"`
	}{Path: in.Path, Format: in.Format, Tokens: in.Tokens, Template: in.Template, Tensors: []tensor{}}
	if bad != nil {
		out.Error = bad.Error()
	}
	if c := in.Config; c != nil {
		out.Architecture, out.Config = c.Arch, c
		out.Memory = map[string]int64{
			"weights": in.Memory.Weights, "kv_per_token": in.Memory.CachePerToken,
			"kv_context": in.Memory.CacheContext, "activations_1024": in.Memory.Activations,
		}
	}
	for _, k := range in.Keys {
		out.Keys = append(out.Keys, key(k))
	}
	for _, t := range in.Tensors {
		shape := t.Shape
		if shape == nil {
			shape = []int{}
		}
		out.Tensors = append(out.Tensors, tensor{t.Name, t.Type, shape, t.Bytes})
	}
	return out
}
