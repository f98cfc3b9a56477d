package lvlm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-par/par/tensor/quant"
)

// mix says in which types the tensors of a GGUF file are stored: matrices in its
// base type, but for those that llama.cpp's files of that name have in a better
// one.
type mix struct {
	name string
	base quant.Type
	id   uint32 // general.file_type
	more func(layer, layers, group int) better
}

// better lists the types of a layer's more sensitive matrices, 0 (F32, which none
// of them is) for the base type. group is how many query heads share a key head.
type better struct{ value, down, output quant.Type }

var mixes = []mix{
	{"f32", quant.F32, 0, nil},
	{"f16", quant.F16, 1, nil},
	{"bf16", quant.BF16, 32, nil},
	{"q8_0", quant.Q8_0, 7, nil},
	{"q4_0", quant.Q4_0, 2, nil},
	{"q4_1", quant.Q4_1, 3, nil},
	{"q5_0", quant.Q5_0, 8, nil},
	{"q5_1", quant.Q5_1, 9, nil},
	{"q2_k", quant.Q2_K, 10, func(_, _, group int) better {
		b := better{quant.Q3_K, quant.Q3_K, quant.Q3_K}
		if group >= 4 {
			b.value = quant.Q4_K
		}
		return b
	}},
	{"q3_k_s", quant.Q3_K, 11, nil},
	{"q3_k_m", quant.Q3_K, 12, func(layer, layers, _ int) better {
		b := better{quant.Q4_K, quant.Q4_K, quant.Q4_K}
		if layer < 2 {
			b.value = quant.Q5_K
		}
		if layer < layers/16 {
			b.down = quant.Q5_K
		}
		return b
	}},
	{"q3_k_l", quant.Q3_K, 13, func(int, int, int) better { return better{quant.Q5_K, quant.Q5_K, quant.Q5_K} }},
	{"q4_k_s", quant.Q4_K, 14, func(layer, layers, _ int) (b better) {
		if layer < 4 {
			b.value = quant.Q5_K
		}
		if layer < layers/8 {
			b.down = quant.Q5_K
		}
		return b
	}},
	{"q4_k_m", quant.Q4_K, 15, halfInQ6},
	{"q5_k_s", quant.Q5_K, 16, nil},
	{"q5_k_m", quant.Q5_K, 17, halfInQ6},
	{"q6_k", quant.Q6_K, 18, nil},
	{"iq4_nl", quant.IQ4_NL, 25, sharedInQ5},
	{"iq4_xs", quant.IQ4_XS, 30, sharedInQ5},
}

// halfInQ6 gives the first and the last eighth of the layers, and every third
// between, a better value and down projection.
func halfInQ6(layer, layers, _ int) (b better) {
	if eighth := layers / 8; layer < eighth || layer >= 7*layers/8 || (layer-eighth)%3 == 2 {
		b.value, b.down = quant.Q6_K, quant.Q6_K
	}
	return b
}

func sharedInQ5(layer, layers, group int) (b better) {
	if group >= 4 {
		b.value = quant.Q5_K
	}
	if layer < layers/8 {
		b.down = quant.Q5_K
	}
	return b
}

// Mixes lists the types that Convert can write GGUF files in.
func Mixes() []string {
	var names []string
	for _, m := range mixes {
		names = append(names, m.name)
	}
	return names
}

func parseMix(name string) (*mix, error) {
	i := slices.IndexFunc(mixes, func(m mix) bool { return strings.EqualFold(m.name, name) })
	if i < 0 {
		return nil, fmt.Errorf("type %q is not known (%s)", name, strings.Join(Mixes(), ", "))
	}
	return &mixes[i], nil
}

// float reports whether the mix quantises nothing.
func (m *mix) float() bool { return m.base == quant.F32 || m.base == quant.F16 || m.base == quant.BF16 }

// text returns the type of a tensor of the language model.
func (m *mix) text(name string, shape []int, c *TextConfig) quant.Type {
	if len(shape) < 2 {
		return quant.F32
	}
	if m.float() {
		return m.base
	}
	cols, want := shape[len(shape)-1], m.base
	var layer int
	switch n, _ := fmt.Sscanf(name, "layers.%d.", &layer); {
	case name == "lm_head.weight", name == "embed_tokens.weight" && c.TiedHead:
		if m.base != quant.Q8_0 {
			want = quant.Q6_K
		}
	case n == 1 && m.more != nil:
		b := m.more(layer, c.Layers, c.Heads/c.KVHeads)
		for suffix, t := range map[string]quant.Type{"v_proj.weight": b.value, "down_proj.weight": b.down, "o_proj.weight": b.output} {
			if strings.HasSuffix(name, suffix) && t != 0 {
				want = t
			}
		}
	}
	return quant.Fallback(want, cols)
}

// vision returns the type of a tensor of the vision tower or the projector.
// llama.cpp adds positions and convolves patches in floating point only.
func (m *mix) vision(name string, shape []int) quant.Type {
	switch {
	case len(shape) < 2, strings.HasSuffix(name, "position_embedding.weight"):
		return quant.F32
	case strings.HasSuffix(name, "patch_embedding.weight"):
		if m.base == quant.F32 || m.base == quant.BF16 {
			return quant.F32
		}
		return quant.F16
	case m.float():
		return m.base
	}
	return quant.Fallback(m.base, shape[len(shape)-1])
}
