package asm_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

func halves(h []uint16) []byte {
	var b []byte
	for _, v := range h {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b
}

// allHalves lists every half once, in an order that mixes the kinds.
func allHalves() []uint16 {
	h := make([]uint16, 1<<16)
	for i := range h {
		h[i] = uint16(i * 40503)
	}
	return h
}

// f16Value is the definition of binary16.
func f16Value(h uint16) float64 {
	sign, e, m := 1-2*float64(h>>15), int(h>>10&31), float64(h&0x3ff)
	switch {
	case e == 31 && m > 0:
		return math.NaN()
	case e == 31:
		return sign * math.Inf(1)
	case e == 0:
		return sign * math.Ldexp(m, -24)
	}
	return sign * math.Ldexp(1024+m, e-25)
}

func TestWidenHalves(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		h := allHalves()
		f16, bf16 := newGuarded(make([]float32, len(h))), newGuarded(make([]float32, len(h)))
		asm.F16ToF32(f16.x, halves(h))
		asm.BF16ToF32(bf16.x, halves(h))
		f16.check(t)
		bf16.check(t)
		for i, v := range h {
			got, want := float64(f16.x[i]), f16Value(v)
			if got != want && (got == got || want == want) || math.Signbit(got) != (v>>15 != 0) {
				t.Fatalf("f16 %#04x is %v, want %v", v, got, want)
			}
			if got := math.Float32bits(bf16.x[i]); got != uint32(v)<<16 {
				t.Fatalf("bf16 %#04x is %#08x", v, got)
			}
		}
	})
}

// Every half comes back from f32, a NaN as a quiet one with its sign.
func TestHalvesRoundTrip(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		h := allHalves()
		x, back := make([]float32, len(h)), make([]byte, 2*len(h))
		for _, c := range []struct {
			name     string
			widen    func([]float32, []byte)
			round    func([]byte, []float32)
			inf, nan uint16
		}{
			{"f16", asm.F16ToF32, asm.F32ToF16, 0x7c00, 0x0200},
			{"bf16", asm.BF16ToF32, asm.F32ToBF16, 0x7f80, 0x0040},
		} {
			c.widen(x, halves(h))
			c.round(back, x)
			for i, v := range h {
				want := v
				if v&0x7fff > c.inf {
					want |= c.nan
				}
				if got := binary.LittleEndian.Uint16(back[2*i:]); got != want {
					t.Fatalf("%s %#04x came back as %#04x, want %#04x", c.name, v, got, want)
				}
			}
		}
	})
}

// Between two neighbouring halves the middle goes to the even one, and what is
// beside it to the nearer one.
func TestRoundHalves(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, c := range []struct {
			name  string
			value func(h uint16) float64
			round func([]byte, []float32)
			inf   uint16
			next  float64 // what would follow the greatest half
		}{
			{"f16", f16Value, asm.F32ToF16, 0x7c00, 65536},
			{"bf16", func(h uint16) float64 { return float64(math.Float32frombits(uint32(h) << 16)) }, asm.F32ToBF16, 0x7f80, 0x1p128},
		} {
			var x []float32
			var want []uint16
			for h := range c.inf {
				lo, hi := c.value(h), c.value(h+1)
				if h+1 == c.inf {
					hi = c.next
				}
				even := h + h&1
				middle := float32(lo + (hi-lo)/2)
				for _, sign := range []uint16{0, 0x8000} {
					s := 1 - 2*float32(sign>>15)
					x = append(x, s*middle, s*math.Nextafter32(middle, 0), s*math.Nextafter32(middle, inf))
					want = append(want, sign|even, sign|h, sign|(h+1))
				}
			}
			b := make([]byte, 2*len(x))
			c.round(b, x)
			for i, v := range x {
				if got := binary.LittleEndian.Uint16(b[2*i:]); got != want[i] {
					t.Fatalf("%s of %v (%#08x) is %#04x, want %#04x", c.name, v, math.Float32bits(v), got, want[i])
				}
			}
		}
	})
}

func TestRoundHalvesSpecial(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, c := range []struct {
			bits      uint32
			f16, bf16 uint16
		}{
			{0x7f800000, 0x7c00, 0x7f80},
			{0xff800000, 0xfc00, 0xff80},
			{0x7f7fffff, 0x7c00, 0x7f80},
			{0x7f800001, 0x7e00, 0x7fc0}, // a signalling NaN whose payload is cut away
			{0xffc12345, 0xfe09, 0xffc1},
			{0x00000001, 0x0000, 0x0000},
			{0x80000001, 0x8000, 0x8000},
			{0x007fffff, 0x0000, 0x0080},
			{0x33000000, 0x0000, 0x3300}, // 2⁻²⁵: a tie with 0
			{0x33000001, 0x0001, 0x3300},
		} {
			for n := 1; n <= 33; n += 8 {
				x, f16, bf16 := make([]float32, n), make([]byte, 2*n), make([]byte, 2*n)
				for i := range x {
					x[i] = math.Float32frombits(c.bits)
				}
				asm.F32ToF16(f16, x)
				asm.F32ToBF16(bf16, x)
				for i := range x {
					if got := binary.LittleEndian.Uint16(f16[2*i:]); got != c.f16 {
						t.Fatalf("f16 of %#08x is %#04x, want %#04x", c.bits, got, c.f16)
					}
					if got := binary.LittleEndian.Uint16(bf16[2*i:]); got != c.bf16 {
						t.Fatalf("bf16 of %#08x is %#04x, want %#04x", c.bits, got, c.bf16)
					}
				}
			}
		}
	})
}

// Every length leaves what is around it alone.
func TestHalvesLengths(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, n := range lengths {
			x := random(30, n, 1)
			for name, c := range map[string]struct {
				round func([]byte, []float32)
				widen func([]float32, []byte)
				eps   float64
			}{
				"f16":  {asm.F32ToF16, asm.F16ToF32, 0x1p-11},
				"bf16": {asm.F32ToBF16, asm.BF16ToF32, 0x1p-8},
			} {
				b := make([]byte, 2*n+9)
				for i := range b {
					b[i] = 0xa5
				}
				c.round(b[1:2*n+1], newGuarded(x).x)
				for i, v := range b {
					if (i < 1 || i > 2*n) && v != 0xa5 {
						t.Fatalf("%s: wrote byte %d of a row of %d", name, i-1, 2*n)
					}
				}
				back := newGuarded(make([]float32, n))
				c.widen(back.x, b[1:2*n+1])
				back.check(t)
				for i, got := range back.x {
					near(t, got, float64(x[i]), c.eps*math.Abs(float64(x[i]))+0x1p-25, "%s, n = %d, element %d", name, n, i)
				}
			}
		}
	})
}
