package quant

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// wave is the input of GGML's own tests of its quantisers.
func wave(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(0.1 + 2*math.Cos(float64(i)))
	}
	return x
}

func normal(n int) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// roundTrip returns the values that typ makes of x, followed by guard bytes
// checked to be untouched.
func roundTrip(t testing.TB, typ Type, x []float32) []float32 {
	t.Helper()
	n, err := typ.RowBytes(len(x))
	if err != nil {
		t.Fatal(err)
	}
	b := bytes.Repeat([]byte{0xa5}, n+8)
	if err := Encode(typ, b[:n], x); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b[n:], bytes.Repeat([]byte{0xa5}, 8)) {
		t.Fatalf("%s: written beyond the end", typ)
	}
	y := make([]float32, len(x))
	Decode(typ, y, b[:n])
	return y
}

func squaredError(x, y []float32) (e float64) {
	for i := range x {
		d := float64(x[i]) - float64(y[i])
		e += d * d
	}
	return e
}

func rmse(x, y []float32) float64 { return math.Sqrt(squaredError(x, y) / float64(len(x))) }

// TestEncodeError holds the searching quantisers to the error that GGML's (August
// 2026, without importance weights) leave on 4096 values of wave and on 65536
// normally distributed values.
func TestEncodeError(t *testing.T) {
	inputs := [2][]float32{wave(4096), normal(1 << 16)}
	for _, test := range []struct {
		typ  Type
		ggml [2]float64
	}{
		{Q2_K, [2]float64{0.29900, 0.29704}},
		{Q3_K, [2]float64{0.16063, 0.15072}},
		{Q4_K, [2]float64{0.06284, 0.07157}},
		{Q5_K, [2]float64{0.03401, 0.03612}},
		{Q6_K, [2]float64{0.01670, 0.01774}},
		{IQ4_NL, [2]float64{0.07956, 0.07600}},
		{IQ4_XS, [2]float64{0.08040, 0.07659}},
	} {
		for i, x := range inputs {
			got := rmse(x, roundTrip(t, test.typ, x))
			t.Logf("%-6s rmse %.5f, ggml %.5f", test.typ, got, test.ggml[i])
			if got > test.ggml[i] {
				t.Errorf("%s: error %.5f on input %d, want at most %.5f", test.typ, got, i, test.ggml[i])
			}
		}
	}
}

// TestEncodePlaces finds every value where it was put: a block of zeros with one
// other value decodes to the same.
func TestEncodePlaces(t *testing.T) {
	for i, f := range formats {
		typ := Type(i)
		if !typ.Encodes() || typ == Q1_0 { // Q1_0 has no zero
			continue
		}
		x := make([]float32, 2*f.block)
		for j := range x {
			for _, v := range []float32{1, -1} {
				x[j] = v
				for k, got := range roundTrip(t, typ, x) {
					want := x[k]
					if math.Abs(float64(got-want)) > 0.126 { // Q4_0 reaches 7/8 at one end
						t.Fatalf("%s: value %d of a row with %v at %d decodes to %v", typ, k, v, j, got)
					}
				}
				x[j] = 0
			}
		}
	}
}

// TestEncodeRows checks that blocks do not depend on their neighbours.
func TestEncodeRows(t *testing.T) {
	for i, f := range formats {
		typ := Type(i)
		if !typ.Encodes() {
			continue
		}
		x := normal(3 * f.block)
		all, one := make([]byte, 3*f.bytes), make([]byte, f.bytes)
		if err := Encode(typ, all, x); err != nil {
			t.Fatal(err)
		}
		for b := range 3 {
			if err := Encode(typ, one, x[b*f.block:][:f.block]); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(one, all[b*f.bytes:][:f.bytes]) {
				t.Errorf("%s: block %d differs when encoded alone", typ, b)
			}
		}
	}
}

