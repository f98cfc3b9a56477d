package par

import (
	"fmt"

	"github.com/go-par/par/lvlm"
)

// Architecture is what the FLOPs of a vision-language model depend on.
type Architecture struct {
	Name   string
	Text   lvlm.TextConfig
	Tokens int // visual tokens of one image
	Vision *VisionArchitecture

	table *tableConstants // where it is one of the PAR paper's Table 1
}

// VisionArchitecture is that of a vision tower and of the projector behind it.
type VisionArchitecture struct {
	Rows                         int // tokens inside the tower
	Hidden, Intermediate, Layers int // Layers are those that are run
	Pixels                       int // values of a patch
	Projector                    int // width of the features projected, 0 for no perceptron
}

// tableConstants are the values under which the formula of PaperFLOPs reproduces
// Table 1 of the PAR paper (arXiv:2412.06458) to its last digit; the paper does not
// print them.
type tableConstants struct {
	text         int     // text rows, answers included
	intermediate int     // as the model's configuration spells it
	constant     float64 // FLOPs beside the decoder layers
}

// Architectures lists the names that FindArchitecture knows.
func Architectures() []string { return []string{"llava-1.5-7b", "llava-1.5-13b", "qwen-vl-chat"} }

// FindArchitecture returns a published model's sizes.
func FindArchitecture(name string) (*Architecture, error) {
	// CLIP ViT-L/14 at 336 pixels, of whose 24 layers the last one is not run.
	clip := &VisionArchitecture{Rows: 577, Hidden: 1024, Intermediate: 4096, Layers: 23, Pixels: 3 * 14 * 14, Projector: 1024}
	llama := lvlm.TextConfig{Hidden: 4096, Intermediate: 11008, Layers: 32, Heads: 32, KVHeads: 32, HeadDim: 128, Vocab: 32000}
	switch name {
	case "llava-1.5-7b":
		return &Architecture{name, llama, 576, clip, &tableConstants{419, 11008, 0.515e12}}, nil
	case "llava-1.5-13b":
		llama.Hidden, llama.Intermediate, llama.Layers, llama.Heads, llama.KVHeads = 5120, 13824, 40, 40, 40
		return &Architecture{name, llama, 576, clip, nil}, nil
	case "qwen-vl-chat":
		// ViT-bigG/14 at 448 pixels; the resampler behind it, one cross-attention, is
		// counted as a projection. The configuration's intermediate_size of 22016 is
		// twice that of each of the decoder's matrices.
		llama.Vocab = 151936
		vit := &VisionArchitecture{Rows: 1024, Hidden: 1664, Intermediate: 8192, Layers: 48, Pixels: 3 * 14 * 14, Projector: 1664}
		return &Architecture{name, llama, 256, vit, &tableConstants{225, 22016, 2.271e12}}, nil
	}
	return nil, fmt.Errorf("architecture %q is not known (%v)", name, Architectures())
}

// ArchitectureOf returns a model's sizes.
func ArchitectureOf(c *lvlm.Config) *Architecture {
	a := &Architecture{Name: c.Arch, Text: c.Text}
	if v := c.Vision; v != nil {
		patches := (v.ImageSize / v.PatchSize) * (v.ImageSize / v.PatchSize)
		layers := 0
		for _, l := range v.FeatureLayers {
			layers = max(layers, l)
		}
		a.Tokens = v.Tokens()
		a.Vision = &VisionArchitecture{
			Rows: 1 + patches, Hidden: v.Hidden, Intermediate: v.Intermediate, Layers: layers,
			Pixels: 3 * v.PatchSize * v.PatchSize, Projector: v.Hidden * len(v.FeatureLayers),
		}
	}
	return a
}

// Load is a budget whose FLOPs are to be counted.
type Load struct {
	Images    int // 1 unless said otherwise
	Text      int // text rows of the prompt
	Tokens    int // image tokens kept
	Layers    int // decoder layers run
	FromLayer int // layers that see every image token; all of them are run
	Router    RouterLoad
}

// RouterLoad describes a router.
type RouterLoad struct {
	Layers       int  // 0 with Shared: a head alone; 0 otherwise: no router
	Width        int  // values a row inside it; 0: as many as the model
	Intermediate int  // of its layers' MLPs; 0: the model's, in proportion to the width
	Shared       bool // reads the residual stream at FromLayer
}

// FLOPs is the operations of a prefill, by part.
type FLOPs struct {
	Vision    float64 // tower and projector
	Router    float64
	Full      float64 // decoder layers that see every image token
	Pruned    float64 // the decoder layers after them
	Head      float64 // logits of the last row
	Constant  float64 // of the paper's convention: what it counts beside layers
	Total     float64
	Unpruned  float64 // Total without pruning
	Text      int     // text rows counted
	FullRatio float64 // Total / Unpruned
}

// Prefill returns the share of the unpruned operations without the vision tower's,
// which no flow changes.
func (c FLOPs) Prefill() float64 { return (c.Total - c.Vision) / (c.Unpruned - c.Vision) }

// ActualFLOPs counts what is computed: two operations for each product and sum of
// every matrix, the three of a gated MLP included, and of attention, which is
// taken as full. Norms, activations and softmax are left out.
func (a *Architecture) ActualFLOPs(l Load) FLOPs {
	c := a.actual(l)
	full := l
	full.Tokens, full.Layers, full.Router = a.images(l), a.Text.Layers, RouterLoad{}
	c.Unpruned = a.actual(full).Total
	c.FullRatio = c.Total / c.Unpruned
	return c
}

func (a *Architecture) images(l Load) int { return max(1, l.Images) * a.Tokens }

