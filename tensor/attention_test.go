package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-par/par/asm/asmtest"
	"github.com/go-par/par/tensor/quant"
)

// kvTypes are the types that keys and values are held as.
var kvTypes = []quant.Type{quant.F32, quant.F16, quant.BF16, quant.Q8_0}

// An attentionCase names a shape: queries, query heads, key heads, head size, keys,
// and how the limits of the queries run.
type attentionCase struct {
	rows, heads, kvHeads, dim, keys int
	limits                          string
}

func (c attentionCase) String() string {
	return fmt.Sprintf("%dx%d/%dx%dx%d %s", c.rows, c.heads, c.kvHeads, c.dim, c.keys, c.limits)
}

// make returns random inputs, keys and values held as t; kv is nil where t cannot
// hold them. Beyond the keys held, the cache is full of NaN.
func (c attentionCase) make(t quant.Type) (q Tensor, kv *KV, limits []int32) {
	r := rand.New(rand.NewPCG(uint64(c.rows), uint64(c.keys)))
	q = randomTensor(r, c.rows, c.heads*c.dim)
	width := c.kvHeads * c.dim
	kv, err := NewKVOf(t, c.kvHeads, c.dim, 1)
	if err != nil {
		return Tensor{}, nil, nil
	}
	for kv.Len < c.keys {
		n := min(c.keys-kv.Len, 1+r.IntN(50))
		kv.Append(randomTensor(r, n, width), randomTensor(r, n, width))
	}
	rest, _ := guarded(kv.Cap-kv.Len, width)
	kv.Append(rest, rest)
	kv.Truncate(c.keys)
	if c.limits == "all" {
		return q, kv, nil
	}
	limits = make([]int32, c.rows)
	for i := range limits {
		switch c.limits {
		case "causal":
			limits[i] = int32(max(1, c.keys-c.rows+i+1))
		case "prefix": // the first half sees itself, the rest is causal
			limits[i] = int32(max((c.keys+1)/2, c.keys-c.rows+i+1))
		case "ragged":
			limits[i] = 1 + r.Int32N(int32(c.keys))
		default:
			panic(c.limits)
		}
	}
	return q, kv, limits
}

var attentionCases = []attentionCase{
	{1, 1, 1, 1, 1, "all"},
	{1, 4, 4, 64, 700, "all"},
	{1, 8, 2, 128, 1100, "causal"},
	{1, 7, 1, 20, 33, "all"},
	{2, 6, 3, 48, 65, "causal"},
	{3, 4, 4, 80, 1025, "ragged"},
	{4, 2, 2, 8, 513, "ragged"},
	{5, 9, 3, 16, 40, "causal"},
	{2, 8, 2, 24, 60, "causal"},
	{3, 9, 3, 32, 60, "causal"},
	{6, 3, 1, 64, 96, "causal"},
	{31, 2, 2, 20, 31, "causal"},
	{32, 2, 2, 8, 97, "causal"},
	{33, 2, 1, 48, 200, "prefix"},
	{50, 3, 3, 72, 193, "all"},
	{64, 4, 2, 80, 64, "causal"},
	{65, 2, 2, 96, 12, "all"},
	{70, 1, 1, 256, 300, "ragged"},
	{100, 2, 2, 33, 100, "causal"},
	{40, 2, 2, 1, 130, "ragged"},
	{90, 6, 2, 64, 500, "causal"},
}

// An expected is what softmax attention in f64 gives, and how far a result may be
// from it. An error of a score by δ changes the weights by a factor of at most
// e^(2δ); after that there is one rounding for each key, and a few for
// exponentials, scaling and division.
type expected struct{ want, tol []float64 }

