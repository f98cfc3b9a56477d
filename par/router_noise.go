package par

import (
	"math"

	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
)

// forwardNoisy is l.Forward over rows that see nothing but one another, with noise
// added to each head's attention logits. The logits of one head at a time are
// stored, which the fast path never does.
func forwardNoisy(p *tensor.Pool, ws *nn.Workspace, l *nn.DecoderLayer, x tensor.Tensor, rot *nn.Rotation, limits []int32, noise func(head int, logits tensor.Tensor)) {
	a := &l.Attn
	h := tensor.New(x.Rows, x.Cols)
	l.InputNorm.Forward(p, h, x)
	q := tensor.New(x.Rows, a.Heads*a.HeadDim)
	k := tensor.New(x.Rows, a.KVHeads*a.HeadDim)
	v := tensor.New(x.Rows, a.KVHeads*a.HeadDim)
	a.Q.Forward(p, q, h, nil)
	a.K.Forward(p, k, h, nil)
	a.V.Forward(p, v, h, nil)
	p.Rotate(q, a.Heads, rot.Cos, rot.Sin)
	p.Rotate(k, a.KVHeads, rot.Cos, rot.Sin)

	scale := float32(1 / math.Sqrt(float64(a.HeadDim)))
	logits := tensor.New(x.Rows, x.Rows)
	out := tensor.New(x.Rows, a.HeadDim)
	ctx := tensor.New(x.Rows, a.Heads*a.HeadDim)
	for head := range a.Heads {
		group := head * a.KVHeads / a.Heads
		p.MatMul(logits, columns(q, head, a.HeadDim), nil, columns(k, group, a.HeadDim).Matrix(), nil)
		for i := range logits.Data {
			logits.Data[i] *= scale
		}
		noise(head, logits)
		for i := range logits.Rows {
			softmax(logits.Row(i), int(limits[i]))
		}
		p.MatMul(out, logits, nil, transposed(columns(v, group, a.HeadDim)).Matrix(), nil)
		for i := range out.Rows {
			copy(ctx.Row(i)[head*a.HeadDim:], out.Row(i))
		}
	}
	a.O.AddTo(p, x, ctx)

	l.PostNorm.Forward(p, h, x)
	l.MLP.AddTo(p, ws, x, h)
}

// columns returns the i-th block of so many columns.
func columns(x tensor.Tensor, i, width int) tensor.Tensor {
	c := tensor.New(x.Rows, width)
	for r := range x.Rows {
		copy(c.Row(r), x.Row(r)[i*width:])
	}
	return c
}

func transposed(x tensor.Tensor) tensor.Tensor {
	t := tensor.New(x.Cols, x.Rows)
	for i := range x.Rows {
		for j, e := range x.Row(i) {
			t.Data[j*x.Rows+i] = e
		}
	}
	return t
}

// softmax turns the first n logits into weights and the others into 0.
func softmax(x []float32, n int) {
	clear(x[n:])
	x = x[:n]
	top := x[0]
	for _, e := range x {
		top = max(top, e)
	}
	sum := 0.0
	for i, e := range x {
		w := math.Exp(float64(e - top))
		x[i] = float32(w)
		sum += w
	}
	for i := range x {
		x[i] = float32(float64(x[i]) / sum)
	}
}
