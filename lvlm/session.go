package lvlm

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/sampling"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
)

// Request asks for one answer.
type Request struct {
	Prompt    string            // the whole conversation so far, ImageMark in the place of each image
	Images    []*preprocess.RGB // in the order of their marks
	ImageMode string            // "crop" or "pad"; "" does as the checkpoint says
	MaxTokens int               // tokens to generate at most; 0: as many as the context holds
	Sampling  sampling.Params
	Stop      []string // texts that end the answer, left out of it
	IgnoreEOS bool     // go on behind the end token
	Flow      Flow     // what to prune; nil for nothing
	Trace     *Trace   // collects intermediate tensors where not nil

	// Progress, where not nil, is told what begins: "preprocess", "vision", "prefill", "decode".
	Progress func(stage string)
}

// Token is one step of an answer. Text is what became certain with it: often
// empty, as characters may need several tokens and stop strings are held back.
// Text that the end sets free comes with an ID of -1.
type Token struct {
	ID   int32
	Text string
}

// Finish reasons.
const (
	FinishStop   = "stop"   // an end token or a stop string
	FinishLength = "length" // MaxTokens, or the context is full
)

// Result sums a finished, or failed, generation up.
type Result struct {
	Text         string // the answer; bytes that are not UTF-8 may be U+FFFD though streamed otherwise
	FinishReason string
	Prompt       *Prompt
	Reused       int     // prompt rows that were cached from the turn before
	TokenIDs     []int32 // generated, the end token included
	Outcome      Outcome // what the flow left out
	Layers       int     // decoder layers of the model
	CacheBytes   int64   // keys and values held at the end
	Timings      Timings
}

// Timings are the wall-clock times of a generation's parts. Router is the
// Flow's own time, which Prefill does not include.
type Timings struct {
	Preprocess, Vision, Router, Prefill, Decode time.Duration
}

// Session is one conversation. It keeps the embeddings of its images, never
// pruned, so that a later question can choose among all of them again, and what
// the decoder computed as long as nothing was pruned. A Session serves one call
// at a time; several Sessions of a Model may run at once.
type Session struct {
	model  *Model
	seq    *sequence
	ws     nn.Workspace
	images map[imageKey]*encodedImage
	result *Result

	// what seq holds, for reuse by a prompt that begins alike
	ids    []int32
	keys   []imageKey
	spans  []Span
	pruned bool
}

type imageKey [sha256.Size]byte

type encodedImage struct {
	pixels     []float32 // as the tower saw them
	seen       VisionOutput
	embeddings tensor.Tensor // [tokens, hidden]
}

// NewSession starts a conversation.
func (m *Model) NewSession() *Session {
	return &Session{model: m, seq: newSequence(m.Decoder, m.Pool), images: map[imageKey]*encodedImage{}}
}

// Result returns the outcome of the last Generate, nil before the first.
func (s *Session) Result() *Result { return s.result }

// Generate streams the answer to r. The sequence ends with the answer, or with an
// error: that of ctx, which is heeded within a layer, or of a request that can't
// be met. Result tells more afterwards.
func (s *Session) Generate(ctx context.Context, r Request) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		if err := s.generate(ctx, &r, yield); err != nil && !errors.Is(err, errStopped) {
			yield(Token{ID: -1}, err)
		}
	}
}

// errStopped says that the consumer of a stream has had enough.
var errStopped = errors.New("stopped")

func (s *Session) generate(ctx context.Context, r *Request, yield func(Token, error) bool) error {
	m := s.model
	res := &Result{Layers: len(m.Decoder.Layers)}
	s.result = res
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.MaxTokens < 0 {
		return fmt.Errorf("max tokens: %d is negative", r.MaxTokens)
	}
	sampler, err := m.sampler(r.Sampling)
	if err != nil {
		return err
	}
	p, err := m.prompt(r.Prompt, len(r.Images))
	if err != nil {
		return err
	}
	res.Prompt = p
	keys, err := s.encode(ctx, r, res)
	if err != nil {
		return err
	}
	room := m.Config.Text.Context - len(p.IDs)
	if r.MaxTokens > 0 {
		room = min(room, r.MaxTokens)
	}
	logits, err := s.prefill(ctx, r, p, keys, room, res)
	if err != nil {
		return err
	}
	for _, id := range p.IDs {
		if id != m.Config.ImageToken {
			sampler.Accept(id)
		}
	}
	r.progress("decode")
	start := time.Now()
	err = s.decode(ctx, r, logits, sampler, max(room, 1), res, yield)
	res.Timings.Decode = time.Since(start)
	res.CacheBytes = s.seq.cacheBytes()
	return err
}

