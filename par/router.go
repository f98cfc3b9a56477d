package par

import (
	"fmt"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
)

// Router is PAR's meta-router (arXiv:2412.06458): a few decoder layers of the
// language model's own kind over the prompt's rows and, behind them, one learnt
// row for each of the model's layers. A linear head scores the visual tokens and
// these layer tokens; what scores highest is kept.
//
// A narrow router maps its input down to fewer values a row first. A shared one
// does not read the prompt's embeddings but the residual stream that enters the
// pruning layer, where its layer tokens join if layers are to be chosen at all: the
// layers below are the model's own, which are computed anyway.
type Router struct {
	RouterOptions
	Down        *nn.Linear // [width, hidden]; nil where the width is the model's
	Layers      []nn.DecoderLayer
	Norm        nn.RMSNorm    // [width]
	Head        nn.Linear     // [1, width]
	LayerTokens tensor.Tensor // [model layers, hidden]

	rope  *nn.RoPE
	close func() error
}

// RouterOptions are a router's settings, as its file keeps them.
type RouterOptions struct {
	Mask      Mask
	FromLayer int    // the decoder layer that dropped tokens do not enter any more
	Shared    bool   // reads the residual stream before FromLayer
	LLM       string // Fingerprint of the model it was trained for; "" if not known
}

// Mask says what a router's rows see. The layer tokens see all rows before them.
type Mask string

const (
	Causal Mask = "causal" // each row sees itself and those before: image tokens do not see a question behind them
	Prefix Mask = "prefix" // each row of the prompt sees the whole prompt
)

func (m Mask) valid() bool { return m == Causal || m == Prefix }

// Sees returns how many rows, from the first on, a row sees in a prompt of so many or
// behind it.
func (m Mask) Sees(row, prompt int) int {
	if m == Prefix && row < prompt {
		return prompt
	}
	return row + 1
}

// Close unmaps the router's file. Its flows must not be used afterwards.
func (r *Router) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}

// Bind prepares a router that was not loaded from a file to run with a model.
func (r *Router) Bind(m *lvlm.Model) error {
	if err := r.check(m); err != nil {
		return err
	}
	// A file's own layout of heads concerns its weights, not the router's.
	rope := *m.Decoder.RoPE
	rope.Interleaved = false
	r.rope = &rope
	return nil
}

// check reports what keeps r from running with m.
func (r *Router) check(m *lvlm.Model) error {
	c := &m.Config.Text
	if err := sameShape(r.LayerTokens.Rows, r.LayerTokens.Cols, c); err != nil {
		return err
	}
	switch {
	case !r.Mask.valid():
		return fmt.Errorf("field mask: %q is not known (causal, prefix)", r.Mask)
	case r.FromLayer < 0 || r.FromLayer >= c.Layers:
		return fmt.Errorf("field from_layer: %d is not in 0..%d", r.FromLayer, c.Layers-1)
	case r.Shared && r.FromLayer == 0:
		return fmt.Errorf("field from_layer: 0 leaves a shared router no layer to read")
	}
	if r.LLM != "" {
		if f := Fingerprint(m); f != r.LLM {
			return fmt.Errorf("router for another language model: it was trained for %s, this one is %s", r.LLM, f)
		}
	}
	return nil
}

// sameShape reports layer tokens, [layers, width], of another model.
func sameShape(layers, width int, c *lvlm.TextConfig) error {
	if layers != c.Layers || width != c.Hidden {
		return fmt.Errorf("router for another language model: one of %d layers and width %d, this one has %d and %d", layers, width, c.Layers, c.Hidden)
	}
	return nil
}

// Width returns the number of values a row has inside the router.
func (r *Router) Width() int { return len(r.Norm.W) }

// Scores are a router's raw scores; their logistic is the probability to keep.
type Scores struct {
	Tokens []float32 // of the image tokens
	Layers []float32 // of the model's decoder layers
}

// Noise adds to the attention logits of one head of one router layer, [rows, rows],
// where row i is a query and column j a key: scaled, before the mask and the
// softmax. It is how PAR varies a router's flows while training it.
type Noise func(layer, head int, logits tensor.Tensor)

// Score scores a prompt. rows are its embeddings, [prompt rows, hidden], or what a
// shared router reads in their place; tokens are the layer tokens, or none where
// their scores are not wanted. noise may be nil; with it, attention runs on a slow
// path.
func (r *Router) Score(p *tensor.Pool, ws *nn.Workspace, rows, tokens tensor.Tensor, spans []lvlm.Span, noise Noise) Scores {
	n := rows.Rows
	scored, images := scoredRows(spans, n, n+tokens.Rows)
	if len(scored) == 0 {
		return Scores{}
	}
	x := rows
	if tokens.Rows > 0 || len(r.Layers) != 1 || noise != nil { // a single layer that drops rows leaves them as they are
		x = ws.Stream(n+tokens.Rows, rows.Cols)
		copy(x.Data, rows.Data)
		copy(x.Slice(n, x.Rows).Data, tokens.Data)
	}
	if r.Down != nil {
		wide := x
		x = tensor.New(wide.Rows, r.Width())
		r.Down.Forward(p, x, wide, nil)
	}
	pos, limits := make([]int32, x.Rows), make([]int32, x.Rows)
	for i := range pos {
		pos[i], limits[i] = int32(i), int32(r.Mask.Sees(i, n))
	}
	rot := ws.Places(r.rope, pos)
	for i := range r.Layers {
		l := &r.Layers[i]
		switch {
		case noise != nil:
			forwardNoisy(p, ws, l, x, rot, limits, func(head int, logits tensor.Tensor) { noise(i, head, logits) })
		case i < len(r.Layers)-1:
			x = l.Forward(p, ws, x, nil, ws.Cache(l.Attn.KVHeads, l.Attn.HeadDim, x.Rows), rot, limits)
		default:
			for j, row := range scored {
				limits[j] = limits[row] // scored ascends, so that none is read after it is written
			}
			x = l.Forward(p, ws, x, scored, ws.Cache(l.Attn.KVHeads, l.Attn.HeadDim, x.Rows), rot, limits[:len(scored)])
		}
	}
	if x.Rows > len(scored) {
		x = tensor.Compress(x, scored)
	}
	r.Norm.Forward(p, x, x)
	// One row of weights times many rows: these are the matrix then.
	head, scores := tensor.New(1, x.Cols), tensor.New(1, x.Rows)
	r.Head.W.Row(head.Data, 0)
	p.MatMul(scores, head, nil, x.Matrix(), nil)
	out := Scores{Tokens: scores.Data[:images]}
	if tokens.Rows > 0 {
		out.Layers = scores.Data[images:]
	}
	return out
}

// scoredRows lists the rows that have a score: the image tokens, whose number it
// returns, and the layer tokens, from row prompt to row end.
func scoredRows(spans []lvlm.Span, prompt, end int) (rows []int32, images int) {
	for _, s := range spans {
		for i := range s.Count {
			rows = append(rows, int32(s.Start+i))
		}
	}
	images = len(rows)
	for i := prompt; i < end; i++ {
		rows = append(rows, int32(i))
	}
	return rows, images
}
