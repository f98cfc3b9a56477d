package par

import (
	"math"
	"slices"
	"testing"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
)

// TestRunFLOPs holds what is counted after a run against the count of its budget.
func TestRunFLOPs(t *testing.T) {
	for _, name := range Architectures() {
		a, err := FindArchitecture(name)
		if err != nil {
			t.Fatal(err)
		}
		images, layers, kept, from := a.Tokens, a.Text.Layers, a.Tokens/4, 2
		for _, skipped := range [][]int{nil, {layers - 4, layers - 3}} {
			res := &lvlm.Result{Prompt: prompt(60, images), Layers: layers, Outcome: lvlm.Outcome{FromLayer: from, Skipped: skipped}}
			for l := range layers {
				n := kept
				if l < from {
					n = images
				}
				if slices.Contains(skipped, l) {
					n = 0
				}
				res.Outcome.Entered = append(res.Outcome.Entered, n)
			}
			for _, r := range []*Router{nil, routerOf(false, from), routerOf(true, from)} {
				paper, actual := a.RunFLOPs(res, r)
				load := Load{Text: 60, Tokens: kept, Layers: layers - len(skipped), FromLayer: from}
				near(t, name+" paper", paper, a.PaperFLOPs(load))
				if r != nil {
					load.Router = r.load()
				}
				near(t, name+" actual", actual, a.ActualFLOPs(load))
			}
		}
	}
}

// routerOf returns a router of one layer, without weights.
func routerOf(shared bool, from int) *Router {
	layer := nn.DecoderLayer{MLP: nn.GatedMLP{Gate: nn.Linear{W: tensor.New(3, 1).Matrix()}}}
	return &Router{RouterOptions: RouterOptions{FromLayer: from, Shared: shared}, Layers: []nn.DecoderLayer{layer}}
}

// TestRunFLOPsText counts no vision tower where there is no image, and nothing twice
// where every layer sees another number of tokens.
func TestRunFLOPsText(t *testing.T) {
	a, err := FindArchitecture("llava-1.5-7b")
	if err != nil {
		t.Fatal(err)
	}
	res := &lvlm.Result{Prompt: prompt(60, 0), Layers: 32, Outcome: lvlm.Outcome{Entered: make([]int, 32)}}
	if _, actual := a.RunFLOPs(res, nil); actual.Vision != 0 || actual.FullRatio != 1 || actual.Full != 32*decoderLayer(&a.Text, 60) {
		t.Errorf("without an image: %+v", actual)
	}
	res = &lvlm.Result{Prompt: prompt(60, 576), Layers: 32}
	want := 0.0
	for l := range 32 {
		n := 576 - 18*l
		res.Outcome.Entered = append(res.Outcome.Entered, n)
		want += decoderLayer(&a.Text, 60+n)
	}
	if _, actual := a.RunFLOPs(res, nil); math.Abs(actual.Full+actual.Pruned-want) > 1e-9*want {
		t.Errorf("in stages: %+v, want %v in the layers", actual, want)
	}
}

// prompt is one of that many text rows around an image.
func prompt(text, images int) *lvlm.Prompt {
	p := &lvlm.Prompt{IDs: make([]int32, text+images)}
	if images > 0 {
		p.Spans = []lvlm.Span{{Start: text / 2, Count: images}}
	}
	return p
}

func near(t *testing.T, what string, got, want FLOPs) {
	t.Helper()
	for _, p := range [][2]float64{
		{got.Vision, want.Vision}, {got.Full, want.Full}, {got.Pruned, want.Pruned}, {got.Head, want.Head},
		{got.Constant, want.Constant}, {got.Router, want.Router}, {got.Total, want.Total}, {got.Unpruned, want.Unpruned}, {got.FullRatio, want.FullRatio},
	} {
		if math.Abs(p[0]-p[1]) > 1e-12*math.Abs(p[1]) {
			t.Errorf("%s: %+v, want %+v", what, got, want)
			return
		}
	}
}
