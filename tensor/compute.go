package tensor

import (
	"fmt"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor/quant"
)

// Compute is the arithmetic of products. Sums are f32 always; what differs is how
// activations and weights are rounded before they are multiplied.
type Compute uint8

const (
	// Auto takes weights of F32, F16 and BF16 in ComputeF32 and block types in
	// ComputeInt8, where the CPU has instructions for it, the blocks are among those
	// that it takes as they are, and the matrix is large enough for time to matter:
	// of 2¹⁸ weights or more.
	Auto Compute = iota

	// ComputeF32 rounds nothing: weights are widened or dequantised.
	ComputeF32

	// ComputeBF16 rounds activations and weights to 8 significant bits, BF16 weights
	// staying as they are: a relative error of up to 2⁻⁸ for each factor, a
	// normalised mean square error of the product of about 3·10⁻⁶ for each side that
	// is rounded. Subnormal numbers may count as 0. Products of up to 8 rows are
	// ComputeF32.
	ComputeBF16

	// ComputeInt8 rounds activations to 255 steps, in blocks of 32 with a scale each
	// (in matrix-vector products with K types, of 256): an error of up to a 254th of
	// the largest magnitude of the block, a normalised mean square error of about
	// 3·10⁻⁵ for normally distributed ones. Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, IQ4_NL,
	// Q4_K, Q5_K and Q6_K multiply as they are, exactly; other weights are quantised
	// like the activations in products of more than 8 rows, and not at all in those
	// of fewer.
	ComputeInt8
)

var computeNames = [...]string{Auto: "auto", ComputeF32: "f32", ComputeBF16: "bf16", ComputeInt8: "int8"}

func (c Compute) String() string {
	if int(c) < len(computeNames) {
		return computeNames[c]
	}
	return fmt.Sprintf("compute %d", uint8(c))
}

// ParseCompute returns the Compute of that name: auto, f32, bf16 or int8.
func ParseCompute(name string) (Compute, error) {
	for c, n := range computeNames {
		if n == name {
			return Compute(c), nil
		}
	}
	return Auto, fmt.Errorf("compute type %q is not one of %q", name, computeNames)
}

// SetCompute chooses the arithmetic of the products to come; a new pool has Auto.
func (p *Pool) SetCompute(c Compute) {
	p.begin()
	defer p.end()
	p.compute = c
}

// exactBelow is the number of weights below which Auto rounds nothing: a product
// with them takes microseconds either way.
const exactBelow = 1 << 18

// with returns the arithmetic of products with w.
func (c Compute) with(w *Matrix) Compute {
	if c == Auto && w.rows*w.cols < exactBelow {
		return ComputeF32
	}
	return c
}

// For returns the arithmetic of products of many rows with weights of type t on this
// CPU: what Auto stands for, and c itself otherwise.
func (c Compute) For(t quant.Type) Compute {
	if c != Auto {
		return c
	}
	if format, _ := c.panelFormat(t); format == asm.PanelF32 {
		return ComputeF32
	}
	return ComputeInt8
}

// superFormats are the storage types of 256 weights to a block that multiply in
// int8.
var superFormats = map[quant.Type]asm.SuperFormat{quant.Q4_K: asm.Q4_K, quant.Q5_K: asm.Q5_K, quant.Q6_K: asm.Q6_K}

// panelFormat returns how the products of many rows pack weights of a type, and
// the zero of their bytes.
func (c Compute) panelFormat(t quant.Type) (format asm.PanelFormat, zero int32) {
	format, zero = asm.PanelInt8, 128 // quantised like activations, made unsigned
	quad, isQuad := quadFormats[t]
	super, isSuper := superFormats[t]
	switch {
	case isQuad:
		format, zero = quad.Panel()
	case isSuper:
		format, zero = super.Panel()
	}
	switch {
	case c == ComputeBF16:
		return asm.PanelBF16, 0
	case c == ComputeInt8, c == Auto && (isQuad || isSuper) && format.Fast():
		return format, zero
	}
	return asm.PanelF32, 0
}
