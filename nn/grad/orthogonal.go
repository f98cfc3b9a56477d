package grad

import (
	"math"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor"
)

// orthogonaliser brings the singular values of a matrix near 1. It is used by one
// goroutine.
type orthogonaliser struct {
	multiplier
	pool                *tensor.Pool // of one thread
	x, next, gram, poly tensor.Tensor
}

// orthogonalise returns g with its singular values between about 0.7 and 1.2, in
// memory of o: five times the quintic a·x + b·x³ + c·x⁵ whose coefficients Jordan et
// al. chose for its slope at 0, where the singular values start from.
func (o *orthogonaliser) orthogonalise(f asm.PanelFormat, g tensor.Tensor) tensor.Tensor {
	const a, b, c = 3.4445, -4.7750, 2.0315
	tall := g.Rows > g.Cols
	n, length := g.Rows, g.Cols
	if tall {
		n, length = length, n
	}
	o.x, o.next = o.x.Resize(n, length), o.next.Resize(n, length)
	o.gram, o.poly = o.gram.Resize(n, n), o.poly.Resize(n, n)
	if tall {
		transposeTo(o.x.Data, length, g.Data, g.Cols, g.Rows, g.Cols, false)
	} else {
		copy(o.x.Data, g.Data)
	}
	// The sum of the squares bounds the greatest singular value.
	norm := math.Sqrt(asm.SumSquares(o.x.Data, 0)) + 1e-7
	asm.Scale(o.x.Data, float32(1/norm), o.x.Data)
	for range 5 {
		o.square(f, o.gram, o.x)
		o.square(f, o.poly, o.gram)
		asm.Scale(o.poly.Data, c, o.poly.Data)
		asm.Axpy(o.poly.Data, b, o.gram.Data)
		asm.Scale(o.next.Data, a, o.x.Data)
		o.multiply(o.pool, f, &product{dst: o.next, left: rows(o.poly), right: columns(o.x), start: o.next.Data, startLD: length})
		o.x, o.next = o.next, o.x
	}
	if !tall {
		return o.x
	}
	o.next = o.next.Resize(length, n)
	transposeTo(o.next.Data, n, o.x.Data, length, n, length, false)
	return o.next
}

// square computes dst = x xᵀ: what is below the diagonal, which the rest mirrors.
func (o *orthogonaliser) square(f asm.PanelFormat, dst, x tensor.Tensor) {
	o.multiply(o.pool, f, &product{dst: dst, left: rows(x), right: rows(x), lower: true})
	mirror(dst)
}

// mirror copies what is below the diagonal of a square above it, in blocks.
func mirror(x tensor.Tensor) {
	const block = asm.MaxTileColumns
	for i := 0; i < x.Rows; i += block {
		size := min(block, x.Rows-i)
		for r := range size {
			for c := r + 1; c < size; c++ {
				x.Data[(i+r)*x.Cols+i+c] = x.Data[(i+c)*x.Cols+i+r]
			}
		}
		for j := i + block; j < x.Rows; j += block {
			transposeTo(x.Data[i*x.Cols+j:], x.Cols, x.Data[j*x.Cols+i:], x.Cols, min(block, x.Rows-j), size, false)
		}
	}
}
