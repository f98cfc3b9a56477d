package main

import (
	"fmt"

	"github.com/go-par/par/tensor/quant"
)

// A line is one measurement: C[m,n] = A[m,k] W[n,k]ᵀ for products. For attention
// m is the number of queries and keys, n the number of heads and k their size.
type line struct {
	kernel  string
	typ     quant.Type
	m, n, k int
	quick   bool
}

const (
	matmul    = "matmul"    // many rows, weights of one type
	rows      = "rows"      // the same, every row through a row list
	decode    = "decode"    // few rows, weights read from memory
	attention = "attention" // bidirectional
	causal    = "causal"    // attention of each query to what stands before it
)

func (l line) String() string {
	return fmt.Sprintf("%s %v %dx%dx%d", l.kernel, l.typ, l.m, l.n, l.k)
}

var (
	floats = []quant.Type{quant.F32, quant.F16, quant.BF16}
	blocks = []quant.Type{quant.Q8_0, quant.Q4_0, quant.Q4_1, quant.Q5_0, quant.Q5_1,
		quant.Q4_K, quant.Q5_K, quant.Q6_K, quant.IQ4_NL}
	lines = allLines()
)

func allLines() []line {
	var all []line
	add := func(kernel string, types []quant.Type, quick bool, shapes ...[3]int) {
		for _, s := range shapes {
			for _, t := range types {
				all = append(all, line{kernel, t, s[0], s[1], s[2], quick})
			}
		}
	}
	types := append(floats[:len(floats):len(floats)], blocks...)

	// CLIP ViT-L/14-336: 577 tokens, width 1024.
	add(matmul, floats, false, [3]int{577, 1024, 1024}, [3]int{577, 1024, 4096})
	add(matmul, types, true, [3]int{577, 4096, 1024})
	// LLaMA 7B: a prompt with an image, and what is left of it after pruning.
	add(matmul, types, false, [3]int{626, 4096, 4096}, [3]int{626, 11008, 4096})
	add(matmul, types, true, [3]int{226, 4096, 4096})
	add(matmul, types, false, [3]int{226, 11008, 4096}, [3]int{226, 4096, 11008})
	// SmolLM2 135M and Qwen2.5 0.5B.
	add(matmul, []quant.Type{quant.F32, quant.BF16, quant.Q8_0}, false,
		[3]int{226, 1536, 576}, [3]int{226, 576, 1536}, [3]int{226, 4864, 896}, [3]int{226, 896, 4864})
	add(rows, []quant.Type{quant.F32, quant.Q4_0}, true, [3]int{226, 4096, 4096})
	add(decode, types, false, [3]int{1, 4096, 11008}, [3]int{1, 11008, 4096}, [3]int{4, 11008, 4096})
	add(decode, types, true, [3]int{1, 4096, 4096}, [3]int{4, 4096, 4096})
	add(attention, []quant.Type{quant.F32}, true, [3]int{577, 16, 64})
	add(causal, []quant.Type{quant.F32}, true, [3]int{626, 32, 128})
	add(causal, []quant.Type{quant.F32}, false, [3]int{226, 32, 128})
	return all
}
