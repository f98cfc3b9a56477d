package tensor

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAttentionWeights compares with a plain softmax in f64. A product of dim
// terms errs by at most dim roundings of the sum of their magnitudes, which moves
// a weight by as much relative to itself; exp and the sum of n terms add theirs.
func TestAttentionWeights(t *testing.T) {
	const eps = 1.0 / (1 << 24)
	for _, c := range []struct {
		n, keys, heads, kvHeads, dim int
		limits                       []int32
	}{
		{1, 1, 1, 1, 4, nil},
		{1, 7, 2, 1, 8, []int32{7}},
		{3, 29, 4, 2, 10, []int32{1, 13, 29}},
		{2, 600, 6, 2, 16, []int32{599, 600}},
		{2, 64, 3, 3, 6, nil},
	} {
		p := NewPool(2)
		r := rand.New(rand.NewPCG(1, uint64(c.keys)))
		q, k := randomTensor(r, c.n, c.heads*c.dim), randomTensor(r, c.keys, c.kvHeads*c.dim)
		kv := NewKV(c.kvHeads, c.dim, c.keys)
		kv.Append(k, k)
		const guard = 77
		mem := New(c.n*c.heads+1, c.keys)
		for i := range mem.Data {
			mem.Data[i] = guard
		}
		scale := float32(1 / math.Sqrt(float64(c.dim)))
		p.AttentionWeights(mem.Slice(0, c.n*c.heads), q, c.heads, kv, c.limits, scale)
		for _, x := range mem.Row(c.n * c.heads) {
			if x != guard {
				t.Fatalf("%+v: wrote beyond dst", c)
			}
		}
		for row := range c.n * c.heads {
			i, h := row/c.heads, row%c.heads
			n := c.keys
			if c.limits != nil {
				n = int(c.limits[i])
			}
			want, sum, largest := make([]float64, c.keys), 0.0, 0.0
			for j := range n {
				dot, abs := 0.0, 0.0
				for d := range c.dim {
					x := float64(q.Row(i)[h*c.dim+d]) * float64(k.Row(j)[h*c.kvHeads/c.heads*c.dim+d])
					dot, abs = dot+x, abs+math.Abs(x)
				}
				want[j] = math.Exp(float64(scale) * dot)
				sum, largest = sum+want[j], max(largest, float64(scale)*abs)
			}
			bound := eps * (2*(float64(c.dim)+2)*largest + float64(n) + 8)
			for j, got := range mem.Row(row) {
				w := want[j] / sum
				if d := math.Abs(float64(got) - w); d > bound*w+math.SmallestNonzeroFloat32 {
					t.Errorf("%+v: row %d, key %d: %v, want %v", c, row, j, got, w)
				}
			}
		}
		p.Close()
	}
}

func TestKVKeys(t *testing.T) {
	kv := NewKV(2, 3, 1)
	k := randomTensor(rand.New(rand.NewPCG(3, 0)), 5, 6)
	kv.Append(k.Slice(0, 2), k.Slice(0, 2))
	kv.Append(k.Slice(2, 5), k.Slice(0, 3))
	got := New(5, 6)
	kv.Keys(got)
	for i, x := range got.Data {
		if x != k.Data[i] {
			t.Fatalf("key value %d is %v, want %v", i, x, k.Data[i])
		}
	}
}
