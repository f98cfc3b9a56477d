package nn

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/go-par/par/tensor"
)

// RoPE is rotary position embedding (Su et al., 2021).
type RoPE struct {
	// Interleaved says that dimension 2i of a head turns with dimension 2i+1, as in
	// the original code and in GGUF files of LLaMA; otherwise i turns with i + dim/2.
	Interleaved bool

	freq  []float32 // radians per position, dim/2 of them
	known *angles
}

// angles are the cosines and sines of the positions from 0 on that were asked for.
type angles struct {
	sync.Mutex
	cos, sin tensor.Tensor
}

// maxKnown bounds the positions that are remembered: those of common prompts, in 2 MiB
// for heads of 128 values.
const maxKnown = 4096

// RopeScaling stretches the positions that a model was trained on.
type RopeScaling struct {
	Type   string  // "", "default", "none", "linear" or "llama3"
	Factor float64 // linear, llama3

	// llama3 leaves wavelengths below Original/HighFreq alone, divides the
	// frequencies of those above Original/LowFreq by Factor, and blends between.
	LowFreq, HighFreq, Original float64
}

// NewRoPE returns the embedding for heads of dim values with frequencies
// base^(-2i/dim), scaled.
func NewRoPE(dim int, base float64, s RopeScaling) (*RoPE, error) {
	switch {
	case dim <= 0 || dim%2 != 0:
		return nil, fmt.Errorf("rope: head size %d is not even and positive", dim)
	case !(base > 0) || math.IsInf(base, 1):
		return nil, fmt.Errorf("rope: theta %v is not positive and finite", base)
	}
	scale := func(f float64) float64 { return f }
	switch s.Type {
	case "", "default", "none":
	case "linear":
		if !positive(s.Factor) {
			return nil, fmt.Errorf("rope: scaling factor %v is not positive and finite", s.Factor)
		}
		scale = func(f float64) float64 { return f / s.Factor }
	case "llama3":
		if !positive(s.Factor) || !positive(s.LowFreq) || !positive(s.Original) || !(s.HighFreq > s.LowFreq) || math.IsInf(s.HighFreq, 1) {
			return nil, fmt.Errorf("rope: llama3 scaling with factor %v, low_freq_factor %v, high_freq_factor %v, original_max_position_embeddings %v is not usable",
				s.Factor, s.LowFreq, s.HighFreq, s.Original)
		}
		scale = s.llama3
	default:
		return nil, fmt.Errorf("rope: scaling type %q is not supported", s.Type)
	}
	r := &RoPE{freq: make([]float32, dim/2), known: &angles{}}
	for i := range r.freq {
		r.freq[i] = float32(scale(math.Pow(base, -2*float64(i)/float64(dim))))
	}
	return r, nil
}

func positive(x float64) bool { return x > 0 && !math.IsInf(x, 1) }

func (s RopeScaling) llama3(f float64) float64 {
	wavelength := 2 * math.Pi / f
	switch {
	case wavelength < s.Original/s.HighFreq:
		return f
	case wavelength > s.Original/s.LowFreq:
		return f / s.Factor
	}
	t := (s.Original/wavelength - s.LowFreq) / (s.HighFreq - s.LowFreq)
	return (1-t)*f/s.Factor + t*f
}

// Divisors returns what the scaling divides each of a head's frequencies by: the
// form in which GGUF files store llama3 scaling.
func (s RopeScaling) Divisors(dim int, base float64) ([]float32, error) {
	plain, err := NewRoPE(dim, base, RopeScaling{})
	if err != nil {
		return nil, err
	}
	scaled, err := NewRoPE(dim, base, s)
	if err != nil {
		return nil, err
	}
	d := make([]float32, dim/2)
	for i, f := range scaled.freq {
		d[i] = plain.freq[i] / f
	}
	return d, nil
}

// Divide divides frequency i by d[i], as GGUF files store llama3 scaling.
func (r *RoPE) Divide(d []float32) error {
	if len(d) != len(r.freq) {
		return fmt.Errorf("rope: %d frequency divisors for %d frequencies", len(d), len(r.freq))
	}
	for i, x := range d {
		if !positive(float64(x)) {
			return fmt.Errorf("rope: frequency divisor %d is %v", i, x)
		}
		r.freq[i] /= x
	}
	r.known = &angles{}
	return nil
}

// Angles writes the cosines and sines of the given positions, one row each:
// cos and sin are [len(pos), dim/2]. The angle is rounded to f32 before its
// cosine is taken, as the reference implementations do. Those of the first positions are
// remembered: a small model's whole prefill takes only a hundred times as long.
func (r *RoPE) Angles(cos, sin tensor.Tensor, pos []int32) {
	if len(pos) == 0 {
		return
	}
	last := slices.Max(pos)
	if slices.Min(pos) < 0 || last >= maxKnown {
		r.compute(cos, sin, pos)
		return
	}
	c, s := r.upTo(int(last))
	tensor.Gather(cos, c, pos)
	tensor.Gather(sin, s, pos)
}

// upTo returns the cosines and sines of positions 0 to last at least.
func (r *RoPE) upTo(last int) (cos, sin tensor.Tensor) {
	k := r.known
	k.Lock()
	defer k.Unlock()
	n := k.cos.Rows
	if last < n {
		return k.cos, k.sin
	}
	rows := min(max(last+1, 2*n), maxKnown)
	cos, sin = tensor.New(rows, len(r.freq)), tensor.New(rows, len(r.freq))
	copy(cos.Data, k.cos.Data)
	copy(sin.Data, k.sin.Data)
	pos := make([]int32, rows-n)
	for i := range pos {
		pos[i] = int32(n + i)
	}
	r.compute(cos.Slice(n, rows), sin.Slice(n, rows), pos)
	k.cos, k.sin = cos, sin
	return cos, sin
}

func (r *RoPE) compute(cos, sin tensor.Tensor, pos []int32) {
	for i, p := range pos {
		c, s := cos.Row(i), sin.Row(i)
		for k, f := range r.freq {
			sn, cs := math.Sincos(float64(float32(p) * f))
			c[k], s[k] = float32(cs), float32(sn)
		}
	}
}
