package nn

import "github.com/go-par/par/tensor"

// RMSNorm is x·rsqrt(mean(x²)+Eps)·W (Zhang and Sennrich, 2019).
type RMSNorm struct {
	W   []float32
	Eps float32
}

// Forward normalises the rows of x into dst, which may be x.
func (n *RMSNorm) Forward(p *tensor.Pool, dst, x tensor.Tensor) { p.RMSNorm(dst, x, n.W, n.Eps) }

// LayerNorm is (x-mean)·rsqrt(var+Eps)·W + B (Ba et al., 2016).
type LayerNorm struct {
	W, B []float32
	Eps  float32
}

// Forward normalises the rows of x into dst, which may be x.
func (n *LayerNorm) Forward(p *tensor.Pool, dst, x tensor.Tensor) {
	p.LayerNorm(dst, x, n.W, n.B, n.Eps)
}
