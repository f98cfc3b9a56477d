package lvlm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-par/par/tensor/quant"
)

// ConvertOptions say how Convert writes a checkpoint.
type ConvertOptions struct {
	// Type is one of Mixes for a GGUF file, one of f32, f16 and bf16 for a
	// directory. "" loses nothing: a GGUF file gets the directory's own type, a
	// directory gets quantised weights as f32 and others as they are.
	Type string
	// ProjectorType is Type for the file of vision tower and projector; "" is Type
	// where that is a type of floating-point numbers, else f16.
	ProjectorType string
	// Projector is the GGUF file of vision tower and projector: the one to write,
	// mmproj-NAME.gguf beside NAME.gguf by default, or the one to read, found as
	// Open finds it.
	Projector string
	Vision    string // as in Options
	Threads   int    // 0: GOMAXPROCS

	// Progress, where not nil, is told before each tensor how many bytes of the
	// checkpoint have been read.
	Progress func(p ConvertProgress)
}

// ConvertProgress tells how far a conversion is.
type ConvertProgress struct {
	File        string // being written
	Tensor      string // its name there
	Done, Total int64  // bytes of the checkpoint's tensors
}

// Conversion tells what Convert did.
type Conversion struct {
	Files   []string // written
	Skipped []string // tensors of the checkpoint that are no part of the model
}

// Convert writes the Hugging Face directory in as the GGUF file out, with vision
// tower and projector in another; or the GGUF file in as the directory out. Every
// file appears under its name only when it is complete. One piece of a tensor a
// thread is all that is in memory.
//
// A directory that is converted to f32, and back, has the same tensors bit for
// bit, under the same names unless it had LLaVA's own layout: that becomes the one
// of transformers. What GGUF files have no words for is kept under keys that begin
// with "par.", where that suffices, and is an error where not.
func Convert(ctx context.Context, in, out string, o ConvertOptions) (*Conversion, error) {
	st, err := os.Stat(in)
	if err != nil {
		return nil, err
	}
	c := &converter{ctx: ctx, o: o, result: new(Conversion)}
	if st.IsDir() {
		err = c.toGGUF(in, out)
	} else {
		err = c.toDir(in, out)
	}
	if err != nil {
		return nil, err
	}
	return c.result, nil
}

// converter carries one conversion out.
type converter struct {
	ctx    context.Context
	o      ConvertOptions
	result *Conversion

	done, total int64
}

// part is a tensor to be written.
type part struct {
	stored
	name string     // the loader's
	as   string     // in the new file
	to   quant.Type // in the new file
	// order gives the stored row that becomes row i; nil keeps them.
	order func(i int) int
	// fill, where not nil, writes values in the new type instead of the stored ones.
	fill func(p *part, w io.Writer) error
}

// catalogue lists the tensors that a model is made of: whatever the loader asks
// for, and the blocks of the tower above its features.
func catalogue(src source, c *Config) ([]part, error) {
	rec := &recorder{source: src}
	l := &loader{src: rec}
	l.decoder(&c.Text)
	if v := c.Vision; v != nil && l.err == nil {
		whole := *v
		whole.FeatureLayers = []int{v.Layers}
		l.vision(&whole)
		for _, name := range []string{"vision.post_layernorm.weight", "vision.post_layernorm.bias"} {
			if t, ok, err := src.find(name, v.Hidden); ok && err == nil {
				rec.parts = append(rec.parts, part{stored: t, name: name})
			}
		}
		l.projector(c)
	}
	return rec.parts, l.err
}

// recorder is a source that notes what is found in another.
type recorder struct {
	source
	parts []part
}

func (r *recorder) find(name string, shape ...int) (stored, bool, error) {
	t, ok, err := r.source.find(name, shape...)
	if ok && err == nil {
		r.parts = append(r.parts, part{stored: t, name: name})
	}
	return t, ok, err
}

// pairRows is the order in which GGUF files of LLaMA have the rows of a query or
// key projection: row 2i+j of a head of dim rows is row j*dim/2+i of the others.
func pairRows(dim int) func(int) int {
	return func(r int) int { head, i := r/dim*dim, r%dim; return head + i%2*(dim/2) + i/2 }
}

// splitRows is the inverse of pairRows.
func splitRows(dim int) func(int) int {
	return func(r int) int { head, i := r/dim*dim, r%dim; return head + i%(dim/2)*2 + i/(dim/2) }
}

// turned reports whether rotary position embedding turns the output of the tensor.
func turned(name string) bool {
	return !isVision(name) && (strings.Contains(name, "self_attn.q_proj.") || strings.Contains(name, "self_attn.k_proj."))
}

// begin counts what the parts hold.
func (c *converter) begin(parts []part) {
	for i := range parts {
		c.total += int64(len(parts[i].data))
	}
}

// write writes a part's values to w and tells the progress.
func (c *converter) write(w io.Writer, file string, p *part) error {
	if c.o.Progress != nil {
		c.o.Progress(ConvertProgress{file, p.as, c.done, c.total})
	}
	c.done += int64(len(p.data))
	if p.fill != nil {
		return p.fill(p, w)
	}
	return p.write(c.ctx, w, c.o.Threads)
}

// finished tells the progress at the end.
func (c *converter) finished(files ...string) {
	c.result.Files = append(c.result.Files, files...)
	if c.o.Progress != nil && c.done == c.total {
		c.o.Progress(ConvertProgress{File: files[len(files)-1], Done: c.done, Total: c.total})
	}
}

// common returns the storage type of all the parts, false where they differ.
func common(parts []part) (quant.Type, bool) {
	for i := range parts {
		if parts[i].typ != parts[0].typ {
			return 0, false
		}
	}
	return parts[0].typ, len(parts) > 0
}

// widest returns the type that holds the values of most bytes of the parts.
func widest(parts []part) quant.Type {
	bytes := map[quant.Type]int{}
	best := quant.F32
	for i := range parts {
		t := parts[i].typ
		if bytes[t] += len(parts[i].data); bytes[t] > bytes[best] {
			best = t
		}
	}
	return best
}

// torchNames are the names that transformers has for storage types.
var torchNames = map[quant.Type]string{quant.F32: "float32", quant.F16: "float16", quant.BF16: "bfloat16"}

// leftOut lists the names that no part was made of.
func leftOut(names []string, parts []part, own func(name string) string) []string {
	used := map[string]bool{}
	for i := range parts {
		used[own(parts[i].name)] = true
	}
	return slices.DeleteFunc(names, func(n string) bool { return used[n] })
}

// newDir makes the directory path, which may be there already but must not hold a
// checkpoint.
func newDir(path string) error {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return err
	}
	file := filepath.Join(path, "config.json")
	if _, err := os.Stat(file); err == nil {
		return fmt.Errorf("%s: is there already", file)
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
