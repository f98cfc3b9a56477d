package pretrain

import (
	"math/rand/v2"

	"github.com/go-par/par/lvlm/scenes"
	"github.com/go-par/par/nn/grad"
	"github.com/go-par/par/tensor"
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
		features := l.see(b.pixels)
		if len(b.asked) == 0 {
			l.countPatches(features, b, right, all)
			continue
		}
		logits := l.answer(l.project(l.tape.Gather(features, b.visual)), b)
		countAnswers(logits.Value, b, right, all)
	}
	for name := range all {
		right[name] /= all[name]
	}
	return right
}

// countPatches counts what the heads tell right of patches that show something.
func (p pass) countPatches(features *grad.Var, b *batch, right, all tally) {
	for i := range p.heads {
		h := &p.heads[i]
		if h.class == nil {
			continue
		}
		y := h.Forward(p.tape, features).Value
		classes, _ := h.classes(b.labels)
		for k, c := range classes {
			if c == 0 {
				continue
			}
			all[h.name]++
			if argmax(y.Row(k)) == c {
				right[h.name]++
			}
		}
	}
}

// countAnswers counts questions by kind, and those of whose answers each token is the
// likeliest behind those before it: the greedy answer is the right one.
func countAnswers(logits tensor.Tensor, b *batch, right, all tally) {
	for _, a := range b.asked {
		name := a.Kind.String()
		all[name]++
		same := true
		for k := a.from; k < a.to; k++ {
			same = same && argmax(logits.Row(k)) == b.targets[k]
		}
		if same {
			right[name]++
		}
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
