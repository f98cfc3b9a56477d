package asm_test

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
	"github.com/go-par/par/tensor/safetensors"
)

// TestOracleHalves rounds the inputs of every convert.safetensors. A NaN in f16 is
// compared by its being one and by its sign.
func TestOracleHalves(t *testing.T) {
	root := os.Getenv("PAR_ORACLE")
	if root == "" {
		t.Skip("PAR_ORACLE is not set")
	}
	files, err := filepath.Glob(filepath.Join(root, "*", "quant", "convert.safetensors"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversions under %s: %v", root, err)
	}
	for _, name := range files {
		f, err := safetensors.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		data := func(tensor string) []byte {
			x, ok := f.Lookup(tensor)
			if !ok {
				t.Fatalf("%s: no tensor %s", name, tensor)
			}
			return x.Data
		}
		bits, f16, bf16 := data("f32.bits"), data("f16.bits"), data("bf16.bits")
		x := make([]float32, len(bits)/4)
		for i := range x {
			x[i] = math.Float32frombits(binary.LittleEndian.Uint32(bits[4*i:]))
		}
		asmtest.TestAllTiers(t, func(t *testing.T) {
			got16, gotB := make([]byte, len(f16)), make([]byte, len(bf16))
			asm.F32ToF16(got16, x)
			asm.F32ToBF16(gotB, x)
			for i, v := range x {
				got, want := binary.LittleEndian.Uint16(got16[2*i:]), binary.LittleEndian.Uint16(f16[2*i:])
				if v != v {
					got = got&0xfc00 | 0x0200 // any payload counts as none
					if got16[2*i]|got16[2*i+1]&3 == 0 {
						t.Fatalf("f16 of NaN %#08x is infinite", math.Float32bits(v))
					}
				}
				if got != want {
					t.Fatalf("f16 of %v (%#08x) is %#04x, want %#04x", v, math.Float32bits(v), got, want)
				}
				if got, want := binary.LittleEndian.Uint16(gotB[2*i:]), binary.LittleEndian.Uint16(bf16[2*i:]); got != want {
					t.Fatalf("bf16 of %v (%#08x) is %#04x, want %#04x", v, math.Float32bits(v), got, want)
				}
			}
		})
	}
}