func (a *Architecture) actual(l Load) FLOPs {
	t := &a.Text
	rows, kept, from := l.Text+a.images(l), l.Text+l.Tokens, min(l.FromLayer, l.Layers)
	c := FLOPs{
		Full:   float64(from) * decoderLayer(t, rows),
		Pruned: float64(l.Layers-from) * decoderLayer(t, kept),
		Head:   2 * float64(t.Hidden) * float64(t.Vocab),
		Router: a.router(l, rows),
		Text:   l.Text,
	}
	if v := a.Vision; v != nil {
		c.Vision = float64(max(1, l.Images)) * (v.tower(2) + v.projector(a.Tokens, t.Hidden))
	}
	c.Total = c.Vision + c.Router + c.Full + c.Pruned + c.Head
	return c
}

// decoderLayer counts one layer over n rows that attend to each other.
func decoderLayer(t *lvlm.TextConfig, n int) float64 { return layerOf(t, n, n, n*n) }

// layerOf counts one layer over n rows of which out go on, with so many pairs of a
// query and a key.
func layerOf(t *lvlm.TextConfig, n, out, pairs int) float64 {
	d, q, kv := float64(t.Hidden), float64(t.Heads*t.HeadDim), float64(t.KVHeads*t.HeadDim)
	return 2 * (float64(n)*d*2*kv + float64(out)*d*(2*q+3*float64(t.Intermediate)) + 2*float64(pairs)*q)
}

// router counts a router's layers, its down-projection and its head, over the
// prompt and, unless it is a shared one and all of the model's layers are run, one
// row a layer.
func (a *Architecture) router(l Load, rows int) float64 {
	r := l.Router
	if r.Layers == 0 && !r.Shared {
		return 0
	}
	n := a.routerRows(l, rows)
	t, c := r.inside(a.Text, n)
	return c + float64(r.Layers)*decoderLayer(&t, n) + 2*float64(n)*float64(t.Hidden)
}

// routerRows returns the rows of a router over a prompt of so many.
func (a *Architecture) routerRows(l Load, prompt int) int {
	if l.Router.Shared && l.Layers == a.Text.Layers {
		return prompt
	}
	return prompt + a.Text.Layers
}

// inside returns the sizes of a router's layers, and counts the projection of n rows
// to their width.
func (r RouterLoad) inside(t lvlm.TextConfig, n int) (lvlm.TextConfig, float64) {
	down := 0.0
	if r.Width > 0 && r.Width != t.Hidden {
		down = 2 * float64(n) * float64(t.Hidden) * float64(r.Width)
		t.Intermediate = t.Intermediate * r.Width / t.Hidden
		t.KVHeads = max(1, t.KVHeads*r.Width/t.Hidden)
		t.Hidden, t.Heads = r.Width, r.Width/t.HeadDim
	}
	if r.Intermediate > 0 {
		t.Intermediate = r.Intermediate
	}
	return t, down
}

// tower counts patches and layers; mats is the number of an MLP's matrices.
func (v *VisionArchitecture) tower(mats float64) float64 {
	n, d := float64(v.Rows), float64(v.Hidden)
	return 2 * (n*d*float64(v.Pixels) + float64(v.Layers)*(4*n*d*d+2*n*n*d+mats*n*d*float64(v.Intermediate)))
}

func (v *VisionArchitecture) projector(tokens, hidden int) float64 {
	return 2 * float64(tokens) * (float64(v.Projector)*float64(hidden) + float64(hidden)*float64(hidden))
}

// PaperFLOPs counts as Table 1 of the PAR paper does, which follows FastV:
//
//	C + x f(tokens+text) + (layers-x) f(kept+text),  f(n) = 2 (4nd² + 2n²d + 2ndm)
//
// so that a gated MLP has two matrices instead of three, and the router is not
// counted. For a model of that table, text and C are the ones that its rows follow
// from; for another, C is tower, projector and the logits of all text rows.
func (a *Architecture) PaperFLOPs(l Load) FLOPs {
	c := a.paper(l)
	full := l
	full.Tokens, full.Layers = a.images(l), a.Text.Layers
	c.Unpruned = a.paper(full).Total
	c.FullRatio = c.Total / c.Unpruned
	return c
}

func (a *Architecture) paper(l Load) FLOPs {
	c := a.beside(max(1, l.Images), l.Text)
	from := min(l.FromLayer, l.Layers)
	c.Full = float64(from) * a.paperLayer(c.Text+a.images(l))
	c.Pruned = float64(l.Layers-from) * a.paperLayer(c.Text+l.Tokens)
	c.Total = c.Constant + c.Full + c.Pruned
	return c
}

// beside returns what the paper's convention counts beside layers, and the text rows
// that it takes a prompt to have.
func (a *Architecture) beside(images, text int) FLOPs {
	if t := a.table; t != nil {
		return FLOPs{Text: t.text, Constant: t.constant}
	}
	c := FLOPs{Text: text, Constant: 2 * float64(text) * float64(a.Text.Hidden) * float64(a.Text.Vocab)}
	if v := a.Vision; v != nil {
		c.Constant += float64(images) * (v.tower(2) + v.projector(a.Tokens, a.Text.Hidden))
	}
	return c
}

// paperLayer is f of PaperFLOPs.
func (a *Architecture) paperLayer(rows int) float64 {
	n, d, m := float64(rows), float64(a.Text.Hidden), float64(a.Text.Intermediate)
	if a.table != nil {
		m = float64(a.table.intermediate)
	}
	return 2 * (4*n*d*d + 2*n*n*d + 2*n*d*m)
}
