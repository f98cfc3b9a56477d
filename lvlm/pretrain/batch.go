package pretrain

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/scenes"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/nn/grad"
	"github.com/go-par/par/tensor"
)

// picture is one example.
type picture struct {
	scene  *scenes.Scene
	labels []scenes.Patch
	asked  []scenes.Question
	kept   []int32 // patches whose tokens the decoder sees, ascending
}

// batch is some pictures, laid out for one pass.
type batch struct {
	pixels tensor.Tensor  // [pictures*patches, 3*patch*patch]
	labels []scenes.Patch // of all patches

	visual    []int32 // patches whose tokens the decoder sees
	ids       []int32 // tokens of text
	order     []int32 // for each row of the decoder, its row among ids, then visual
	positions []int32
	mask      grad.Mask

	rows    []int32 // rows that predict something
	targets []int32
	weights []float32

	asked []answered
}

// answered is where a question's answer is predicted.
type answered struct {
	scenes.Question
	from, to int // of rows
}

// layout lays out pictures.
type layout struct {
	shape     Shape
	tokenizer *tokenizer.Tokenizer
	images    *preprocess.Config
	cut       nn.PatchEmbedding
	renderer  scenes.Renderer
	img       *preprocess.RGB
}

func newLayout(s Shape, tok *tokenizer.Tokenizer) *layout {
	return &layout{
		shape: s, tokenizer: tok, images: preprocess.Default(s.Image),
		cut: nn.PatchEmbedding{Size: s.Patch, Image: s.Image}, img: preprocess.NewRGB(s.Image, s.Image),
	}
}

// batch returns the pictures' batch. Questions are laid out only where asked for.
func (l *layout) batch(pictures []*picture) *batch {
	n := l.shape.patches()
	b := &batch{pixels: tensor.New(len(pictures)*n, 3*l.shape.Patch*l.shape.Patch)}
	for i, p := range pictures {
		l.renderer.Render(l.img, p.scene)
		l.cut.Cut(b.pixels.Slice(i*n, (i+1)*n), l.images.Pixels(l.img))
		b.labels = append(b.labels, p.labels...)
		if len(p.asked) > 0 {
			l.ask(b, p, int32(i*n))
		}
	}
	for i, row := range b.order {
		if row < 0 { // the -row-1'th visual token
			b.order[i] = int32(len(b.ids)) - row - 1
		}
	}
	return b
}

// ask lays out a picture's tokens and the questions behind them. Each question sees
// the picture and itself, and stands where it would if it were the only one.
func (l *layout) ask(b *batch, p *picture, firstPatch int32) {
	base := int32(len(b.order))
	row := func(source, position int32, seen grad.Span, shared grad.Span) {
		b.order, b.positions = append(b.order, source), append(b.positions, position)
		b.mask.Own, b.mask.Shared = append(b.mask.Own, seen), append(b.mask.Shared, shared)
	}
	text := func(id, position int32, seen, shared grad.Span) {
		row(int32(len(b.ids)), position, seen, shared)
		b.ids = append(b.ids, id)
	}
	causal := func(from int32) grad.Span { return grad.Span{From: from, To: int32(len(b.order)) + 1} }

	head, _ := l.prompt("")
	for i, id := range head {
		text(id, int32(i), causal(base), grad.Span{})
	}
	for _, k := range p.kept {
		b.visual = append(b.visual, firstPatch+k)
		row(-int32(len(b.visual)), int32(len(head))+k, causal(base), grad.Span{})
	}
	prefix := grad.Span{From: base, To: int32(len(b.order))}
	after := int32(len(head) + l.shape.patches())
	for _, q := range p.asked {
		_, tail := l.prompt(q.Text)
		answer := append(l.tokenizer.Encode(q.Answer, tokenizer.Options{}), eos)
		start := int32(len(b.order))
		a := answered{Question: q, from: len(b.rows)}
		for i, id := range append(tail, answer[:len(answer)-1]...) {
			if i >= len(tail)-1 {
				b.rows = append(b.rows, int32(len(b.order)))
				b.targets = append(b.targets, answer[i-len(tail)+1])
				// A long answer counts for more than a short one, but less than its
				// length.
				b.weights = append(b.weights, float32(1/math.Sqrt(float64(len(answer)))))
			}
			text(id, after+int32(i), causal(start), prefix)
		}
		a.to = len(b.rows)
		b.asked = append(b.asked, a)
	}
}

// prompt returns the tokens before the picture and those behind it.
func (l *layout) prompt(question string) (head, tail []int32) {
	ids := l.tokenizer.Encode(userMark+lvlm.ImageMark+question+" "+assistantMark, tokenizer.Options{AddSpecial: true})
	i := slices.Index(ids, imageToken)
	return ids[:i], ids[i+1:]
}

// mix is how often each style of scenes is drawn, in that order.
type mix [3]float64

func (m mix) draw(rng *rand.Rand) scenes.Style {
	x := rng.Float64() * (m[0] + m[1] + m[2])
	for i, share := range m {
		if x -= share; x < 0 {
			return scenes.Style(i)
		}
	}
	return scenes.Ordinary
}

// longest is how many words an answer may have to be learnt.
const longest = 60

// slow are the kinds that take longest to learn, and how many questions are asked of
// each besides those of all kinds.
var slow = []struct {
	scenes.Kind
	more int
}{{scenes.Position, 2}, {scenes.Relation, 2}, {scenes.Counting, 2}, {scenes.Reading, 1}}

// questions returns up to n questions about a scene, and more of the slow kinds.
func questions(s *scenes.Scene, n int) []scenes.Question {
	list := s.Questions(n)
	for _, k := range slow {
		for i, left := 0, k.more; i < 4*k.more && left > 0; i++ {
			q, ok := s.Ask(k.Kind, i)
			if ok && !slices.ContainsFunc(list, func(p scenes.Question) bool { return p.Text == q.Text }) {
				list = append(list, q)
				left--
			}
		}
	}
	return slices.DeleteFunc(list, func(q scenes.Question) bool { return len(scenes.SplitWords(q.Answer)) > longest })
}

// keep returns all patches that show something, and the given share of the others.
func keep(rng *rand.Rand, labels []scenes.Patch, share float64) []int32 {
	var list []int32
	for i := range labels {
		if labels[i].Object >= 0 || labels[i].Text >= 0 || rng.Float64() < share {
			list = append(list, int32(i))
		}
	}
	return list
}
