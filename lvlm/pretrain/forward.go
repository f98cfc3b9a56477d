package pretrain

import (
	"math"

	"github.com/go-par/par/nn/grad"
	"github.com/go-par/par/tensor"
)

// pass runs a model on a tape.
type pass struct {
	*Model
	tape *grad.Tape
}

// see runs the tower on patches of pixels, [pictures*patches, 3*patch*patch], and
// returns their features, [pictures*patches, width].
func (p pass) see(pixels tensor.Tensor) *grad.Var {
	n := p.patches()
	pictures := pixels.Rows / n
	var order, places, patches []int32
	var seen []grad.Span
	for i := range pictures {
		start := int32(i * (n + 1))
		order, places = append(order, 0), append(places, 0)
		for k := range n {
			order = append(order, int32(1+i*n+k))
			places = append(places, int32(1+k))
			patches = append(patches, start+1+int32(k))
		}
		for range n + 1 {
			seen = append(seen, grad.Span{From: start, To: start + int32(n) + 1})
		}
	}
	t := p.tape
	x := t.Concat(t.Param(p.class), p.patch.Forward(t, t.Const(pixels)))
	x = t.Add(t.Gather(x, order), t.Gather(t.Param(p.position), places))
	x = t.LayerNorm(x, t.Param(p.preNormW), t.Param(p.preNormB), normEps)
	for _, b := range p.blocks[:len(p.blocks)-1] {
		x = b.Forward(t, x, grad.Mask{Own: seen})
	}
	return t.Gather(x, patches)
}

// project maps features to the decoder's embeddings.
func (p pass) project(features *grad.Var) *grad.Var {
	h := p.tape.Activate(p.projector[0].Forward(p.tape, features), tensor.GELU)
	return p.projector[1].Forward(p.tape, h)
}

// answer returns the logits of what the batch wants to be predicted. visual are the
// visual tokens that it kept.
func (p pass) answer(visual *grad.Var, b *batch) *grad.Var {
	t := p.tape
	x := t.Gather(t.Concat(t.Gather(t.Param(p.embed), b.ids), visual), b.order)
	dim := p.Width / p.Heads
	cos, sin := tensor.New(len(b.positions), dim/2), tensor.New(len(b.positions), dim/2)
	p.rope.Angles(cos, sin, b.positions)
	last := len(p.layers) - 1
	for _, l := range p.layers[:last] {
		x = l.Forward(t, x, cos, sin, b.mask)
	}
	x = p.layers[last].ForwardRows(t, x, b.rows, cos, sin, b.mask)
	return p.output.Forward(t, t.RMSNorm(x, t.Param(p.norm), normEps))
}

// tally adds up losses by their names.
type tally map[string]float64

func (l tally) add(name string, loss *grad.Var) { l[name] += float64(loss.Value.Data[0]) }

// finite reports whether every loss is a number.
func (l tally) finite() bool {
	for _, x := range l {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
