package pretrain

import (
	"fmt"
	"io"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/nn/grad"
	"github.com/go-par/par/tensor/quant"
	"github.com/go-par/par/tensor/safetensors"
)

// Export writes the model as a Hugging Face directory in BF16.
func (m *Model) Export(dir string) error {
	var list []safetensors.Source
	for _, p := range append(m.Params(), m.idle()...) {
		if shape := m.shape(p); shape != nil {
			list = append(list, safetensors.Source{Name: p.Name, DType: safetensors.BF16, Shape: shape, Write: func(w io.Writer) error {
				return writeBF16(w, p.Value.Data)
			}})
		}
	}
	v := vocabulary()
	if err := lvlm.WriteDir(dir, m.config(len(v.Tokens)), v, template, list); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}

// shape returns the shape that a checkpoint gives a parameter, nil if it is no part
// of one.
func (m *Model) shape(p *grad.Param) []int {
	for _, h := range m.heads {
		if p == h.W || p == h.B {
			return nil
		}
	}
	switch {
	case p == m.patch.W:
		return []int{m.TowerWidth, 3, m.Patch, m.Patch}
	case p.Value.Rows == 1:
		return []int{p.Value.Cols}
	}
	return []int{p.Value.Rows, p.Value.Cols}
}

func writeBF16(w io.Writer, values []float32) error {
	size, err := quant.BF16.RowBytes(len(values))
	if err != nil {
		return err
	}
	buf := make([]byte, size)
	if err := quant.Encode(quant.BF16, buf, values); err != nil {
		return err
	}
	_, err = w.Write(buf)
	return err
}
