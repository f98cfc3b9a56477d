package train

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/nn/grad"
	"github.com/go-par/par/par"
	"github.com/go-par/par/tensor"
)

// Init says how a new router begins.
type Init struct {
	Layers    int // decoder layers of its own
	Mask      par.Mask
	FromLayer int
	Shared    bool
	Width     int // 0: the model's
	Inner     int // of its layers' MLPs; 0: the model's, in proportion to the width
	Seed      uint64
}

// NewRouter returns an untrained router for m. Layers as wide as the model's start
// as copies of the model's first, or, where the router is shared, of those that
// would read the same rows; narrow ones start at random. An MLP with fewer inner
// values than the model's begins with those that weigh most. Layer tokens start at
// zero, so that only their positions tell them apart, and the head at small random
// values.
func NewRouter(m *lvlm.Model, in Init) (*par.Router, error) {
	c := &m.Config.Text
	width := in.Width
	if width == 0 {
		width = c.Hidden
	}
	inner := in.Inner
	if inner == 0 {
		inner = max(1, c.Intermediate*width/c.Hidden)
	}
	first := 0 // of the model's layers that are copied
	if in.Shared {
		first = in.FromLayer
	}
	switch {
	case in.Layers < 0 || in.Layers > c.Layers:
		return nil, fmt.Errorf("router layers: %d is not in 0..%d", in.Layers, c.Layers)
	case width < c.HeadDim || width > c.Hidden || width%c.HeadDim != 0:
		return nil, fmt.Errorf("router width: %d is not a multiple of the head size %d up to %d", width, c.HeadDim, c.Hidden)
	case inner < 0 || inner > c.Intermediate:
		return nil, fmt.Errorf("router MLP: width %d is not in 1..%d", inner, c.Intermediate)
	case width == c.Hidden && first+in.Layers > c.Layers:
		return nil, fmt.Errorf("router layers: %d from layer %d on are more than the model has (%d)", in.Layers, first, c.Layers)
	}
	rng := rand.New(rand.NewPCG(in.Seed, 0x526f75746572))
	r := &par.Router{
		RouterOptions: par.RouterOptions{Mask: in.Mask, FromLayer: in.FromLayer, Shared: in.Shared, LLM: par.Fingerprint(m)},
		Norm:          nn.RMSNorm{W: ones(width), Eps: c.NormEps},
		Head:          nn.Linear{W: normal(rng, 1, width, 0.02).Matrix()},
		LayerTokens:   tensor.New(c.Layers, c.Hidden),
	}
	if width != c.Hidden {
		r.Down = &nn.Linear{W: normal(rng, width, c.Hidden, 1/math.Sqrt(float64(c.Hidden))).Matrix()}
	}
	for i := range in.Layers {
		if width == c.Hidden {
			r.Layers = append(r.Layers, copyLayer(&m.Decoder.Layers[first+i], m.Decoder.RoPE.Interleaved, inner))
		} else {
			r.Layers = append(r.Layers, narrowLayer(rng, width, inner, c))
		}
	}
	return r, r.Bind(m)
}

func ones(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

func normal(rng *rand.Rand, rows, cols int, std float64) tensor.Tensor {
	t := tensor.New(rows, cols)
	for i := range t.Data {
		t.Data[i] = float32(rng.NormFloat64() * std)
	}
	return t
}

// copyLayer returns a copy of l in f32, with inner of its MLP's values. interleaved
// says that l's queries and keys have rotary pairs as neighbours; the copy has them
// half a head apart.
func copyLayer(l *nn.DecoderLayer, interleaved bool, inner int) nn.DecoderLayer {
	out := nn.DecoderLayer{
		InputNorm: l.InputNorm, PostNorm: l.PostNorm,
		Attn: nn.Attention{
			Q: copyLinear(&l.Attn.Q), K: copyLinear(&l.Attn.K), V: copyLinear(&l.Attn.V), O: copyLinear(&l.Attn.O),
			Heads: l.Attn.Heads, KVHeads: l.Attn.KVHeads, HeadDim: l.Attn.HeadDim,
		},
		MLP: heaviest(&l.MLP, inner),
	}
	if interleaved {
		for _, x := range []*nn.Linear{&out.Attn.Q, &out.Attn.K} {
			halfSplit(x, l.Attn.HeadDim)
		}
	}
	return out
}

func copyLinear(l *nn.Linear) nn.Linear {
	return nn.Linear{W: l.W.Tensor().Matrix(), B: append([]float32(nil), l.B...)}
}

// heaviest returns a copy of m in f32 with n of its inner values: those whose weights
// into and out of them have the largest product of norms.
func heaviest(m *nn.GatedMLP, n int) nn.GatedMLP {
	gate, up, down := m.Gate.W.Tensor(), m.Up.W.Tensor(), m.Down.W.Tensor()
	weight := make([]float64, down.Cols)
	for r := range down.Rows {
		for i, v := range down.Row(r) {
			weight[i] += float64(v) * float64(v)
		}
	}
	order := make([]int32, down.Cols)
	for i := range order {
		weight[i] *= squares(gate.Row(i)) * squares(up.Row(i))
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(weight[b], weight[a]) })
	order = order[:n]
	slices.Sort(order)

	narrow := tensor.New(down.Rows, n)
	for r := range down.Rows {
		copy(narrow.Row(r), pick(down.Row(r), order))
	}
	return nn.GatedMLP{
		Gate: nn.Linear{W: tensor.Compress(gate, order).Matrix(), B: pick(m.Gate.B, order)},
		Up:   nn.Linear{W: tensor.Compress(up, order).Matrix(), B: pick(m.Up.B, order)},
		Down: nn.Linear{W: narrow.Matrix(), B: append([]float32(nil), m.Down.B...)},
	}
}

