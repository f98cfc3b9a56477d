package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/tensor"
)

func normal(rng *rand.Rand, rows, cols int) tensor.Tensor {
	t := tensor.New(rows, cols)
	for i := range t.Data {
		t.Data[i] = float32(rng.NormFloat64())
	}
	return t
}

func linear(rng *rand.Rand, out, in int) Linear {
	w := normal(rng, out, in)
	for i := range w.Data {
		w.Data[i] /= float32(math.Sqrt(float64(in)))
	}
	return Linear{W: w.Matrix()}
}

func decoderLayer(rng *rand.Rand) *DecoderLayer {
	norm := func() RMSNorm { return RMSNorm{W: normal(rng, 1, 24).Data, Eps: 1e-5} }
	return &DecoderLayer{
		InputNorm: norm(), PostNorm: norm(),
		Attn: Attention{Q: linear(rng, 24, 24), K: linear(rng, 12, 24), V: linear(rng, 12, 24), O: linear(rng, 24, 24), Heads: 4, KVHeads: 2, HeadDim: 6},
		MLP:  GatedMLP{Gate: linear(rng, 40, 24), Up: linear(rng, 40, 24), Down: linear(rng, 24, 40)},
	}
}

// rotation places n rows from first on.
func rotation(t *testing.T, first, n int) *Rotation {
	t.Helper()
	rope, err := NewRoPE(6, 100, RopeScaling{})
	if err != nil {
		t.Fatal(err)
	}
	pos := make([]int32, n)
	for i := range pos {
		pos[i] = int32(first + i)
	}
	r := new(Rotation)
	r.At(rope, pos)
	return r
}

// near compares sums of the same terms in different orders: a few roundings of
// values of order 1.
func near(t *testing.T, what string, got, want tensor.Tensor) {
	t.Helper()
	for i, w := range want.Data {
		if d := math.Abs(float64(got.Data[i] - w)); d > 1e-5*(1+math.Abs(float64(w))) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, got.Data[i], w)
		}
	}
}

// TestDecoderLayerRows: asking for some rows gives the same rows, and a sequence
// that comes in parts the same as one that comes whole.
func TestDecoderLayerRows(t *testing.T) {
	const n = 13
	rng := rand.New(rand.NewPCG(1, 1))
	l := decoderLayer(rng)
	p := tensor.NewPool(2)
	defer p.Close()
	x := normal(rng, n, 24)
	clone := func(x tensor.Tensor) tensor.Tensor {
		y := tensor.New(x.Rows, x.Cols)
		copy(y.Data, x.Data)
		return y
	}
	whole := l.Forward(p, new(Workspace), clone(x), nil, tensor.NewKV(2, 6, n), rotation(t, 0, n), nil)

	for _, rows := range [][]int32{{12}, {0, 4, 5, 12}, {0, 1, 2, 3, 4, 6, 7, 9, 10, 12}} {
		in := clone(x)
		some := l.Forward(p, new(Workspace), in, rows, tensor.NewKV(2, 6, n), rotation(t, 0, n), nil)
		want := tensor.New(len(rows), 24)
		tensor.Gather(want, whole, rows)
		near(t, "some rows", some, want)
		if diff := cmp.Diff(x.Data, in.Data); diff != "" {
			t.Errorf("%d rows: the input changed (-want +got):\n%s", len(rows), diff)
		}
	}

	kv, ws := tensor.NewKV(2, 6, 1), new(Workspace)
	for _, part := range [][2]int{{0, 6}, {6, 7}, {7, n}} {
		y := l.Forward(p, ws, clone(x.Slice(part[0], part[1])), nil, kv, rotation(t, part[0], part[1]-part[0]), nil)
		near(t, "in parts", y, whole.Slice(part[0], part[1]))
	}
}

func TestPatchEmbedding(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	p := tensor.NewPool(1)
	defer p.Close()
	// 10 pixels hold two patches of 4; the last two columns and rows do not count.
	e := &PatchEmbedding{Proj: linear(rng, 5, 3*4*4), Size: 4, Image: 10}
	pixels := normal(rng, 3, 100).Data
	got := tensor.New(e.Patches(), 5)
	e.Forward(p, new(Workspace), got, pixels)
	want := tensor.New(4, 5)
	kernel := make([]float32, 48)
	for i := range 4 {
		for o := range 5 {
			e.Proj.W.Row(kernel, o)
			for c := range 3 {
				for dy := range 4 {
					for dx := range 4 {
						want.Row(i)[o] += kernel[(c*4+dy)*4+dx] * pixels[c*100+(i/2*4+dy)*10+i%2*4+dx]
					}
				}
			}
		}
	}
	near(t, "patches", got, want)
}

