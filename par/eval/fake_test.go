package eval

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"testing"
)

// fake answers from a question's text and a Flow's name alone, so that runs can be
// compared byte for byte.
type fake struct {
	q      *Question
	asked  int
	images int // times that another image came up
	image  Image
	after  func() // called after each answer
}

func (f *fake) Begin(q *Question, maxTokens int) error {
	if maxTokens < 1 {
		return fmt.Errorf("%d tokens", maxTokens)
	}
	if q.Image != f.image {
		f.images++
	}
	f.q, f.image = q, q.Image
	if filepath.Base(q.Image.Path) == "gone.jpg" {
		return fmt.Errorf("open %s: %w", q.Image.Path, os.ErrNotExist)
	}
	return nil
}

func (f *fake) Ask(ctx context.Context, flow *Flow, compare bool) (*Reply, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if flow.Name == "bad" {
		return nil, fmt.Errorf("budget of 999 image tokens is not in 1..576")
	}
	h := fnv.New32a()
	fmt.Fprint(h, f.q.key(), flow.Name)
	n := h.Sum32()
	text := "yes"
	if n%3 == 0 {
		text = "no"
	}
	r := &Reply{Text: text, Cost: &Cost{
		Vision: 10, Router: 1, Prefill: float64(n % 97), Decode: float64(n % 31), PaperTFLOPs: 2, ActualTFLOPs: 1, CacheBytes: 1 << 20,
		PromptTokens: 600, ImageTokens: 576, Kept: 72, KeptMean: 100, LayersRun: 30, Tokens: 2,
	}}
	if compare {
		r.Fidelity = &Fidelity{KL: float64(n%7) / 10, Agree: float64(n%5) / 4, Exact: n%2 == 0, Tokens: 4}
	}
	f.asked++
	if f.after != nil {
		f.after()
	}
	return r, nil
}

// popeData is a small POPE of 9 questions about 3 images, the images mixed.
func popeData(t *testing.T) string {
	t.Helper()
	files := map[string]string{}
	id := 0
	for _, category := range []string{"random", "popular", "adversarial"} {
		for _, image := range []string{"a.jpg", "b.jpg", "c.jpg"} {
			id++
			files["llava_pope_test.jsonl"] += fmt.Sprintf(`{"question_id": %d, "image": "%s", "text": "Is there a %s?\nAnswer.", "category": "%s"}`+"\n", id, image, category, category)
			label := "yes"
			if id%2 == 0 {
				label = "no"
			}
			files["coco/coco_pope_"+category+".json"] += fmt.Sprintf(`{"image": "%s", "label": "%s"}`+"\n", image, label)
		}
	}
	return write(t, files)
}

// popeRun is a run of it that must have no problems.
func popeRun(t *testing.T, data, out string) *Run {
	t.Helper()
	return &Run{
		Out: out, Model: "tiny", Sources: []Source{{Kind: "pope", Name: "pope", Dir: data}},
		Flows:    []Flow{{Name: "none", Method: "none"}, {Name: "fastv:tokens=72", Method: "random"}},
		Settings: map[string]string{"fingerprint": "f"},
		Problem:  func(line string) { t.Error(line) },
	}
}
