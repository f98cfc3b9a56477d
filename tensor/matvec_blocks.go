package tensor

import (
	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor/quant"
)

// quadFormats are the storage types of 32 weights to a block that multiply in int8.
var quadFormats = map[quant.Type]asm.QuadFormat{
	quant.Q4_0: asm.Q4_0, quant.Q4_1: asm.Q4_1, quant.Q5_0: asm.Q5_0, quant.Q5_1: asm.Q5_1,
	quant.Q8_0: asm.Q8_0, quant.IQ4_NL: asm.IQ4_NL,
}

// matVecBlocks multiplies blocks of weights as they are stored with a few rows of
// activations, quantised once for all of them. Either quads or supers are in use.
type matVecBlocks struct {
	dst    Tensor
	w      *Matrix
	bias   []float32
	shares shares // of the rows of weights
	blocks int    // in a row of weights

	quad  asm.QuadFormat
	quads []asm.Quad // the rows of activations, one after the other

	super  asm.SuperFormat
	supers []asm.Super
}

// matVecQuads and matVecSupers are the tasks of the two kinds of blocks.
type (
	matVecQuads  struct{ matVecBlocks }
	matVecSupers struct{ matVecBlocks }
)

func (p *Pool) matVecQuads(f asm.QuadFormat, dst, a Tensor, rows []int32, w *Matrix, bias []float32) {
	t := &p.tasks.matVecQuads
	n := asm.Quads(w.cols)
	x := grow(&t.quads, dst.Rows*n)
	for i := range dst.Rows {
		asm.QuantizeQuads(x[i*n:(i+1)*n], a.Row(rowAt(rows, i)))
	}
	t.quad = f
	t.start(p, dst, w, bias)
	p.run(p.Threads(), t)
	t.end()
}

func (p *Pool) matVecSupers(f asm.SuperFormat, dst, a Tensor, rows []int32, w *Matrix, bias []float32) {
	t := &p.tasks.matVecSupers
	n := w.cols / 256
	x := grow(&t.supers, dst.Rows*n)
	for i := range dst.Rows {
		asm.QuantizeSupers(f, x[i*n:(i+1)*n], a.Row(rowAt(rows, i)))
	}
	t.super = f
	t.start(p, dst, w, bias)
	p.run(p.Threads(), t)
	t.end()
}

func (t *matVecBlocks) start(p *Pool, dst Tensor, w *Matrix, bias []float32) {
	values, _ := w.typ.Block()
	t.dst, t.w, t.bias, t.blocks = dst, w, bias, w.cols/values
	t.shares.cut(w.rows, p.Threads())
}

func (t *matVecBlocks) end() { t.dst, t.w, t.bias = Tensor{}, nil, nil }

func (t *matVecQuads) run(_, _ int) {
	n := asm.Quads(t.w.cols)
	t.each(func(dst []float32, w []byte, row, rows int) {
		asm.DotQuads(t.quad, dst, t.dst.Cols, w, t.blocks, t.quads[row*n:], rows)
	})
}

func (t *matVecSupers) run(_, _ int) {
	t.each(func(dst []float32, w []byte, row, rows int) {
		asm.DotSupers(t.super, dst, t.dst.Cols, w, t.blocks, t.supers[row*t.blocks:], rows)
	})
}

// each takes shares until none is left, and calls dot for every few rows of
// activations, from row on, with the weights of the share and where their products
// belong.
func (t *matVecBlocks) each(dot func(dst []float32, w []byte, row, rows int)) {
	for {
		lo, hi := t.shares.take(t.w.stride)
		if lo == hi {
			return
		}
		for row := 0; row < t.dst.Rows; row += asm.MaxDotRows {
			rows := min(t.dst.Rows-row, asm.MaxDotRows)
			dot(t.dst.Data[row*t.dst.Cols+lo:], t.w.data[lo*t.w.stride:hi*t.w.stride], row, rows)
		}
		addBias(t.dst, t.bias, lo, hi)
	}
}
