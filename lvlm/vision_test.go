package lvlm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/tensor"
)

// Features of several layers stand side by side in the order of the layers' list,
// one that it has twice included.
func TestFeatureLayers(t *testing.T) {
	features := func(layers ...int) tensor.Tensor {
		c := tinyConfig()
		c.Vision.FeatureLayers = layers
		m, err := lvlm.NewRandom(c, lvlm.Random{Seed: 1}, lvlm.Options{Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		r := question(noise(1, 40, 50))
		r.Trace, r.MaxTokens = new(lvlm.Trace), 1
		generate(t, m.NewSession(), r)
		x := r.Trace.Float("vision.features")
		cols := c.Vision.Hidden * len(layers)
		return tensor.Tensor{Rows: len(x.Data) / cols, Cols: cols, Data: x.Data}
	}
	order := []int{3, 1, 0, 3}
	all := features(order...)
	for k, layer := range order {
		want := features(layer)
		for i := range all.Rows {
			if diff := cmp.Diff(want.Row(i), all.Row(i)[k*want.Cols:(k+1)*want.Cols]); diff != "" {
				t.Fatalf("layer %d, number %d of the list, patch %d (-alone +among others):\n%s", layer, k, i, diff)
			}
		}
	}
}