func TestEncodeErrors(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, test := range []struct {
		typ  Type
		n    int // bytes
		x    []float32
		good bool
	}{
		{F32, 4, []float32{nan}, true},
		{F16, 4, []float32{inf, -inf}, true},
		{4, 18, make([]float32, 32), false},
		{IQ2_XS, 74, make([]float32, 256), false},
		{Q8_1, 36, make([]float32, 32), false},
		{Q4_0, 18, make([]float32, 31), false},
		{Q4_0, 17, make([]float32, 32), false},
		{Q4_0, 19, make([]float32, 32), false},
		{Q4_0, 18, append(make([]float32, 31), nan), false},
		{Q6_K, 210, append(make([]float32, 255), inf), false},
	} {
		if err := Encode(test.typ, make([]byte, test.n), test.x); (err == nil) != test.good {
			t.Errorf("%v: %d bytes, %d values: error %v", test.typ, test.n, len(test.x), err)
		}
	}
}

// FuzzEncode checks that any finite values encode to blocks that decode, with an
// error that is never above that of zeros, but for the types without search.
func FuzzEncode(f *testing.F) {
	f.Add(uint32(Q4_K), []byte{0, 0, 0x80, 0x3f, 1, 2, 3, 4})
	f.Add(uint32(Q3_K), []byte{0xff, 0xff, 0x7f, 0x7f, 0xff, 0xff, 0x7f, 0xff})
	f.Add(uint32(IQ4_XS), []byte{1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, id uint32, seed []byte) {
		typ := Type(id)
		block, size := typ.Block()
		if !typ.Encodes() || len(seed) < 4 {
			t.Skip()
		}
		x := make([]float32, block)
		for i := range x {
			x[i] = math.Float32frombits(le.Uint32(seed[4*i%(len(seed)-3):]))
		}
		b := make([]byte, size)
		if err := Encode(typ, b, x); err != nil {
			return
		}
		y := make([]float32, block)
		Decode(typ, y, b)
		switch typ {
		case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS:
			zero := squaredError(x, make([]float32, block))
			// The search compares errors of float32 differences.
			if e := squaredError(x, y); !(e <= zero*(1+0x1p-20)) {
				t.Errorf("%s: squared error %g, that of zeros is %g", typ, e, zero)
			}
		}
	})
}

// FuzzDecode checks that any bytes decode.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0xff, 0x7f, 0x80})
	f.Fuzz(func(t *testing.T, seed []byte) {
		if len(seed) == 0 {
			t.Skip()
		}
		for i, format := range formats {
			if format.block == 0 {
				continue
			}
			src := make([]byte, format.bytes)
			for j := range src {
				src[j] = seed[j%len(seed)]
			}
			Decode(Type(i), make([]float32, format.block), src)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for i, f := range formats {
		if f.block == 0 {
			continue
		}
		b.Run(f.name, func(b *testing.B) {
			dst := make([]float32, 4096)
			n, _ := Type(i).RowBytes(len(dst))
			src := make([]byte, n)
			for b.Loop() {
				Decode(Type(i), dst, src)
			}
			reportValues(b, len(dst))
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for i, f := range formats {
		if f.encode == nil {
			continue
		}
		b.Run(f.name, func(b *testing.B) {
			src := normal(4096)
			n, _ := Type(i).RowBytes(len(src))
			dst := make([]byte, n)
			for b.Loop() {
				if err := Encode(Type(i), dst, src); err != nil {
					b.Fatal(err)
				}
			}
			reportValues(b, len(src))
		})
	}
}

func reportValues(b *testing.B, n int) {
	b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds()/1e6, "Mvalues/s")
}

func ExampleEncode() {
	src := wave(32)
	dst := make([]byte, 34)
	if err := Encode(Q8_0, dst, src); err != nil {
		fmt.Println(err)
		return
	}
	Decode(Q8_0, src, dst)
	fmt.Printf("%.3f %.3f %.3f\n", src[0], src[1], src[2])
	// Output: 2.101 1.174 -0.728
}
