package train

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/par"
	"github.com/go-par/par/tensor"
)

// Sampling says how stage A makes flows.
type Sampling struct {
	Tokens, Layers par.Budget // the budget that the router is trained at
	Flows          int        // for each sample; the first without noise
	MaxAnswer      int        // tokens of the model's answer to compare on
	Threshold      float64    // least difference of KL that makes a pair
	MaxWeight      float64    // a pair weighs as much as its difference of KL, up to this
	Template       string     // of the prompt, as lvlm.Model.Format takes it
	Seed           uint64     // of the noise

	// Explore is the deviation of noise on the scores themselves, in units of their
	// own. The paper has none; its noise inside of the router changes few choices of
	// a router that has learnt nothing yet.
	Explore float64
}

// Check names the field that can't be.
func (s *Sampling) Check() error {
	switch {
	case s.Flows < 2:
		return fmt.Errorf("flows: %d, at least 2 make a pair", s.Flows)
	case s.MaxAnswer < 1:
		return fmt.Errorf("max answer: %d tokens is nothing to compare on", s.MaxAnswer)
	case !(s.Threshold >= 0):
		return fmt.Errorf("threshold: %v is negative", s.Threshold)
	case !(s.Explore >= 0):
		return fmt.Errorf("explore: %v is negative", s.Explore)
	case !(s.MaxWeight > 0):
		return fmt.Errorf("max weight: %v is not positive", s.MaxWeight)
	}
	return nil
}

// Pair is what stage A found for one sample.
type Pair struct {
	Sample string  `json:"sample"`
	Image  string  `json:"image"`
	Prompt string  `json:"prompt"`
	Answer []int32 `json:"answer"` // the model's own, unpruned
	Flows  []Flow  `json:"flows"`
	Error  string  `json:"error,omitempty"` // why the sample can't be used
}

// best and worst return the flows with the least and the largest divergence.
func (p *Pair) best() Flow  { return p.extreme(-1) }
func (p *Pair) worst() Flow { return p.extreme(1) }

func (p *Pair) extreme(sign float64) Flow {
	f := p.Flows[0]
	for _, g := range p.Flows[1:] {
		if sign*(g.KL-f.KL) > 0 {
			f = g
		}
	}
	return f
}

// comparison is two flows of a sample, of which one is better by weight.
type comparison struct {
	better, worse Flow
	weight        float64
}

// comparisons lists the best flow against the worst, or every two flows, as far as
// they say enough.
func (s *Sampling) comparisons(p *Pair, all bool) []comparison {
	if p.Error != "" || len(p.Flows) < 2 {
		return nil
	}
	var list []comparison
	add := func(better, worse Flow) {
		if w := s.weight(better, worse); w > 0 {
			list = append(list, comparison{better, worse, w})
		}
	}
	if !all {
		add(p.best(), p.worst())
		return list
	}
	for i, f := range p.Flows {
		for _, g := range p.Flows[:i] {
			add(f, g)
			add(g, f)
		}
	}
	return list
}

// weight is the clipped difference of two flows, 0 where it says too little or the
// first is not better.
func (s *Sampling) weight(better, worse Flow) float64 {
	d := worse.KL - better.KL
	if !(d > 0 && d >= s.Threshold) {
		return 0
	}
	return math.Min(d, s.MaxWeight)
}

// generator makes flows with a router.
type generator struct {
	model  *lvlm.Model
	router *par.Router
	Sampling
}

// request builds a sample's prompt and reads its image.
func (g *generator) request(s *Sample) (*lvlm.Request, error) {
	img, err := preprocess.DecodeFile(s.Image)
	if err != nil {
		return nil, err
	}
	prompt, err := g.model.Format(g.Template, []chat.Message{{Role: "user", Content: s.Question, Images: 1}})
	if err != nil {
		return nil, err
	}
	return &lvlm.Request{Prompt: prompt, Images: []*preprocess.RGB{img}, MaxTokens: g.MaxAnswer}, nil
}

