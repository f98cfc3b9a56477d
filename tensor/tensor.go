// Package tensor holds activations (Tensor), weights (Matrix) and the
// operations of a transformer on them, run by a Pool of threads.
//
// Every output element has one owner that sums in a fixed order, so a result
// does not depend on the number of threads, bit for bit.
//
// Shapes are the caller's contract: an operation panics on a mismatch, as
// indexing out of range does. Whoever reads files or requests checks first.
package tensor

import "fmt"

// Tensor is a dense row-major f32 matrix of activations: one token a row.
type Tensor struct {
	Rows, Cols int
	Data       []float32 // Rows*Cols values
}

// New returns a zeroed Tensor.
func New(rows, cols int) Tensor {
	return Tensor{rows, cols, make([]float32, rows*cols)}
}

// Row returns row i.
func (t Tensor) Row(i int) []float32 { return t.Data[i*t.Cols : (i+1)*t.Cols : (i+1)*t.Cols] }

// Slice returns rows [lo, hi), sharing memory with t.
func (t Tensor) Slice(lo, hi int) Tensor {
	return Tensor{hi - lo, t.Cols, t.Data[lo*t.Cols : hi*t.Cols]}
}

func (t Tensor) String() string { return fmt.Sprintf("Tensor[%d, %d]", t.Rows, t.Cols) }

// Resize returns a Tensor of the given shape in t's memory where that suffices,
// in new memory otherwise. Its values are undefined.
func (t Tensor) Resize(rows, cols int) Tensor {
	n := rows * cols
	if cap(t.Data) < n {
		t.Data = make([]float32, n)
	}
	return Tensor{rows, cols, t.Data[:n]}
}
