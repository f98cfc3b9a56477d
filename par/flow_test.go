package par_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/par"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

// smallConfig is a LLaVA of 25 visual tokens an image and grouped-query attention.
func smallConfig() *lvlm.Config {
	return &lvlm.Config{
		Arch: "small", ImageMode: "crop",
		Text: lvlm.TextConfig{
			Hidden: 48, Intermediate: 80, Layers: 8, Heads: 6, KVHeads: 3, HeadDim: 8,
			Context: 512, NormEps: 1e-5, RopeTheta: 10000,
		},
		Vision: &lvlm.VisionConfig{
			Hidden: 24, Intermediate: 40, Layers: 3, Heads: 2, ImageSize: 70, PatchSize: 14,
			NormEps: 1e-5, Act: tensor.QuickGELU, FeatureLayers: []int{2},
		},
		Projector: &lvlm.ProjectorConfig{Act: tensor.GELU},
	}
}

func smallModel(t testing.TB, change func(*lvlm.Config), threads int) *lvlm.Model {
	t.Helper()
	c := smallConfig()
	if change != nil {
		change(c)
	}
	m, err := lvlm.NewRandom(c, lvlm.Random{Seed: 5}, lvlm.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// noiseImage is a picture of random pixels.
func noiseImage(seed uint64) *preprocess.RGB {
	img := preprocess.NewRGB(80, 90)
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range img.Pix {
		img.Pix[i] = byte(rng.Uint32())
	}
	return img
}

func randomLinear(rng *rand.Rand, out, in int) nn.Linear {
	v := make([]float32, out*in)
	for i := range v {
		v[i] = float32(rng.NormFloat64()) / 4
	}
	return nn.Linear{W: tensor.FromF32(out, in, v)}
}

func ones(n int) nn.RMSNorm {
	w := make([]float32, n)
	for i := range w {
		w[i] = 1
	}
	return nn.RMSNorm{W: w, Eps: 1e-5}
}

// randomRouter makes a router of the given width for a model.
func randomRouter(t testing.TB, m *lvlm.Model, o par.RouterOptions, layers, heads int) *par.Router {
	t.Helper()
	c := &m.Config.Text
	rng := rand.New(rand.NewPCG(9, uint64(layers)))
	width := heads * c.HeadDim
	r := &par.Router{RouterOptions: o, Norm: ones(width), Head: randomLinear(rng, 1, width), LayerTokens: tensor.New(c.Layers, c.Hidden)}
	for i := range r.LayerTokens.Data {
		r.LayerTokens.Data[i] = float32(rng.NormFloat64())
	}
	if width != c.Hidden {
		down := randomLinear(rng, width, c.Hidden)
		r.Down = &down
	}
	for range layers {
		r.Layers = append(r.Layers, nn.DecoderLayer{
			InputNorm: ones(width), PostNorm: ones(width),
			Attn: nn.Attention{
				Q: randomLinear(rng, width, width), K: randomLinear(rng, c.HeadDim, width),
				V: randomLinear(rng, c.HeadDim, width), O: randomLinear(rng, width, width),
				Heads: heads, KVHeads: 1, HeadDim: c.HeadDim,
			},
			MLP: nn.GatedMLP{Gate: randomLinear(rng, 20, width), Up: randomLinear(rng, 20, width), Down: randomLinear(rng, width, 20)},
		})
	}
	if err := r.Bind(m); err != nil {
		t.Fatal(err)
	}
	return r
}

// prompts puts images at the front, in the middle, at the end, twice, and nowhere.
var prompts = []string{"<image>a house", "see <image> there", "look at <image>", "<image> or <image>?", "one<image>two<image>", "no picture"}

func request(prompt string) lvlm.Request {
	r := lvlm.Request{Prompt: prompt, MaxTokens: 3, IgnoreEOS: true}
	for i := range strings.Count(prompt, lvlm.ImageMark) {
		r.Images = append(r.Images, noiseImage(uint64(i)))
	}
	return r
}

// contender is a method with what it needs for a model.
type contender struct {
	par.Method
	name    string
	options par.Options
}

// contenders returns every method for a model, the router in each of its kinds.
func contenders(t testing.TB, m *lvlm.Model) []contender {
	t.Helper()
	var list []contender
	for _, method := range par.Methods() {
		o := par.Options{FromLayer: par.OwnLayer, Seed: 3}
		switch method.Name {
		case "none", "fixed", "cdpruner": // the last one's CLIP is another model's: see TestMethods
			continue
		case "par":
			for name, r := range map[string]*par.Router{
				"causal":      randomRouter(t, m, par.RouterOptions{Mask: par.Causal, FromLayer: 2}, 1, 6),
				"narrow":      randomRouter(t, m, par.RouterOptions{Mask: par.Prefix, FromLayer: 3}, 2, 2),
				"shared":      randomRouter(t, m, par.RouterOptions{Mask: par.Prefix, FromLayer: 2, Shared: true}, 0, 6),
				"shared-deep": randomRouter(t, m, par.RouterOptions{Mask: par.Causal, FromLayer: 4, Shared: true}, 1, 3),
			} {
				o.Router = r
				list = append(list, contender{method, "par-" + name, o})
			}
			continue
		case "shortgpt", "short-lvlm":
			order, err := par.Calibrate(t.Context(), m, method.Name, func(yield func(lvlm.Request, error) bool) {
				_ = yield(request(prompts[0]), nil) && yield(request(prompts[3]), nil)
			})
			if err != nil {
				t.Fatal(err)
			}
			o.Order = order
		}
		list = append(list, contender{method, method.Name, o})
	}
	slices.SortFunc(list, func(a, b contender) int { return strings.Compare(a.name, b.name) })
	return list
}

// TestFlows holds every method to the rules of lvlm.Flow at many budgets.
func TestFlows(t *testing.T) {
	m := smallModel(t, nil, 2)
	serial := smallModel(t, nil, 1)
	for _, c := range contenders(t, m) {
		t.Run(c.name, func(t *testing.T) {
			for _, prompt := range prompts {
				for _, tokens := range []par.Budget{{}, par.Count(2), par.Count(7), par.Ratio(0.3), par.Ratio(0.5), par.Ratio(0.97), par.Ratio(1)} {
					for _, layers := range []par.Budget{{}, par.Count(8), par.Count(6), par.Ratio(0.4)} {
						if !c.Tokens && !tokens.All() || !c.Layers && !layers.All() {
							continue
						}
						o := c.options
						o.Tokens, o.Layers = tokens, layers
						what := fmt.Sprintf("%q, %v tokens, %v layers", prompt, tokens, layers)
						checkFlow(t, what, m, c, o, request(prompt))
						if prompt == prompts[3] {
							checkThreads(t, what, m, serial, c, o, request(prompt))
						}
					}
				}
			}
		})
	}
}

func checkFlow(t *testing.T, what string, m *lvlm.Model, c contender, o par.Options, req lvlm.Request) {
	t.Helper()
	plain := req
	flow, err := par.New(c.Method.Name, o)
	if err != nil {
		t.Fatal(err)
	}
	req.Flow, req.Trace = flow, new(lvlm.Trace)
	res := generate(t, m, req)
	out := &res.Outcome
	checkRows(t, what, req.Trace, res)
	checkBudget(t, what, c, o, res)

	// The same again, without looking.
	again := req
	again.Trace = nil
	if diff := cmp.Diff(res.TokenIDs, generate(t, m, again).TokenIDs); diff != "" {
		t.Errorf("%s: another run answers otherwise:\n%s", what, diff)
	}
	switch {
	case len(out.Kept) == res.Prompt.ImageTokens() && len(out.Skipped) == 0:
		// A full flow computes what no flow does.
		plain.Trace = new(lvlm.Trace)
		generate(t, m, plain)
		sameTensors(t, what, req.Trace, plain.Trace)
	case !c.Staged && c.Method.Name != "visionzip" && c.Method.Name != "pooling":
		// A flow that rewrites nothing is one of fixed lists.
		fixed, err := par.New("fixed", par.Options{FromLayer: out.FromLayer, Keep: out.Kept, Skip: out.Skipped})
		if err != nil {
			t.Fatal(err)
		}
		plain.Flow, plain.Trace = fixed, new(lvlm.Trace)
		generate(t, m, plain)
		sameTensors(t, what, req.Trace, plain.Trace)
	}
}

// checkRows checks which rows went through which layer, and what they left in the
// cache.
func checkRows(t *testing.T, what string, tr *lvlm.Trace, res *lvlm.Result) {
	t.Helper()
	n := len(res.Prompt.IDs)
	image := make([]bool, n)
	for _, s := range res.Prompt.Spans {
		for i := range s.Count {
			image[s.Start+i] = true
		}
	}
	positions := tr.Int("positions").Data
	for i := range n {
		if len(positions) != n || positions[i] != int32(i) {
			t.Fatalf("%s: positions %v", what, positions)
		}
	}
	var cached int
	before := tr.Int("rows.0").Data
	for l := range res.Layers {
		rows := tr.Int(fmt.Sprintf("rows.%d", l+1))
		if (rows == nil) != slices.Contains(res.Outcome.Skipped, l) {
			t.Fatalf("%s: layer %d: skipped %v, but rows are %v", what, l, res.Outcome.Skipped, rows)
		}
		if rows == nil {
			if res.Outcome.Entered[l] != 0 {
				t.Errorf("%s: %d image tokens entered skipped layer %d", what, res.Outcome.Entered[l], l)
			}
			continue
		}
		if !slices.IsSorted(rows.Data) || len(slices.Compact(slices.Clone(rows.Data))) != len(rows.Data) {
			t.Fatalf("%s: layer %d: rows %v are not ascending", what, l, rows.Data)
		}
		images := 0
		for _, r := range rows.Data {
			if _, ok := slices.BinarySearch(before, r); !ok {
				t.Fatalf("%s: layer %d: row %d is back", what, l, r)
			}
			if image[r] {
				images++
			}
		}
		if images != res.Outcome.Entered[l] {
			t.Errorf("%s: layer %d: %d image tokens, told %d", what, l, images, res.Outcome.Entered[l])
		}
		for r := range n {
			if _, ok := slices.BinarySearch(rows.Data, int32(r)); !ok && !image[r] {
				t.Fatalf("%s: layer %d: text row %d is missing", what, l, r)
			}
		}
		before = rows.Data
		cached += len(rows.Data) + len(res.TokenIDs) - 1 // the last token is not run
	}
	const bytes = 2 * 4 * 3 * 8 // keys and values, f32, 3 heads of 8
	if want := int64(cached * bytes); res.CacheBytes != want {
		t.Errorf("%s: the cache has %d bytes, want %d", what, res.CacheBytes, want)
	}
	if n := len(res.Outcome.Kept); n != res.Outcome.Entered[res.Layers-1] {
		t.Errorf("%s: %d image tokens kept, %d entered the last layer", what, n, res.Outcome.Entered[res.Layers-1])
	}
}

// checkBudget compares what was kept with the budget.
func checkBudget(t *testing.T, what string, c contender, o par.Options, res *lvlm.Result) {
	t.Helper()
	images, spans := res.Prompt.ImageTokens(), len(res.Prompt.Spans)
	want := images
	if c.Tokens && images > 0 {
		want = max(spans, count(o.Tokens, images))
	}
	got := len(res.Outcome.Kept)
	switch {
	case c.Staged || c.Method.Name == "pooling":
		if got > images || images > 0 && got < spans {
			t.Errorf("%s: kept %d image tokens of %d", what, got, images)
		}
		if c.Method.Name == "pooling" && got > want {
			t.Errorf("%s: %d pools", what, got)
		}
	case got != want:
		t.Errorf("%s: kept %d image tokens, want %d", what, got, want)
	}
	first := 0
	for _, s := range res.Prompt.Spans {
		at, _ := slices.BinarySearch(res.Outcome.Kept, first)
		if at == len(res.Outcome.Kept) || res.Outcome.Kept[at] >= first+s.Count {
			t.Errorf("%s: nothing is left of the image at row %d", what, s.Start)
		}
		first += s.Count
	}
	layers := res.Layers
	if c.Layers {
		least := 3
		if o.Router != nil && o.Router.Shared {
			least = max(3, o.Router.FromLayer+1)
		}
		layers = max(least, count(o.Layers, res.Layers))
	}
	if run := res.Layers - len(res.Outcome.Skipped); run != layers {
		t.Errorf("%s: ran %d layers, want %d", what, run, layers)
	}
	for _, l := range res.Outcome.Skipped {
		if l < 2 || l == res.Layers-1 {
			t.Errorf("%s: skipped protected layer %d", what, l)
		}
	}
	if s := res.Outcome.TokenScores; s != nil && len(s) != images {
		t.Errorf("%s: %d scores for %d image tokens", what, len(s), images)
	}
	if s := res.Outcome.LayerScores; s != nil && len(s) != res.Layers {
		t.Errorf("%s: %d scores for %d layers", what, len(s), res.Layers)
	}
}

// count spells a budget out, for the budgets of this file.
func count(b par.Budget, n int) int {
	switch b {
	case par.Budget{}, par.Ratio(1):
		return n
	}
	for k := range n + 1 {
		if b == par.Count(k) {
			return k
		}
	}
	for _, r := range []float64{0.3, 0.4, 0.5, 0.97} {
		if b == par.Ratio(r) {
			return int(r*float64(n) + 0.5)
		}
	}
	panic("a budget without a count")
}

// checkThreads compares with a model that computes on one thread.
func checkThreads(t *testing.T, what string, m, serial *lvlm.Model, c contender, o par.Options, req lvlm.Request) {
	t.Helper()
	var traces [2]*lvlm.Trace
	for i, model := range []*lvlm.Model{m, serial} {
		flow, err := par.New(c.Method.Name, o)
		if err != nil {
			t.Fatal(err)
		}
		req.Flow, req.Trace = flow, new(lvlm.Trace)
		generate(t, model, req)
		traces[i] = req.Trace
	}
	sameTensors(t, what, traces[0], traces[1])
}

// sameTensors compares what two runs computed, bit for bit, but for scores.
func sameTensors(t *testing.T, what string, a, b *lvlm.Trace) {
	t.Helper()
	for _, x := range a.Floats {
		if x.Name == "router.tokens" || x.Name == "router.layers" {
			continue
		}
		y := b.Float(x.Name)
		if y == nil || !slices.Equal(x.Data, y.Data) {
			t.Errorf("%s: %s differs", what, x.Name)
			return
		}
	}
	for _, x := range a.Ints {
		y := b.Int(x.Name)
		if y == nil || !slices.Equal(x.Data, y.Data) {
			t.Errorf("%s: %s differs", what, x.Name)
			return
		}
	}
}

// weight returns the i-th value of a matrix of one row.
func weight(m *tensor.Matrix, i int) float32 {
	row := make([]float32, m.Cols())
	m.Row(row, 0)
	return row[i]
}

// TestRouterFile writes routers and reads them back.
func TestRouterFile(t *testing.T) {
	m := smallModel(t, nil, 2)
	for _, c := range contenders(t, m) {
		if c.Method.Name != "par" {
			continue
		}
		r := c.options.Router
		r.LLM = par.Fingerprint(m)
		path := filepath.Join(t.TempDir(), "router.safetensors")
		if err := r.Save(path); err != nil {
			t.Fatal(err)
		}
		back, err := par.LoadRouter(path, m)
		if err != nil {
			t.Fatal(err)
		}
		defer back.Close()
		if diff := cmp.Diff(r.RouterOptions, back.RouterOptions); diff != "" {
			t.Errorf("%s: options (-want +got):\n%s", c.name, diff)
		}
		var ws nn.Workspace
		rows := tensor.New(30, m.Config.Text.Hidden)
		for i := range rows.Data {
			rows.Data[i] = float32(i%7) - 3
		}
		spans := []lvlm.Span{{Start: 2, Count: 20}}
		a := r.Score(m.Pool, &ws, rows, r.LayerTokens, spans, nil)
		b := back.Score(m.Pool, &ws, rows, back.LayerTokens, spans, nil)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s: scores (-want +got):\n%s", c.name, diff)
		}
		half := filepath.Join(t.TempDir(), "half.safetensors")
		if err := r.SaveAs(half, quant.BF16); err != nil {
			t.Fatal(err)
		}
		rounded, err := par.LoadRouter(half, m)
		if err != nil {
			t.Fatal(err)
		}
		defer rounded.Close()
		if typ := rounded.Head.W.Type(); typ != quant.BF16 {
			t.Errorf("%s: saved as BF16, loaded as %v", c.name, typ)
		}
		for i, x := range rounded.Head.W.Bytes() { // the upper half of an f32, rounded to even
			v := math.Float32bits(weight(r.Head.W, i/2))
			if want := byte((v + 0x7fff + v>>16&1) >> (16 + 8*(i%2))); x != want {
				t.Errorf("%s: byte %d of the head is %#x, want %#x", c.name, i, x, want)
			}
		}
		if err := r.SaveAs(half, quant.Q8_0); err == nil {
			t.Errorf("%s: saved as Q8_0, which safetensors files do not hold", c.name)
		}
		other := smallModel(t, func(c *lvlm.Config) { c.Text.RopeTheta = 5000 }, 1)
		if _, err := par.LoadRouter(path, other); err == nil {
			t.Errorf("%s: a router for another model is accepted", c.name)
		}

		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		embedded := fstest.MapFS{"r.safetensors": {Data: content}, "r.json": {Data: []byte(`{"mask": "` + string(r.Mask) + `"}`)}}
		inMemory, err := par.LoadRouterFS(embedded, "r.safetensors", m)
		if err != nil {
			t.Fatal(err)
		}
		defer inMemory.Close()
		if diff := cmp.Diff(a, inMemory.Score(m.Pool, &ws, rows, inMemory.LayerTokens, spans, nil)); diff != "" {
			t.Errorf("%s: scores of the router in memory (-want +got):\n%s", c.name, diff)
		}
		embedded["r.json"] = &fstest.MapFile{Data: []byte(`{"from_layer": 77}`)}
		if _, err := par.LoadRouterFS(embedded, "r.safetensors", m); err == nil || !strings.Contains(err.Error(), "r.json: field from_layer: 77") {
			t.Errorf("%s: settings that disagree: %v", c.name, err)
		}
	}
}

// TestRenumber compares contiguous positions with a prompt that is shorter to
// begin with: after renumbering, nothing tells of what was dropped.
func TestRenumber(t *testing.T) {
	m := smallModel(t, nil, 2)
	req := request("see <image> there")
	var kept [2]*lvlm.Trace
	for i, renumber := range []bool{false, true} {
		flow, err := par.New("fixed", par.Options{FromLayer: 0, Keep: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, Renumber: renumber})
		if err != nil {
			t.Fatal(err)
		}
		req.Flow, req.Trace = flow, new(lvlm.Trace)
		generate(t, m, req)
		kept[i] = req.Trace
	}
	positions := kept[1].Int("positions").Data
	for i, p := range positions {
		if p != int32(i) {
			t.Fatalf("positions %v are not contiguous", positions)
		}
	}
	if len(positions) != len(kept[0].Int("positions").Data)-15 {
		t.Errorf("%d positions, of %d without renumbering", len(positions), len(kept[0].Int("positions").Data))
	}
	// Attention depends on distances: a row before the gap computes the same, one
	// behind it does not.
	a, b := kept[0].Float("hidden.1"), kept[1].Float("hidden.1")
	width := a.Shape[1]
	last := len(a.Data) - width
	if !slices.Equal(a.Data[:width], b.Data[:width]) || slices.Equal(a.Data[last:], b.Data[last:]) {
		t.Error("renumbering changes what it should not, or nothing")
	}
	if _, err := par.New("fastv", par.Options{FromLayer: par.OwnLayer, Renumber: true, Tokens: par.Count(5)}); err == nil {
		t.Error("FastV's tokens have positions already, but were to be renumbered")
	}
}