func expectAttention(q Tensor, heads int, kv *KV, limits []int32, scale float32) expected {
	const u = 0x1p-24
	d := kv.Dim
	mem := make([]float32, d)
	e := expected{make([]float64, len(q.Data)), make([]float64, len(q.Data))}
	for i := range q.Rows {
		n := kv.Len
		if limits != nil {
			n = int(limits[i])
		}
		w := make([]float64, n)
		for h := range heads {
			g := h * kv.Heads / heads
			at := i*q.Cols + h*d
			x := q.Data[at : at+d]
			want, tol := e.want[at:at+d], e.tol[at:at+d]
			var delta float64
			top := math.Inf(-1)
			for j := range w {
				var sum, size float64
				for k, y := range kv.keys(mem, g, j, 1) {
					p := float64(x[k]) * float64(y)
					sum += p
					size += math.Abs(p)
				}
				w[j] = sum * float64(scale)
				top = max(top, w[j])
				delta = max(delta, float64(d+4)*u*size*float64(scale))
			}
			var total float64
			for j, s := range w {
				w[j] = math.Exp(s - top)
				delta = max(delta, u*(top-s)*min(1, w[j]*float64(n)))
				total += w[j]
			}
			for j, w := range w {
				for k, v := range kv.values(mem, g, j, 1) {
					want[k] += w / total * float64(v)
					tol[k] += w / total * math.Abs(float64(v))
				}
			}
			for k := range tol {
				tol[k] *= 2*delta + float64(n+20)*u
			}
		}
	}
	return e
}

func (e expected) check(t *testing.T, dst Tensor) {
	t.Helper()
	for i, got := range dst.Data {
		if d := math.Abs(float64(got) - e.want[i]); !(d <= e.tol[i]) {
			t.Fatalf("row %d, value %d: %v, want %v: off by %.2g, allowed %.2g", i/dst.Cols, i%dst.Cols, got, e.want[i], d, e.tol[i])
		}
	}
}

func TestAttention(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	for _, c := range attentionCases {
		for _, typ := range kvTypes {
			q, kv, limits := c.make(typ)
			if kv == nil {
				continue
			}
			scale := float32(1 / math.Sqrt(float64(c.dim)))
			e := expectAttention(q, c.heads, kv, limits, scale)
			t.Run(fmt.Sprintf("%v/%v", c, typ), func(t *testing.T) {
				asmtest.TestAllTiers(t, func(t *testing.T) {
					dst, intact := guarded(q.Rows, q.Cols)
					p.Attention(dst, q, c.heads, kv, limits, scale)
					e.check(t, dst)
					if !intact() {
						t.Error("wrote outside of the result")
					}
				})
			})
		}
	}
}

func TestAttentionThreads(t *testing.T) {
	serial, many := NewPool(1), NewPool(5)
	defer serial.Close()
	defer many.Close()
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, c := range attentionCases {
			q, kv, limits := c.make(quant.F16)
			got, want := New(q.Rows, q.Cols), New(q.Rows, q.Cols)
			serial.Attention(want, q, c.heads, kv, limits, 0.3)
			many.Attention(got, q, c.heads, kv, limits, 0.3)
			sameBits(t, got, want)
		}
	})
}

// A row of many has the same bits whatever other rows are computed.
func TestAttentionRowsAreIndependent(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	asmtest.TestAllTiers(t, func(t *testing.T) {
		c := attentionCase{120, 4, 2, 48, 250, "ragged"}
		q, kv, limits := c.make(quant.F32)
		all := New(q.Rows, q.Cols)
		p.Attention(all, q, c.heads, kv, limits, 0.3)

		var rows, some []int32
		for i := 1; i < c.rows; i += 3 {
			rows, some = append(rows, int32(i)), append(some, limits[i])
		}
		sub, got, want := New(len(rows), q.Cols), New(len(rows), q.Cols), New(len(rows), q.Cols)
		Gather(sub, q, rows)
		Gather(want, all, rows)
		p.Attention(got, sub, c.heads, kv, some, 0.3)
		sameBits(t, got, want)
	})
}

