package sampling

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// Sampler chooses tokens for one sequence. It is not safe for concurrent use. Next
// and Accept don't allocate.
type Sampler struct {
	params Params
	banned []bool // by id
	seen   []bool // by id: accepted before
	rng    *rand.Rand

	// scratch
	open    []candidate // that may be chosen
	kept    []candidate // that the parameters leave
	weights []float64   // of kept: their probabilities but for a factor
}

// candidate is a token that may be chosen.
type candidate struct {
	id    int32
	logit float32
}

// before orders candidates: by logit from the highest, equal ones by id.
func (c candidate) before(d candidate) bool {
	return c.logit > d.logit || c.logit == d.logit && c.id < d.id
}

// New returns a sampler for logits of a vocabulary. Tokens in banned are never chosen:
// padding of the embedding matrix, image and padding tokens. Ids in it that are outside
// of the vocabulary have no effect.
func New(p Params, vocab int, banned []int32) (*Sampler, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if vocab < 1 || vocab > math.MaxInt32 {
		return nil, fmt.Errorf("vocabulary of %d tokens", vocab)
	}
	s := &Sampler{
		params:  p,
		banned:  make([]bool, vocab),
		seen:    make([]bool, vocab),
		rng:     rand.New(rand.NewPCG(p.Seed, stream)),
		open:    make([]candidate, 0, vocab),
		kept:    make([]candidate, 0, vocab),
		weights: make([]float64, 0, vocab),
	}
	for _, id := range banned {
		if s.has(id) {
			s.banned[id] = true
		}
	}
	return s, nil
}

// stream is the second half of the generator's seed: the golden ratio's fraction.
const stream = 0x9e3779b97f4a7c15

func (s *Sampler) has(id int32) bool { return id >= 0 && int(id) < len(s.seen) }

// Accept tells the sampler of a token of the sequence, from the prompt or chosen, for
// the repetition penalty. Tokens outside of the vocabulary, as image tokens may be,
// count for nothing.
func (s *Sampler) Accept(id int32) {
	if s.has(id) {
		s.seen[id] = true
	}
}

// Next chooses a token by logits, of the length of the vocabulary, which it leaves as
// they are. A NaN or +Inf among those of tokens that aren't banned is an error: the
// model has failed.
func (s *Sampler) Next(logits []float32) (int32, error) {
	if len(logits) != len(s.seen) {
		return 0, fmt.Errorf("%d logits for a vocabulary of %d", len(logits), len(s.seen))
	}
	if err := s.collect(logits); err != nil {
		return 0, err
	}
	if s.params.Temperature == 0 {
		return s.best().id, nil
	}
	s.distribute()
	return s.draw(), nil
}

// collect gathers the candidates with their penalised logits, in the order of ids.
func (s *Sampler) collect(logits []float32) error {
	penalty := s.params.RepetitionPenalty
	s.open = s.open[:0]
	for i, logit := range logits {
		if s.banned[i] {
			continue
		}
		if s.seen[i] && penalty != 0 {
			if logit > 0 {
				logit /= penalty
			} else {
				logit *= penalty
			}
		}
		switch {
		case logit != logit || logit > math.MaxFloat32:
			return fmt.Errorf("logit of token %d is %v", i, logits[i])
		case logit >= -math.MaxFloat32:
			s.open = append(s.open, candidate{int32(i), logit})
		}
	}
	if len(s.open) == 0 {
		return errors.New("no token can be chosen: all are banned or have a logit of -Inf")
	}
	return nil
}

// best is the candidate that comes before all others.
func (s *Sampler) best() candidate {
	best := s.open[0]
	for _, c := range s.open[1:] {
		if c.before(best) {
			best = c
		}
	}
	return best
}

// distribute fills kept and weights with what the parameters leave of the candidates.
func (s *Sampler) distribute() {
	s.kept, s.weights = s.kept[:0], s.weights[:0]
	top := s.best().logit
	topP := float64(s.params.TopP)
	if topP == 0 {
		topP = 1
	}
	switch limit := s.params.TopK; {
	case limit > 0 && limit < len(s.open):
		heapify(s.open)
		total := 0.0
		for len(s.kept) < limit {
			total += s.keepNext(top)
		}
		if topP < 1 {
			s.truncate(topP * total)
		}
	case topP < 1:
		total := 0.0
		for _, c := range s.open {
			total += s.weight(c, top)
		}
		heapify(s.open)
		for mass := 0.0; mass < topP*total && len(s.open) > 0; {
			mass += s.keepNext(top)
		}
	default: // in the order of ids: there is nothing to sort for
		s.kept = append(s.kept, s.open...)
		for _, c := range s.kept {
			s.weights = append(s.weights, s.weight(c, top))
		}
	}
	s.dropBelow(float64(s.params.MinP))
}

// weight is the probability of c relative to that of a candidate with logit top.
func (s *Sampler) weight(c candidate, top float32) float64 {
	return math.Exp((float64(c.logit) - float64(top)) / float64(s.params.Temperature))
}

// keepNext moves the best candidate from the heap to those kept and returns its weight.
func (s *Sampler) keepNext(top float32) float64 {
	c := s.open[0]
	last := len(s.open) - 1
	s.open[0] = s.open[last]
	s.open = s.open[:last]
	siftDown(s.open, 0)
	w := s.weight(c, top)
	s.kept, s.weights = append(s.kept, c), append(s.weights, w)
	return w
}

// truncate leaves the fewest of the sorted candidates whose weights reach a sum.
func (s *Sampler) truncate(sum float64) {
	for i, w := range s.weights {
		if sum -= w; sum <= 0 {
			s.kept, s.weights = s.kept[:i+1], s.weights[:i+1]
			return
		}
	}
}

// dropBelow drops the candidates whose probability is less than a fraction of the
// highest, which has the weight 1.
func (s *Sampler) dropBelow(fraction float64) {
	if fraction == 0 {
		return
	}
	n := 0
	for i, w := range s.weights {
		if w >= fraction {
			s.kept[n], s.weights[n] = s.kept[i], w
			n++
		}
	}
	s.kept, s.weights = s.kept[:n], s.weights[:n]
}

// draw chooses one of the candidates that are left.
func (s *Sampler) draw() int32 {
	total := 0.0
	for _, w := range s.weights {
		total += w
	}
	u := s.rng.Float64() * total
	chosen := 0
	for i, w := range s.weights {
		if w == 0 {
			continue
		}
		chosen = i // the last one, should rounding leave something of u
		if u -= w; u < 0 {
			break
		}
	}
	return s.kept[chosen].id
}

// heapify orders candidates as a heap with the best at 0.
func heapify(h []candidate) {
	for i := len(h)/2 - 1; i >= 0; i-- {
		siftDown(h, i)
	}
}

// siftDown restores the order of a heap below position i.
func siftDown(h []candidate, i int) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if right := child + 1; right < len(h) && h[right].before(h[child]) {
			child = right
		}
		if !h[child].before(h[i]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
