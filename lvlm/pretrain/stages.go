package pretrain

import (
	"math/rand/v2"

	"github.com/go-par/par/lvlm/scenes"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/nn/grad"
)

// stage is what a stage shows, trains and minimises.
type stage struct {
	mix     mix
	params  func(m *Model) []*grad.Param
	picture func(rng *rand.Rand, k scenes.Key, s *Shape, progress float64) *picture
	loss    func(p pass, b *batch, words names, losses tally) *grad.Var
	count   func(p pass, b *batch, words names, right, all tally)
}

var stages = map[string]*stage{
	// An ordinary picture has 30 patches of 196 that show something; crowded ones
	// have most of them.
	"tower": {
		mix:     mix{scenes.Ordinary: 0.15, scenes.Crowded: 0.6, scenes.Printed: 0.25},
		params:  (*Model).tower,
		picture: seen,
		loss: func(p pass, b *batch, _ names, losses tally) *grad.Var {
			return p.dense(p.see(b.pixels), b.labels, losses)
		},
		count: (pass).countPatches,
	},
	"projector": {
		mix:     mix{scenes.Ordinary: 0.3, scenes.Crowded: 0.7},
		params:  (*Model).projectors,
		picture: seen,
		loss: func(p pass, b *batch, words names, losses tally) *grad.Var {
			return p.naming(p.project(p.see(b.pixels)), b.labels, words, losses)
		},
		count: (pass).countNames,
	},
	"answers": {
		mix:     mix{scenes.Ordinary: 0.7, scenes.Crowded: 0.1, scenes.Printed: 0.2},
		params:  (*Model).Params,
		picture: askedAbout,
		loss:    (pass).answers,
		count:   (pass).countAnswers,
	},
}

// seen is a picture to look at.
func seen(_ *rand.Rand, k scenes.Key, s *Shape, _ float64) *picture {
	scene := scenes.New(k)
	labels, err := scene.Patches(s.Image, s.Patch)
	if err != nil {
		panic("pretrain: " + err.Error()) // Check has seen the sizes
	}
	return &picture{scene: scene, labels: labels}
}

// askedAbout is a picture with questions. The decoder sees a random share of its
// background, and in the end more often all of it.
func askedAbout(rng *rand.Rand, k scenes.Key, s *Shape, progress float64) *picture {
	p := seen(rng, k, s, progress)
	p.asked = questions(p.scene, 10)
	share := rng.Float64()
	if whole := rng.Float64(); progress > 1-decay && whole < 0.5 || whole < 0.1 {
		share = 1
	}
	p.kept = keep(rng, p.labels, share)
	return p
}

// answers is the loss of the whole model: of the answers, and, weighted, of what the
// tower and the projector have learnt before, which keeps it and goes on.
func (p pass) answers(b *batch, words names, losses tally) *grad.Var {
	t := p.tape
	features := p.see(b.pixels)
	loss := t.Scale(p.dense(features, b.labels, losses), denseWeight)
	if len(b.asked) == 0 {
		return loss
	}
	visual := p.project(t.Gather(features, b.visual))
	kept := make([]scenes.Patch, len(b.visual))
	for i, k := range b.visual {
		kept[i] = b.labels[k]
	}
	loss = t.Add(loss, t.Scale(p.naming(visual, kept, words, losses), nameWeight))
	y := t.WeightedCrossEntropy(p.answer(visual, b), b.targets, b.weights)
	losses.add("answers", y)
	return t.Add(loss, y)
}

// names are the tokens that name what a patch shows, for each of the kinds.
type names [3][]int32

var nameKinds = [...]string{"shape", "colour", "size"}

func newNames(tok *tokenizer.Tokenizer) names {
	var n names
	add := func(kind int, word string) {
		n[kind] = append(n[kind], tok.Encode(word, tokenizer.Options{})[0])
	}
	for s := range scenes.Shapes {
		add(0, scenes.Shape(1+s).String())
	}
	for c := range scenes.Colours {
		add(1, scenes.Colour(1+c).String())
	}
	for s := range scenes.Sizes {
		add(2, scenes.Size(1+s).String())
	}
	return n
}

// nameClasses returns which of a kind's names is each patch's, -1 for the background.
func nameClasses(kind int, labels []scenes.Patch) []int32 {
	list := make([]int32, len(labels))
	for i := range labels {
		l := &labels[i]
		list[i] = [...]int32{int32(l.Shape), int32(l.Colour), int32(l.Size)}[kind] - 1
	}
	return list
}

// resemble returns how much visual tokens resemble the embeddings of words.
func (p pass) resemble(visual *grad.Var, ids []int32) *grad.Var {
	return p.tape.Linear(visual, p.tape.Gather(p.tape.Param(p.embed), ids), nil)
}

// naming is the loss of telling what patches show by the words whose embeddings their
// visual tokens resemble.
func (p pass) naming(visual *grad.Var, labels []scenes.Patch, words names, losses tally) *grad.Var {
	var sum *grad.Var
	for kind, ids := range words {
		loss := p.tape.CrossEntropy(p.resemble(visual, ids), nameClasses(kind, labels))
		if sum == nil {
			sum = loss
		} else {
			sum = p.tape.Add(sum, loss)
		}
	}
	losses.add("names", sum)
	return sum
}