func TestRoPE(t *testing.T) {
	angle := func(s RopeScaling, pos int32, i int) float64 {
		r, err := NewRoPE(8, 10000, s)
		if err != nil {
			t.Fatal(err)
		}
		var rot Rotation
		rot.At(r, []int32{pos})
		return math.Atan2(float64(rot.Sin.Data[i]), float64(rot.Cos.Data[i]))
	}
	llama3 := RopeScaling{Type: "llama3", Factor: 8, LowFreq: 1, HighFreq: 4, Original: 1000}
	for _, c := range []struct {
		name string
		s    RopeScaling
		i    int
		want float64 // at position 3
	}{
		{"plain", RopeScaling{}, 1, 0.3},
		{"linear", RopeScaling{Type: "linear", Factor: 2}, 1, 0.15},
		// wavelengths: 2π·{1, 10, 100, 1000}; 250 and 1000 are the bounds
		{"llama3, short wavelength", llama3, 1, 0.3},
		{"llama3, long wavelength", llama3, 3, 0.003 / 8},
		{"llama3, between", llama3, 2, 0.03 * ((1-(1000/(200*math.Pi)-1)/3)/8 + (1000/(200*math.Pi)-1)/3)},
	} {
		if got := angle(c.s, 3, c.i); math.Abs(got-c.want) > 1e-6*c.want {
			t.Errorf("%s: angle %v, want %v", c.name, got, c.want)
		}
	}
	for _, c := range []struct {
		dim  int
		base float64
		s    RopeScaling
		want string
	}{
		{7, 1e4, RopeScaling{}, "7"},
		{0, 1e4, RopeScaling{}, "0"},
		{8, -1, RopeScaling{}, "-1"},
		{8, math.NaN(), RopeScaling{}, "NaN"},
		{8, 1e4, RopeScaling{Type: "yarn"}, "yarn"},
		{8, 1e4, RopeScaling{Type: "linear"}, "factor 0"},
		{8, 1e4, RopeScaling{Type: "llama3", Factor: 8, LowFreq: 4, HighFreq: 4, Original: 100}, "high_freq_factor 4"},
	} {
		if _, err := NewRoPE(c.dim, c.base, c.s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("NewRoPE(%d, %v, %+v): %v does not say %q", c.dim, c.base, c.s, err, c.want)
		}
	}
}

// TestRoPEAngles asks for positions in any order, some remembered and some beyond those
// that are, in several goroutines.
func TestRoPEAngles(t *testing.T) {
	shared, err := NewRoPE(16, 1e4, RopeScaling{})
	if err != nil {
		t.Fatal(err)
	}
	if err := shared.Divide([]float32{1, 1, 1, 2, 2, 2, 4, 4}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			for range 50 {
				pos := make([]int32, r.IntN(20))
				for i := range pos {
					pos[i] = int32(r.IntN(1 << (1 + r.IntN(13))))
				}
				cos, sin, wantCos, wantSin := tensor.New(len(pos), 8), tensor.New(len(pos), 8), tensor.New(len(pos), 8), tensor.New(len(pos), 8)
				shared.Angles(cos, sin, pos)
				shared.compute(wantCos, wantSin, pos)
				if !slices.Equal(cos.Data, wantCos.Data) || !slices.Equal(sin.Data, wantSin.Data) {
					t.Errorf("positions %v have other angles than computed by themselves", pos)
				}
			}
		})
	}
	all.Wait()
}

func TestRoPEDivide(t *testing.T) {
	r, err := NewRoPE(4, 100, RopeScaling{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Divide([]float32{1, 4}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{1, 0.025}, r.freq); diff != "" {
		t.Errorf("frequencies (-want +got):\n%s", diff)
	}
	for _, bad := range [][]float32{{1}, {0, 1}, {1, float32(math.NaN())}} {
		if err := r.Divide(bad); err == nil {
			t.Errorf("divisors %v were taken", bad)
		}
	}
}
