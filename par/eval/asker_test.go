package eval

import (
	"encoding/base64"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/par"
	"github.com/go-par/par/tensor"
)

const (
	tinyModel   = "../../testdata/llava-tiny/model"
	tinyPicture = "../../testdata/llava-tiny/picture0.png"
)

func openTiny(t *testing.T) *lvlm.Model {
	t.Helper()
	m, err := lvlm.Open(tinyModel, lvlm.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func newFlow(name string, o par.Options) *Flow { return &Flow{Name: name, Method: name, Options: o} }

func ask(t *testing.T, a *ModelAsker, f *Flow, compare bool) *Reply {
	t.Helper()
	r, err := a.Ask(t.Context(), f, compare)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func begin(t *testing.T, a *ModelAsker, q *Question, tokens int) {
	t.Helper()
	if err := a.Begin(q, tokens); err != nil {
		t.Fatal(err)
	}
}

var what = Question{Text: "Which colour is the large square?", Image: Image{Path: tinyPicture}}

// TestFidelity holds the measures of likeness against what they are defined as, and
// finds none of a Flow that keeps everything.
func TestFidelity(t *testing.T) {
	m := openTiny(t)
	a := &ModelAsker{Model: m, Template: "vicuna_v1"}
	begin(t, a, &what, 8)
	random := newFlow("random", par.Options{Tokens: par.Count(4), Layers: par.Count(4), FromLayer: par.OwnLayer, Seed: 3})
	pruned := ask(t, a, random, true) // before the unpruned model was asked
	full := ask(t, a, newFlow("none", par.Options{}), true)
	kept := ask(t, a, newFlow("fixed", par.Options{FromLayer: 2}), true)

	if f := full.Fidelity; f.KL != 0 || f.Agree != 1 || !f.Exact || f.Tokens != 8 {
		t.Errorf("unpruned: %+v", f)
	}
	if f := kept.Fidelity; f.KL != 0 || f.Agree != 1 || !f.Exact || kept.Text != full.Text {
		t.Errorf("everything kept: %+v, %q instead of %q", f, kept.Text, full.Text)
	}
	img, err := preprocess.DecodeFile(tinyPicture)
	if err != nil {
		t.Fatal(err)
	}
	prompt, err := m.Format("vicuna_v1", []chat.Message{{Role: "user", Content: what.Text, Images: 1}})
	if err != nil {
		t.Fatal(err)
	}
	r := lvlm.Request{Prompt: prompt, Images: []*preprocess.RGB{img}, MaxTokens: 8}
	s := m.NewSession()
	pruning, err := par.New(random.Method, random.Options)
	if err != nil {
		t.Fatal(err)
	}
	greedy := func(f lvlm.Flow) []int32 {
		r.Flow = f
		for _, err := range s.Generate(t.Context(), r) {
			if err != nil {
				t.Fatal(err)
			}
		}
		return slices.Clone(s.Result().TokenIDs)
	}
	ids, other := greedy(nil), greedy(pruning)
	force := func(f lvlm.Flow) tensor.Tensor {
		r.Flow = f
		x, err := m.NewSession().Force(t.Context(), r, ids)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	p, q := force(nil), force(pruning)
	kl, same, vocab := 0.0, 0, m.Tokenizer.Size()
	for i := range p.Rows {
		x, y := softmax(p.Row(i)[:vocab]), softmax(q.Row(i)[:vocab])
		for j := range x {
			kl += x[j] * math.Log(x[j]/y[j]) / float64(p.Rows)
		}
		if slices.Index(x, slices.Max(x)) == slices.Index(y, slices.Max(y)) {
			same++
		}
	}
	f := pruned.Fidelity
	// Answers forced in other company round their logits otherwise, by some 1e-7 of
	// values of order 1 each, which is how far KL may be off.
	if math.Abs(f.KL-kl) > 1e-6 || f.Agree != float64(same)/8 || f.Exact != slices.Equal(ids, other) || kl == 0 {
		t.Errorf("pruned: %+v, want KL %v, %d of 8 the same", f, kl, same)
	}
}

func softmax(x []float32) []float64 {
	out := make([]float64, len(x))
	sum := 0.0
	for i, v := range x {
		out[i] = math.Exp(float64(v))
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// TestCost holds what an answer took against the model's sizes.
func TestCost(t *testing.T) {
	m := openTiny(t)
	a := &ModelAsker{Model: m, Template: "vicuna_v1"}
	begin(t, a, &what, 4)
	full := ask(t, a, newFlow("none", par.Options{}), false)
	layers, images := m.Config.Text.Layers, m.Config.Vision.Tokens()
	pruned := ask(t, a, newFlow("fixed", par.Options{FromLayer: 2, Keep: []int{1, 5, 7, 9}, Skip: []int{3}}), false)
	c := pruned.Cost
	wantMean := float64(2*images+(layers-3)*4) / float64(layers)
	if c.ImageTokens != images || c.Kept != 4 || c.LayersRun != layers-1 || math.Abs(c.KeptMean-wantMean) > 1e-12 || c.Tokens != 4 {
		t.Errorf("pruned: %+v", c)
	}
	if full.Fidelity != nil || full.Cost.Kept != images || full.Cost.LayersRun != layers || full.Cost.KeptMean != float64(images) {
		t.Errorf("unpruned: %+v", full)
	}
	if !(c.ActualTFLOPs < full.Cost.ActualTFLOPs && c.PaperTFLOPs < full.Cost.PaperTFLOPs && c.CacheBytes < full.Cost.CacheBytes) {
		t.Errorf("pruned %+v costs more than unpruned %+v", c, full.Cost)
	}
	// Keys and values: the cache ends before the last token's row.
	rows := full.Cost.PromptTokens + full.Cost.Tokens - 1
	if want := int64(2 * 4 * layers * rows * m.Config.Text.KVHeads * m.Config.Text.HeadDim); full.Cost.CacheBytes != want {
		t.Errorf("unpruned: %d bytes of keys and values, want %d", full.Cost.CacheBytes, want)
	}
	if !(full.Cost.Vision > 0 && full.Cost.Prefill > 0 && full.Cost.Decode > 0) {
		t.Errorf("times %+v", full.Cost)
	}
}

// TestImageOnce sees an image encoded once for all that is asked about it, and every
// prompt computed from its start.
func TestImageOnce(t *testing.T) {
	m := openTiny(t)
	a := &ModelAsker{Model: m, Template: "vicuna_v1"}
	begin(t, a, &what, 2)
	first := ask(t, a, newFlow("none", par.Options{}), false)
	picture := a.picture
	again := what
	again.Text = "What is it?"
	for range 2 {
		begin(t, a, &again, 2)
		r := ask(t, a, newFlow("none", par.Options{}), false)
		res := a.session.Result()
		if res.Timings.Vision != 0 || res.Timings.Preprocess != 0 || a.picture != picture {
			t.Errorf("the image is encoded again: %+v", res.Timings)
		}
		if r.Cost.Vision != first.Cost.Vision {
			t.Errorf("vision took %v, the first time %v", r.Cost.Vision, first.Cost.Vision)
		}
		if res.Reused != 0 {
			t.Errorf("%d rows of the prompt are those of the one before", res.Reused)
		}
	}
	text := Question{Text: "Hello"}
	begin(t, a, &text, 2)
	if r := ask(t, a, newFlow("none", par.Options{}), true); r.Cost.Vision != 0 || r.Cost.ImageTokens != 0 {
		t.Errorf("without an image: %+v", r.Cost)
	}
	// The same picture in base64 is another one to be read, with the same answer.
	b, err := os.ReadFile(tinyPicture)
	if err != nil {
		t.Fatal(err)
	}
	inline := what
	inline.Image = Image{Base64: base64.StdEncoding.EncodeToString(b)}
	begin(t, a, &inline, 2)
	if r := ask(t, a, newFlow("none", par.Options{}), false); r.Text != first.Text || r.Cost.Vision == 0 {
		t.Errorf("in base64 the answer is %q, not %q", r.Text, first.Text)
	}
}

func TestBeginProblems(t *testing.T) {
	m := openTiny(t)
	notes := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(notes, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	a := &ModelAsker{Model: m, Template: "vicuna_v1"}
	for name, c := range map[string]struct {
		q    Question
		want string
	}{
		"gone":           {Question{Text: "Q", Image: Image{Path: "gone.png"}}, "gone.png"},
		"no picture":     {Question{Text: "Q", Image: Image{Path: notes}}, "notes.txt"},
		"no base64":      {Question{Text: "Q", Image: Image{Base64: "!"}}, "base64"},
		"empty":          {Question{Text: "Q", Image: Image{Base64: "AAAA"}}, "image: "},
		"too many marks": {Question{Text: "<image> <image>", Image: Image{Path: tinyPicture}}, "<image>"},
	} {
		for range 2 { // a failure is not remembered as a success
			if err := a.Begin(&c.q, 2); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v does not say %q", name, err, c.want)
			}
		}
	}
	// A budget that is out of range shows when a Flow is asked, and harms no other.
	begin(t, a, &what, 2)
	if _, err := a.Ask(t.Context(), newFlow("random", par.Options{Tokens: par.Count(99), FromLayer: par.OwnLayer}), true); err == nil || !strings.Contains(err.Error(), "99 image tokens is not in 1..16") {
		t.Errorf("error %v", err)
	}
	ask(t, a, newFlow("none", par.Options{}), true)
}
