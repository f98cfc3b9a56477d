package par

import (
	"math"
	"testing"
)

// TestPaperFLOPs reproduces Table 1 of the PAR paper. Its TFLOPs have two decimals.
func TestPaperFLOPs(t *testing.T) {
	for _, c := range []struct {
		arch, row                 string
		tokens, layers, fromLayer int
		want                      float64
	}{
		{"llava-1.5-7b", "full", 576, 32, 2, 11.05},
		{"llava-1.5-7b", "PAR 256/28", 256, 28, 2, 6.89},
		{"llava-1.5-7b", "PAR 176/28", 176, 28, 2, 6.19},
		{"llava-1.5-7b", "FastV", 72, 32, 2, 5.93},
		{"llava-1.5-7b", "PAR 144/24", 144, 24, 2, 5.18},
		{"llava-1.5-7b", "PAR 128/24", 128, 24, 2, 5.07},
		{"qwen-vl-chat", "full", 256, 32, 2, 10.01},
		{"qwen-vl-chat", "FastV", 72, 32, 2, 7.21},
		{"qwen-vl-chat", "PAR 102/30", 102, 30, 2, 7.34},
		{"qwen-vl-chat", "PAR 72/28", 72, 28, 2, 6.61},
	} {
		a, err := FindArchitecture(c.arch)
		if err != nil {
			t.Fatal(err)
		}
		got := a.PaperFLOPs(Load{Text: 60, Tokens: c.tokens, Layers: c.layers, FromLayer: c.fromLayer}).Total / 1e12
		if math.Abs(got-c.want) > 0.01 {
			t.Errorf("%s, %s: %.4f TFLOPs, the paper has %.2f", c.arch, c.row, got, c.want)
		}
		t.Logf("%s, %s: %.4f TFLOPs, the paper has %.2f", c.arch, c.row, got, c.want)
	}
	// ShortGPT's row takes a quarter off the total, not off the layers.
	a, _ := FindArchitecture("llava-1.5-7b")
	if got := 0.75 * a.PaperFLOPs(Load{Tokens: 576, Layers: 32}).Total / 1e12; math.Abs(got-8.29) > 0.01 {
		t.Errorf("three quarters of the total are %.4f TFLOPs, the paper has 8.29", got)
	}
}
