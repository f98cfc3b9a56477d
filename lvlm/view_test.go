package lvlm_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/tensor"
)

// probe is a Flow made of functions.
type probe struct {
	begin func(v *lvlm.View) error
	layer func(i int, v *lvlm.View) (lvlm.Step, error)
	end   func(v *lvlm.View) error
}

func (p *probe) Begin(_ context.Context, v *lvlm.View) error {
	if p.begin == nil {
		return nil
	}
	return p.begin(v)
}

func (p *probe) Layer(_ context.Context, i int, v *lvlm.View) (lvlm.Step, error) {
	if p.layer == nil {
		return lvlm.Step{}, nil
	}
	return p.layer(i, v)
}

func (p *probe) End(_ context.Context, v *lvlm.View) error {
	if p.end == nil {
		return nil
	}
	return p.end(v)
}

// someRows are the first, a middle and the last of n rows.
func someRows(n int) []int32 { return []int32{0, int32(n / 2), int32(n - 1)} }

// TestAttentionViews compares what a Flow sees ahead of a layer with what it sees
// behind it, through layers that are skipped and rows that are dropped.
func TestAttentionViews(t *testing.T) {
	m := tiny(t)
	keep := []int{0, 3, 7, 8}
	const skipped, drops = 2, 2 // rows are dropped where the layer is skipped, too
	var ahead tensor.Tensor
	var aheadRows []int32
	f := &probe{}
	checked := 0
	f.layer = func(i int, v *lvlm.View) (lvlm.Step, error) {
		var step lvlm.Step
		if i > 0 && i-1 != skipped {
			got, err := v.Attention(someRows(len(v.Rows)))
			if err != nil {
				return step, err
			}
			if !slices.Equal(aheadRows, v.Rows) {
				t.Fatalf("layer %d: rows changed unasked", i)
			}
			for k, want := range ahead.Data {
				if math.Abs(float64(got.Data[k]-want)) > 1e-6 {
					t.Fatalf("layer %d: weight %d is %v behind the layer, %v ahead of it", i, k, got.Data[k], want)
				}
			}
			heads := got.Rows / 3
			for h := range heads {
				if r := got.Row(h); r[0] != 1 || slices.Max(r[1:]) != 0 {
					t.Errorf("layer %d: the first row sees others: %v", i, r)
				}
				sum := 0.0
				for _, w := range got.Row(2*heads + h) {
					sum += float64(w)
				}
				if math.Abs(sum-1) > 1e-6 {
					t.Errorf("layer %d: the last row's weights add up to %v", i, sum)
				}
			}
			checked++
		}
		if i == skipped+1 {
			// The last layer that was run had all rows; their weights are left out.
			got, err := v.Attention(someRows(len(v.Rows)))
			if err != nil {
				return step, err
			}
			if got.Cols != len(v.Rows) || got.Rows != 3*m.Config.Text.Heads {
				t.Errorf("weights [%d, %d] of %d rows", got.Rows, got.Cols, len(v.Rows))
			}
			sum := 0.0
			for _, w := range got.Row(got.Rows - 1) {
				sum += float64(w)
			}
			if !(sum < 1) {
				t.Errorf("weights of the rows left add up to %v, though others were dropped", sum)
			}
			k, err := v.Keys()
			if err != nil || k.Rows != len(v.Rows) || k.Cols != m.Config.Text.KVHeads*m.Config.Text.HeadDim {
				t.Errorf("keys %v of %d rows, %v", k, len(v.Rows), err)
			}
		}
		var err error
		if ahead, err = v.Preview(i, someRows(len(v.Rows))); err != nil {
			return step, err
		}
		aheadRows = v.Rows
		if i == drops {
			step.Keep = keep
		}
		step.Skip = i == skipped
		return step, nil
	}
	r := question(noise(1, 60, 60))
	r.Flow, r.MaxTokens = f, 1
	generate(t, m.NewSession(), r)
	if want := len(m.Decoder.Layers) - 2; checked != want {
		t.Errorf("%d layers compared, want %d", checked, want)
	}
}

