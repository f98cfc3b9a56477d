package asm_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

// onGeneric runs f under the generic tier.
func onGeneric(t *testing.T, f func()) {
	t.Helper()
	before := asm.Tier()
	if err := asm.SetTier("generic"); err != nil {
		t.Fatal(err)
	}
	f()
	if err := asm.SetTier(before); err != nil {
		t.Fatal(err)
	}
}

// A value is within half a step of scale·q, sums are right, and every tier writes
// the same bytes.
func TestQuantizeInt8(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := randoms(r, 32*40)
	for b := range 40 {
		scale := float32(math.Ldexp(1, r.IntN(60)-30))
		for i := range 32 {
			x[32*b+i] *= scale
		}
	}
	clear(x[32:64])          // nothing but zeros
	clear(x[64:96])          //
	x[70] = 0x1p-149         // too small for a scale
	x[100] = math.MaxFloat32 // beside small ones
	x[130] = -x[131]         // two of the largest magnitude, perhaps
	asmtest.TestAllTiers(t, func(t *testing.T) {
		n := len(x)
		q, scales, sums := make([]byte, n+1), make([]float32, n/32+1), make([]int32, n/16+1)
		q[n], scales[n/32], sums[n/16] = 99, sentinel, 99
		asm.QuantizeInt8(q[:n], scales, sums, x)
		if q[n] != 99 || scales[n/32] != sentinel || sums[n/16] != 99 {
			t.Fatal("wrote beyond the blocks")
		}
		for b := range n / 32 {
			var got [2]int32
			for i, v := range x[32*b : 32*b+32] {
				c := int8(q[32*b+i])
				got[i/16] += int32(c)
				// Half a step, and the roundings of the scale, its inverse and the product.
				limit := float64(scales[b]) * (0.5 + 127*4*0x1p-24)
				if scales[b] == 0 {
					limit = 127 / math.MaxFloat32
				}
				if c == -128 || !(math.Abs(float64(v)-float64(scales[b])*float64(c)) <= limit) {
					t.Fatalf("x[%d] = %v became %d steps of %v", 32*b+i, v, c, scales[b])
				}
			}
			if got != [2]int32(sums[2*b:]) {
				t.Fatalf("block %d: sums %v, want %v", b, sums[2*b:2*b+2], got)
			}
		}
		q2, scales2, sums2 := make([]byte, n), make([]float32, n/32), make([]int32, n/16)
		onGeneric(t, func() { asm.QuantizeInt8(q2, scales2, sums2, x) })
		if !bytes.Equal(q[:n], q2) || !slices.Equal(scales[:n/32], scales2) || !slices.Equal(sums[:n/16], sums2) {
			t.Error("the bytes are not those of the generic tier")
		}
	})
}

// unpackTest is a storage type: where in a block its f16 are, so that random bytes
// make finite ones, and the values, scales and minima of a block.
type unpackTest struct {
	size, values, scales, mins int
	halves                     []int
	unpack                     func(q []byte, scales, mins []float32, w []byte)
}

func quadTest(f asm.QuadFormat, size, mins int, halves ...int) unpackTest {
	return unpackTest{size, 32, 1, mins, halves, func(q []byte, s, m []float32, w []byte) { asm.UnpackQuads(f, q, s, m, w) }}
}

func superTest(f asm.SuperFormat, size, scales, mins int, halves ...int) unpackTest {
	return unpackTest{size, 256, scales, mins, halves, func(q []byte, s, m []float32, w []byte) { asm.UnpackSupers(f, q, s, m, w) }}
}

var unpackTests = map[string]unpackTest{
	"Q4_0":   quadTest(asm.Q4_0, 18, 0, 0),
	"Q4_1":   quadTest(asm.Q4_1, 20, 1, 0, 2),
	"Q5_0":   quadTest(asm.Q5_0, 22, 0, 0),
	"Q5_1":   quadTest(asm.Q5_1, 24, 1, 0, 2),
	"Q8_0":   quadTest(asm.Q8_0, 34, 0, 0),
	"IQ4_NL": quadTest(asm.IQ4_NL, 18, 0, 0),
	"Q4_K":   superTest(asm.Q4_K, 144, 8, 8, 0, 2),
	"Q5_K":   superTest(asm.Q5_K, 176, 8, 8, 0, 2),
	"Q6_K":   superTest(asm.Q6_K, 210, 16, 0, 208),
}

// Every tier unpacks random blocks as the generic one, bit for bit; package tensor
// holds the generic one against the decoders of package quant.
func TestUnpack(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for name, u := range unpackTests {
			t.Run(name, func(t *testing.T) {
				r := rand.New(rand.NewPCG(1, 2))
				for blocks := range 6 {
					w := make([]byte, 1+blocks*u.size)[1:]
					for i := range w {
						w[i] = byte(r.Uint32())
					}
					for b := range blocks {
						for _, at := range u.halves {
							binary.LittleEndian.PutUint16(w[b*u.size+at:], uint16(r.Uint32())&0xbfff)
						}
					}
					unpack := func() (q []byte, floats []float32) {
						q = make([]byte, blocks*u.values+1)
						s, m := make([]float32, blocks*u.scales+1), make([]float32, blocks*u.mins+1)
						u.unpack(q, s, m, w)
						return q, append(s, m...)
					}
					q, floats := unpack()
					onGeneric(t, func() {
						q2, floats2 := unpack()
						if !bytes.Equal(q, q2) {
							t.Errorf("%d blocks: bytes %v, want %v", blocks, q, q2)
						}
						if !slices.Equal(floats, floats2) {
							t.Errorf("%d blocks: scales and minima %v, want %v", blocks, floats, floats2)
						}
					})
				}
			})
		}
	})
}

func BenchmarkUnpack(b *testing.B) {
	asmtest.BenchmarkAllTiers(b, func(b *testing.B) {
		for name, u := range unpackTests {
			b.Run(name, func(b *testing.B) {
				blocks := 2048 / u.values
				w := make([]byte, blocks*u.size)
				q, s, m := make([]byte, 2048), make([]float32, blocks*u.scales), make([]float32, blocks*u.mins)
				for b.Loop() {
					u.unpack(q, s, m, w)
				}
				b.ReportMetric(2048*float64(b.N)/b.Elapsed().Seconds()*1e-9, "Gvalues/s")
			})
		}
	})
}

func BenchmarkQuantizeInt8(b *testing.B) {
	asmtest.BenchmarkAllTiers(b, func(b *testing.B) {
		const n = 2048
		x := randoms(rand.New(rand.NewPCG(1, 1)), n)
		q, scales, sums := make([]byte, n), make([]float32, n/32), make([]int32, n/16)
		for b.Loop() {
			asm.QuantizeInt8(q, scales, sums, x)
		}
		b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds()*1e-9, "Gvalues/s")
	})
}
