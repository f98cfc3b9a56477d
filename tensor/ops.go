package tensor

import "math"

// RMSNorm writes x*rsqrt(mean(x²)+eps)*w per row. dst may be x.
func (p *Pool) RMSNorm(dst, x Tensor, w []float32, eps float32) {
	for i := 0; i < x.Rows; i++ {
		var sum float64
		for _, v := range x.Row(i) {
			sum += float64(v) * float64(v)
		}
		r := float32(1 / math.Sqrt(sum/float64(x.Cols)+float64(eps)))
		for k, v := range x.Row(i) {
			dst.Data[i*dst.Cols+k] = v * r * w[k]
		}
	}
}

// LayerNorm writes (x-mean)*rsqrt(var+eps)*w+b per row. dst may be x.
func (p *Pool) LayerNorm(dst, x Tensor, w, b []float32, eps float32) {
	for i := 0; i < x.Rows; i++ {
		var sum, sq float64
		for _, v := range x.Row(i) {
			sum += float64(v)
		}
		mean := sum / float64(x.Cols)
		for _, v := range x.Row(i) {
			sq += (float64(v) - mean) * (float64(v) - mean)
		}
		r := 1 / math.Sqrt(sq/float64(x.Cols)+float64(eps))
		for k, v := range x.Row(i) {
			dst.Data[i*dst.Cols+k] = float32((float64(v)-mean)*r)*w[k] + b[k]
		}
	}
}

// Activation is an element-wise non-linearity.
type Activation uint8

const (
	SiLU      Activation = iota // x·σ(x)
	GELU                        // x·Φ(x), with erf
	GELUTanh                    // the tanh approximation of GELU
	QuickGELU                   // x·σ(1.702x), CLIP's
)

// Activate applies f to every value of x in place.
func (p *Pool) Activate(x Tensor, f Activation) {
	for i, v := range x.Data {
		y := float64(v)
		switch f {
		case SiLU:
			y /= 1 + math.Exp(-y)
		case GELU:
			y *= 0.5 * (1 + math.Erf(y/math.Sqrt2))
		case GELUTanh:
			y *= 0.5 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(y+0.044715*y*y*y)))
		case QuickGELU:
			y /= 1 + math.Exp(-1.702*y)
		}
		x.Data[i] = float32(y)
	}
}

// SwiGLU computes gate = silu(gate)*up in place.
func (p *Pool) SwiGLU(gate, up Tensor) {
	for i, v := range gate.Data {
		gate.Data[i] = float32(float64(v)/(1+math.Exp(-float64(v)))) * up.Data[i]
	}
}

// Add computes x += y.
func (p *Pool) Add(x, y Tensor) {
	for i, v := range y.Data {
		x.Data[i] += v
	}
}

// Rotate applies rotary position embedding to every head of x in place, in the
// half-split layout: (x[i], x[i+d/2]) turns by the angle whose cosine and sine
// are row r, column i of cos and sin.
//
// Shapes: x [n, heads*d], cos and sin [n, d/2].
func (p *Pool) Rotate(x Tensor, heads int, cos, sin Tensor) {
	d := x.Cols / heads
	for r := 0; r < x.Rows; r++ {
		c, s := cos.Row(r), sin.Row(r)
		for h := 0; h < heads; h++ {
			v := x.Row(r)[h*d : (h+1)*d]
			for i := range c {
				a, b := v[i], v[i+d/2]
				v[i] = a*c[i] - b*s[i]
				v[i+d/2] = b*c[i] + a*s[i]
			}
		}
	}
}

// Gather copies row rows[i] of src to row i of dst.
func Gather(dst, src Tensor, rows []int32) {
	for i, r := range rows {
		copy(dst.Row(i), src.Row(int(r)))
	}
}

// Compress moves the rows listed, ascending, to the front of x and returns x cut
// to them.
func Compress(x Tensor, rows []int32) Tensor {
	for i, r := range rows {
		if i != int(r) {
			copy(x.Row(i), x.Row(int(r)))
		}
	}
	return x.Slice(0, len(rows))
}

// Scatter copies row i of src to row rows[i] of dst.
func Scatter(dst, src Tensor, rows []int32) {
	for i, r := range rows {
		copy(dst.Row(int(r)), src.Row(i))
	}
}
