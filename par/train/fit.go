package train

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
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
	Accuracy float64 `json:"accuracy"` // share of comparisons whose better flow has the higher score
	Rate     float64 `json:"rate"`
	Norm     float64 `json:"grad_norm"`
	Seconds  float64 `json:"seconds"`
}

// Fit runs stage B on the pairs and returns the trained router, which shares no
// memory with r. dir, where not empty, gets checkpoints, from which a run that was
// broken off goes on to the same bits. Pairs that say too little are left out.
func Fit(ctx context.Context, lanes Lanes, r *par.Router, pairs []*Pair, s Sampling, f Fitting, dir string, log func(Step) error) (*par.Router, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	var useful []lesson
	for _, p := range pairs {
		if list := s.comparisons(p, f.AllPairs); len(list) > 0 {
			useful = append(useful, lesson{p, list})
		}
	}
	if len(useful) == 0 {
		return nil, fmt.Errorf("no pair of %d differs by %v or more: more flows or samples are needed", len(pairs), s.Threshold)
	}
	l, err := newLearner(lanes[0], r, f.HeadOnly)
	if err != nil {
		return nil, err
	}
	t := &fitting{Fitting: f, sampling: s, lanes: lanes, learner: l, lessons: useful, optimiser: grad.NewAdamW(f.Decay), inputs: map[*Pair]input{}}
	for _, m := range lanes {
		t.tapes = append(t.tapes, grad.NewTape(m.Pool).Local())
	}
	t.schedule = grad.Schedule{Peak: f.Rate, Steps: f.Epochs * t.perEpoch()}
	t.schedule.Warmup = int(f.Warmup * float64(t.schedule.Steps))
	if dir != "" {
		if err := t.resume(dir); err != nil {
			return nil, err
		}
	}
	for step := t.optimiser.Steps(); step < t.schedule.Steps; step++ {
		done, err := t.step(ctx, step)
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
	lanes     Lanes
	tapes     []*grad.Tape // of the lanes
	learner   *learner
	lessons   []lesson
	optimiser *grad.AdamW
	schedule  grad.Schedule

	reading sync.Mutex // of what follows
	inputs  map[*Pair]input
	kept    int // values of them
}

// lesson is a pair and what it says.
type lesson struct {
	*Pair
	comparisons []comparison
}

func (t *fitting) perEpoch() int { return (len(t.lessons) + t.Batch - 1) / t.Batch }

// step trains on one batch, whose samples the lanes share out.
func (t *fitting) step(ctx context.Context, step int) (*Step, error) {
	start := time.Now()
	epoch := step / t.perEpoch()
	// The order depends on seed and epoch alone, so that a resumed run has it too.
	order := rand.New(rand.NewPCG(t.Seed, uint64(epoch))).Perm(len(t.lessons))
	lo := step % t.perEpoch() * t.Batch
	batch := order[lo:min(lo+t.Batch, len(order))]
	out := &Step{Step: step + 1, Steps: t.schedule.Steps, Epoch: epoch + 1, Rate: t.schedule.Rate(step)}

	learnt := make([]learnt, len(t.lanes))
	errs := make([]error, len(t.lanes))
	var running sync.WaitGroup
	for lane := range t.lanes {
		running.Go(func() { learnt[lane], errs[lane] = t.learn(ctx, lane, batch) })
	}
	running.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	params := t.learner.params()
	compared, ranked := 0, 0
	for lane, l := range learnt {
		t.tapes[lane].Flush(params)
		out.Loss += l.loss / float64(len(batch))
		compared += l.compared
		ranked += l.ranked
	}
	out.Accuracy = float64(ranked) / float64(compared)
	out.Norm = grad.ClipNorm(params, t.Clip)
	t.optimiser.Step(params, out.Rate)
	out.Seconds = time.Since(start).Seconds()
	return out, nil
}

// learnt sums up lessons.
type learnt struct {
	loss             float64
	compared, ranked int
}

// learn leaves the gradients of a lane's share of a batch on its tape.
func (t *fitting) learn(ctx context.Context, lane int, batch []int) (sum learnt, err error) {
	tape := t.tapes[lane]
	for i := lane; i < len(batch); i += len(t.lanes) {
		if err := ctx.Err(); err != nil {
			return sum, err
		}
		l := t.lessons[batch[i]]
		in, err := t.input(ctx, t.lanes[lane], l.Pair)
		if err != nil {
			return sum, fmt.Errorf("sample %s: %w", l.Sample, err)
		}
		tape.Reset()
		scores := t.learner.scores(tape, in, nil)
		loss, ranked := t.loss(tape, scores, in, len(t.lanes[lane].Decoder.Layers), l.comparisons, len(l.Flows))
		tape.Backward(loss, 1/float32(len(batch)))
		sum.loss += float64(loss.Value.Data[0])
		sum.compared += len(l.comparisons)
		sum.ranked += ranked
	}
	return sum, nil
}

// maxInputs bounds the values of inputs that are kept from one epoch to the next.
const maxInputs = 1 << 28

// input is read, once for all epochs where memory allows.
func (t *fitting) input(ctx context.Context, m *lvlm.Model, p *Pair) (input, error) {
	t.reading.Lock()
	in, ok := t.inputs[p]
	t.reading.Unlock()
	if ok {
		return in, nil
	}
	in, err := read(ctx, m, t.learner.router, p)
	if err != nil {
		return in, err
	}
	t.reading.Lock()
	defer t.reading.Unlock()
	if n := len(in.rows.Data); t.kept+n <= maxInputs {
		t.inputs[p], t.kept = in, t.kept+n
	}
	return in, nil
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
		c.in.rows = tensor.New(v.Hidden.Rows, v.Hidden.Cols)
		copy(c.in.rows.Data, v.Hidden.Data)
	}
	return lvlm.Step{}, nil
}