func (r *Request) progress(stage string) {
	if r.Progress != nil {
		r.Progress(stage)
	}
}

// encode sees to it that s.images holds the request's images and those alone, and
// returns their keys.
func (s *Session) encode(ctx context.Context, r *Request, res *Result) ([]imageKey, error) {
	mode := r.ImageMode
	if mode == "" {
		mode = s.model.Config.ImageMode
	}
	keys := make([]imageKey, len(r.Images))
	kept := make(map[imageKey]*encodedImage, len(keys))
	for i, img := range r.Images {
		keys[i] = keyOf(img, mode)
		e := kept[keys[i]]
		if e == nil {
			e = s.images[keys[i]]
		}
		if e == nil {
			var err error
			if e, err = s.encodeImage(ctx, r, img, mode, res); err != nil {
				return nil, err
			}
		}
		kept[keys[i]] = e
		if r.Trace != nil {
			size := s.model.Config.Vision.ImageSize
			r.Trace.stack("pixel_values", []int{3, size, size}, e.pixels)
			r.Trace.stack("vision.features", []int{e.seen.Features.Rows, e.seen.Features.Cols}, e.seen.Features.Data)
			r.Trace.stack("projector", []int{e.embeddings.Rows, e.embeddings.Cols}, e.embeddings.Data)
		}
	}
	s.images = kept
	return keys, nil
}

func (s *Session) encodeImage(ctx context.Context, r *Request, img *preprocess.RGB, mode string, res *Result) (*encodedImage, error) {
	m := s.model
	r.progress("preprocess")
	start := time.Now()
	pixels, err := m.pixels(img, mode)
	if err != nil {
		return nil, err
	}
	res.Timings.Preprocess += time.Since(start)

	r.progress("vision")
	start = time.Now()
	seen, err := m.Vision.encode(ctx, m.Pool, &s.ws, pixels)
	if err != nil {
		return nil, err
	}
	e := &encodedImage{pixels, *seen, m.Projector.project(m.Pool, &s.ws, seen.Features)}
	res.Timings.Vision += time.Since(start)
	return e, nil
}

func keyOf(img *preprocess.RGB, mode string) imageKey {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %d\n", mode, img.W, img.H)
	h.Write(img.Pix)
	return imageKey(h.Sum(nil))
}

// prefill computes the prompt's rows, but for those that the cache holds already,
// and returns the logits after the last.
func (s *Session) prefill(ctx context.Context, r *Request, p *Prompt, keys []imageKey, room int, res *Result) ([]float32, error) {
	r.progress("prefill")
	start := time.Now()
	first := s.reusable(r, p, keys)
	s.seq.truncate(first)
	s.ids, s.keys, s.spans, s.pruned = append(s.ids[:0], p.IDs[:first]...), keys, p.Spans, r.Flow != nil
	res.Reused = first

	x := s.ws.Stream(len(p.IDs)-first, s.model.Config.Text.Hidden)
	s.embed(x, p, keys, first)
	pr := newPruning(r.Flow, p, first)
	pr.view = View{
		Prompt: p, Model: s.model, Layers: len(s.model.Decoder.Layers), Pool: s.model.Pool, Embeds: x, pr: pr, seq: s.seq,
	}
	for _, k := range keys {
		pr.view.Images = append(pr.view.Images, &s.images[k].seen)
	}
	if err := pr.begin(ctx); err != nil {
		return nil, err
	}
	logits, err := s.seq.prefill(ctx, x, pr, room, r.Trace)
	if err != nil {
		s.forget()
		return nil, err
	}
	s.ids = append(s.ids, p.IDs[first:]...)
	res.Outcome = pr.out
	r.Trace.vector("router.tokens", pr.out.TokenScores)
	r.Trace.vector("router.layers", pr.out.LayerScores)
	res.Timings.Router = pr.spent
	res.Timings.Prefill = time.Since(start) - pr.spent
	return logits, nil
}