// pick returns the values of x listed, nil of nil.
func pick(x []float32, list []int32) []float32 {
	if x == nil {
		return nil
	}
	out := make([]float32, len(list))
	for j, i := range list {
		out[j] = x[i]
	}
	return out
}

func squares(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}

// halfSplit moves row 2i+j of each head to row j*dim/2+i.
func halfSplit(l *nn.Linear, dim int) {
	w := tensor.New(l.Out(), l.In())
	b := make([]float32, len(l.B))
	for r := range w.Rows {
		at := r % dim
		from := r - at + 2*(at%(dim/2)) + at/(dim/2)
		l.W.Row(w.Row(r), from)
		if len(b) > 0 {
			b[r] = l.B[from]
		}
	}
	l.W, l.B = w.Matrix(), b
}

// narrowLayer returns a layer of random weights with the model's head size.
func narrowLayer(rng *rand.Rand, width, inner int, c *lvlm.TextConfig) nn.DecoderLayer {
	heads := width / c.HeadDim
	lin := func(out, in int) nn.Linear {
		return nn.Linear{W: normal(rng, out, in, 1/math.Sqrt(float64(in))).Matrix()}
	}
	return nn.DecoderLayer{
		InputNorm: nn.RMSNorm{W: ones(width), Eps: c.NormEps}, PostNorm: nn.RMSNorm{W: ones(width), Eps: c.NormEps},
		Attn: nn.Attention{
			Q: lin(width, width), K: lin(width, width), V: lin(width, width), O: lin(width, width),
			Heads: heads, KVHeads: heads, HeadDim: c.HeadDim,
		},
		MLP: nn.GatedMLP{Gate: lin(inner, width), Up: lin(inner, width), Down: lin(width, inner)},
	}
}

// learner is a router whose weights are parameters. Its par.Router shares them, so
// that it prunes with what was learnt so far.
type learner struct {
	router *par.Router
	rope   *nn.RoPE
	down   *grad.Linear
	layers []*grad.DecoderLayer
	norm   *grad.Param
	head   *grad.Param
	tokens *grad.Param
}

// newLearner makes r's weights parameters. headOnly trains only the head, the norm
// and the layer tokens.
func newLearner(m *lvlm.Model, r *par.Router, headOnly bool) (*learner, error) {
	rope := *m.Decoder.RoPE
	rope.Interleaved = false
	l := &learner{
		rope:   &rope,
		norm:   grad.NewParam("norm.weight", 1, len(r.Norm.W), append([]float32(nil), r.Norm.W...)),
		tokens: grad.NewParam("layer_tokens", r.LayerTokens.Rows, r.LayerTokens.Cols, append([]float32(nil), r.LayerTokens.Data...)),
	}
	if r.Head.B != nil || r.Down != nil && r.Down.B != nil {
		return nil, fmt.Errorf("router: a head or projection with a bias can't be trained")
	}
	l.head = weight("head.weight", &r.Head)
	if r.Down != nil {
		l.down = &grad.Linear{W: weight("down.weight", r.Down)}
		l.down.W.Frozen = headOnly
	}
	for i := range r.Layers {
		layer := grad.NewDecoderLayer(fmt.Sprintf("layers.%d.", i), &r.Layers[i])
		for _, p := range layer.Params() {
			p.Frozen = headOnly
		}
		l.layers = append(l.layers, layer)
	}
	l.router = l.share(r)
	return l, l.router.Bind(m)
}

func weight(name string, l *nn.Linear) *grad.Param {
	w := l.W.Tensor()
	return grad.NewParam(name, w.Rows, w.Cols, w.Data)
}

// share returns a router like r in the parameters' memory.
func (l *learner) share(r *par.Router) *par.Router {
	out := &par.Router{
		RouterOptions: r.RouterOptions,
		Norm:          nn.RMSNorm{W: l.norm.Value.Data, Eps: r.Norm.Eps},
		Head:          nn.Linear{W: l.head.Value.Matrix()},
		LayerTokens:   l.tokens.Value,
	}
	if l.down != nil {
		out.Down = &nn.Linear{W: l.down.W.Value.Matrix()}
	}
	for _, x := range l.layers {
		out.Layers = append(out.Layers, x.Shared())
	}
	return out
}

// params lists all parameters in a fixed order.
func (l *learner) params() []*grad.Param {
	list := []*grad.Param{l.tokens, l.norm, l.head}
	if l.down != nil {
		list = append(list, l.down.W)
	}
	for _, x := range l.layers {
		list = append(list, x.Params()...)
	}
	return list
}

// input is what a router reads of one prompt.
type input struct {
	rows  tensor.Tensor
	spans []lvlm.Span
}

// scores computes the raw scores of all rows, [rows + layers, 1], as
// par.Router.Score does. noise is nil, or gives each layer's.
func (l *learner) scores(t *grad.Tape, in input, noise [][]tensor.Tensor) *grad.Var {
	n := in.rows.Rows
	x := t.Concat(t.Const(in.rows), t.Param(l.tokens))
	if l.down != nil {
		x = l.down.Forward(t, x)
	}
	total := n + l.tokens.Value.Rows
	seen, pos := make([]grad.Span, total), make([]int32, total)
	for i := range pos {
		pos[i], seen[i].To = int32(i), int32(l.router.Mask.Sees(i, n))
	}
	var rot nn.Rotation
	rot.At(l.rope, pos)
	for i, layer := range l.layers {
		mask := grad.Mask{Own: seen}
		if noise != nil {
			mask.Noise = noise[i]
		}
		x = layer.Forward(t, x, rot.Cos, rot.Sin, mask)
	}
	return t.Linear(t.RMSNorm(x, t.Param(l.norm), l.router.Norm.Eps), t.Param(l.head), nil)
}
