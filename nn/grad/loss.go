package grad

import (
	"math"

	"github.com/go-par/par/tensor"
)

// CrossEntropy is the mean over the rows of logits of -log softmax(row)[target],
// [1, 1]. Rows with a negative target do not count.
func (t *Tape) CrossEntropy(logits *Var, targets []int32) *Var {
	y := t.memory.zeros(1, 1)
	p := t.memory.get(logits.Value.Rows, logits.Value.Cols)
	copy(p.Data, logits.Value.Data)
	counted, loss := 0, 0.0
	for i, target := range targets {
		if target < 0 {
			continue
		}
		counted++
		softmax(p.Row(i))
		loss -= math.Log(max(float64(p.Row(i)[target]), math.SmallestNonzeroFloat32))
	}
	if counted > 0 {
		y.Data[0] = float32(loss / float64(counted))
	}
	return t.Op(y, func(dy tensor.Tensor) {
		if counted == 0 {
			return
		}
		s := dy.Data[0] / float32(counted)
		for i, target := range targets {
			if target < 0 {
				continue
			}
			to := logits.Grad.Row(i)
			for k, x := range p.Row(i) {
				to[k] += s * x
			}
			to[target] -= s
		}
	}, logits)
}

// LogSigmoid is log σ(x), element by element.
func (t *Tape) LogSigmoid(x *Var) *Var {
	y := t.memory.get(x.Value.Rows, x.Value.Cols)
	for i, v := range x.Value.Data {
		// min(v, 0) - log(1+exp(-|v|)) overflows nowhere.
		y.Data[i] = float32(math.Min(float64(v), 0) - math.Log1p(math.Exp(-math.Abs(float64(v)))))
	}
	return t.Op(y, func(dy tensor.Tensor) {
		for i, d := range dy.Data {
			x.Grad.Data[i] += d * sigmoid(-x.Value.Data[i])
		}
	}, x)
}

// Weighted is Σ w[i] x[i] over all elements, [1, 1].
func (t *Tape) Weighted(x *Var, w []float32) *Var {
	y := t.memory.get(1, 1)
	var sum float64
	for i, v := range x.Value.Data {
		sum += float64(w[i]) * float64(v)
	}
	y.Data[0] = float32(sum)
	return t.Op(y, func(dy tensor.Tensor) {
		for i := range x.Grad.Data {
			x.Grad.Data[i] += dy.Data[0] * w[i]
		}
	}, x)
}
