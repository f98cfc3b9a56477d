package grad

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-par/par/asm/asmtest"
	"github.com/go-par/par/tensor"
)

// sequences is attention over rows of which some belong together.
type sequences struct {
	q, k, v   tensor.Tensor // of all rows
	dy        tensor.Tensor
	heads, kv int
	compute   tensor.Compute
}

// attend returns the attention of some rows, causal, and the gradients of q, k and v.
func (s *sequences) attend(pool *tensor.Pool, rows []int32, mask Mask) (list [4]tensor.Tensor) {
	tape := NewTape(pool)
	tape.Compute = s.compute
	var in [3]*Var
	for i, x := range []tensor.Tensor{s.q, s.k, s.v} {
		in[i] = tape.Input(tensor.Compress(copied(x), rows))
	}
	y := tape.Attention(in[0], in[1], in[2], s.heads, s.kv, 0.3, mask)
	list[0] = copied(y.Value)
	tape.Backward(tape.Weighted(y, tensor.Compress(copied(s.dy), rows).Data), 1)
	for i, v := range in {
		list[i+1] = v.Grad
	}
	return list
}

func copied(x tensor.Tensor) tensor.Tensor {
	y := tensor.New(x.Rows, x.Cols)
	copy(y.Data, x.Data)
	return y
}

func span(lo, hi int) (rows []int32) {
	for i := lo; i < hi; i++ {
		rows = append(rows, int32(i))
	}
	return rows
}

// TestPacked: sequences, and branches that go on from a common prefix, attend packed
// into one as each does alone.
func TestPacked(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, compute := range []tensor.Compute{tensor.ComputeF32, tensor.ComputeBF16} {
			testPacked(t, compute)
		}
	})
}

func testPacked(t *testing.T, compute tensor.Compute) {
	pool := tensor.NewPool(2)
	defer pool.Close()
	rng := rand.New(rand.NewPCG(8, 9))
	for _, c := range []struct{ prefix, branches []int }{
		{[]int{1}, []int{0}},
		{[]int{70}, []int{5, 90, 1}},
		{[]int{33, 2, 100}, []int{40, 3}},
		{[]int{131, 64}, nil},
	} {
		var mask Mask
		type sequence struct {
			rows  []int32
			first int // row that counts: those before belong to the prefix
		}
		var alone []sequence
		n := 0
		for _, prefix := range c.prefix {
			start := n
			for range prefix {
				mask.Own, mask.Shared = append(mask.Own, Span{int32(start), int32(n + 1)}), append(mask.Shared, Span{})
				n++
			}
			behind := n
			alone = append(alone, sequence{rows: span(start, behind)})
			for _, branch := range c.branches {
				from := n
				for range branch {
					mask.Own = append(mask.Own, Span{int32(from), int32(n + 1)})
					mask.Shared = append(mask.Shared, Span{int32(start), int32(behind)})
					n++
				}
				alone = append(alone, sequence{append(span(start, behind), span(from, n)...), prefix})
			}
		}
		const heads, kv, dim = 4, 2, 20
		s := &sequences{
			heads: heads, kv: kv, compute: compute,
			q: random(rng, "", n, heads*dim).Value, k: random(rng, "", n, kv*dim).Value, v: random(rng, "", n, kv*dim).Value,
			dy: random(rng, "", n, heads*dim).Value,
		}
		got := s.attend(pool, span(0, n), mask)
		want := [4]tensor.Tensor{tensor.New(n, heads*dim), tensor.New(n, heads*dim), tensor.New(n, kv*dim), tensor.New(n, kv*dim)}
		all := s.dy
		for _, part := range alone {
			// The prefix counts where it is alone.
			s.dy = copied(all)
			if part.first > 0 {
				for _, r := range part.rows[:part.first] {
					clear(s.dy.Row(int(r)))
				}
			}
			for i, x := range s.attend(pool, part.rows, Mask{Own: Causal(len(part.rows))}) {
				for k, r := range part.rows {
					for j, v := range x.Row(k) {
						if i > 0 || k >= part.first {
							want[i].Row(int(r))[j] += v
						}
					}
				}
			}
		}
		s.dy = all
		// Sums of the same terms in other orders, and rounded to bf16 in other places: an
		// error of 2⁻⁸ for each factor, of three that are multiplied, against the greatest
		// values.
		tolerance := 1e-5
		if compute == tensor.ComputeBF16 {
			tolerance = 3 * 0x1p-8
		}
		for i, name := range []string{"output", "gradient of q", "gradient of k", "gradient of v"} {
			var top float64
			for _, w := range want[i].Data {
				top = max(top, math.Abs(float64(w)))
			}
			for k, w := range want[i].Data {
				if d := math.Abs(float64(got[i].Data[k] - w)); !(d <= tolerance*top) {
					t.Fatalf("%v, %v behind %v: %s, value %d: %v packed, %v alone", compute, c.branches, c.prefix, name, k, got[i].Data[k], w)
				}
			}
		}
	}
}
