package lvlm

import (
	"context"
	"fmt"

	"github.com/go-par/par/tensor"
)

// Force computes what the model predicts along an answer that is given, not
// sampled: row i of the result, [len(answer), vocabulary], has the logits of the
// token in answer[i]'s place, after r's prompt and answer[:i]. r's sampling, limits
// and stop strings have no bearing on it. The answer's rows are computed together.
func (s *Session) Force(ctx context.Context, r Request, answer []int32) (tensor.Tensor, error) {
	logits, err := s.force(ctx, &r, answer)
	if err != nil {
		s.forget()
	}
	return logits, err
}

func (s *Session) force(ctx context.Context, r *Request, answer []int32) (tensor.Tensor, error) {
	m := s.model
	res := &Result{Layers: len(m.Decoder.Layers), TokenIDs: answer}
	s.result = res
	p, err := m.prompt(r.Prompt, len(r.Images))
	if err != nil {
		return tensor.Tensor{}, err
	}
	res.Prompt = p
	switch n := len(p.IDs) + len(answer); {
	case len(answer) == 0:
		return tensor.Tensor{}, fmt.Errorf("answer: empty")
	case n > m.Config.Text.Context:
		return tensor.Tensor{}, fmt.Errorf("prompt and answer: %d tokens, more than the model's context of %d", n, m.Config.Text.Context)
	}
	for i, id := range answer {
		if id < 0 || int(id) >= m.Config.Text.Vocab {
			return tensor.Tensor{}, fmt.Errorf("answer: token %d at %d is outside the model's vocabulary of %d", id, i, m.Config.Text.Vocab)
		}
	}
	keys, err := s.encode(ctx, r, res)
	if err != nil {
		return tensor.Tensor{}, err
	}
	first, err := s.prefill(ctx, r, p, keys, len(answer), res)
	if err != nil {
		return tensor.Tensor{}, err
	}
	out := tensor.New(len(answer), len(first))
	copy(out.Row(0), first)
	if len(answer) > 1 {
		if err := s.seq.extend(ctx, answer[:len(answer)-1], out.Slice(1, len(answer))); err != nil {
			return tensor.Tensor{}, err
		}
		s.ids = append(s.ids, answer[:len(answer)-1]...)
	}
	res.CacheBytes = s.seq.cacheBytes()
	return out, nil
}

// extend appends tokens and writes the logits after each to dst, [len(ids),
// vocab].
func (s *sequence) extend(ctx context.Context, ids []int32, dst tensor.Tensor) error {
	x := tensor.New(len(ids), s.dec.Embed.Cols())
	for i, id := range ids {
		s.dec.Embed.Row(x.Row(i), int(id))
	}
	s.place(x.Rows)
	for i := range s.dec.Layers {
		if s.skipped[i] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		x = s.layer(i, x, nil, 0)
	}
	s.dec.Norm.Forward(s.pool, x, x)
	s.dec.Head.Forward(s.pool, dst, x, nil)
	return nil
}