// Scores far apart: all weight on one key, the rest underflows.
func TestAttentionOfSharpScores(t *testing.T) {
	p := NewPool(1)
	defer p.Close()
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, rows := range []int{1, 40} {
			const keys, dim = 300, 8
			kv := NewKV(1, dim, keys)
			k, v := New(keys, dim), New(keys, dim)
			for j := range keys {
				k.Row(j)[0] = float32(-j)
				if j >= 200 {
					k.Row(j)[0] = float32(j)
				}
				v.Row(j)[3] = float32(j)
			}
			kv.Append(k, v)
			q, dst := New(rows, dim), New(rows, dim)
			for i := range rows {
				q.Row(i)[0] = 1000
			}
			limits := make([]int32, rows)
			for i := range limits {
				limits[i] = int32(200 + i)
			}
			p.Attention(dst, q, 1, kv, limits, 1)
			for i := range rows {
				want := float32(0) // key 0 of those below 200
				if i > 0 {
					want = float32(199 + i)
				}
				if got := dst.Row(i)[3]; got != want {
					t.Fatalf("row %d of %d takes value %v, want %v", i, rows, got, want)
				}
			}
		}
	})
}

func TestAttentionPanics(t *testing.T) {
	p := NewPool(1)
	defer p.Close()
	kv := NewKV(2, 8, 4)
	kv.Append(New(4, 16), New(4, 16))
	for name, f := range map[string]func(){
		"heads that do not divide": func() { p.Attention(New(1, 24), New(1, 24), 3, kv, nil, 1) },
		"width":                    func() { p.Attention(New(1, 16), New(1, 15), 2, kv, nil, 1) },
		"result":                   func() { p.Attention(New(2, 16), New(1, 16), 2, kv, nil, 1) },
		"number of limits":         func() { p.Attention(New(1, 16), New(1, 16), 2, kv, []int32{1, 1}, 1) },
		"limit 0":                  func() { p.Attention(New(1, 16), New(1, 16), 2, kv, []int32{0}, 1) },
		"limit beyond":             func() { p.Attention(New(1, 16), New(1, 16), 2, kv, []int32{5}, 1) },
		"no keys":                  func() { p.Attention(New(1, 16), New(1, 16), 2, NewKV(2, 8, 4), nil, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func TestAttentionDoesNotAllocate(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, rows := range []int{1, 40} {
			for _, typ := range kvTypes {
				c := attentionCase{rows, 2, 1, 32, 550, "causal"}
				q, kv, limits := c.make(typ)
				dst := New(q.Rows, q.Cols)
				if n := testing.AllocsPerRun(3, func() { p.Attention(dst, q, c.heads, kv, limits, 0.3) }); n != 0 {
					t.Errorf("%v, %v: %v allocations", c, typ, n)
				}
			}
		}
	})
}

func FuzzAttention(f *testing.F) {
	for _, c := range attentionCases {
		f.Add(uint8(c.rows), uint8(c.heads/c.kvHeads), uint8(c.kvHeads), uint8(c.dim-1), uint16(c.keys), uint8(len(c.limits)), uint8(c.rows))
	}
	p := NewPool(3)
	f.Fuzz(func(t *testing.T, rows, group, kvHeads, dim uint8, keys uint16, limits, typ uint8) {
		c := attentionCase{
			rows: 1 + int(rows)%80, kvHeads: 1 + int(kvHeads)%3, dim: 1 + int(dim), keys: 1 + int(keys)%1100,
			limits: []string{"all", "causal", "prefix", "ragged"}[limits%4],
		}
		c.heads = c.kvHeads * (1 + int(group)%4)
		q, kv, lim := c.make(kvTypes[typ%4])
		if kv == nil {
			t.Skip("no whole blocks")
		}
		e := expectAttention(q, c.heads, kv, lim, 0.2)
		asmtest.TestAllTiers(t, func(t *testing.T) {
			dst := New(q.Rows, q.Cols)
			p.Attention(dst, q, c.heads, kv, lim, 0.2)
			e.check(t, dst)
		})
	})
}
