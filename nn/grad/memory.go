package grad

import "github.com/go-par/par/tensor"

// A tape keeps values until Reset, and they come and go in order; gradients and
// temporaries are given back early, so that the memory of a few of them, which is in
// the cache, serves for all.

// value returns a tensor that lasts until Reset. Its values are undefined.
func (t *Tape) value(rows, cols int) tensor.Tensor {
	return tensor.Tensor{Rows: rows, Cols: cols, Data: t.values.get(rows * cols)}
}

// temporary returns a tensor to be given back to t.spare. Its values are undefined.
func (t *Tape) temporary(rows, cols int) tensor.Tensor {
	return tensor.Tensor{Rows: rows, Cols: cols, Data: t.spare.get(rows * cols)}
}

// slab hands out memory in order and takes all of it back at once.
type slab struct {
	chunks [][]float32
	chunk  int // the one in use
	used   int // of it
}

const chunkSize = 1 << 20

// get returns n values, on a cache line.
func (s *slab) get(n int) []float32 {
	size := (n + 15) &^ 15
	for ; s.chunk < len(s.chunks); s.chunk++ {
		if c := s.chunks[s.chunk]; len(c)-s.used >= size {
			s.used += size
			return c[s.used-size : s.used-size+n : s.used]
		}
		s.used = 0
	}
	s.chunks = append(s.chunks, make([]float32, max(size, chunkSize)))
	s.used = size
	return s.chunks[s.chunk][:n:size]
}

func (s *slab) reset() { s.chunk, s.used = 0, 0 }

// spares hands out memory and takes it back in any order.
type spares struct {
	free, all [][]float32
}

// get returns n values: in the smallest memory that holds them, unless that is more
// than twice as large.
func (s *spares) get(n int) []float32 {
	best := -1
	for i, m := range s.free {
		if cap(m) >= n && cap(m)/2 <= n && (best < 0 || cap(m) <= cap(s.free[best])) {
			best = i
		}
	}
	if best < 0 {
		m := make([]float32, n)
		s.all = append(s.all, m)
		return m
	}
	m := s.free[best]
	s.free = append(s.free[:best], s.free[best+1:]...)
	return m[:n]
}

func (s *spares) put(m []float32) { s.free = append(s.free, m) }

// reset takes back what is still out.
func (s *spares) reset() { s.free = append(s.free[:0], s.all...) }
