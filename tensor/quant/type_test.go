package quant

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for i, f := range formats {
		typ := Type(i)
		if f.block == 0 {
			if typ.Known() || typ.Encodes() || typ.String() == "" {
				t.Errorf("type %d: Known %v, Encodes %v, String %q", i, typ.Known(), typ.Encodes(), typ)
			}
			continue
		}
		for _, name := range []string{f.name, strings.ToLower(f.name)} {
			if got, err := Parse(name); err != nil || got != typ {
				t.Errorf("Parse(%q) = %v, %v", name, got, err)
			}
		}
	}
	for _, name := range []string{"", "Q4", "q4_k_m", "F32 "} {
		if got, err := Parse(name); err == nil {
			t.Errorf("Parse(%q) = %v", name, got)
		}
	}
	if got, want := Type(1<<31).String(), "type 2147483648"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRowBytes(t *testing.T) {
	for _, test := range []struct {
		typ     Type
		n, want int // -1: an error
	}{
		{F32, 0, 0}, {F32, 3, 12}, {BF16, 3, 6}, {Q4_0, 64, 36}, {Q4_0, 33, -1}, {Q8_0, -32, -1},
		{Q4_K, 512, 288}, {Q4_K, 576, -1}, {Q1_0, 128, 18}, {NVFP4, 64, 36},
		{4, 32, -1}, {36, 32, -1}, {99, 32, -1}, {F64, maxInt, -1},
	} {
		got, err := test.typ.RowBytes(test.n)
		if (err != nil) != (test.want < 0) || err == nil && got != test.want {
			t.Errorf("%v.RowBytes(%d) = %d, %v, want %d", test.typ, test.n, got, err, test.want)
		}
	}
}

func TestFallback(t *testing.T) {
	for _, test := range []struct {
		typ  Type
		n    int
		want Type
	}{
		{Q4_K, 512, Q4_K}, {Q4_K, 576, Q5_0}, {Q5_K, 576, Q5_1}, {Q6_K, 960, Q8_0}, {Q2_K, 64, IQ4_NL},
		{IQ4_XS, 32, IQ4_NL}, {TQ1_0, 64, Q4_0}, {Q4_0, 576, Q4_0}, {Q4_K, 100, F16}, {Q8_0, 100, F16}, {F32, 7, F32},
	} {
		if got := Fallback(test.typ, test.n); got != test.want {
			t.Errorf("Fallback(%s, %d) = %s, want %s", test.typ, test.n, got, test.want)
		}
	}
}
