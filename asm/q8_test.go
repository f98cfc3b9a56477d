package asm_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
	"github.com/go-par/par/tensor/quant"
)

// blocksOf returns rows of 32 values of all kinds: normal ones, scales from the
// least to the greatest, zeros, and values halfway between two steps.
func blocksOf(n int) []float32 {
	r := rand.New(rand.NewPCG(50, uint64(n)))
	x := make([]float32, 32*n)
	for b := range n {
		scale := math.Ldexp(1, r.IntN(270)-148)
		for i := range 32 {
			switch v := &x[32*b+i]; b % 4 {
			case 0:
				*v = float32(r.NormFloat64())
			case 1:
				*v = float32(min(1e38, max(-1e38, r.NormFloat64()*scale)))
			case 2: // d is 1, or 2⁻¹⁰, and every value is halfway
				*v = float32(r.IntN(254)-127) + 0.5
				if i == 5 {
					*v = 127
				}
			}
		}
	}
	return x
}

func TestQ8(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 2, 3, 64, 4000} {
			x := blocksOf(n)
			size := 34 * n
			want := make([]byte, size)
			if err := quant.Encode(quant.Q8_0, want, x); err != nil {
				t.Fatal(err)
			}
			got := bytes.Repeat([]byte{0xa5}, 1+size+64)
			asm.F32ToQ8(got[1:1+size], newGuarded(x).x)
			if !bytes.Equal(got[1:1+size], want) {
				for i := range want {
					if got[1+i] != want[i] {
						t.Fatalf("%d blocks: byte %d of block %d is %d, want %d", n, i%34, i/34, got[1+i], want[i])
					}
				}
			}
			if got[0] != 0xa5 || !bytes.Equal(got[1+size:], bytes.Repeat([]byte{0xa5}, 64)) {
				t.Fatalf("%d blocks: wrote beside the blocks", n)
			}
			back := newGuarded(make([]float32, 32*n))
			asm.Q8ToF32(back.x, got[1:])
			back.check(t)
			wantBack := make([]float32, 32*n)
			quant.Decode(quant.Q8_0, wantBack, want)
			for i, v := range wantBack {
				if g := back.x[i]; math.Float32bits(g) != math.Float32bits(v) && (g == g || v == v) {
					t.Fatalf("%d blocks: value %d is %v, want %v", n, i, g, v)
				}
			}
		}
	})
}

func TestQ8NotFinite(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, bad := range []float32{nan, inf, -inf, -nan} {
			for _, at := range []int{0, 13, 31} {
				x := random(51, 96, 1)
				x[32+at] = bad
				b := make([]byte, 3*34)
				asm.F32ToQ8(b, x)
				if d := binary.LittleEndian.Uint16(b[34:]); d != 0x7e00 || !bytes.Equal(b[36:68], make([]byte, 32)) {
					t.Fatalf("%v at %d gives %x", bad, at, b[34:68])
				}
				asm.Q8ToF32(x, b)
				for i, v := range x {
					if v == v == (i/32 == 1) {
						t.Fatalf("%v in block 1: value %d reads %v", bad, i, v)
					}
				}
			}
		}
	})
}

func TestQ8Panics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("took a part of a block")
		}
	}()
	asm.F32ToQ8(make([]byte, 68), make([]float32, 40))
}
