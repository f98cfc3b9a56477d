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
// computes bit for bit what no Flow does. The one exception is asked for by
// Step.Renumber.
type Flow interface {
	// Begin is called once a prefill, before layer 0.
	Begin(ctx context.Context, v *View) error
	// Layer decides about decoder layer i and the rows that enter it.
	Layer(ctx context.Context, i int, v *View) (Step, error)
}

// Finisher is a Flow that wants to see what the last layer computed, of all rows.
type Finisher interface {
	Flow
	// End is called once a prefill, after the last layer. View.Hidden is the
	// residual stream that leaves it.
	End(ctx context.Context, v *View) error
}

// Step is a Flow's decision about one layer.
type Step struct {
	// Keep lists the image tokens that go on from here, ascending, as indices into
	// the prompt's image tokens; each must have come this far. nil keeps all.
	Keep []int
	// Skip leaves the layer out: the residual stream passes by.
	Skip bool
	// Renumber gives the rows that go on contiguous positions, as if the prompt had
	// never had the others. It is heeded before layer 0 only, where no row has a
	// position yet.
	Renumber bool
}

// Outcome tells what a Flow did to a prompt.
type Outcome struct {
	FromLayer int   // the first layer that some image token did not enter; 0 where none was dropped
	Kept      []int // image tokens that entered the last layer
	Skipped   []int // layers left out
	Entered   []int // image tokens that entered each layer, 0 for a layer left out

	// The raw scores that the Flow chose by, where it has any: one for each image
	// token and one for each layer.
	TokenScores, LayerScores []float32
}

// pruning applies a Flow to one prefill and upholds its invariants.
type pruning struct {
	flow  Flow // nil for none
	view  View
	token []int32 // per prompt row: its index among the image tokens, -1 for text
	rows  []int32 // the prompt rows still computed
	out   Outcome
	spent time.Duration // the flow's own time

	ran     int     // the last layer that was run, -1 before the first
	ranRows []int32 // the prompt rows that entered it
}

// newPruning prepares the prefill of the rows of p from row first on.
func newPruning(f Flow, p *Prompt, first int) *pruning {
	pr := &pruning{flow: f, token: make([]int32, len(p.IDs)), ran: -1}
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
	return pr
}

// ask lets the flow look at the residual stream x, and takes its time.
func (pr *pruning) ask(x tensor.Tensor, question func(v *View) error) error {
	pr.view.Rows, pr.view.Kept, pr.view.Hidden = pr.rows, pr.out.Kept, x
	start := time.Now()
	defer func() { pr.spent += time.Since(start) }()
	return question(&pr.view)
}

func (pr *pruning) begin(ctx context.Context) error {
	if pr.flow == nil {
		return nil
	}
	return pr.ask(pr.view.Embeds, func(v *View) error { return pr.flow.Begin(ctx, v) })
}

// layer asks the flow about layer i. keep lists the rows of x that go on, nil
// where all do; renumber says that they get new positions.
func (pr *pruning) layer(ctx context.Context, i int, x tensor.Tensor) (skip bool, keep []int32, renumber bool, err error) {
	var step Step
	if pr.flow != nil {
		err = pr.ask(x, func(v *View) (err error) {
			step, err = pr.flow.Layer(ctx, i, v)
			return err
		})
		if err != nil {
			return false, nil, false, err
		}
	}
	if step.Keep != nil {
		if keep, err = pr.drop(i, step.Keep); err != nil {
			return false, nil, false, err
		}
	}
	if step.Skip {
		pr.out.Skipped = append(pr.out.Skipped, i)
		pr.out.Entered = append(pr.out.Entered, 0)
	} else {
		pr.out.Entered = append(pr.out.Entered, len(pr.out.Kept))
		pr.ran, pr.ranRows = i, pr.rows
	}
	return step.Skip, keep, step.Renumber && i == 0, nil
}

// finisher returns the flow if it wants to see the last layer's output.
func (pr *pruning) finisher() (Finisher, bool) {
	f, ok := pr.flow.(Finisher)
	return f, ok
}

// end shows the last layer's output to a flow that wants to see it.
func (pr *pruning) end(ctx context.Context, x tensor.Tensor) error {
	f, ok := pr.finisher()
	if !ok {
		return nil
	}
	return pr.ask(x, func(v *View) error { return f.End(ctx, v) })
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
	if len(pr.out.Kept) == pr.view.Prompt.ImageTokens() {
		pr.out.FromLayer = layer
	}
	pr.rows, pr.out.Kept = rows, slices.Clone(kept)
	return stay, nil
}
