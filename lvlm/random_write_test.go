package lvlm

import (
	"os"
	"path/filepath"
	"testing"
)

// Files with random weights open, and the model's numbers stay sane.
func TestWriteRandom(t *testing.T) {
	for _, typ := range Mixes() {
		t.Run(typ, func(t *testing.T) {
			c := Demo()
			c.Text.Vocab, c.Text.Layers, c.Vision.Layers, c.Vision.FeatureLayers = 400, 2, 2, []int{1}
			c.Vision.ImageSize = 56
			model := filepath.Join(t.TempDir(), "model.gguf")
			if _, err := WriteRandom(t.Context(), c, model, 1, ConvertOptions{Type: typ}); err != nil {
				t.Fatal(err)
			}
			if r := answerOf(t, model); len(r.Tokens) != 12 {
				t.Errorf("%d tokens", len(r.Tokens))
			}
		})
	}
}

func TestWriteRandomRefuses(t *testing.T) {
	small := Demo()
	small.Text.Vocab = 10
	out := filepath.Join(t.TempDir(), "x.gguf")
	if _, err := WriteRandom(t.Context(), small, out, 1, ConvertOptions{Type: "f16"}); err == nil {
		t.Error("a vocabulary of 10 was accepted")
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a file was written")
	}
}
