package par

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/tensor/atomicfile"
)

// LayerOrder says how much each layer of a model matters, as Calibrate measured it.
type LayerOrder struct {
	Method  string    `json:"method"`  // "shortgpt" or "short-lvlm"
	LLM     string    `json:"llm"`     // Fingerprint of the model
	Samples int       `json:"samples"` // prompts it was measured on
	Scores  []float64 `json:"scores"`  // by layer: block influence
	Order   []int     `json:"order"`   // layers, what matters least first
}

// LoadLayerOrder reads a file that LayerOrder.Save wrote, for a model.
func LoadLayerOrder(path string, m *lvlm.Model) (*LayerOrder, error) {
	const limit = 1 << 20
	if st, err := os.Stat(path); err == nil && st.Size() > limit {
		return nil, fmt.Errorf("%s: %d bytes, more than the %d allowed", path, st.Size(), limit)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	o := new(LayerOrder)
	if err := json.Unmarshal(b, o); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := o.check(m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return o, nil
}

func (o *LayerOrder) check(m *lvlm.Model) error {
	n := len(m.Decoder.Layers)
	if len(o.Order) != n {
		return fmt.Errorf("field order: %d layers, the model has %d", len(o.Order), n)
	}
	seen := make([]bool, n)
	for _, l := range o.Order {
		if l < 0 || l >= n || seen[l] {
			return fmt.Errorf("field order: %d is no layer of %d, or there twice", l, n)
		}
		seen[l] = true
	}
	if f := Fingerprint(m); o.LLM != "" && o.LLM != f {
		return fmt.Errorf("layer order of another language model: it was measured on %s, this one is %s", o.LLM, f)
	}
	return nil
}

// Save writes the order to a JSON file.
func (o *LayerOrder) Save(path string) error {
	b, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
}

// newStaticLayers leaves out the layers that matter least on calibration data, the
// same for every prompt.
func newStaticLayers(o Options) (lvlm.Flow, error) {
	if o.Order == nil {
		return nil, fmt.Errorf("a layer order is needed, as calibration writes it")
	}
	if o.Order.Method != "" && o.Order.Method != o.method.Name {
		return nil, fmt.Errorf("the layer order is one of method %s", o.Order.Method)
	}
	return &Static{Choose: func(_ context.Context, v *lvlm.View) (Plan, error) {
		b, err := o.budgets(v)
		if err != nil {
			return Plan{}, err
		}
		if len(o.Order.Order) != v.Layers {
			return Plan{}, fmt.Errorf("layer order of %d layers for a model of %d", len(o.Order.Order), v.Layers)
		}
		// The first of the order has the lowest score.
		rank := make([]float32, v.Layers)
		for i, l := range o.Order.Order {
			rank[l] = float32(i)
		}
		v.Scored(nil, rank)
		return Plan{Skipped: o.leastLayers(rank, v.Layers-b.layers)}, nil
	}}, nil
}
