package pretrain

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-par/par/lvlm/scenes"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/nn/grad"
	"github.com/go-par/par/tensor"
)

// Stage is a part of training.
type Stage struct {
	Name     string  // "tower", "projector" or "answers"
	Pictures int     // how many it sees
	Rate     float64 // learning rate until the last part of the stage
	Batch    int     // pictures to a step
}

// Stages returns the stages in their order, with sizes that two cores go through in
// hours.
func Stages() []Stage {
	return []Stage{
		{Name: "tower", Pictures: 60_000, Rate: 2e-3, Batch: 32},
		{Name: "projector", Pictures: 3_000, Rate: 2e-3, Batch: 32},
		{Name: "answers", Pictures: 60_000, Rate: 2e-3, Batch: 16},
	}
}

// Options says how a model is trained.
type Options struct {
	Shape   Shape
	Stages  []Stage
	Seed    uint64
	Lanes   int            // parts that a step's pictures are split into, computed at the same time; its bits depend on it
	Compute tensor.Compute // of products; Auto is ComputeBF16, whose sums and weights are f32 all the same

	Dir        string // gets checkpoints and, in the end, the model
	SaveEvery  int    // steps between checkpoints
	CheckEvery int    // steps between looks at the validation split
}

// Step is what one step did. Losses are means over its pictures.
type Step struct {
	Stage    string             `json:"stage"`
	Step     int                `json:"step"`
	Steps    int                `json:"steps"`
	Losses   map[string]float64 `json:"losses"`
	Rate     float64            `json:"rate"`
	Norm     float64            `json:"grad_norm"`
	Seconds  float64            `json:"seconds"`
	Pictures int                `json:"pictures"`
	Asked    int                `json:"questions"`

	// On pictures of the validation split, where the step looked at them: shares of
	// patches told right, or of questions answered right, by kind.
	Right map[string]float64 `json:"right,omitempty"`
}

// Shares of a stage.
const (
	warmUp = 0.02
	decay  = 0.3 // in which the rate falls, linearly
)

const (
	clipNorm    = 1.0
	weightDecay = 0.02
	groupSize   = 2 // pictures on a tape, so that activations stay in the cache
	denseWeight = 0.3
	nameWeight  = 0.3
)

// check names the field that can't be.
func (o *Options) check() error {
	if err := o.Shape.Check(); err != nil {
		return fmt.Errorf("shape: %w", err)
	}
	if o.Lanes < 1 || o.SaveEvery < 1 || o.CheckEvery < 0 {
		return fmt.Errorf("lanes %d, steps between checkpoints %d: not positive", o.Lanes, o.SaveEvery)
	}
	for _, s := range o.Stages {
		if stages[s.Name] == nil {
			return fmt.Errorf("stage %q is not known (tower, projector, answers)", s.Name)
		}
		if s.Pictures < 0 || s.Batch < 1 || !(s.Rate > 0) {
			return fmt.Errorf("stage %s: %d pictures, %d to a step, rate %v: not positive", s.Name, s.Pictures, s.Batch, s.Rate)
		}
	}
	return nil
}

// trainer is a run.
type trainer struct {
	Options
	model     *Model
	tokenizer *tokenizer.Tokenizer
	words     names
	lanes     []*lane
	pool      *tensor.Pool // for steps of the optimisers

	stage int // that is running
	step  int // steps of it that are done
	adam  *grad.AdamW
	muon  *grad.Muon
}

// lane computes a part of each step on one thread.
type lane struct {
	pass
	layout *layout
	losses tally
	asked  int
}

// Run trains a model, from the checkpoint in o.Dir if there is one, writes it to
// o.Dir/model and returns that path. log is told of each step. A cancelled run leaves
// a checkpoint.
func Run(ctx context.Context, o Options, log func(Step) error) (string, error) {
	if err := o.check(); err != nil {
		return "", err
	}
	t, err := newTrainer(o)
	if err != nil {
		return "", err
	}
	defer t.close()
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return "", err
	}
	if err := t.resume(); err != nil {
		return "", err
	}
	path := filepath.Join(o.Dir, "model")
	if _, err := os.Stat(filepath.Join(path, "config.json")); err == nil && t.stage == len(o.Stages) {
		return path, nil
	}
	for t.stage < len(o.Stages) {
		if err := t.runStage(ctx, log); err != nil {
			return "", err
		}
		t.begin(t.stage + 1)
		if err := t.save(); err != nil {
			return "", err
		}
	}
	return path, t.model.Export(path)
}

func newTrainer(o Options) (*trainer, error) {
	v := vocabulary()
	tok, err := v.Tokenizer()
	if err != nil {
		return nil, err
	}
	m, err := newModel(o.Shape, len(v.Tokens), o.Seed)
	if err != nil {
		return nil, err
	}
	t := &trainer{Options: o, model: m, tokenizer: tok, words: newNames(tok), pool: tensor.NewPool(o.Lanes)}
	for range o.Lanes {
		t.lanes = append(t.lanes, t.newLane())
	}
	t.begin(0)
	return t, nil
}