// trial is a sample that the unpruned model has answered.
type trial struct {
	*Pair
	generator *generator
	session   *lvlm.Session
	request   *lvlm.Request
	full      tensor.Tensor // logits along the answer
}

// try has the unpruned model answer the sample. An error of the sample itself is
// recorded in the pair; one that is returned ends the work.
func (g *generator) try(ctx context.Context, s *Sample) (*trial, error) {
	t := &trial{Pair: &Pair{Sample: s.ID, Image: s.Image}, generator: g}
	r, err := g.request(s)
	if err != nil {
		t.Error = err.Error()
		return t, nil
	}
	t.Prompt, t.request, t.session = r.Prompt, r, g.model.NewSession()
	for _, err := range t.session.Generate(ctx, *r) {
		if err != nil {
			return nil, fmt.Errorf("sample %s: %w", s.ID, err)
		}
	}
	t.Answer = t.session.Result().TokenIDs
	if t.full, err = t.session.Force(ctx, *r, t.Answer); err != nil {
		return nil, fmt.Errorf("sample %s: %w", s.ID, err)
	}
	return t, nil
}

// pair lets the noisy router prune the sample.
func (g *generator) pair(ctx context.Context, s *Sample) (*trial, error) {
	t, err := g.try(ctx, s)
	if err != nil || t.Error != "" {
		return t, err
	}
	for i := range g.Flows {
		f, err := t.flow(ctx, i)
		if err != nil {
			return nil, fmt.Errorf("sample %s: flow %d: %w", s.ID, i, err)
		}
		t.Flows = append(t.Flows, f)
	}
	return t, nil
}

// flow prunes once by the router and measures what it changed.
func (t *trial) flow(ctx context.Context, i int) (Flow, error) {
	g := t.generator
	o := par.Options{Tokens: g.Tokens, Layers: g.Layers, FromLayer: g.router.FromLayer, Router: g.router}
	if i > 0 {
		o.Noise, o.Explore = g.noise(t.Sample, i), g.explore(t.Sample, i)
	}
	flow, err := par.New("par", o)
	if err != nil {
		return Flow{}, err
	}
	return t.measure(ctx, flow)
}

// measure prunes with flow and compares the model's output along the answer with the
// unpruned one.
func (t *trial) measure(ctx context.Context, flow lvlm.Flow) (Flow, error) {
	pruned := *t.request
	pruned.Flow = flow
	logits, err := t.session.Force(ctx, pruned, t.Answer)
	if err != nil {
		return Flow{}, err
	}
	kl, err := par.Divergence(t.full, logits, t.generator.model.Tokenizer.Size())
	if err != nil {
		return Flow{}, err
	}
	out := t.session.Result().Outcome
	return Flow{Kept: out.Kept, Skipped: out.Skipped, KL: kl}, nil
}

// noise is N(0, 1) on every attention logit, the same for the same seed, sample and
// flow.
func (g *generator) noise(sample string, flow int) par.Noise {
	of := flowSeed(sample, flow)
	return func(layer, head int, logits tensor.Tensor) {
		rng := rand.New(rand.NewPCG(g.Seed^uint64(layer)<<32^uint64(head), of))
		for i := range logits.Data {
			logits.Data[i] += float32(rng.NormFloat64())
		}
	}
}

// explore adds noise to the scores, the same for the same seed, sample and flow.
func (g *generator) explore(sample string, flow int) func(par.Scores) {
	if g.Explore == 0 {
		return nil
	}
	return func(s par.Scores) {
		rng := rand.New(rand.NewPCG(^g.Seed, flowSeed(sample, flow)))
		for _, list := range [][]float32{s.Tokens, s.Layers} {
			std := float32(g.Explore * deviation(list))
			for i := range list {
				list[i] += std * float32(rng.NormFloat64())
			}
		}
	}
}

