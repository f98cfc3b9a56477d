package lvlm

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-par/par/tensor"
)

// Flow decides, while a prompt is prefilled, what the decoder computes. It is
// asked before every layer; a static method answers from a plan that it made in
// Begin, a dynamic one looks at what the layers before have computed.
//
// Whatever a Flow answers, text rows are never dropped, kept rows keep their
// position ids, layers above the pruning point hold keys and values of kept rows
// only, a skipped layer holds none, in prefill and in decoding, and decoding goes
// on at the position after the unpruned prompt. A Flow that keeps everything
// computes bit for bit what no Flow does.
type Flow interface {
	// Begin is called once a prefill, before layer 0.
	Begin(ctx context.Context, v *View) error
	// Layer decides about decoder layer i and the rows that enter it.
	Layer(ctx context.Context, i int, v *View) (Step, error)
}

// Step is a Flow's decision about one layer.
type Step struct {
	// Keep lists the image tokens that go on from here, ascending, as indices into
	// the prompt's image tokens; each must have come this far. nil keeps all.
	Keep []int
	// Skip leaves the layer out: the residual stream passes by.
	Skip bool
}

// View is what a Flow may look at. Its tensors are the decoder's own: to be read,
// and only during the call.
type View struct {
	Prompt   *Prompt
	Layers   int             // decoder layers
	Pool     *tensor.Pool    // runs a Flow's own tensor operations
	Features []tensor.Tensor // vision features, one tensor an image
	Embeds   tensor.Tensor   // [prompt rows, hidden], the input of layer 0; in Begin only
	Hidden   tensor.Tensor   // [len(Rows), hidden], the residual stream before the layer in question
	Rows     []int32         // the prompt rows still computed
	Kept     []int           // the image tokens among them
}

// Outcome tells what a Flow did to a prompt.
type Outcome struct {
	FromLayer int   // the first layer that some image token did not enter; 0 where none was dropped
	Kept      []int // image tokens that entered the last layer
	Skipped   []int // layers left out
}

// pruning applies a Flow to one prefill and upholds its invariants.
type pruning struct {
	flow  Flow
	view  View
	token []int32 // per prompt row: its index among the image tokens, -1 for text
	rows  []int32 // the prompt rows still computed
	out   Outcome
	spent time.Duration // the flow's own time
}

// newPruning prepares the prefill of the rows of p from row first on.
func newPruning(f Flow, p *Prompt, first int) *pruning {
	pr := &pruning{flow: f, token: make([]int32, len(p.IDs))}
	for i := range pr.token {
		pr.token[i] = -1
	}
	for _, s := range p.Spans {
		for i := range s.Count {
			pr.token[s.Start+i] = int32(len(pr.out.Kept))
			pr.out.Kept = append(pr.out.Kept, len(pr.out.Kept))
		}
	}
	for i := first; i < len(p.IDs); i++ {
		pr.rows = append(pr.rows, int32(i))
	}
	pr.view.Prompt = p
	return pr
}

func (pr *pruning) begin(ctx context.Context) error {
	if pr.flow == nil {
		return nil
	}
	pr.view.Rows, pr.view.Kept = pr.rows, pr.out.Kept
	pr.view.Hidden = pr.view.Embeds
	start := time.Now()
	defer func() { pr.spent += time.Since(start) }()
	return pr.flow.Begin(ctx, &pr.view)
}

// layer asks the flow about layer i. keep lists the rows of x that go on, nil
// where all do.
func (pr *pruning) layer(ctx context.Context, i int, x tensor.Tensor) (skip bool, keep []int32, err error) {
	if pr.flow == nil {
		return false, nil, nil
	}
	pr.view.Rows, pr.view.Kept, pr.view.Hidden = pr.rows, pr.out.Kept, x
	start := time.Now()
	step, err := pr.flow.Layer(ctx, i, &pr.view)
	pr.spent += time.Since(start)
	if err != nil {
		return false, nil, err
	}
	if step.Keep != nil {
		if keep, err = pr.drop(i, step.Keep); err != nil {
			return false, nil, err
		}
	}
	if step.Skip {
		pr.out.Skipped = append(pr.out.Skipped, i)
	}
	return step.Skip, keep, nil
}

// drop cuts the image tokens to those kept and returns the rows that stay, as
// indices into the rows so far, nil where that is all of them.
func (pr *pruning) drop(layer int, kept []int) ([]int32, error) {
	alive := make([]bool, len(pr.token))
	for _, t := range pr.out.Kept {
		alive[t] = true
	}
	for k, t := range kept {
		switch {
		case t < 0 || t >= len(alive) || !alive[t]:
			return nil, fmt.Errorf("flow: layer %d: image token %d is not there to be kept", layer, t)
		case k > 0 && t <= kept[k-1]:
			return nil, fmt.Errorf("flow: layer %d: image token %d does not come after %d", layer, t, kept[k-1])
		}
	}
	if len(kept) == len(pr.out.Kept) {
		return nil, nil
	}
	var stay, rows []int32
	for i, r := range pr.rows {
		if t := pr.token[r]; t >= 0 {
			if _, ok := slices.BinarySearch(kept, int(t)); !ok {
				continue
			}
		}
		stay = append(stay, int32(i))
		rows = append(rows, r)
	}
	if len(pr.out.Kept) == pr.images() {
		pr.out.FromLayer = layer
	}
	pr.rows, pr.out.Kept = rows, slices.Clone(kept)
	return stay, nil
}

// images returns the number of image tokens in the prompt.
func (pr *pruning) images() int {
	n := 0
	for _, s := range pr.view.Prompt.Spans {
		n += s.Count
	}
	return n
}
