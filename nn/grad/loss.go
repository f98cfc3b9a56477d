package grad

import (
	"math"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor"
)

// CrossEntropy is the mean over the rows of logits of -log softmax(row)[target],
// [1, 1]. Rows with a negative target do not count.
func (t *Tape) CrossEntropy(logits *Var, targets []int32) *Var {
	return t.WeightedCrossEntropy(logits, targets, nil)
}

// WeightedCrossEntropy is CrossEntropy with a weight for each row, and their sum
// in the place of the number of rows. It is 0 where that is 0.
func (t *Tape) WeightedCrossEntropy(logits *Var, targets []int32, weights []float32) *Var {
	p := t.value(logits.Value.Rows, logits.Value.Cols)
	share := make([]float32, p.Rows) // of a row in the loss
	var total, loss float64
	for i, target := range targets {
		if target < 0 {
			continue
		}
		share[i] = 1
		if weights != nil {
			share[i] = weights[i]
		}
		total += float64(share[i])
	}
	for i, w := range share {
		if w == 0 {
			continue
		}
		row := p.Row(i)
		copy(row, logits.Value.Row(i))
		top := asm.Max(row)
		score := float64(row[targets[i]] - top)
		sum := asm.ExpSum(row, top)
		asm.Scale(row, 1/sum, row)
		share[i] = float32(float64(w) / total)
		loss += float64(w) / total * (math.Log(float64(sum)) - score)
	}
	y := t.value(1, 1)
	y.Data[0] = float32(loss)
	return t.op(y, func(dy tensor.Tensor) {
		g := t.zeroed(logits)
		for i, w := range share {
			if w != 0 {
				s := dy.Data[0] * w
				asm.Axpy(g.Row(i), s, p.Row(i))
				g.Row(i)[targets[i]] -= s
			}
		}
	}, logits)
}

// SquaredError is the mean over the rows of x of their squared distance to those of
// targets, [1, 1], weighted: the sum of the weights is in the place of the number of
// rows. It is 0 where that is 0; nil weights are all 1.
func (t *Tape) SquaredError(x *Var, targets tensor.Tensor, weights []float32) *Var {
	total := float64(x.Value.Rows)
	weight := func(int) float64 { return 1 }
	if weights != nil {
		total = 0
		for _, w := range weights {
			total += float64(w)
		}
		weight = func(i int) float64 { return float64(weights[i]) }
	}
	var sum float64
	for i := range x.Value.Rows {
		var square float64
		for k, v := range x.Value.Row(i) {
			d := float64(v) - float64(targets.Row(i)[k])
			square += d * d
		}
		sum += weight(i) * square
	}
	y := t.value(1, 1)
	y.Data[0] = 0
	if total != 0 {
		y.Data[0] = float32(sum / total)
	}
	return t.op(y, func(dy tensor.Tensor) {
		g := t.zeroed(x)
		if total == 0 {
			return
		}
		for i := range g.Rows {
			s := float32(2 * float64(dy.Data[0]) * weight(i) / total)
			to := g.Row(i)
			for k, v := range x.Value.Row(i) {
				to[k] += s * (v - targets.Row(i)[k])
			}
		}
	}, x)
}

// LogSigmoid is log σ(x), element by element.
func (t *Tape) LogSigmoid(x *Var) *Var {
	y := t.value(x.Value.Rows, x.Value.Cols)
	for i, v := range x.Value.Data {
		// min(v, 0) - log(1+exp(-|v|)) overflows nowhere.
		y.Data[i] = float32(math.Min(float64(v), 0) - math.Log1p(math.Exp(-math.Abs(float64(v)))))
	}
	return t.op(y, func(dy tensor.Tensor) {
		for i, d := range dy.Data {
			dy.Data[i] = d * sigmoid(-x.Value.Data[i])
		}
		t.pass(x, dy)
	}, x)
}

// Weighted is Σ w[i] x[i] over all elements, [1, 1].
func (t *Tape) Weighted(x *Var, w []float32) *Var {
	y := t.value(1, 1)
	var sum float64
	for i, v := range x.Value.Data {
		sum += float64(w[i]) * float64(v)
	}
	y.Data[0] = float32(sum)
	return t.op(y, func(dy tensor.Tensor) {
		g := t.zeroed(x)
		for i := range g.Data {
			g.Data[i] += dy.Data[0] * w[i]
		}
	}, x)
}
