package train

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/nn/grad"
	"github.com/go-par/par/par"
	"github.com/go-par/par/tensor"
)

// Fitting says how stage B trains.
type Fitting struct {
	Preference
	Epochs    int
	Batch     int     // pairs to a step
	Rate      float64 // peak learning rate
	Warmup    float64 // share of the steps
	Decay     float64 // weight decay
	Clip      float64 // of the gradient's norm
	HeadOnly  bool    // train the head, the norm and the layer tokens alone
	Seed      uint64  // of the order of the pairs
	SaveEvery int     // steps between checkpoints; 0: only the last
}

// Check names the field that can't be.
func (f *Fitting) Check() error {
	switch {
	case f.Epochs < 1:
		return fmt.Errorf("epochs: %d is not positive", f.Epochs)
	case f.Batch < 1:
		return fmt.Errorf("batch: %d is not positive", f.Batch)
	case !(f.Rate > 0):
		return fmt.Errorf("learning rate: %v is not positive", f.Rate)
	case !(f.Warmup >= 0 && f.Warmup < 1):
		return fmt.Errorf("warm-up: %v is not a share in [0, 1)", f.Warmup)
	case !(f.Clip > 0):
		return fmt.Errorf("clip: %v is not positive", f.Clip)
	case f.SaveEvery < 0:
		return fmt.Errorf("steps between checkpoints: %d is negative", f.SaveEvery)
	}
	return nil
}

// Step is what one step of training did; its losses are means over the batch.
type Step struct {
	Step     int     `json:"step"`
	Steps    int     `json:"steps"`
	Epoch    int     `json:"epoch"`
	Loss     float64 `json:"loss"`
	Accuracy float64 `json:"accuracy"` // share of pairs whose better flow has the higher score
	Rate     float64 `json:"rate"`
	Norm     float64 `json:"grad_norm"`
	Seconds  float64 `json:"seconds"`
}

// Fit runs stage B on the pairs and returns the trained router, which shares no
// memory with r. dir, where not empty, gets checkpoints, from which a run that was
// broken off goes on to the same bits. Pairs that say too little are left out.
func Fit(ctx context.Context, m *lvlm.Model, r *par.Router, pairs []*Pair, s Sampling, f Fitting, dir string, log func(Step) error) (*par.Router, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	var useful []*Pair
	for _, p := range pairs {
		if s.weight(p) > 0 {
			useful = append(useful, p)
		}
	}
	if len(useful) == 0 {
		return nil, fmt.Errorf("no pair of %d differs by %v or more: more flows or samples are needed", len(pairs), s.Threshold)
	}
	l, err := newLearner(m, r, f.HeadOnly)
	if err != nil {
		return nil, err
	}
	perEpoch := (len(useful) + f.Batch - 1) / f.Batch
	t := &fitting{Fitting: f, sampling: s, model: m, learner: l, pairs: useful, optimiser: grad.NewAdamW(f.Decay), tape: grad.NewTape(m.Pool), inputs: map[*Pair]input{}}
	t.schedule = grad.Schedule{Peak: f.Rate, Steps: f.Epochs * perEpoch}
	t.schedule.Warmup = int(f.Warmup * float64(t.schedule.Steps))
	if dir != "" {
		if err := t.resume(dir); err != nil {
			return nil, err
		}
	}
	for step := t.optimiser.Steps(); step < t.schedule.Steps; step++ {
		done, err := t.step(ctx, step, perEpoch)
		if err != nil {
			return nil, err
		}
		if dir != "" && (step+1 == t.schedule.Steps || f.SaveEvery > 0 && (step+1)%f.SaveEvery == 0) {
			if err := t.save(dir); err != nil {
				return nil, err
			}
		}
		if err := log(*done); err != nil {
			return nil, err
		}
	}
	return l.router, nil
}

// fitting is a run of stage B.
type fitting struct {
	Fitting
	sampling  Sampling
	model     *lvlm.Model
	learner   *learner
	pairs     []*Pair
	optimiser *grad.AdamW
	schedule  grad.Schedule
	tape      *grad.Tape
	inputs    map[*Pair]input
	kept      int // values of them
}