// TestViewErrors asks for what is not there.
func TestViewErrors(t *testing.T) {
	m := tiny(t)
	row := make([]float32, m.Config.Text.Hidden)
	for name, f := range map[string]*probe{
		"attention before any layer": {begin: func(v *lvlm.View) error { _, err := v.Attention([]int32{0}); return err }},
		"keys before any layer":      {begin: func(v *lvlm.View) error { _, err := v.Keys(); return err }},
		"a layer that is not there":  {begin: func(v *lvlm.View) error { _, err := v.Preview(v.Layers, []int32{0}); return err }},
		"a token that is not there":  {begin: func(v *lvlm.View) error { return v.Replace(v.Prompt.ImageTokens(), row) }},
		"a short embedding":          {begin: func(v *lvlm.View) error { return v.Replace(0, row[1:]) }},
		"replacing too late": {layer: func(i int, v *lvlm.View) (lvlm.Step, error) {
			if i == 0 {
				return lvlm.Step{}, nil
			}
			return lvlm.Step{}, v.Replace(0, row)
		}},
		"a dropped token is back": {layer: func(i int, v *lvlm.View) (lvlm.Step, error) { return lvlm.Step{Keep: []int{i}}, nil }},
	} {
		r := question(noise(1, 60, 60))
		r.Flow = f
		failed := false
		for _, err := range m.NewSession().Generate(t.Context(), r) {
			failed = failed || err != nil
		}
		if !failed {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestReplace gives an image's tokens other embeddings, which the decoder then uses
// and the session forgets.
func TestReplace(t *testing.T) {
	m := tiny(t)
	s := m.NewSession()
	r := question(noise(1, 60, 60))
	r.MaxTokens, r.Trace = 1, new(lvlm.Trace)
	generate(t, s, r)
	before := r.Trace

	row := make([]float32, m.Config.Text.Hidden)
	row[3] = 7
	r.Flow, r.Trace = &probe{begin: func(v *lvlm.View) error { return v.Replace(2, row) }}, new(lvlm.Trace)
	res := generate(t, s, r)
	at := (res.Prompt.Spans[0].Start + 2) * len(row)
	want := slices.Clone(before.Float("embeds").Data)
	copy(want[at:], row)
	if !slices.Equal(want, r.Trace.Float("embeds").Data) {
		t.Error("something else than the token was replaced")
	}
	if slices.Equal(before.Float("hidden.1").Data, r.Trace.Float("hidden.1").Data) {
		t.Error("the decoder did not use the new embedding")
	}
	r.Flow, r.Trace = nil, new(lvlm.Trace)
	generate(t, s, r)
	if !slices.Equal(before.Float("logits").Data, r.Trace.Float("logits").Data) {
		t.Error("the session remembers a replaced embedding")
	}
}

// TestEnd: a Flow that wants to sees what the last layer computed of all rows.
func TestEnd(t *testing.T) {
	m := tiny(t)
	r := question(noise(1, 60, 60))
	r.MaxTokens, r.Trace = 1, new(lvlm.Trace)
	generate(t, m.NewSession(), r)
	want := r.Trace.Float(fmt.Sprintf("hidden.%d", len(m.Decoder.Layers))).Data
	seen := false
	r.Trace = nil
	r.Flow = &probe{end: func(v *lvlm.View) error {
		seen = slices.Equal(v.Hidden.Data, want)
		return nil
	}}
	generate(t, m.NewSession(), r)
	if !seen {
		t.Error("the end shows something else than the last layer's output")
	}
}

// TestForce compares the logits along a forced answer with those of generating it,
// with and without pruning.
func TestForce(t *testing.T) {
	m := tiny(t)
	for _, flow := range []lvlm.Flow{nil, fixed(t, 1, []int{1, 2, 5}, []int{2})} {
		r := question(noise(1, 60, 60))
		r.MaxTokens, r.IgnoreEOS, r.Flow, r.Trace = 6, true, flow, new(lvlm.Trace)
		s := m.NewSession()
		res := generate(t, s, r)
		want := r.Trace.Float("logits")
		r.Trace = nil
		got, err := s.Force(t.Context(), r, res.TokenIDs)
		if err != nil {
			t.Fatal(err)
		}
		if got.Rows != want.Shape[0] || got.Cols != want.Shape[1] {
			t.Fatalf("logits %v, want %v", got, want.Shape)
		}
		// Rows computed together are summed in another order than one by one.
		if e := relative(got.Data, want.Data); e > 2e-6 {
			t.Errorf("relative error %.2e", e)
		}
		if again := s.Result(); again.CacheBytes != res.CacheBytes || !slices.Equal(again.TokenIDs, res.TokenIDs) {
			t.Errorf("%d bytes cached and ids %v, generating them %d and %v", again.CacheBytes, again.TokenIDs, res.CacheBytes, res.TokenIDs)
		}
	}
	r := question(noise(1, 60, 60))
	for _, answer := range [][]int32{nil, {-1}, {int32(m.Config.Text.Vocab)}, make([]int32, m.Config.Text.Context)} {
		if _, err := m.NewSession().Force(t.Context(), r, answer); err == nil {
			t.Errorf("an answer of %d tokens, %v..., is forced", len(answer), answer[:min(1, len(answer))])
		}
	}
}
