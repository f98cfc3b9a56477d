package lvlm

import (
	"context"
	"time"

	"github.com/go-par/par/tensor"
)

// TimeLayer measures how long one decoder layer takes over that many rows, and how
// long the logits of one row: the shorter of two runs, after one to warm up.
func (m *Model) TimeLayer(ctx context.Context, rows int) (layer, head time.Duration, err error) {
	s := newSequence(m.Decoder, m.Pool)
	x := tensor.New(rows, m.Config.Text.Hidden)
	for i := range rows {
		m.Decoder.Embed.Row(x.Row(i), i%m.Config.Text.Vocab)
	}
	middle := len(m.Decoder.Layers) / 2
	for run := range 3 {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		s.truncate(0)
		s.place(rows)
		start := time.Now()
		s.layer(middle, x, nil, 0)
		between := time.Now()
		s.head(x)
		end := time.Now()
		if run == 0 {
			continue
		}
		if l := between.Sub(start); run == 1 || l < layer {
			layer = l
		}
		if h := end.Sub(between); run == 1 || h < head {
			head = h
		}
	}
	return layer, head, nil
}
