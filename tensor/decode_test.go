package tensor

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-par/par/asm/asmtest"
	"github.com/go-par/par/tensor/quant"
)

// TestDecode compares with quant.Decode on random bytes, which make scales of every
// size, bit for bit; NaN equals NaN.
func TestDecode(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, typ := range append([]quant.Type{quant.Q2_K, quant.IQ4_XS, quant.F32, quant.F16, quant.BF16}, int8Types...) {
			for _, n := range []int{0, 256, 512, 768, 2048, 96} {
				size, err := typ.RowBytes(n)
				if err != nil {
					continue
				}
				src := make([]byte, size+8)
				for i := range src {
					src[i] = byte(r.Uint32())
				}
				got, want := New(1, n), New(1, n)
				decode(typ, got.Data, src[:size])
				quant.Decode(typ, want.Data, src[:size])
				for i, w := range want.Data {
					if g := got.Data[i]; math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) {
						t.Fatalf("%v: value %d of %d is %x, want %x", typ, i, n, math.Float32bits(g), math.Float32bits(w))
					}
				}
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, typ := range append([]quant.Type{quant.F16, quant.Q2_K}, int8Types...) {
		b.Run(typ.String(), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			size, _ := typ.RowBytes(4096)
			src, dst := make([]byte, size), make([]float32, 4096)
			for i := 0; i+8 <= size; i += 8 {
				binary.LittleEndian.PutUint64(src[i:], r.Uint64())
			}
			for b.Loop() {
				decode(typ, dst, src)
			}
			b.ReportMetric(float64(b.N)*4096/b.Elapsed().Seconds()/1e6, "Mvalues/s")
		})
	}
}
