package tensor

import (
	"fmt"

	"github.com/go-par/par/asm"
)

// MatMul computes dst = a[rows] Wᵀ + bias: row i of dst is W times row rows[i]
// of a, plus bias. A nil rows takes all rows of a in order; a nil bias adds
// nothing. dst must not overlap a.
//
// Every element is summed in an order that depends on W.Cols and on whether
// there are more than 8 rows, not on their number, the row list or the threads.
//
// Shapes: a [n, W.Cols], dst [len(rows), W.Rows], bias [W.Rows].
func (p *Pool) MatMul(dst, a Tensor, rows []int32, w *Matrix, bias []float32) {
	n := checkMatMul(dst, a, rows, w, bias)
	if n == 0 || w.rows == 0 {
		return
	}
	if w.cols == 0 {
		for i := range n {
			clear(dst.Row(i))
			copy(dst.Row(i), bias)
		}
		return
	}
	p.begin()
	defer p.end()
	if n <= maxMatVec {
		p.matVec(dst, a, rows, w, bias)
		return
	}
	p.gemm(n, a, rows, Product{Dst: dst, W: w, Bias: bias})
}

// AddMatMul computes dst += a Wᵀ + bias, as MatMul does otherwise: a residual connection
// without a pass of its own.
func (p *Pool) AddMatMul(dst, a Tensor, w *Matrix, bias []float32) {
	n := checkMatMul(dst, a, nil, w, bias)
	p.begin()
	defer p.end()
	switch {
	case n == 0 || w.rows == 0:
	case w.cols == 0:
		addBias(dst, bias, 0, dst.Cols)
	case n <= maxMatVec:
		p.sum = p.sum.Resize(dst.Rows, dst.Cols)
		p.matVec(p.sum, a, nil, w, bias)
		asm.Add(dst.Data[:n*dst.Cols], p.sum.Data)
	default:
		p.gemm(n, a, nil, Product{Dst: dst, W: w, Bias: bias, add: true})
	}
}

// Product is one of the products of MatMuls.
type Product struct {
	Dst  Tensor
	W    *Matrix
	Bias []float32
	add  bool // to Dst
}

// MatMuls computes MatMul(x.Dst, a, rows, x.W, x.Bias) for every product x, to the
// same bits, and faster where the matrices are of one type: the rows of a are packed
// once, and the threads meet once.
func (p *Pool) MatMuls(a Tensor, rows []int32, products ...Product) {
	n := 0
	for _, x := range products {
		n = checkMatMul(x.Dst, a, rows, x.W, x.Bias)
	}
	if !p.together(n, a, rows, products) {
		for _, x := range products {
			p.MatMul(x.Dst, a, rows, x.W, x.Bias)
		}
	}
}

// together computes the products on panels of a, if they can share these.
func (p *Pool) together(n int, a Tensor, rows []int32, products []Product) bool {
	if n <= maxMatVec {
		return false
	}
	p.begin()
	defer p.end()
	first := products[0].W
	for _, x := range products {
		if x.W.typ != first.typ || x.W.rows == 0 || x.W.cols == 0 || p.compute.with(x.W) != p.compute.with(first) {
			return false
		}
	}
	p.gemm(n, a, rows, products...)
	return true
}

// checkMatMul panics where the shapes do not fit or a row does not exist, and
// returns the number of rows. The kernels rely on it.
func checkMatMul(dst, a Tensor, rows []int32, w *Matrix, bias []float32) int {
	n := a.Rows
	if rows != nil {
		n = len(rows)
	}
	switch {
	case a.Cols != w.cols, dst.Rows != n, dst.Cols != w.rows, bias != nil && len(bias) != w.rows,
		len(a.Data) < a.Rows*a.Cols, len(dst.Data) < n*dst.Cols:
		panic(fmt.Sprintf("tensor: product of %v, %d rows of it, with a %d x %d matrix and %d biases does not go into %v",
			a, n, w.rows, w.cols, len(bias), dst))
	}
	for _, r := range rows {
		if r < 0 || int(r) >= a.Rows {
			panic(fmt.Sprintf("tensor: row %d of %v", r, a))
		}
	}
	return n
}

// rowAt returns the row of a that row i of a product reads.
func rowAt(rows []int32, i int) int {
	if rows == nil {
		return i
	}
	return int(rows[i])
}
