package grad

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/tensor"
)

// TestLocal: shards on tapes of their own, flushed in order, give the gradients of one
// tape that sees all of them, to rounding, and the same bits each time.
func TestLocal(t *testing.T) {
	pool := tensor.NewPool(1)
	defer pool.Close()
	rng := rand.New(rand.NewPCG(5, 6))
	_, l := layer(rng)
	shards := []tensor.Tensor{random(rng, "", 9, 24).Value, random(rng, "", 14, 24).Value}
	pass := func(tape *Tape, x tensor.Tensor) {
		tape.Reset()
		cos, sin := tensor.New(x.Rows, 3), tensor.New(x.Rows, 3)
		for i := range cos.Data {
			cos.Data[i] = 1
		}
		y := l.Forward(tape, tape.Const(x), cos, sin, Mask{Own: Causal(x.Rows)})
		tape.Backward(tape.CrossEntropy(y, make([]int32, x.Rows)), 1)
	}
	take := func() (list [][]float32) {
		for _, p := range l.Params() {
			list = append(list, append([]float32(nil), p.Grad.Data...))
			clear(p.Grad.Data)
		}
		return list
	}
	one := NewTape(pool)
	for _, x := range shards {
		pass(one, x)
	}
	want := take()

	tapes := []*Tape{NewTape(pool).Local(), NewTape(pool).Local()}
	local := func() [][]float32 {
		for i := len(shards) - 1; i >= 0; i-- {
			pass(tapes[i], shards[i])
		}
		for _, tape := range tapes {
			tape.Flush(l.Params())
		}
		return take()
	}
	got := local()
	for k, p := range l.Params() {
		for i, w := range want[k] {
			if d := math.Abs(float64(got[k][i] - w)); !(d <= 1e-5*(1e-3+math.Abs(float64(w)))) {
				t.Fatalf("%s, value %d: %v from shards, %v from one tape", p.Name, i, got[k][i], w)
			}
		}
	}
	if diff := cmp.Diff(got, local()); diff != "" {
		t.Error("a second run gives other gradients")
	}
}
