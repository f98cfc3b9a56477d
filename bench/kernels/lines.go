package main

import (
	"fmt"

	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

// A line is one measurement: C[m,n] = A[m,k] W[n,k]ᵀ for products. For attention m
// is the number of queries and of keys, n of heads and k their size.
type line struct {
	kernel  string
	typ     quant.Type
	compute tensor.Compute
	m, n, k int
	quick   bool
	causal  bool
}

const (
	matmul    = "matmul"    // many rows
	rows      = "rows"      // the same, every row through a row list
	decode    = "decode"    // few rows, weights read from memory
	attention = "attention" // keys and values of the type
)

// String is what -filter matches.
func (l line) String() string {
	s := fmt.Sprintf("%s %v %v %dx%dx%d", l.kernel, l.typ, l.compute, l.m, l.n, l.k)
	if l.causal {
		s += " causal"
	}
	return s
}

var lines = allLines()

func allLines() (all []line) {
	shapes := func(l line, shapes ...[3]int) {
		for _, s := range shapes {
			l.m, l.n, l.k = s[0], s[1], s[2]
			all = append(all, l)
		}
	}
	products := func(kernel string, quick bool, types []quant.Type, mnk ...[3]int) {
		for _, s := range mnk {
			for _, t := range types {
				l := line{kernel: kernel, typ: t, quick: quick}
				if kernel != decode && (t == quant.F16 || t == quant.BF16) {
					l.compute = tensor.ComputeBF16
				}
				shapes(l, s)
			}
		}
	}
	floats := []quant.Type{quant.F32, quant.F16, quant.BF16}
	blocks := []quant.Type{quant.Q8_0, quant.Q4_0, quant.Q4_1, quant.Q5_0, quant.Q5_1, quant.IQ4_NL,
		quant.Q4_K, quant.Q5_K, quant.Q6_K}
	every := append(floats[:len(floats):len(floats)], blocks...)
	common := []quant.Type{quant.F32, quant.BF16, quant.Q8_0, quant.Q4_0, quant.Q4_K, quant.Q6_K}

	// CLIP ViT-L/14-336: 577 tokens, width 1024; its weights are F16.
	products(matmul, true, common, [3]int{577, 4096, 1024})
	products(matmul, false, common, [3]int{577, 1024, 1024}, [3]int{577, 1024, 4096})
	shapes(line{kernel: matmul, typ: quant.F16, compute: tensor.ComputeF32}, [3]int{577, 4096, 1024})
	// LLaMA 7B: a prompt with an image, and what is left of it after pruning.
	products(matmul, false, every, [3]int{626, 4096, 4096}, [3]int{626, 11008, 4096})
	products(matmul, true, every, [3]int{226, 4096, 4096})
	products(matmul, false, every, [3]int{226, 11008, 4096}, [3]int{226, 4096, 11008})
	// SmolLM2 135M and Qwen2.5 0.5B; widths of 576 and 896 hold no blocks of 256.
	products(matmul, false, []quant.Type{quant.F32, quant.BF16, quant.Q8_0},
		[3]int{226, 1536, 576}, [3]int{226, 576, 1536}, [3]int{226, 4864, 896}, [3]int{226, 896, 4864})
	products(rows, true, []quant.Type{quant.F32, quant.Q4_0}, [3]int{226, 4096, 4096})

	products(decode, true, []quant.Type{quant.F16, quant.Q8_0, quant.Q4_0, quant.Q4_K, quant.Q6_K},
		[3]int{1, 4096, 4096}, [3]int{4, 4096, 4096})
	products(decode, false, every, [3]int{1, 11008, 4096}, [3]int{4, 11008, 4096}, [3]int{1, 4096, 11008})
	products(decode, false, floats, [3]int{1, 1536, 576}, [3]int{1, 4864, 896})

	for _, t := range []quant.Type{quant.F32, quant.F16, quant.Q8_0} {
		l := line{kernel: attention, typ: t, quick: t == quant.F32}
		shapes(l, [3]int{577, 16, 64})
		l.causal = true
		shapes(l, [3]int{626, 32, 128})
		l.quick = false
		shapes(l, [3]int{226, 32, 128})
	}
	return all
}
