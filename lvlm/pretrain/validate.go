package pretrain

import (
	"math/rand/v2"

	"github.com/go-par/par/lvlm/scenes"
)

// checked is how many pictures of the validation split are looked at.
const checked = 64

// validate returns the shares that the running stage gets right on ordinary pictures
// of the validation split.
func (t *trainer) validate() map[string]float64 {
	s := stages[t.Stages[t.stage].Name]
	l := t.newLane()
	defer l.tape.Pool.Close()
	right, all := tally{}, tally{}
	for i := range checked / groupSize {
		var group []*picture
		for k := range groupSize {
			index := uint64(i*groupSize + k)
			key := scenes.Key{Split: scenes.Val, Style: scenes.Ordinary, Index: index}
			p := s.picture(rand.New(rand.NewPCG(0, index)), key, &t.Shape, 0)
			p.kept = keep(rand.New(rand.NewPCG(0, index)), p.labels, 1)
			group = append(group, p)
		}
		b := l.layout.batch(group)
		l.tape.Reset()
		s.count(l.pass, b, t.words, right, all)
	}
	for name := range all {
		right[name] /= all[name]
	}
	return right
}

// countPatches counts what the heads tell right of patches that show something.
func (p pass) countPatches(b *batch, _ names, right, all tally) {
	features := p.see(b.pixels)
	for i := range p.heads {
		h := &p.heads[i]
		if h.class == nil {
			continue
		}
		classes, _ := h.classes(b.labels)
		y := h.Forward(p.tape, features).Value
		for k, c := range classes {
			if c > 0 {
				count(h.name, argmax(y.Row(k)) == c, right, all)
			}
		}
	}
}

// countNames counts the patches of objects whose visual tokens resemble the right
// words.
func (p pass) countNames(b *batch, words names, right, all tally) {
	visual := p.project(p.see(b.pixels))
	for kind, ids := range words {
		y := p.resemble(visual, ids).Value
		for k, c := range nameClasses(kind, b.labels) {
			if c >= 0 {
				count(nameKinds[kind], argmax(y.Row(k)) == c, right, all)
			}
		}
	}
}

func count(name string, isRight bool, right, all tally) {
	all[name]++
	if isRight {
		right[name]++
	}
}

// countAnswers counts questions by kind, and those of whose answers each token is the
// likeliest behind those before it: the greedy answer is the right one.
func (p pass) countAnswers(b *batch, _ names, right, all tally) {
	logits := p.answer(p.project(p.tape.Gather(p.see(b.pixels), b.visual)), b).Value
	for _, a := range b.asked {
		same := true
		for k := a.from; k < a.to; k++ {
			same = same && argmax(logits.Row(k)) == b.targets[k]
		}
		count(a.Kind.String(), same, right, all)
	}
}

func argmax(x []float32) int32 {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return int32(best)
}
