package pretrain

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/scenes"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/nn/grad"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

// tiny is a shape for tests.
func tiny() Shape {
	return Shape{Image: 48, Patch: 8, TowerWidth: 24, TowerHeads: 3, TowerMLP: 32, TowerLayers: 3, Width: 24, Heads: 2, MLP: 40, Layers: 2, Context: 512}
}

func TestEveryWordIsOneToken(t *testing.T) {
	tok, err := vocabulary().Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range scenes.Vocabulary() {
		if ids := tok.Encode(w, tokenizer.Options{}); isWord(w) && len(ids) != 1 {
			t.Errorf("%q is %d tokens", w, len(ids))
		}
	}
}

// sample returns n pictures with questions.
func sample(s Shape, n int) []*picture {
	var list []*picture
	for i := range n {
		rng := rand.New(rand.NewPCG(7, uint64(i)))
		list = append(list, askedAbout(rng, scenes.Key{Split: scenes.Train, Index: uint64(i)}, &s, 0))
	}
	return list
}

func newTestTrainer(t *testing.T, o Options) *trainer {
	t.Helper()
	tr, err := newTrainer(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.close)
	return tr
}

func tinyOptions(dir string) Options {
	return Options{Shape: tiny(), Seed: 3, Lanes: 2, Compute: tensor.ComputeF32, Dir: dir, SaveEvery: 100, Stages: []Stage{
		{"tower", 8, 1e-3, 4}, {"projector", 8, 1e-3, 4}, {"answers", 12, 1e-3, 4},
	}}
}

// A question packed with others has the answer that it has alone.
func TestPackedQuestionsAreIndependent(t *testing.T) {
	tr := newTestTrainer(t, tinyOptions(""))
	l := tr.lanes[0]
	run := func(pictures []*picture) ([][]float32, *batch) {
		b := l.layout.batch(pictures)
		l.tape.Reset()
		y := l.answer(l.project(l.tape.Gather(l.see(b.pixels), b.visual)), b).Value
		var rows [][]float32
		for i := range y.Rows {
			rows = append(rows, append([]float32(nil), y.Row(i)...))
		}
		return rows, b
	}
	together := sample(tr.Shape, 2)
	got, b := run(together)
	row := 0
	for _, p := range together {
		for _, q := range p.asked {
			alone := *p
			alone.asked = []scenes.Question{q}
			want, _ := run([]*picture{&alone})
			for _, w := range want {
				near(t, q.Text, got[row], w)
				row++
			}
		}
	}
	if row != len(b.rows) {
		t.Errorf("%d predictions, want %d", row, len(b.rows))
	}
}

// near compares rows of logits. Two orders of summation differ by at most some
// roundings of each of the layers' sums, all of whose terms are about as large as the
// largest logit.
func near(t *testing.T, what string, got, want []float32) {
	t.Helper()
	top := 0.0
	for _, x := range want {
		top = math.Max(top, math.Abs(float64(x)))
	}
	const layers, roundings = 4, 64
	for i, x := range want {
		if d := math.Abs(float64(got[i] - x)); !(d <= layers*roundings*0x1p-24*top) {
			t.Fatalf("%s: logit %d is %v, want %v", what, i, got[i], x)
		}
	}
}

// The exported model computes what the tape does.
func TestExport(t *testing.T) {
	tr := newTestTrainer(t, tinyOptions(""))
	for _, p := range append(tr.model.Params(), tr.model.idle()...) {
		roundBF16(t, p)
	}
	dir := filepath.Join(t.TempDir(), "model")
	if err := tr.model.Export(dir); err != nil {
		t.Fatal(err)
	}
	m, err := lvlm.Open(dir, lvlm.Options{Threads: 1, Compute: tensor.ComputeF32})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	p := sample(tr.Shape, 1)[0]
	p.asked = p.asked[:1]
	p.kept = keep(rand.New(rand.NewPCG(0, 0)), p.labels, 1)
	img, err := p.scene.Render(tr.Shape.Image)
	if err != nil {
		t.Fatal(err)
	}
	l := tr.lanes[0]
	b := l.layout.batch([]*picture{p})
	l.tape.Reset()
	want := l.answer(l.project(l.tape.Gather(l.see(b.pixels), b.visual)), b).Value.Row(0)

	prompt, err := m.Format("auto", []chat.Message{{Role: "user", Content: p.asked[0].Text, Images: 1}})
	if err != nil {
		t.Fatal(err)
	}
	s := m.NewSession()
	trace := new(lvlm.Trace)
	for _, err := range s.Generate(context.Background(), lvlm.Request{Prompt: prompt, Images: []*preprocess.RGB{img}, MaxTokens: 1, Trace: trace}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	logits := trace.Float("logits")
	if logits == nil {
		t.Fatal("no logits in the trace")
	}
	near(t, "exported model", logits.Data[:len(want)], want)
}

func roundBF16(t *testing.T, p *grad.Param) {
	buf := make([]byte, 2*len(p.Value.Data))
	if err := quant.Encode(quant.BF16, buf, p.Value.Data); err != nil {
		t.Fatal(err)
	}
	quant.Decode(quant.BF16, p.Value.Data, buf)
}

// A run that is broken off goes on to the same bits, wherever that was.
func TestResume(t *testing.T) {
	whole := t.TempDir()
	if _, err := Run(context.Background(), tinyOptions(whole), func(Step) error { return nil }); err != nil {
		t.Fatal(err)
	}
	broken := t.TempDir()
	enough := errors.New("enough")
	for range 20 {
		n := 0
		_, err := Run(context.Background(), tinyOptions(broken), func(Step) error {
			if n++; n == 2 {
				return enough
			}
			return nil
		})
		if err == nil {
			break
		}
		if !errors.Is(err, enough) {
			t.Fatal(err)
		}
	}
	for _, name := range []string{checkpointName, "model/model.safetensors", "model/config.json", "model/tokenizer.json"} {
		a, errA := os.ReadFile(filepath.Join(whole, name))
		b, errB := os.ReadFile(filepath.Join(broken, name))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs", name)
		}
	}
	o := tinyOptions(whole)
	o.Seed++
	if _, err := Run(context.Background(), o, func(Step) error { return nil }); err == nil {
		t.Error("a run went on from one with another seed")
	}
}

// On one batch again and again, the loss falls far.
func TestLearns(t *testing.T) {
	tr := newTestTrainer(t, tinyOptions(""))
	tr.begin(2)
	l := tr.lanes[0]
	b := l.layout.batch(sample(tr.Shape, 1))
	var first, last float64
	for i := range 150 {
		losses := tally{}
		l.tape.Reset()
		l.tape.Backward(l.answers(b, tr.words, losses), 1)
		l.tape.Flush(tr.trained())
		tr.update(tr.trained(), 3e-3)
		if last = losses["answers"]; i == 0 {
			first = last
		}
	}
	if last > first/10 {
		t.Errorf("the loss went from %v to %v", first, last)
	}
}
