package pretrain

import (
	"math"

	"github.com/go-par/par/lvlm/scenes"
	"github.com/go-par/par/nn/grad"
	"github.com/go-par/par/tensor"
)

// target is something that the tower learns to tell of each patch: a class, or, of
// patches that have it, a place.
//
// Places are told twice: relative to the patch, which outlines things, and in the
// picture. Without the latter the features carry little of where a patch is, and the
// decoder learns neither positions and relations nor to count: patches of one object
// are those with one centre.
type target struct {
	name   string
	width  int // number of classes, or of coordinates
	weight float32
	class  func(p *scenes.Patch) int                 // 0: none
	place  func(p *scenes.Patch) (x, y int, ok bool) // from the middle of the patch
	whole  bool                                      // the place in the picture, from its middle
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
	{name: "object_offset", width: 2, weight: 1, place: objectPlace},
	{name: "character_offset", width: 2, weight: 1, place: characterPlace},
	{name: "object_centre", width: 2, weight: 0.3, place: objectPlace, whole: true},
	{name: "character_centre", width: 2, weight: 0.3, place: characterPlace, whole: true},
}

func objectPlace(p *scenes.Patch) (x, y int, ok bool) { return p.DX, p.DY, p.Object >= 0 }

func characterPlace(p *scenes.Patch) (x, y int, ok bool) { return p.CharDX, p.CharDY, p.Text >= 0 }

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

// placeScale brings offsets, which are up to a large object's radius, near 1.
const placeScale = 8.0 / scenes.Side

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
			places, weights := h.places(labels, p.patches())
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

// places returns the targets for the labels of pictures of n patches each.
func (t *target) places(labels []scenes.Patch, n int) (places tensor.Tensor, weights []float32) {
	places, weights = tensor.New(len(labels), 2), make([]float32, len(labels))
	side := int(math.Sqrt(float64(n)))
	for i := range labels {
		x, y, ok := t.place(&labels[i])
		if !ok {
			continue
		}
		if t.whole {
			row, column := i%n/side, i%side
			x += (2*column + 1 - side) * scenes.Side / (2 * side)
			y += (2*row + 1 - side) * scenes.Side / (2 * side)
		}
		places.Row(i)[0], places.Row(i)[1], weights[i] = float32(x)*placeScale, float32(y)*placeScale, 1
	}
	return places, weights
}
