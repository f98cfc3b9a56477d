package par

import (
	"fmt"
	"math"

	"github.com/go-par/par/tensor"
)

// Divergence returns the mean over rows of KL(P || Q), where P and Q are the
// softmax of the first vocab logits of a row of p and q. It is in nats. Forced
// logits of the unpruned and the pruned model make it the measure of what pruning
// changed.
func Divergence(p, q tensor.Tensor, vocab int) (float64, error) {
	if p.Rows != q.Rows || p.Cols != q.Cols || p.Rows == 0 || vocab < 1 || vocab > p.Cols {
		return 0, fmt.Errorf("divergence of logits %v and %v over %d tokens", p, q, vocab)
	}
	sum := 0.0
	for i := range p.Rows {
		a, b := p.Row(i)[:vocab], q.Row(i)[:vocab]
		za, zb := logSum(a), logSum(b)
		for j := range a {
			la, lb := float64(a[j])-za, float64(b[j])-zb
			sum += math.Exp(la) * (la - lb)
		}
	}
	return sum / float64(p.Rows), nil
}

// logSum returns log Σ exp x.
func logSum(x []float32) float64 {
	top := x[0]
	for _, e := range x {
		top = max(top, e)
	}
	s := 0.0
	for _, e := range x {
		s += math.Exp(float64(e - top))
	}
	return float64(top) + math.Log(s)
}
