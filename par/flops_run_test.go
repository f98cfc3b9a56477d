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
				paper, actual, _ := a.RunFLOPs(res, r)
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

// TestComputedFLOPs counts a run row by row and pair by pair.
func TestComputedFLOPs(t *testing.T) {
	text := lvlm.TextConfig{Hidden: 64, Intermediate: 100, Layers: 4, Heads: 4, KVHeads: 2, HeadDim: 16, Vocab: 50}
	a := &Architecture{Text: text, Tokens: 9}
	const before, images, after, kept = 3, 9, 5, 4
	p := &lvlm.Prompt{IDs: make([]int32, before+images+after), Spans: []lvlm.Span{{Start: before, Count: images}}}
	rows := before + images + after

	// A row's keys and values, the rest of its layer, and the pairs of a query.
	layer := func(n, inner int, goesOn, sees func(row int) int) (macs int) {
		for row := range n {
			macs += 64 * 2 * 32
			if goesOn(row) > 0 {
				macs += 2*64*64 + 3*64*inner
				for range sees(row) {
					macs += 2 * 64
				}
			}
		}
		return macs
	}
	all, causal := func(int) int { return 1 }, func(row int) int { return row + 1 }
	decoder := func(entered []int) (macs int) {
		for l, n := range entered {
			goesOn := all
			if l == len(entered)-1 {
				goesOn = func(row int) int { return row / (n - 1) }
			}
			macs += layer(n, 100, goesOn, causal)
		}
		return macs + 64*50
	}
	image := func(row int) int {
		if row >= before && row < before+images || row >= rows {
			return 1
		}
		return 0
	}
	full := decoder([]int{rows, rows, rows, rows})
	pruned := decoder([]int{rows, before + kept + after, before + kept + after, before + kept + after})
	for _, c := range []struct {
		mask   Mask
		shared bool
		router int
	}{
		{Prefix, true, layer(rows, 100, image, func(int) int { return rows }) + 64*images},
		{Causal, true, layer(rows, 100, image, causal) + 64*images},
		{Causal, false, layer(rows+4, 100, image, causal) + 64*(images+4)},
		{Prefix, false, layer(rows+4, 100, image, func(row int) int { return max(rows, row+1) }) + 64*(images+4)},
	} {
		r := routerOf(c.shared, 1)
		r.Mask, r.Layers[0].MLP.Gate.W = c.mask, tensor.New(100, 1).Matrix()
		_, _, got := a.RunFLOPs(&lvlm.Result{Prompt: p, Layers: 4, Outcome: lvlm.Outcome{Entered: []int{images, kept, kept, kept}}}, r)
		if got.Total != float64(2*(pruned+c.router)) || got.Unpruned != float64(2*full) || got.Router != float64(2*c.router) {
			t.Errorf("%s, shared %t: %+v, want %d of %d with %d for the router", c.mask, c.shared, got, 2*(pruned+c.router), 2*full, 2*c.router)
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
	if _, actual, _ := a.RunFLOPs(res, nil); actual.Vision != 0 || actual.FullRatio != 1 || actual.Full != 32*decoderLayer(&a.Text, 60) {
		t.Errorf("without an image: %+v", actual)
	}
	res = &lvlm.Result{Prompt: prompt(60, 576), Layers: 32}
	want := 0.0
	for l := range 32 {
		n := 576 - 18*l
		res.Outcome.Entered = append(res.Outcome.Entered, n)
		want += decoderLayer(&a.Text, 60+n)
	}
	if _, actual, _ := a.RunFLOPs(res, nil); math.Abs(actual.Full+actual.Pruned-want) > 1e-9*want {
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