// Embed computes the input embeddings of r's prompt, [rows, hidden], as the decoder
// and a Flow get to see them.
func (s *Session) Embed(ctx context.Context, r Request) (*Prompt, tensor.Tensor, error) {
	p, err := s.model.prompt(r.Prompt, len(r.Images))
	if err != nil {
		return nil, tensor.Tensor{}, err
	}
	keys, err := s.encode(ctx, &r, new(Result))
	if err != nil {
		return nil, tensor.Tensor{}, err
	}
	x := tensor.New(len(p.IDs), s.model.Config.Text.Hidden)
	s.embed(x, p, keys, 0)
	return p, x, nil
}

// forget drops what the decoder holds, after a pass that was broken off.
func (s *Session) forget() {
	s.seq.truncate(0)
	s.ids = s.ids[:0]
}

// reusable returns how many rows of the prompt need no computing, because the
// turn before left them in the cache, unpruned. At least one row is always run.
func (s *Session) reusable(r *Request, p *Prompt, keys []imageKey) int {
	if s.pruned || r.Flow != nil || r.Trace != nil {
		return 0
	}
	n := 0
	for n < min(len(s.ids), len(p.IDs)-1) && s.ids[n] == p.IDs[n] {
		n++
	}
	for i, span := range p.Spans {
		if span.Start < n && (i >= len(s.spans) || s.spans[i] != span || s.keys[i] != keys[i]) {
			return span.Start
		}
	}
	return n
}

// embed writes the input embeddings of the prompt's rows from first on to x.
func (s *Session) embed(x tensor.Tensor, p *Prompt, keys []imageKey, first int) {
	dec := s.model.Decoder
	image := 0
	for i := 0; i < len(p.IDs); i++ {
		if image < len(p.Spans) && i == p.Spans[image].Start {
			e := s.images[keys[image]].embeddings
			for t := range e.Rows {
				if i+t >= first {
					copy(x.Row(i+t-first), e.Row(t))
				}
			}
			i += e.Rows - 1
			image++
		} else if i >= first {
			dec.Embed.Row(x.Row(i-first), int(p.IDs[i]))
		}
	}
}

// decode samples tokens until the answer ends, starting from the prompt's logits.
func (s *Session) decode(ctx context.Context, r *Request, logits []float32, sampler *sampling.Sampler, limit int, res *Result, yield func(Token, error) bool) error {
	m := s.model
	stream := m.Tokenizer.NewStream(true)
	stop := sampling.NewStopMatcher(r.Stop)
	emit := func(id int32, piece string) error {
		if !yield(Token{id, piece}, nil) {
			return errStopped
		}
		return nil
	}
	defer func() { res.Text = m.text(res.TokenIDs, r) }()

	stopped := false
	for res.FinishReason = FinishLength; len(res.TokenIDs) < limit; {
		r.Trace.stack("logits", []int{len(logits)}, logits)
		id, err := sampler.Next(logits)
		if err != nil {
			return err
		}
		sampler.Accept(id)
		res.TokenIDs = append(res.TokenIDs, id)
		piece := ""
		if end := m.isEnd(id); !end || r.IgnoreEOS {
			piece, stopped = stop.Push(stream.Next(id))
		} else {
			stopped = true
		}
		if err := emit(id, piece); err != nil {
			return err
		}
		if stopped {
			res.FinishReason = FinishStop
			break
		}
		if len(res.TokenIDs) == limit || int(s.seq.next) >= m.Config.Text.Context {
			break
		}
		if logits, err = s.seq.decode(ctx, id); err != nil {
			s.forget()
			return err
		}
		s.ids = append(s.ids, id)
	}
	rest, _ := stop.Push(stream.Flush())
	if rest += stop.Flush(); rest != "" {
		return emit(-1, rest)
	}
	return nil
}

// text returns the answer that ids spell. It is what was streamed, except that a
// run of byte tokens is judged as a whole: where it is not UTF-8, a stream has
// shown its valid beginning already, the text has U+FFFD for each byte, as the
// reference implementation does.
func (m *Model) text(ids []int32, r *Request) string {
	if n := len(ids); n > 0 && m.isEnd(ids[n-1]) && !r.IgnoreEOS {
		ids = ids[:n-1]
	}
	text := m.Tokenizer.Decode(ids, true)
	for _, stop := range r.Stop {
		if i := strings.Index(text, stop); i >= 0 && stop != "" {
			text = text[:i]
		}
	}
	return text
}
