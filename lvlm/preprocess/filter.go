package preprocess

import (
	"fmt"
	"math"
)

// Filter is a resampling kernel, numbered as Pillow numbers them.
type Filter int

const (
	Lanczos  Filter = 1 // windowed sinc of three lobes
	Bilinear Filter = 2 // triangle
	Bicubic  Filter = 3 // Keys' cubic with a = -0.5
)

// String returns Pillow's name of the filter.
func (f Filter) String() string {
	names := [...]string{"nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"}
	if f < 0 || int(f) >= len(names) {
		return fmt.Sprintf("Filter(%d)", int(f))
	}
	return names[f]
}

func (f Filter) supported() bool { return f == Lanczos || f == Bilinear || f == Bicubic }

// support is the kernel's reach to either side, in source pixels of a picture
// that is not shrunk.
func (f Filter) support() float64 {
	switch f {
	case Lanczos:
		return 3
	case Bilinear:
		return 1
	}
	return 2
}

// weight is the kernel at x. The conversions to float64 forbid fused
// multiply-adds, which would round differently on some machines.
func (f Filter) weight(x float64) float64 {
	x = math.Abs(x)
	switch f {
	case Lanczos:
		if x >= 3 {
			return 0
		}
		return sinc(x) * sinc(x/3)
	case Bilinear:
		return max(0, 1-x)
	}
	const a = -0.5
	switch {
	case x < 1:
		return float64(float64((float64((a+2)*x)-(a+3))*x)*x) + 1
	case x < 2:
		return float64((float64((float64((x-5)*x)+8)*x) - 4) * a)
	}
	return 0
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

// Weights are fixed-point numbers with weightBits fraction bits: what 32 bits
// hold beside an 8-bit sample and two bits for overshoot and sign.
const (
	weightBits = 32 - 8 - 2
	half       = 1 << (weightBits - 1)
)

// axis is one dimension of a picture that lies somewhere on a longer canvas of
// a constant colour: samples off..off+n of size.
type axis struct{ size, off, n int }

// window says how one output sample is summed: weights[k] times the picture's
// sample start+k, and outside times the canvas colour.
type window struct {
	start   int
	weights []int32
	outside int32
}

// total is the sum of all of a window's weights, near 1<<weightBits.
func (w *window) total() int32 {
	sum := w.outside
	for _, k := range w.weights {
		sum += k
	}
	return sum
}

// windows returns the windows of outputs first..first+count when a is resized to
// out samples. The arithmetic is that of Pillow's precompute_coeffs and
// normalize_coeffs_8bpc, operation by operation.
func (f Filter) windows(a axis, out int64, first int64, count int) []window {
	scale := float64(a.size) / float64(out)
	stretch := max(scale, 1)
	support := f.support() * stretch
	inv := 1 / stretch
	var k []float64
	ws := make([]window, count)
	for i := range ws {
		center := (float64(first+int64(i)) + 0.5) * scale
		lo := max(0, int(center-support+0.5))
		hi := min(a.size, int(center+support+0.5))
		k = k[:0]
		sum := 0.0
		for x := lo; x < hi; x++ {
			w := f.weight((float64(x) - center + 0.5) * inv)
			k = append(k, w)
			sum += w
		}
		// The picture's part of the window; the rest sees the canvas.
		from := min(max(lo, a.off), hi)
		to := max(min(hi, a.off+a.n), from)
		w := &ws[i]
		w.start = min(max(0, from-a.off), a.n)
		w.weights = make([]int32, to-from)
		for j, v := range k {
			if sum != 0 {
				v /= sum
			}
			q := fixed(v)
			if x := lo + j; x >= from && x < to {
				w.weights[x-from] = q
			} else {
				w.outside += q
			}
		}
	}
	return ws
}

// fixed rounds a weight to fixed point, halves away from zero.
func fixed(v float64) int32 {
	v = float64(v * (1 << weightBits))
	if v < 0 {
		return int32(v - 0.5)
	}
	return int32(v + 0.5)
}

// clip8 drops the fraction of a sum (which includes half) and clamps it.
func clip8(sum int32) byte { return byte(min(max(sum>>weightBits, 0), 255)) }