func (t *trainer) newLane() *lane {
	tape := grad.NewTape(tensor.NewPool(1)).Local()
	if tape.Compute = t.Compute; t.Compute == tensor.Auto {
		tape.Compute = tensor.ComputeBF16
	}
	return &lane{pass: pass{t.model, tape}, layout: newLayout(t.Shape, t.tokenizer), losses: tally{}}
}

func (t *trainer) close() {
	t.pool.Close()
	for _, l := range t.lanes {
		l.tape.Pool.Close()
	}
}

// begin goes to a stage, with fresh optimisers.
func (t *trainer) begin(stage int) {
	t.stage, t.step = stage, 0
	t.adam, t.muon = grad.NewAdamW(weightDecay), grad.NewMuon(weightDecay)
}

// trained lists what the running stage trains.
func (t *trainer) trained() []*grad.Param {
	return stages[t.Stages[t.stage].Name].params(t.model)
}

// runStage takes the steps that the stage has left.
func (t *trainer) runStage(ctx context.Context, log func(Step) error) error {
	s := t.Stages[t.stage]
	steps := s.Pictures / s.Batch
	t.freeze()
	for t.step < steps {
		if err := ctx.Err(); err != nil {
			return t.interrupted(err)
		}
		done, err := t.take(s, steps)
		if err != nil {
			return err
		}
		if t.CheckEvery > 0 && (t.step%t.CheckEvery == 0 || t.step == steps) {
			done.Right = t.validate()
		}
		if t.step%t.SaveEvery == 0 {
			if err := t.save(); err != nil {
				return err
			}
		}
		if err := log(*done); err != nil {
			return t.interrupted(err)
		}
	}
	return nil
}

// freeze leaves to be trained what the running stage trains.
func (t *trainer) freeze() {
	for _, p := range t.model.Params() {
		p.Frozen = true
	}
	for _, p := range t.trained() {
		p.Frozen = false
	}
}

// interrupted saves what a run that ends early has done.
func (t *trainer) interrupted(why error) error {
	if err := t.save(); err != nil {
		return err
	}
	return why
}

// rate returns the learning rate of a step: it rises, stays, and falls (Hu et al.,
// "MiniCPM", 2024).
func (s *Stage) rate(step, steps int) float64 {
	up, down := warmUp*float64(steps), decay*float64(steps)
	x := float64(step) + 0.5
	return s.Rate * min(1, x/up, (float64(steps)-x)/down)
}

// take takes one step.
func (t *trainer) take(s Stage, steps int) (*Step, error) {
	start := time.Now()
	progress := float64(t.step) / float64(steps)
	var wg sync.WaitGroup
	for i, l := range t.lanes {
		lo, hi := i*s.Batch/len(t.lanes), (i+1)*s.Batch/len(t.lanes)
		wg.Go(func() { l.learn(t, stages[s.Name], lo, hi, s.Batch, progress) })
	}
	wg.Wait()
	out := &Step{Stage: s.Name, Steps: steps, Losses: map[string]float64{}, Rate: s.rate(t.step, steps), Pictures: s.Batch}
	params := t.trained()
	for _, l := range t.lanes {
		l.tape.Flush(params)
		if !l.losses.finite() {
			return nil, fmt.Errorf("stage %s, step %d: a loss is not finite: %v", s.Name, t.step+1, l.losses)
		}
		for name, x := range l.losses {
			out.Losses[name] += x
		}
		out.Asked += l.asked
		clear(l.losses)
		l.asked = 0
	}
	out.Norm = grad.ClipNorm(params, clipNorm)
	t.update(params, out.Rate)
	t.step++
	out.Step, out.Seconds = t.step, time.Since(start).Seconds()
	return out, nil
}

// update moves parameters along their gradients: the matrices of layers by Muon, all
// others by AdamW.
func (t *trainer) update(params []*grad.Param, rate float64) {
	var matrices, others []*grad.Param
	for _, p := range params {
		if isBlockMatrix(p) {
			matrices = append(matrices, p)
		} else {
			others = append(others, p)
		}
	}
	t.muon.Step(t.pool, matrices, rate)
	t.adam.Step(others, rate)
}

// learn adds the gradients of the lane's part of a step: pictures lo to hi of batch.
func (l *lane) learn(t *trainer, s *stage, lo, hi, batch int, progress float64) {
	index := uint64(t.step) * uint64(batch)
	for i := lo; i < hi; i += groupSize {
		var group []*picture
		for k := i; k < min(i+groupSize, hi); k++ {
			rng := rand.New(rand.NewPCG(t.Seed^uint64(t.stage)<<32, index+uint64(k)))
			key := scenes.Key{Split: scenes.Train, Style: s.mix.draw(rng), Seed: t.Seed + uint64(t.stage), Index: index + uint64(k)}
			group = append(group, s.picture(rng, key, &t.Shape, progress))
		}
		b := l.layout.batch(group)
		l.tape.Reset()
		share := float32(len(group)) / float32(batch)
		part := tally{}
		loss := s.loss(l.pass, b, t.words, part)
		l.tape.Backward(loss, share)
		for name, x := range part {
			l.losses[name] += x * float64(share)
		}
		l.asked += len(b.asked)
	}
}