// step trains on one batch.
func (t *fitting) step(ctx context.Context, step, perEpoch int) (*Step, error) {
	start := time.Now()
	epoch := step / perEpoch
	// The order depends on seed and epoch alone, so that a resumed run has it too.
	order := rand.New(rand.NewPCG(t.Seed, uint64(epoch))).Perm(len(t.pairs))
	lo := step % perEpoch * t.Batch
	batch := order[lo:min(lo+t.Batch, len(order))]
	out := &Step{Step: step + 1, Steps: t.schedule.Steps, Epoch: epoch + 1, Rate: t.schedule.Rate(step)}
	for _, i := range batch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		loss, ranked, err := t.learn(ctx, t.pairs[i], 1/float32(len(batch)))
		if err != nil {
			return nil, fmt.Errorf("sample %s: %w", t.pairs[i].Sample, err)
		}
		out.Loss += loss / float64(len(batch))
		if ranked {
			out.Accuracy += 1 / float64(len(batch))
		}
	}
	out.Norm = grad.ClipNorm(t.learner.params(), t.Clip)
	t.optimiser.Step(t.learner.params(), out.Rate)
	out.Seconds = time.Since(start).Seconds()
	return out, nil
}

// learn adds one pair's gradients, scaled.
func (t *fitting) learn(ctx context.Context, p *Pair, scale float32) (loss float64, ranked bool, err error) {
	in, err := t.input(ctx, p)
	if err != nil {
		return 0, false, err
	}
	t.tape.Reset()
	scores := t.learner.scores(t.tape, in, nil)
	y, margin := t.loss(t.tape, scores, in, len(t.model.Decoder.Layers), p.best(), p.worst(), t.sampling.weight(p))
	t.tape.Backward(y, scale)
	return float64(y.Value.Data[0]), margin.Value.Data[0] > 0, nil
}

// maxInputs bounds the values of inputs that are kept from one epoch to the next.
const maxInputs = 1 << 28

// input is read, once for all epochs where memory allows.
func (t *fitting) input(ctx context.Context, p *Pair) (input, error) {
	if in, ok := t.inputs[p]; ok {
		return in, nil
	}
	in, err := read(ctx, t.model, t.learner.router, p)
	if n := len(in.rows.Data) + len(in.tokens.Data); err == nil && t.kept+n <= maxInputs {
		t.inputs[p], t.kept = in, t.kept+n
	}
	return in, err
}

// read computes what a router reads of a pair's prompt: never the answer.
func read(ctx context.Context, m *lvlm.Model, r *par.Router, p *Pair) (input, error) {
	img, err := preprocess.DecodeFile(p.Image)
	if err != nil {
		return input{}, err
	}
	req := lvlm.Request{Prompt: p.Prompt, Images: []*preprocess.RGB{img}, MaxTokens: 1}
	if !r.Shared {
		prompt, rows, err := m.NewSession().Embed(ctx, req)
		if err != nil {
			return input{}, err
		}
		return input{rows: rows, spans: prompt.Spans}, nil
	}
	c := &capture{router: r}
	req.Flow = c
	for _, err := range m.NewSession().Generate(ctx, req) {
		if err != nil {
			return input{}, err
		}
	}
	return c.in, nil
}

// capture is a Flow that prunes nothing and keeps what a shared router reads.
type capture struct {
	router *par.Router
	in     input
}

func (c *capture) Begin(_ context.Context, v *lvlm.View) error {
	c.in.spans = v.Prompt.Spans
	return nil
}

func (c *capture) Layer(_ context.Context, i int, v *lvlm.View) (lvlm.Step, error) {
	if i == c.router.FromLayer {
		c.in.tokens = clone(c.router.LayerTokens)
		v.Extend(c.in.tokens)
		c.in.rows = clone(v.Hidden)
	}
	return lvlm.Step{}, nil
}

func clone(x tensor.Tensor) tensor.Tensor {
	y := tensor.New(x.Rows, x.Cols)
	copy(y.Data, x.Data)
	return y
}
