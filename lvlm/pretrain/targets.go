package pretrain

import (
	"github.com/go-par/par/lvlm/scenes"
	"github.com/go-par/par/nn/grad"
	"github.com/go-par/par/tensor"
)

// target is something that the tower learns to tell of each patch: a class, or, of
// patches that have it, a place relative to the patch.
type target struct {
	name   string
	width  int // number of classes, or of coordinates
	weight float32
	class  func(p *scenes.Patch) int // 0: none
	place  func(p *scenes.Patch) (x, y int, ok bool)
}

// Characters are letters and digits.
const characters = 26 + 10

// The longest text has four characters.
const textLength = 4

var targets = []target{
	{name: "shape", width: 1 + scenes.Shapes, weight: 1, class: func(p *scenes.Patch) int { return int(p.Shape) }},
	{name: "colour", width: 1 + scenes.Colours, weight: 1, class: func(p *scenes.Patch) int { return int(p.Colour) }},
	{name: "size", width: 1 + scenes.Sizes, weight: 1, class: func(p *scenes.Patch) int { return int(p.Size) }},
	{name: "character", width: 1 + characters, weight: 2, class: characterClass},
	{name: "character_at", width: 1 + textLength, weight: 2, class: func(p *scenes.Patch) int {
		if p.Text < 0 {
			return 0
		}
		return 1 + min(p.At, textLength-1)
	}},
	{name: "object_offset", width: 2, weight: 1, place: func(p *scenes.Patch) (x, y int, ok bool) { return p.DX, p.DY, p.Object >= 0 }},
	{name: "character_offset", width: 2, weight: 1, place: func(p *scenes.Patch) (x, y int, ok bool) { return p.CharDX, p.CharDY, p.Text >= 0 }},
}

func characterClass(p *scenes.Patch) int {
	switch c := p.Character; {
	case p.Text < 0:
		return 0
	case c >= '0' && c <= '9':
		return 27 + int(c-'0')
	default:
		return 1 + int(c-'A')
	}
}

// head tells a target from the tower's features.
type head struct {
	target
	grad.Linear
}

// backgroundWeight is that of a patch without the target, in a picture of which most
// patches are such.
const backgroundWeight = 0.05

// offsetScale brings offsets, which are up to a large object's radius, near 1.
const offsetScale = 8.0 / scenes.Side

// dense returns the loss of every head, weighted, and notes each in losses.
func (p pass) dense(features *grad.Var, labels []scenes.Patch, losses tally) *grad.Var {
	var sum *grad.Var
	for i := range p.heads {
		h := &p.heads[i]
		y := h.Forward(p.tape, features)
		var loss *grad.Var
		if h.class != nil {
			classes, weights := h.classes(labels)
			loss = p.tape.WeightedCrossEntropy(y, classes, weights)
		} else {
			places, weights := h.places(labels)
			loss = p.tape.SquaredError(y, places, weights)
		}
		losses.add(h.name, loss)
		loss = p.tape.Scale(loss, h.weight)
		if sum == nil {
			sum = loss
		} else {
			sum = p.tape.Add(sum, loss)
		}
	}
	return sum
}

func (t *target) classes(labels []scenes.Patch) (classes []int32, weights []float32) {
	for i := range labels {
		c, w := t.class(&labels[i]), float32(1)
		if c == 0 {
			w = backgroundWeight
		}
		classes, weights = append(classes, int32(c)), append(weights, w)
	}
	return classes, weights
}

func (t *target) places(labels []scenes.Patch) (places tensor.Tensor, weights []float32) {
	places, weights = tensor.New(len(labels), 2), make([]float32, len(labels))
	for i := range labels {
		if x, y, ok := t.place(&labels[i]); ok {
			places.Row(i)[0], places.Row(i)[1], weights[i] = float32(x)*offsetScale, float32(y)*offsetScale, 1
		}
	}
	return places, weights
}
