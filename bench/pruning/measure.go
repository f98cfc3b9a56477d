package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/go-par/par/bench/prompt"
	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/par"
)

// bench times prefills of one model.
type bench struct {
	model    *lvlm.Model
	now      func() time.Duration
	from     int // where flows prune
	budgets  []*budget
	unpruned []float64 // milliseconds of each repetition
}

// budget is what flows may keep, and the milliseconds of each repetition.
type budget struct {
	tokens, layers int
	flow, dense    []float64
	operations     float64 // share of the unpruned prefill's
}

// measure runs everything once to warm up, then reps times in turn.
func (b *bench) measure(reps int) error {
	rows := b.model.Config.Vision.Tokens() + question
	for i := range reps + 1 {
		full, err := b.dense(rows)
		if err != nil {
			return err
		}
		var kept *clock
		for _, c := range b.budgets {
			if kept == nil || kept.rows != c.tokens+question {
				if kept, err = b.dense(c.tokens + question); err != nil {
					return err
				}
			}
			flow, err := b.flow(c, uint64(i))
			if err != nil {
				return err
			}
			if i == 0 {
				c.operations = b.operations(flow) / b.operations(full)
				continue
			}
			c.flow = append(c.flow, ms(flow.total))
			c.dense = append(c.dense, ms(flow.sameWork(full, kept)))
		}
		if i > 0 {
			b.unpruned = append(b.unpruned, ms(full.total))
		}
	}
	return nil
}

// clock is a flow that times each layer of another one.
type clock struct {
	lvlm.Flow
	now     func() time.Duration
	rows    int
	entered []int // rows that entered each layer, 0 for one left out
	layer   []time.Duration
	total   time.Duration
	since   time.Duration
}

// Layer ends the time of the layer before and begins that of layer i.
func (c *clock) Layer(ctx context.Context, i int, v *lvlm.View) (lvlm.Step, error) {
	if i > 0 {
		c.layer = append(c.layer, c.now()-c.since)
	}
	c.since = c.now()
	return c.Flow.Layer(ctx, i, v)
}

// stage takes the time of the whole prefill.
func (c *clock) stage(name string) {
	switch name {
	case "prefill":
		c.total = -c.now()
	case "decode":
		c.total += c.now()
	}
}

// rest is the time of everything but the layers below the last one, which computes
// no more than the prompt's last row needs, as the head behind it does.
func (c *clock) rest() time.Duration {
	t := c.total
	for _, l := range c.layer {
		t -= l
	}
	return t
}

// sameWork returns what the layers that c ran took in dense prompts of as many
// rows: of all rows in full, of those that c kept in kept.
func (c *clock) sameWork(full, kept *clock) time.Duration {
	t := kept.rest()
	for i := range c.layer {
		switch c.entered[i] {
		case full.rows:
			t += full.layer[i]
		case kept.rows:
			t += kept.layer[i]
		}
	}
	return t
}

// dense times the prefill of a text of that many rows.
func (b *bench) dense(rows int) (*clock, error) {
	everything := &par.Static{Choose: func(context.Context, *lvlm.View) (par.Plan, error) { return par.Plan{}, nil }}
	return b.prefill(rows, 0, everything)
}

// flow times a random flow.
func (b *bench) flow(c *budget, seed uint64) (*clock, error) {
	flow, err := par.New("random", par.Options{Tokens: par.Count(c.tokens), Layers: par.Count(c.layers), FromLayer: b.from, Seed: seed})
	if err != nil {
		return nil, err
	}
	return b.prefill(b.model.Config.Vision.Tokens()+question, 1, flow)
}

func (b *bench) prefill(rows, images int, flow lvlm.Flow) (*clock, error) {
	var err error
	c := &clock{Flow: flow, now: b.now, rows: rows}
	r := lvlm.Request{MaxTokens: 1, IgnoreEOS: true, Flow: c, Progress: c.stage}
	if r.Prompt, err = prompt.Of(b.model, rows, images); err != nil {
		return nil, err
	}
	for range images {
		r.Images = append(r.Images, preprocess.Demo())
	}
	s := b.model.NewSession()
	if _, _, err := s.Embed(context.Background(), r); err != nil { // pictures are seen before the clock starts
		return nil, err
	}
	runtime.GC() // of what that and the last run left
	for _, err := range s.Generate(context.Background(), r) {
		if err != nil {
			return nil, err
		}
	}
	res := s.Result()
	if n := len(res.Prompt.IDs); n != rows {
		return nil, fmt.Errorf("prompt has %d rows, not %d", n, rows)
	}
	text := rows - res.Prompt.ImageTokens()
	for i, n := range res.Outcome.Entered {
		if !slices.Contains(res.Outcome.Skipped, i) {
			n += text
		}
		c.entered = append(c.entered, n)
	}
	return c, nil
}

// operations counts the multiply-adds of a prefill's products and attention.
func (b *bench) operations(c *clock) float64 {
	t := &b.model.Config.Text
	d, q, kv := float64(t.Hidden), float64(t.Heads*t.HeadDim), float64(t.KVHeads*t.HeadDim)
	beside := 2*d*q + 3*d*float64(t.Intermediate) // products of a row but for its key and value
	sum := d * float64(t.Vocab)
	for i, n := range c.entered {
		rows, pairs := float64(n), float64(n)*float64(n+1)/2 // of a query and a key
		if i == len(c.entered)-1 {
			sum += 2*rows*d*kv + beside + 2*rows*q
		} else {
			sum += rows*(2*d*kv+beside) + 2*pairs*q
		}
	}
	return sum
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
