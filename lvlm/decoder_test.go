package lvlm

import (
	"testing"

	"github.com/go-par/par/lvlm/sampling"
	"github.com/go-par/par/tensor"
)

// TestDecodeAllocations: a decoding step, sampling included, allocates nothing
// while the caches have room.
func TestDecodeAllocations(t *testing.T) {
	c := Demo()
	c.Vision, c.Text.Layers = nil, 3
	m, err := NewRandom(c, Random{}, Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s := newSequence(m.Decoder, m.Pool)
	p := &Prompt{IDs: []int32{1, 5, 6}}
	if _, err := s.prefill(t.Context(), tensor.New(3, c.Text.Hidden), newPruning(nil, p, 0), 64, nil); err != nil {
		t.Fatal(err)
	}
	sampler, err := m.sampler(sampling.Params{Temperature: 1, TopK: 20, TopP: 0.9})
	if err != nil {
		t.Fatal(err)
	}
	id := int32(5)
	n := testing.AllocsPerRun(40, func() {
		logits, err := s.decode(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if id, err = sampler.Next(logits); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations a step", n)
	}
}