// deviation returns the standard deviation of x, 0 of nothing.
func deviation(x []float32) float64 {
	var sum, squares float64
	for _, v := range x {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := max(1, float64(len(x)))
	return math.Sqrt(max(0, squares/n-sum*sum/(n*n)))
}

// flowSeed tells the noise of flows apart.
func flowSeed(sample string, flow int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%d", sample, flow)
	return h.Sum64()
}

// Progress is told how many of how many things are done.
type Progress func(done, total int, note string)

// MakePairs runs stage A over the samples and keeps its results in the file cache,
// one a line in the order of the samples, so that a run that was broken off goes on
// where it was. A cache of another router, budget or seed is refused.
func MakePairs(ctx context.Context, lanes Lanes, r *par.Router, samples []Sample, s Sampling, cache string, progress Progress) ([]*Pair, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	key, err := cacheKey(r, samples, s)
	if err != nil {
		return nil, err
	}
	pairs, f, err := openCache(cache, key)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if len(pairs) > len(samples) {
		return nil, fmt.Errorf("%s: %d pairs for %d samples", cache, len(pairs), len(samples))
	}
	progress(len(pairs), len(samples), "")
	err = inOrder(ctx, lanes, len(pairs), len(samples), func(ctx context.Context, m *lvlm.Model, i int) (*Pair, error) {
		g := generator{m, r, s}
		t, err := g.pair(ctx, &samples[i])
		if err != nil {
			return nil, err
		}
		return t.Pair, nil
	}, func(i int, p *Pair) error {
		if err := appendLine(f, p); err != nil {
			return fmt.Errorf("%s: %w", cache, err)
		}
		pairs = append(pairs, p)
		progress(i+1, len(samples), "")
		return nil
	})
	return pairs, err
}

// cacheKey tells caches apart: everything that pairs depend on.
func cacheKey(r *par.Router, samples []Sample, s Sampling) (string, error) {
	h := fnv.New64a()
	if err := json.NewEncoder(h).Encode(samples); err != nil {
		return "", err
	}
	fmt.Fprintf(h, "%+v %+v %v %v\n", s, r.RouterOptions, r.Norm.W, r.LayerTokens.Data)
	h.Write(r.Head.W.Bytes())
	for i := range r.Layers {
		l := &r.Layers[i]
		for _, w := range []*tensor.Matrix{l.Attn.Q.W, l.Attn.K.W, l.Attn.V.W, l.Attn.O.W, l.MLP.Gate.W, l.MLP.Up.W, l.MLP.Down.W} {
			h.Write(w.Bytes())
		}
	}
	return fmt.Sprintf("%016x", h.Sum64()), nil
}

// header is a cache's first line.
type header struct {
	Format string `json:"format"`
	Key    string `json:"key"`
}

const cacheFormat = "par-pairs-1"

// openCache reads what a cache holds and opens it to be appended to. A last line
// that was not written whole is cut off.
func openCache(path, key string) ([]*Pair, *os.File, error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	data = data[:bytes.LastIndexByte(data, '\n')+1]
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, nil, err
	}
	pairs, err := readCache(data, path, key)
	if err == nil {
		if err = f.Truncate(int64(len(data))); err == nil {
			_, err = f.Seek(0, io.SeekEnd)
		}
	}
	if err == nil && len(data) == 0 {
		err = appendLine(f, header{cacheFormat, key})
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return pairs, f, nil
}

func readCache(data []byte, path, key string) ([]*Pair, error) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxLine)
	var pairs []*Pair
	for n := 1; lines.Scan(); n++ {
		if n == 1 {
			var h header
			if err := json.Unmarshal(lines.Bytes(), &h); err != nil || h.Format != cacheFormat {
				return nil, fmt.Errorf("%s: line 1: not a cache of pairs", path)
			}
			if h.Key != key {
				return nil, fmt.Errorf("%s: made with another router, budget, seed or set of samples; remove it to start anew", path)
			}
			continue
		}
		p := new(Pair)
		if err := json.Unmarshal(lines.Bytes(), p); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, n, err)
		}
		pairs = append(pairs, p)
	}
	return pairs, lines.Err()
}

// appendLine writes v as a line and sees it to the disk.
func appendLine(f *os.File, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(b, '\n')); err != nil {
		return err
	}
	return f.Sync()
}
