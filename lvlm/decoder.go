package lvlm

import (
	"context"

	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

// Decoder is a LLaMA language model (Touvron et al., 2023).
type Decoder struct {
	Embed  *tensor.Matrix // [vocab, hidden]
	Layers []nn.DecoderLayer
	Norm   nn.RMSNorm
	Head   nn.Linear // [vocab, hidden]; Embed where the checkpoint ties them
	RoPE   *nn.RoPE
	Cache  quant.Type // of keys and values: F32, F16, BF16 or Q8_0
}

// sequence is what the decoder remembers of one token stream: per layer the keys
// and values that the flow left it, and which layers the flow skips.
type sequence struct {
	dec     *Decoder
	pool    *tensor.Pool
	cache   []*tensor.KV // nil for a layer that was never run
	skipped []bool
	next    int32 // position of the next token, counted without pruning

	ws     nn.Workspace
	aside  nn.Workspace // of what a Flow has computed beside the pass itself
	rot    nn.Rotation
	pos    []int32
	one    tensor.Tensor // [1, hidden], the residual stream of a decoding step
	logits tensor.Tensor // [1, vocab]
}

func newSequence(d *Decoder, p *tensor.Pool) *sequence {
	return &sequence{
		dec: d, pool: p,
		cache:   make([]*tensor.KV, len(d.Layers)),
		skipped: make([]bool, len(d.Layers)),
		one:     tensor.New(1, d.Embed.Cols()),
		logits:  tensor.New(1, d.Head.Out()),
	}
}

// truncate forgets all positions from n on. A pruned sequence can only be cut at
// 0, as its cached rows are not its positions.
func (s *sequence) truncate(n int) {
	for _, kv := range s.cache {
		if kv != nil {
			kv.Truncate(min(n, kv.Len))
		}
	}
	s.next = int32(n)
}

// cacheBytes returns the size of the keys and values held.
func (s *sequence) cacheBytes() int64 {
	var n int64
	for _, kv := range s.cache {
		if kv != nil {
			n += int64(kv.Bytes())
		}
	}
	return n
}

// prefill appends rows, whose input embeddings x holds, and returns the logits
// after the last one. pr decides which rows and layers are computed; room is how
// many rows the caller expects to decode later. x is overwritten.
func (s *sequence) prefill(ctx context.Context, x tensor.Tensor, pr *pruning, room int, tr *Trace) ([]float32, error) {
	first := s.next
	s.place(x.Rows)
	tr.tensor("embeds", x)
	tr.hidden(0, x, pr.rows)
	last := len(s.dec.Layers) - 1
	_, watched := pr.finisher()
	for i := range s.dec.Layers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		skip, keep, renumber, err := pr.layer(ctx, i, x)
		if err != nil {
			return nil, err
		}
		if keep != nil {
			x = s.compress(x, keep)
		}
		if renumber {
			s.next = first
			s.place(x.Rows)
		}
		if i == 0 {
			tr.ints("positions", s.pos)
		}
		if s.skipped[i] = skip; skip {
			continue
		}
		var out []int32
		if i == last && tr == nil && !watched {
			// Once their keys and values are stored, nothing reads the other rows.
			out = []int32{int32(x.Rows - 1)}
		}
		x = s.layer(i, x, out, room)
		tr.hidden(i+1, x, pr.rows)
	}
	if err := pr.end(ctx, x); err != nil {
		return nil, err
	}
	return s.head(x), nil
}

// decode appends one token and returns the logits after it, valid until the next
// call. It allocates nothing while the caches have room.
func (s *sequence) decode(ctx context.Context, id int32) ([]float32, error) {
	s.dec.Embed.Row(s.one.Data, int(id))
	s.place(1)
	x := s.one
	for i := range s.dec.Layers {
		if s.skipped[i] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x = s.layer(i, x, nil, 0)
	}
	return s.head(x), nil
}

// place gives the next n rows their positions.
func (s *sequence) place(n int) {
	s.pos = s.pos[:0]
	for range n {
		s.pos = append(s.pos, s.next)
		s.next++
	}
	s.rot.At(s.dec.RoPE, s.pos)
}

// compress drops all rows but those listed, which keep their positions.
func (s *sequence) compress(x tensor.Tensor, rows []int32) tensor.Tensor {
	s.rot.Cos = tensor.Compress(s.rot.Cos, rows)
	s.rot.Sin = tensor.Compress(s.rot.Sin, rows)
	return tensor.Compress(x, rows)
}

func (s *sequence) layer(i int, x tensor.Tensor, rows []int32, room int) tensor.Tensor {
	l := &s.dec.Layers[i]
	if s.cache[i] == nil {
		kv, err := tensor.NewKVOf(s.dec.Cache, l.Attn.KVHeads, l.Attn.HeadDim, x.Rows+room)
		if err != nil {
			panic("lvlm: " + err.Error()) // Open has tried the type
		}
		s.cache[i] = kv
	}
	return l.Forward(s.pool, &s.ws, x, rows, s.cache[i], &s.rot, nil)
}

// head returns the logits of the last row of x, which it normalises in place.
func (s *sequence) head(x tensor.Tensor) []float32 {
	x = x.Slice(x.Rows-1, x.Rows)
	s.dec.Norm.Forward(s.pool, x, x)
	s.dec.Head.Forward(s.pool, s.logits, x, nil)
	return s.logits.Data
}
